"""Anchors. Goal: whoever owns the database cannot rewrite its past unseen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ml_connector.engine.anchors import FilePlace, anchor, anchor_daily, read_anchors
from ml_connector.errors import Misconfigured
from ml_connector.store import audit
from ml_connector.store.database import Database
from ml_connector.store.tables import create_all

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def database(path: Path, subjects: list[str]) -> Database:
    """A database whose audit trail tells of these subjects."""
    made = Database(f"sqlite:///{path}", durable=False)
    with made.begin() as tx:
        create_all(tx)
    with made.begin() as tx:
        for subject in subjects:
            audit.append(tx, NOON, "analyst", "did", subject, {})
    return made


def lacks(kept: Database, file: Path) -> audit.Head | None:
    """What of a file of anchors a database lacks."""
    with kept.read() as tx:
        return audit.lacks(tx, read_anchors(file))


def test_a_chain_that_was_made_anew_does_not_hold_its_anchors(tmp_path: Path) -> None:
    """It is whole in itself: only the head that was told elsewhere shows that it is another one."""
    file = tmp_path / "anchors.jsonl"
    true = database(tmp_path / "true.db", ["one", "two", "three"])
    anchor(true, FilePlace(file), NOON)
    false = database(tmp_path / "false.db", ["one", "TWO", "three"])
    with false.read() as tx:
        assert audit.verify(tx) is None
    assert lacks(true, file) is None
    found = lacks(false, file)
    assert found is not None
    assert found.seq == 3


def test_a_chain_that_was_cut_off_does_not_hold_its_anchors(tmp_path: Path) -> None:
    """Its rest is whole, and its end is gone."""
    file = tmp_path / "anchors.jsonl"
    anchor(database(tmp_path / "long.db", ["one", "two", "three"]), FilePlace(file), NOON)
    assert lacks(database(tmp_path / "short.db", ["one", "two"]), file) is not None


def test_a_chain_that_went_on_holds_its_anchors(tmp_path: Path) -> None:
    """Entries that come after an anchor are nobody's harm; the same head is not told twice."""
    file = tmp_path / "anchors.jsonl"
    kept = database(tmp_path / "kept.db", ["one"])
    anchor(kept, FilePlace(file), NOON)
    anchor(kept, FilePlace(file), NOON)
    with kept.begin() as tx:
        audit.append(tx, NOON, "analyst", "did", "two", {})
    anchor(kept, FilePlace(file), NOON)
    assert [head.seq for head in read_anchors(file)] == [1, 2]
    assert lacks(kept, file) is None


def test_the_service_anchors_once_a_day(tmp_path: Path) -> None:
    """However often it runs."""
    file = tmp_path / "anchors.jsonl"
    kept = database(tmp_path / "kept.db", ["one"])
    for hours in (0, 1, 23, 24, 25):
        with kept.begin() as tx:
            audit.append(tx, NOON, "analyst", "did", str(hours), {})
        anchor_daily(kept, FilePlace(file), NOON + timedelta(hours=hours))
    assert [json.loads(line)["at"][11:13] for line in file.read_text().splitlines()] == ["12", "12"]


def test_an_empty_chain_has_nothing_to_anchor(tmp_path: Path) -> None:
    """No file is made of it."""
    assert anchor(database(tmp_path / "empty.db", []), FilePlace(tmp_path / "anchors.jsonl"), NOON) is None
    assert not (tmp_path / "anchors.jsonl").exists()


@pytest.mark.parametrize("content", ["not json", "{}", '{"seq": "x", "hash": "y"}', "[1]"])
def test_a_file_that_holds_anything_else_is_told(tmp_path: Path, content: str) -> None:
    """By name, with what to give instead."""
    file = tmp_path / "anchors.jsonl"
    file.write_text(content)
    with pytest.raises(Misconfigured, match="anchors.jsonl"):
        read_anchors(file)


def test_the_database_itself_refuses_changes_of_the_past(tmp_path: Path) -> None:
    """Whoever changes it all the same has to take the protection away first, and the chain still tells."""
    kept = database(tmp_path / "kept.db", ["one", "two"])
    with pytest.raises(Exception, match="never changed"), kept.begin() as tx:
        tx.execute(text("UPDATE audit SET subject = 'other' WHERE seq = 1"))
    with kept.begin() as tx:
        tx.execute(text("DROP TRIGGER audit_no_update"))
        tx.execute(text("UPDATE audit SET subject = 'other' WHERE seq = 1"))
    with kept.read() as tx:
        assert audit.verify(tx) == 1
