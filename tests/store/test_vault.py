"""Secrets at rest: unreadable without the key, bound to their place, and never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from ml_connector.errors import Misconfigured
from ml_connector.store.database import Database
from ml_connector.store.tables import data_keys, secrets
from ml_connector.store.vault import MasterKey, Vault

SECRET = {"email": "bot@acme.example", "api_token": "ATATT3x-very-secret"}

NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=10)
"""Names of fields are ours: none holds a character that PostgreSQL cannot keep."""


@pytest.fixture
def key(tmp_path: Path) -> MasterKey:
    """A master key in a file."""
    return MasterKey.create_file(tmp_path / "key")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(fields=st.dictionaries(NAMES, st.text(max_size=40), min_size=1, max_size=4))
def test_what_is_put_away_comes_back(database: Database, key: MasterKey, fields: dict[str, str]) -> None:
    """Any text under any name is read back as it was."""
    vault = Vault(key)
    with database.begin() as tx:
        vault.put(tx, "acme", "jira", fields)
        assert vault.get(tx, "acme", "jira") == fields


def test_the_database_holds_no_readable_secret(database: Database, key: MasterKey, tmp_path: Path) -> None:
    """Neither the file of the database nor the repr of the key shows a secret."""
    with database.begin() as tx:
        Vault(key).put(tx, "acme", "jira", SECRET)
    database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("books.db*"))
    assert SECRET["api_token"].encode() not in stored
    assert key.key not in stored
    assert repr(key.key) not in repr(key)


def test_rows_cannot_be_swapped(database: Database, key: MasterKey) -> None:
    """A ciphertext that was copied to another field or connection does not open there."""
    vault = Vault(key)
    with database.begin() as tx:
        vault.put(tx, "acme", "jira", SECRET)
        row = tx.execute(select(secrets).where(secrets.c.field == "api_token")).one()
        tx.execute(update(secrets).where(secrets.c.field == "email").values(nonce=row.nonce, ciphertext=row.ciphertext))
        with pytest.raises(Misconfigured, match="cannot be read with this key"):
            vault.get(tx, "acme", "jira")
        vault.put(tx, "beta", "jira", SECRET)
        mine = tx.execute(select(data_keys).where(data_keys.c.connection == "acme")).one()
        other = (data_keys.c.connection == "beta",)
        tx.execute(update(data_keys).where(*other).values(nonce=mine.nonce, wrapped=mine.wrapped))
        with pytest.raises(Misconfigured, match="cannot be read with this key"):
            vault.get(tx, "beta", "jira")


def test_another_key_opens_nothing(database: Database, key: MasterKey, tmp_path: Path) -> None:
    """With the wrong key the message names the remedy and no secret."""
    with database.begin() as tx:
        Vault(key).put(tx, "acme", "jira", SECRET)
        with pytest.raises(Misconfigured, match="cannot be read with this key") as found:
            Vault(MasterKey.create_file(tmp_path / "other")).get(tx, "acme", "jira")
    assert SECRET["api_token"] not in str(found.value)


def test_records_are_replaced_listed_and_forgotten(database: Database, key: MasterKey) -> None:
    """Putting a record replaces all of its fields; deleting it leaves the others."""
    vault = Vault(key)
    with database.begin() as tx:
        vault.put(tx, "acme", "jira", SECRET)
        vault.put(tx, "acme", "jira", {"refresh_token": "r2"})
        vault.put(tx, "acme", "cloudsuite", {"ionapi": "{}"})
        assert vault.get(tx, "acme", "jira") == {"refresh_token": "r2"}
        assert vault.names(tx, "acme") == ["cloudsuite", "jira"]
        vault.delete(tx, "acme", "jira")
        assert (vault.names(tx, "acme"), vault.get(tx, "acme", "jira")) == (["cloudsuite"], None)


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The file is made for its owner only, and one that others can read is refused with the command that mends it."""
    path = tmp_path / "key"
    made = MasterKey.create_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKey.load(path, {}) == made
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="read by others") as found:
        MasterKey.load(path, {})
    assert "chmod 600" in found.value.remedy


def test_a_missing_or_broken_key_is_named_and_not_shown(tmp_path: Path) -> None:
    """What was read in place of a key never stands in the message."""
    with pytest.raises(Misconfigured, match="no key for secrets"):
        MasterKey.load(tmp_path / "none", {})
    with pytest.raises(Misconfigured, match="variable MLC_KEY") as found:
        MasterKey.load(tmp_path / "none", {"MLC_KEY": "hunter2"})
    assert "hunter2" not in str(found.value)
