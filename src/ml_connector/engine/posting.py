"""Taking one posting from intent to ledger, exactly once, on an interface that has no idempotency key.

The intent is stored before the first call and the step before every call, so that whoever comes after a stop knows
which calls may have been sent. After any ambiguous answer nothing is sent before the settle time has passed and a
look-up says absent. Success is read back, never assumed; it is believed as soon as it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from ml_connector.core.journal import Presence, RunResult, SeenLine, Sighting, missing_sequences, presence
from ml_connector.core.ledger import Entry, Posting, State, Step
from ml_connector.core.records import Finding, Severity
from ml_connector.engine.lane import Lane
from ml_connector.erp.port import RowRefusal
from ml_connector.errors import Ambiguous, Rejected, Transient
from ml_connector.net import urgency
from ml_connector.store import audit, holds, keys, postings
from ml_connector.store.postings import UNCHANGED, LeftAlone

Answer = TypeVar("Answer")

STEPS_MAX = 20
"""Steps of one posting in one run: more means that it goes in circles, and it waits for the next run."""

LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between looks at an ERP that says it is still at work on a journal; after them the next run looks."""

NO_REASON = "CloudSuite refused the journal and named no line"

RESTING = frozenset({State.RELEASED, State.ROLLED_BACK, State.POSTED, State.CONFIRMED, State.VANISHED, State.REVERSED})


def advance(lane: Lane, reference: str) -> State:
    """Take a posting as far as it will go now, and return where it stands. Its calls go before polls."""
    with urgency.posting():
        for _ in range(STEPS_MAX):
            posting = _load(lane, reference)
            if posting.state in RESTING:
                return posting.state
            if not _try_step(lane, posting):
                break
    return _load(lane, reference).state


def _try_step(lane: Lane, posting: Posting) -> bool:
    """One step, with what each kind of failure leads to. False where the posting has to wait."""
    try:
        return _step(lane, posting)
    except Rejected as error:
        return _reject(lane, posting, (), error.message, hold_all=True)
    except Ambiguous as error:
        _doubt(lane, posting, str(error))
    except Transient as error:
        lane.say(f"{posting.reference}: {error.message}")
    return False


def _step(lane: Lane, posting: Posting) -> bool:
    """What comes next from where the posting stands."""
    if posting.step is not None and posting.state is not State.IN_DOUBT:
        # The process stopped between a call and its outcome: whether it was sent is not known.
        _doubt(lane, posting, "the process stopped before the outcome was known", at=lane.clock.now(), orphaned=True)
        return True
    return NEXT_STEP[posting.state](lane, posting)


def _stage(lane: Lane, posting: Posting) -> bool:
    """Look first; stage what is missing; believe only what is read back."""
    sighting = lane.erp.sight(posting.reference)
    if sighting.ledger:
        return _judge_release(lane, posting, sighting)
    there = _staged(posting, sighting)
    if there is Presence.COMPLETE:
        return _move(lane, posting, State.STAGED)
    if there in (Presence.UNKNOWN, Presence.DIFFERS):
        return _judge_staging(lane, posting, sighting)
    missing = missing_sequences(posting.journal.lines, sighting.staged)
    refusals = _send(lane, posting, Step.STAGE, lambda: lane.erp.stage(posting.journal, missing))
    if refusals and _staged(posting, lane.erp.sight(posting.reference)) is not Presence.COMPLETE:
        return _reject(lane, posting, refusals)
    return _move(lane, posting, State.STAGED)


def _validate(lane: Lane, posting: Posting) -> bool:
    """Have the ERP check every row, where it can; one bad row and nothing of this journal goes further.

    Where finance posts what is staged, rows that are read back whole are all that there is to do.
    """
    able = lane.erp.capabilities
    if able.checks_before_release:
        _send(lane, posting, Step.VALIDATE, lambda: lane.erp.validate(posting.reference))
    sighting = _outcome(lane, posting)
    errors = _errors(sighting.staged)
    if errors:
        return _reject(lane, posting, errors)
    if _staged(posting, sighting) is not Presence.COMPLETE:
        _clear(lane, posting)
        return _judge_staging(lane, posting, sighting)
    if able.finance_posts:
        return _move(lane, posting, State.RELEASED)
    before = sighting.newest_result if able.records_runs else None
    return _move(lane, posting, State.VALIDATED, result_before=before)


