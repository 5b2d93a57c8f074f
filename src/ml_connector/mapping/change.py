"""Putting a changed text in a connection file's place, kept as a version with who did it and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ml_connector.bootstrap import Installation, hashes_of
from ml_connector.rules import slips
from ml_connector.settings import Connection
from ml_connector.settings.differences import Difference, differences
from ml_connector.settings.writing import write_connection
from ml_connector.store import audit, mapping_versions


@dataclass(frozen=True, slots=True)
class Change:
    """What was put in place: the connection as it reads now, what differs, and the version; None where nothing does."""

    connection: Connection
    differences: tuple[Difference, ...]
    number: int | None


def text_of(installed: Installation, name: str) -> str:
    """The text of a connection's file, to the letter."""
    return installed.home.connection_file(name).read_bytes().decode("utf-8-sig")


def put(
    installed: Installation, name: str, text: str, author: str, reason: str, detail: Mapping[str, object] | None = None
) -> Change:
    """Write a file that reads well, keep it as a version, and leave a line in the audit trail.

    The version before it is kept too, so that nothing that was there is lost. Raises InvalidSettings, and changes
    nothing, where the text does not read well.
    """
    before = installed.connections[name]
    installed.note_version(name)
    if text == text_of(installed, name):
        return Change(before, (), None)
    after = write_connection(installed.home.connection_file(name), text, check=slips)
    installed.connections[name] = after
    found = differences(before, after)
    now = installed.clock.now()
    with installed.database.begin() as tx:
        number = mapping_versions.note(tx, name, text, hashes_of(after), author, reason, now)
        told = {"version": number, "reason": reason, "keys": [each.key for each in found], **(detail or {})}
        audit.append(tx, now, author, "mapping_changed", name, told)
    return Change(after, found, number)


def record(installed: Installation, name: str, author: str, reason: str) -> int | None:
    """Say who changed the file, and why: its text as it stands becomes a version; None where it is one already."""
    connection, now = installed.connections[name], installed.clock.now()
    with installed.database.begin() as tx:
        text = text_of(installed, name)
        number = mapping_versions.note(tx, name, text, hashes_of(connection), author, reason, now)
        if number is not None:
            audit.append(tx, now, author, "mapping_recorded", name, {"version": number, "reason": reason})
    return number
