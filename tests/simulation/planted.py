"""Bugs that somebody could write, planted one at a time: a simulation that misses one proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from types import ModuleType
from typing import Any

from ml_connector.core import corrections, journals, labor, plan
from ml_connector.core.corrections import Fate
from ml_connector.core.journal import Journal, Presence, Sighting
from ml_connector.core.ledger import Posting, Share, State, Step
from ml_connector.core.money import Money
from ml_connector.core.periods import PeriodPolicy
from ml_connector.engine import census, poll, posting
from ml_connector.engine.lane import Lane
from ml_connector.erp.fsm.fsm import Fsm
from ml_connector.store import worklogs

ROSE_BY = Fraction(11, 10)
"""What a rate has become since, of what it was."""


@contextmanager
def patched(owner: ModuleType | type, name: str, value: object) -> Iterator[None]:
    """Put something else in a module's or class's place for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def retry_without_looking_up() -> Iterator[None]:
    """After an ambiguous answer the step is simply done again, and nobody counts the rows."""

    def resolve(lane: Lane, found: Posting) -> bool:
        if found.step is Step.STAGE:
            lane.erp.stage(found.journal, [part.line.sequence for part in found.lines])
            return posting._move(lane, found, State.STAGED)
        return posting._move(lane, found, State.VALIDATED if found.step is Step.RELEASE else State.STAGED)

    def staged(_found: Posting, sighting: Sighting) -> Presence:
        return Presence.COMPLETE if sighting.staged else Presence.ABSENT

    with (
        patched(posting, "NEXT_STEP", {**posting.NEXT_STEP, State.IN_DOUBT: resolve}),
        patched(posting, "_staged", staged),
    ):
        yield


@contextmanager
def new_reference_on_retry() -> Iterator[None]:
    """A posting that is in doubt is given up, and its hours are planned again under another reference."""
    count = iter(range(10**9))

    def reference(prefix: str, digest: str, _attempt: int) -> str:
        return f"{prefix}-{digest[:6].upper()}{next(count):05d}"

    def give_up(lane: Lane, found: Posting) -> bool:
        return posting._move(lane, found, State.ROLLED_BACK)

    with (
        patched(journals, "_reference", reference),
        patched(posting, "NEXT_STEP", {**posting.NEXT_STEP, State.IN_DOUBT: give_up}),
    ):
        yield


@contextmanager
def partial_stage_interfaced() -> Iterator[None]:
    """Rows that did not arrive are not missed."""
    before = Fsm.stage

    def half(self: Fsm, journal: Journal, sequences: Sequence[int]) -> Any:
        return before(self, journal, sequences[: max(1, len(sequences) - 2)])

    def complete(_found: Posting, _sighting: Sighting) -> Presence:
        return Presence.COMPLETE

    with patched(Fsm, "stage", half), patched(posting, "_staged", complete):
        yield


@contextmanager
def stale_result_believed() -> Iterator[None]:
    """Any result of a run counts as success, and the lines are not read back."""

    def judge(lane: Lane, found: Posting, _sighting: Sighting) -> bool:
        return posting._move(lane, found, State.RELEASED)

    with patched(posting, "_judge_release", judge):
        yield


@contextmanager
def missing_taken_for_deleted() -> Iterator[None]:
    """A worklog that cannot be read any more is taken for deleted."""
    before = corrections.lacking

    def as_deleted(work: Sequence[Any], books: Any) -> Any:
        return before(
            [replace(item, fate=Fate.DELETED) if item.fate is Fate.INVISIBLE else item for item in work], books
        )

    with patched(plan, "lacking", as_deleted):
        yield


@contextmanager
def reversal_at_todays_rate() -> Iterator[None]:
    """A reversal is computed anew, at a rate that has risen since."""
    before = Share.reversed

    def anew(self: Share, reference: str, sequence: int, posting_date: date) -> Share:
        copied = before(self, reference, sequence, posting_date)
        return replace(copied, amount=Money(int(copied.amount.minor * ROSE_BY), copied.amount.currency))

    with patched(Share, "reversed", anew):
        yield


@contextmanager
def takeover_without_settle_time() -> Iterator[None]:
    """Whoever finds a posting half-way looks at once, sends what it does not see, and asks nobody."""
    before = posting._step

    def at_once(lane: Lane, found: Posting) -> bool:
        if found.state is State.IN_DOUBT:
            found = replace(found, sent_at=lane.clock.now() - timedelta(days=1))
        return before(lane, found)

    with patched(posting, "_step", at_once), patched(posting, "_is_for_people", lambda *_found: False):
        yield


@contextmanager
def cursor_moved_before_the_write() -> Iterator[None]:
    """The cursor of a feed moves before what it covers is stored."""
    before = poll.take_updated

    def early(lane: Lane, changes: tuple[Any, ...]) -> None:
        poll._move(lane, "jira.worklogs.updated", lane.clock.now())
        before(lane, changes)

    with patched(poll, "take_updated", early):
        yield


@contextmanager
def split_that_loses_a_cent() -> Iterator[None]:
    """Each part of a split is rounded down."""

    def down(total: int, weights: Sequence[Fraction]) -> tuple[int, ...]:
        whole = sum(weights)
        return tuple(int(total * weight / whole) for weight in weights)

    with patched(labor, "allocate", down):
        yield


@contextmanager
def posting_into_a_closed_period() -> Iterator[None]:
    """Nobody looks whether a period is closed."""

    def any_day(_self: PeriodPolicy, _entity: str, day: date) -> date:
        return day

    with patched(PeriodPolicy, "posting_date", any_day):
        yield


@contextmanager
def deletions_ignored() -> Iterator[None]:
    """The feed of deletions is never read."""

    def nothing(_lane: Lane, _changes: tuple[Any, ...]) -> None:
        """Nobody hears of it."""

    with patched(poll, "take_deleted", nothing), patched(census, "take_deleted", nothing):
        yield


@contextmanager
def edits_ignored() -> Iterator[None]:
    """A worklog that is known is never read again."""

    def take(tx: Any, connection: str, found: Sequence[Any], at: Any) -> set[str]:
        held = {item.worklog.id for item in worklogs.by_ids(tx, connection, [entry.id for entry in found])}
        return before(tx, connection, [entry for entry in found if entry.id not in held], at)

    before = worklogs.take
    with patched(worklogs, "take", take):
        yield


BUGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    bug.__name__: bug
    for bug in (
        retry_without_looking_up,
        new_reference_on_retry,
        partial_stage_interfaced,
        stale_result_believed,
        missing_taken_for_deleted,
        reversal_at_todays_rate,
        takeover_without_settle_time,
        cursor_moved_before_the_write,
        split_that_loses_a_cent,
        posting_into_a_closed_period,
        deletions_ignored,
        edits_ignored,
    )
}
"""Each makes the product wrong in one way while it is entered."""