def _release(lane: Lane, posting: Posting) -> bool:
    """Interface the journal, then read the result and the lines back."""
    _send(lane, posting, Step.RELEASE, lambda: lane.erp.release(posting.reference))
    return _judge_release(lane, posting, _outcome(lane, posting))


def _outcome(lane: Lane, posting: Posting) -> Sighting:
    """What the ERP shows once it has finished, or for as long as we wait for it in this run."""
    sighting = lane.erp.sight(posting.reference)
    for seconds in LOOKS:
        if not sighting.working:
            break
        lane.clock.sleep(seconds)
        sighting = lane.erp.sight(posting.reference)
    return sighting


def _roll_back(lane: Lane, posting: Posting) -> bool:
    """Take the staged rows out, and confirm that they are gone before anything is planned anew."""
    sighting = lane.erp.sight(posting.reference)
    if not sighting.conclusive:
        return False
    if sighting.ledger:
        return _judge_release(lane, posting, sighting)
    if sighting.staged:
        _send(lane, posting, Step.ROLL_BACK, lambda: lane.erp.roll_back(posting.reference))
        sighting = lane.erp.sight(posting.reference)
        if sighting.staged or not sighting.conclusive:
            raise Ambiguous(f"The staged rows of {posting.reference} were rolled back and are still shown.")
    return _move(lane, posting, State.ROLLED_BACK)


def _resolve(lane: Lane, posting: Posting) -> bool:
    """Look. A journal that is in the ledger as a whole is released; all else is concluded after the settle time."""
    if posting.sent_at is None:
        return False
    sighting = lane.erp.sight(posting.reference)
    if lane.clock.now() < posting.sent_at + lane.policy.erp_settle:
        # Believing it leaves nothing to send, so that it cannot be too early. Absence may be.
        return _is_released(lane, posting, sighting) and _move(lane, posting, State.RELEASED)
    if not sighting.conclusive or _is_for_people(lane, posting, sighting):
        return False
    match posting.step:
        case Step.STAGE | Step.VALIDATE:
            return _judge_staging(lane, posting, sighting)
        case Step.ROLL_BACK if not sighting.ledger:
            return _move(lane, posting, State.REJECTED if sighting.staged else State.ROLLED_BACK)
        case _:
            return _judge_release(lane, posting, sighting)


def _is_for_people(lane: Lane, posting: Posting, sighting: Sighting) -> bool:
    """A stopped worker that wakes may still stage rows, and where the ERP keeps no unique keys nothing would stop it.

    So only a staging that is all there is settled; anything else is said, and waits for people to state it.
    """
    if not posting.orphaned or posting.step is not Step.STAGE or lane.erp.capabilities.keeps_keys_unique:
        return False
    shown = presence(posting.journal.lines, sighting.entries(finance_posts=True))
    if shown is not Presence.COMPLETE:
        why = f"a worker stopped while it staged the lines, and CloudSuite shows them as {shown.value}"
        _doubt(lane, posting, why, at=posting.sent_at)
    return shown is not Presence.COMPLETE


def _judge_staging(lane: Lane, posting: Posting, sighting: Sighting) -> bool:
    """Where a staging stands, from what the ERP shows."""
    if sighting.ledger:
        return _judge_release(lane, posting, sighting)
    match _staged(posting, sighting):
        case Presence.UNKNOWN:
            return False
        case Presence.COMPLETE:
            return _move(lane, posting, State.STAGED)
        case Presence.DIFFERS:
            # Nothing was released: the rows under our own reference are taken out, and the work is planned anew.
            return _reject(lane, posting, (), "the staged rows differ from the stored intent")
        case _:
            if posting.state is State.INTENDED:
                return _stage(lane, posting)
            return (
                _move(lane, posting, State.INTENDED)
                if posting.state is State.IN_DOUBT
                else _doubt_staging(lane, posting)
            )


