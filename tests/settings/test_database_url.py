"""Which database an installation uses. Goal: the one that is named, and its password nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_connector.bootstrap import create_installation, open_installation
from ml_connector.errors import Misconfigured, Transient
from postgresql import empty_database

VARIABLE = "MLC_DATABASE_URL"
SECRET = "hunter2"


def test_a_database_of_an_unknown_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable and how to write it, and not what was written."""
    monkeypatch.setenv(VARIABLE, f"mysql://ledger:{SECRET}@db.test/books")
    with pytest.raises(Misconfigured, match=VARIABLE) as caught:
        create_installation(tmp_path, "acme")
    assert "postgresql://" in caught.value.remedy
    assert SECRET not in str(caught.value)


def test_a_database_that_is_away_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback, and not its password."""
    create_installation(tmp_path, "acme")
    monkeypatch.setenv(VARIABLE, f"postgresql://ledger:{SECRET}@127.0.0.1:1/books")
    with pytest.raises(Transient, match="does not answer") as caught:
        open_installation(tmp_path)
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.slow
def test_an_installation_is_made_in_the_database_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its schema is current, and no file stands in the directory for it."""
    monkeypatch.setenv(VARIABLE, empty_database())
    said = create_installation(tmp_path, "acme")
    assert any("postgresql" in line for line in said)
    assert not (tmp_path / "ml-connector.db").exists()
    (tmp_path / "connections" / "acme.toml").unlink()
    database = open_installation(tmp_path).database
    database.check()
    database.close()
