"""What issues lie below which: hours on an issue that stands for nothing are those of the nearest one above that does.

Issues are told by their ids; keys are for people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store import bindings
from ml_connector.store.bindings import Binding
from ml_connector.store.database import chunks, from_time, upsert
from ml_connector.store.tables import lineage

DEPTH_MAX = 8
"""Steps from an issue to what it stands for: sub-task, story, epic and what a site may put above, and to spare."""

OURS = select(lineage).where(lineage.c.connection == bindparam("ours")).order_by(lineage.c.issue_id)
BY_IDS = OURS.where(lineage.c.issue_id.in_(bindparam("ids")))
CHILDREN = OURS.where(lineage.c.parent_id.in_(bindparam("ids")))


@dataclass(frozen=True, slots=True)
class Kin:
    """An issue and the one above it; `parent_id` is empty where there is none, or where nobody shows it to us."""

    issue_id: str
    issue_key: str
    parent_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What hours on an issue belong to. `path` holds the keys from the issue to the one that stands for a record."""

    binding: Binding
    path: tuple[str, ...]

    @property
    def issue_key(self) -> str:
        """The key of the issue itself."""
        return self.path[0]


def keep(tx: Connection, connection: str, kin: Iterable[Kin], at: datetime) -> None:
    """Remember what lies below what."""
    rows = [
        {
            "connection": connection,
            "issue_id": each.issue_id,
            "issue_key": each.issue_key,
            "parent_id": each.parent_id,
            "read_at": from_time(at),
        }
        for each in kin
    ]
    upsert(tx, lineage, rows)


def known(tx: Connection, connection: str, ids: Collection[str]) -> dict[str, Kin]:
    """What is remembered of these issues."""
    return {each.issue_id: each for part in chunks(ids) for each in _read(tx, BY_IDS, connection, part)}


def everything(tx: Connection, connection: str) -> list[str]:
    """The ids of all issues that are remembered."""
    return [row.issue_id for row in tx.execute(OURS, {"ours": connection})]


def forget(tx: Connection, connection: str) -> None:
    """Remember nothing: hours count on the issues alone that stand for a record."""
    tx.execute(delete(lineage).where(lineage.c.connection == connection))


def standing(tx: Connection, connection: str, ids: Collection[str]) -> dict[str, Standing]:
    """What hours on these issues belong to; those that belong to nothing lack."""
    found: dict[str, Standing] = {}
    paths: dict[str, tuple[str, ...]] = dict.fromkeys(ids, ())
    places = {issue_id: issue_id for issue_id in ids}
    for _ in range(DEPTH_MAX):
        bound = {each.issue_id: each for each in bindings.by_issue_ids(tx, connection, set(places.values()))}
        for asked in [asked for asked, place in places.items() if place in bound]:
            binding = bound[places.pop(asked)]
            found[asked] = Standing(binding, (*paths[asked], binding.issue_key))
        kin = known(tx, connection, set(places.values())) if places else {}
        for asked, place in list(places.items()):
            if place in kin and kin[place].parent_id:
                places[asked] = kin[place].parent_id
                paths[asked] = (*paths[asked], kin[place].issue_key)
            else:
                del places[asked]
        if not places:
            break
    return found


def heirs(tx: Connection, connection: str, ids: Collection[str]) -> set[str]:
    """The issues below these, as far as hours on them are these issues' own."""
    found: set[str] = set()
    above = set(ids)
    for _ in range(DEPTH_MAX):
        below = {each.issue_id for part in chunks(above) for each in _read(tx, CHILDREN, connection, part)} - found
        below -= {each.issue_id for each in bindings.by_issue_ids(tx, connection, below)}
        if not below:
            break
        found |= below
        above = below
    return found


def _read(tx: Connection, query: object, connection: str, ids: Collection[str]) -> list[Kin]:
    rows = tx.execute(query, {"ours": connection, "ids": list(ids)})  # type: ignore[call-overload] # a select of ours
    return [Kin(row.issue_id, row.issue_key, row.parent_id) for row in rows]