def _doubt_staging(lane: Lane, posting: Posting) -> bool:
    """Rows that were there are gone, and we did not take them out: look again later."""
    _doubt(lane, posting, "staged rows are missing that were there before", step=Step.STAGE, at=lane.clock.now())
    return False


def _is_released(lane: Lane, posting: Posting, sighting: Sighting) -> bool:
    """Whether a newer result counts all our lines and the ledger shows each of them."""
    runs = _newer_results(posting, sighting)
    proven = any(run.complete and run.failed == 0 and run.passed == len(posting.lines) for run in runs)
    return _entered(lane, posting, sighting) is Presence.COMPLETE and (proven or posting.result_before is None)


def _entered(lane: Lane, posting: Posting, sighting: Sighting) -> Presence:
    """What is in the ledger; where finance posts what is staged, in the journal that it posts."""
    # Rows that are being taken out are no entries, wherever they wait.
    waiting = lane.erp.capabilities.finance_posts and posting.step is not Step.ROLL_BACK
    entries = sighting.entries(finance_posts=waiting)
    return presence(posting.journal.lines, entries, conclusive=sighting.conclusive)


def _newer_results(posting: Posting, sighting: Sighting) -> list[RunResult]:
    before = posting.result_before or 0
    return [result for result in sighting.results if result.id > before]


def _judge_release(lane: Lane, posting: Posting, sighting: Sighting) -> bool:
    """Where a release stands, from what the ERP shows."""
    if _is_released(lane, posting, sighting):
        return _move(lane, posting, State.RELEASED)
    newer = _newer_results(posting, sighting)
    in_ledger = _entered(lane, posting, sighting)
    if in_ledger is Presence.ABSENT and any(run.failed for run in newer):
        return _reject(lane, posting, _errors(sighting.staged))
    staged = _staged(posting, sighting)
    looked = posting.state is State.IN_DOUBT
    if looked and in_ledger is Presence.ABSENT and not newer and staged is Presence.COMPLETE:
        # The settle time has passed and every row still waits in staging: the release never happened.
        return _move(lane, posting, State.VALIDATED)
    # Rows that left staging and did not reach the ledger are nothing to send again: a person has to look.
    why = f"ledger {in_ledger.value}, staging {staged.value}, {len(newer)} newer run results"
    _doubt(lane, posting, why, step=Step.RELEASE, at=posting.sent_at if looked else None)
    return False


def _staged(posting: Posting, sighting: Sighting) -> Presence:
    return presence(posting.journal.lines, sighting.staged, conclusive=sighting.conclusive)


def _errors(staged: tuple[SeenLine, ...]) -> tuple[RowRefusal, ...]:
    return tuple(RowRefusal(line.sequence, line.error) for line in staged if line.error)


def _load(lane: Lane, reference: str) -> Posting:
    with lane.database.read() as tx:
        return postings.load(tx, lane.name, reference)


def _send(lane: Lane, posting: Posting, step: Step, call: Callable[[], Answer]) -> Answer:
    """Store which call comes next, then make it. An error that says nothing was applied takes the note back."""
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        postings.move(tx, posting.reference, posting.state, at=now, step=step, sent_at=now)
    try:
        return call()
    except Transient:
        _clear(lane, posting)
        raise


def _clear(lane: Lane, posting: Posting) -> None:
    """The announced call has come back, and the state did not change."""
    with lane.database.begin() as tx:
        lane.guard(tx)
        postings.move(tx, posting.reference, posting.state, at=lane.clock.now(), step=None)


def _move(lane: Lane, posting: Posting, state: State, *, result_before: int | None = None) -> bool:
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        before = UNCHANGED if result_before is None else result_before
        postings.move(tx, posting.reference, state, at=now, step=None, result_before=before, note="", orphaned=False)
        audit.append(tx, now, lane.name, f"posting_{state.value}", posting.reference, {"from": posting.state.value})
        if state in RESTING:
            keys.add(
                tx, lane.name, {f"purchase_order:{share.order}" for part in posting.lines for share in part.shares}, now
            )
    lane.say(f"{posting.reference}: {state.value.replace('_', ' ')}")
    return True


