"""Who decides what a field of an issue reads: CloudSuite, people in Jira, or whoever filled it first.

What a person changed in Jira is never overwritten. Where it is not what CloudSuite says, that is a conflict, which is
shown with both values until they agree or the field is emptied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

AMOUNTS = frozenset({"authorized", "remaining"})
"""Fields whose values are amounts: 1500 and 1500.00 are the same."""
SHOWN_CHARACTERS_MAX = 80
"""How much of a value a finding shows."""


class Owner(StrEnum):
    """Who decides what a field reads."""

    ERP = "erp"
    """CloudSuite: its value is written whenever it changes, except over what a person wrote."""
    JIRA = "jira"
    """People in Jira: the value is written with a new issue, and never again."""
    FIRST = "first"
    """Whoever was first: an empty field is filled, and what stands there stays."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that reads otherwise in Jira than CloudSuite says, and that we leave as it is."""

    name: str
    erp: str
    jira: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write on an issue, and what to leave although it differs."""

    changes: Mapping[str, object] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def judge(
    content: Mapping[str, object],
    written: Mapping[str, object],
    seen: Mapping[str, object],
    owners: Mapping[str, Owner],
) -> Verdict:
    """Hold what an issue should read against what we last wrote and what was last read of it, all by our own names.

    `seen` lacks what was not read since we wrote it; `written` is empty for an issue that was found again by its
    marker, which counts as ours.
    """
    changes: dict[str, object] = {}
    conflicts: list[Conflict] = []
    for name, value in content.items():
        last = written.get(name)
        reads = seen.get(name, last)
        owner = owners.get(name, Owner.ERP)
        foreign = bool(written) and not same(name, reads, last) and not same(name, reads, value)
        if _stands(owner, reads, foreign=foreign):
            if owner is not Owner.JIRA and not same(name, reads, value):
                conflicts.append(Conflict(name, str(value), str(reads)))
        elif value != last or not same(name, reads, last):
            changes[name] = value
    return Verdict(changes, tuple(conflicts))


def _stands(owner: Owner, reads: object, *, foreign: bool) -> bool:
    """Whether what a field reads is left as it is. `foreign` is what neither we nor CloudSuite say."""
    if owner is Owner.JIRA:
        return True
    filled = reads not in (None, "")
    return filled and (foreign or owner is Owner.FIRST)


def same(name: str, one: object, other: object) -> bool:
    """Whether two values of a field say the same: white space does not count, nor do zeros at the end of an amount."""
    first, second = (" ".join(str("" if value is None else value).split()) for value in (one, other))
    if first == second or name not in AMOUNTS:
        return first == second
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return False


def news(known: Mapping[str, object], read: Mapping[str, object]) -> dict[str, object]:
    """What was read and is not what was known."""
    return {name: value for name, value in read.items() if not same(name, value, known.get(name))}


def told(conflicts: Collection[Conflict]) -> Iterator[str]:
    """Each conflict in words, with both values."""
    for each in conflicts:
        words = {"text": "description"}.get(each.name, each.name.replace("_", " "))
        yield f"{words} reads {_short(each.jira)} in Jira and {_short(each.erp)} in CloudSuite"


def _short(value: str) -> str:
    line = " ".join(value.split())
    return repr(line if len(line) <= SHOWN_CHARACTERS_MAX else f"{line[:SHOWN_CHARACTERS_MAX]}…")