def _doubt(
    lane: Lane,
    posting: Posting,
    why: str,
    *,
    step: Step | None = None,
    at: datetime | None = None,
    orphaned: bool | LeftAlone = UNCHANGED,
) -> None:
    """Nobody knows whether the announced call took effect. `at` is the last moment at which it could be sent."""
    now = lane.clock.now()
    current = _load(lane, posting.reference)
    step = step or current.step or Step.STAGE
    if (current.state, current.step, current.note, current.sent_at) == (State.IN_DOUBT, step, why, at):
        return  # looked again, and nothing new
    with lane.database.begin() as tx:
        lane.guard(tx)
        postings.move(
            tx,
            posting.reference,
            State.IN_DOUBT,
            at=now,
            step=step,
            sent_at=at or now,
            note=why,
            orphaned=orphaned,
        )
        audit.append(tx, now, lane.name, "posting_in_doubt", posting.reference, {"why": why})
    lane.say(f"{posting.reference}: in doubt, looked at again in the next run")


def _reject(
    lane: Lane, posting: Posting, refusals: tuple[RowRefusal, ...], why: str = "", *, hold_all: bool = False
) -> bool:
    """Hold the worklogs of the refused lines; the others are planned anew once the journal is rolled back.

    Where the ERP names no line, or one that belongs to no worklog, all of the journal is held: planning it again
    would only be refused again.
    """
    now = lane.clock.now()
    by_sequence = {refusal.sequence: refusal.message for refusal in refusals}
    note = why or "; ".join(f"line {sequence}: {text}" for sequence, text in sorted(by_sequence.items())) or NO_REASON
    ours = {part.line.sequence for part in posting.lines if part.shares}
    everything = hold_all or (not why and not set(by_sequence) & ours)
    with lane.database.begin() as tx:
        lane.guard(tx)
        refused = [
            (share, note if everything else by_sequence[part.line.sequence])
            for part in posting.lines
            for share in part.shares
            if everything or by_sequence.get(part.line.sequence)
        ]
        for share, message in sorted(refused, key=lambda each: each[0].entry is Entry.REVERSAL):
            # A refused reversal keeps the worklog whatever it says by now: it has the last word.
            facts = "" if share.entry is Entry.REVERSAL else share.basis.facts
            holds.hold(tx, lane.name, share.worklog_id, facts, message, posting.reference, now)
        postings.move(tx, posting.reference, State.REJECTED, at=now, step=None, note=note, orphaned=False)
        audit.append(tx, now, lane.name, "posting_rejected", posting.reference, {"why": note})
    lane.say(f"{posting.reference}: refused by CloudSuite: {note}")
    return True


def _intend(lane: Lane, posting: Posting) -> bool:
    return _move(lane, posting, State.INTENDED)


NEXT_STEP: dict[State, Callable[[Lane, Posting], bool]] = {
    State.PLANNED: _intend,
    State.APPROVED: _intend,
    State.INTENDED: _stage,
    State.STAGED: _validate,
    State.VALIDATED: _release,
    State.REJECTED: _roll_back,
    State.IN_DOUBT: _resolve,
}
"""What is done next in each state that still has a call to make."""


def doubts(lane: Lane) -> tuple[Finding, ...]:
    """The postings that nobody is certain about, for a person who may have to look."""
    with lane.database.read() as tx:
        waiting = [postings.load(tx, lane.name, name) for name in postings.by_states(tx, lane.name, {State.IN_DOUBT})]
    return tuple(
        Finding(
            "posting_in_doubt",
            f"posting {posting.reference}",
            f"Whether its last call took effect is not known: {posting.note}.",
            "It is looked at in every run, and decided after the settle time. If this stays, look for the reference in "
            "CloudSuite, and tell what you found with `ml-connector resolve`.",
            Severity.WARN,
            "finance analyst",
            posting.journal.gross,
        )
        for posting in waiting
    )
