"""A journal reaches the books once, as intended line by line, or not at all: whatever the ERP answers or loses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.lines import AGAIN, PARTS, RELEASE, ROLL_BACK, ROWS, STAGE, VALIDATE
from conformance.trial import (
    REFERENCE,
    Trial,
    attempt,
    carry,
    journal,
    put,
    released,
    sequences,
    staged,
    until,
    wanted,
)
from ml_connector.core.journal import Presence
from ml_connector.core.money import Money

UNKNOWN = "MLC-ZZZZZZZZZZZ"
OTHERS = "XYZ-ABCDEFGHIJK"


def test_a_journal_reaches_the_books_line_by_line(trial: Trial) -> None:
    """Staged, checked, released: the books hold every line as intended, and the look-up proves it, result and all."""
    erp, of = trial.erp, journal(trial)
    before = erp.sight(of.reference).newest_result
    sighting = put(trial, erp, of)
    assert released(of, sighting, erp) is Presence.COMPLETE
    assert trial.under(of.reference) == wanted(of)
    runs = [run for run in sighting.results if run.id > before and run.complete]
    assert [(run.passed, run.failed) for run in runs] == [(len(of.lines), 0)] * erp.capabilities.records_runs
    entries = sighting.entries(finance_posts=erp.capabilities.finance_posts)
    hours = {line.sequence: line.seconds for line in entries}
    assert all(hours[line.sequence] in (None, line.seconds) for line in of.lines if line.seconds)


def test_nothing_is_in_the_books_before_the_release(trial: Trial) -> None:
    """Staging and checking leave the ledger as it was; where finance posts what is staged, it waits unposted."""
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of))
    erp.validate(of.reference)
    assert {line["status"] for line in trial.ledger()} == ({"released"} if erp.capabilities.finance_posts else set())
    assert until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE).ledger == ()


def test_an_unknown_reference_is_absent(trial: Trial) -> None:
    """Conclusively nothing, also beside others."""
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of))
    seen = erp.sight(UNKNOWN)
    assert (seen.staged, seen.ledger, seen.conclusive) == ((), (), True)


def test_staging_again_never_doubles(trial: Trial) -> None:
    """The same lines a second time are refused or change nothing: staging and ledger hold each of them once."""
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of))
    until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE)
    attempt(lambda: erp.stage(of, sequences(of)))
    assert staged(of, until(trial, erp, lambda seen: bool(seen.staged))) is Presence.COMPLETE
    carry(trial, erp, of)
    assert trial.under(of.reference) == wanted(of)


def test_a_part_is_completed_under_the_same_keys(trial: Trial, within_limits: Callable[[str], None]) -> None:
    """Two lines are there, the look-up says so, and only the missing ones are added."""
    within_limits(PARTS)
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of)[:2])
    seen = until(trial, erp, lambda seen: len(seen.staged) == 2)
    assert staged(of, seen) in (Presence.PARTIAL, Presence.ABSENT)
    carry(trial, erp, of)
    assert trial.under(of.reference) == wanted(of)


def test_what_is_staged_otherwise_differs(trial: Trial) -> None:
    """Lines under our reference with another amount are never taken for ours."""
    erp, of = trial.erp, journal(trial)
    first, *rest, last = of.lines
    more, less = (Money(first.amount.minor + 1, "USD"), Money(last.amount.minor - 1, "USD"))
    other = replace(of, lines=(replace(first, amount=more), *rest, replace(last, amount=less)))
    erp.stage(other, sequences(other))
    seen = until(trial, erp, lambda seen: staged(other, seen) is Presence.COMPLETE)
    assert staged(of, seen) is Presence.DIFFERS


def test_a_refused_line_is_told_by_its_sequence(trial: Trial, within_limits: Callable[[str], None]) -> None:
    """One line names a closed cost center: it alone is told, in the ERP's words, and nothing of the journal goes on."""
    within_limits(ROWS)
    erp, of = trial.erp, journal(trial, bad=2)
    refusals = {each.sequence: each.message for each in erp.stage(of, sequences(of))}
    if not refusals:
        attempt(lambda: erp.validate(of.reference))
        seen = until(trial, erp, lambda seen: any(line.error for line in seen.staged))
        refusals = {line.sequence: line.error for line in seen.staged if line.error}
    assert list(refusals) == [2]
    assert refusals[2].strip()
    attempt(lambda: erp.roll_back(of.reference) if erp.capabilities.finance_posts else erp.release(of.reference))
    trial.settle(erp)
    assert trial.ledger() == []
    assert erp.sight(of.reference).ledger == ()


def test_what_is_rolled_back_is_gone_and_can_come_again(trial: Trial, within_limits: Callable[[str], None]) -> None:
    """Staged lines are taken out; the same journal, staged anew, reaches the books once."""
    within_limits(AGAIN)
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of))
    erp.validate(of.reference)
    erp.roll_back(of.reference)
    assert until(trial, erp, lambda seen: not seen.staged).staged == ()
    carry(trial, erp, of)
    assert trial.under(of.reference) == wanted(of)


def test_rolling_back_leaves_other_journals_alone(trial: Trial) -> None:
    """Only what is under the one reference goes."""
    erp, of, other = trial.erp, journal(trial), journal(trial, "MLC-BBBBBBBBBBB")
    for each in (of, other):
        erp.stage(each, sequences(each))
    erp.roll_back(of.reference)
    assert until(trial, erp, lambda seen: not seen.staged).staged == ()
    seen = until(trial, erp, lambda seen: bool(seen.staged), other.reference)
    assert staged(other, seen) is Presence.COMPLETE


def test_all_under_our_prefix_is_found_and_nothing_else(trial: Trial) -> None:
    """Two journals of ours by their references, complete; another system's is not among them."""
    erp = trial.erp
    ours = [journal(trial), journal(trial, "MLC-BBBBBBBBBBB")]
    for each in (*ours, journal(trial, OTHERS)):
        put(trial, erp, each)
    found = erp.ledger_under("MLC-")
    assert found.searched
    assert found.unread == frozenset()
    assert {name: len(lines) for name, lines in found.lines.items()} == {each.reference: 4 for each in ours}
    assert len(trial.ledger()) == 12


def test_what_finance_posted_is_told_as_posted(trial: Trial) -> None:
    """Released lines are read back as such, and as posted once finance has posted them."""
    erp, of = trial.erp, journal(trial)
    sighting = put(trial, erp, of)
    assert {line.status for line in sighting.ledger} <= {"released", "posted"}
    trial.acme.control("POST", "/cloudsuite/post")
    if trial.erp.capabilities.posts_journals:
        assert {line.status for line in erp.sight(of.reference).ledger} == {"posted"}


STEPS = (STAGE, VALIDATE, RELEASE, ROLL_BACK)
FAULTS = (
    "gateway_timeout_after_commit",
    "lost_answer",
    "server_error_after_commit",
    "gateway_timeout_before_commit",
    "lost_request",
    "false_unauthorized",
    "rate_limited_json",
)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_whatever_is_lost_the_books_hold_it_once(
    trial: Trial, step: str, fault: str, within_limits: Callable[[str], None]
) -> None:
    """An answer lost at any write: after the settle time a look-up tells where it stands; it is in the books once."""
    if step == ROLL_BACK:
        within_limits(AGAIN)
    call = trial.line.calls.get(step)
    if call is None:
        able = trial.erp.capabilities
        assert not able.posts_journals or able.finance_posts or step in (VALIDATE, ROLL_BACK)
        return
    erp, of = trial.erp, journal(trial)
    way: dict[str, Callable[[], object]] = {
        STAGE: lambda: erp.stage(of, sequences(of)),
        VALIDATE: lambda: erp.validate(of.reference),
        ROLL_BACK: lambda: erp.roll_back(of.reference),
        RELEASE: lambda: erp.release(of.reference),
    }
    trial.strike(fault, call)
    for name, make in way.items():
        if name != ROLL_BACK or step == ROLL_BACK:
            attempt(make)
        if name == step:
            break
        until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE)
    assert trial.struck(), "the fault never struck"
    carry(trial, erp, of)
    assert trial.under(of.reference) == wanted(of)
    assert len(trial.ledger()) == len(of.lines)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_roll_back_is_mended_by_another(trial: Trial, fault: str) -> None:
    """After the settle time it is rolled back once more: nothing is staged, and nothing ever reaches the books."""
    call = trial.line.calls.get(ROLL_BACK)
    if call is None:
        assert not trial.erp.capabilities.posts_journals
        return
    erp, of = trial.erp, journal(trial)
    erp.stage(of, sequences(of))
    until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE)
    trial.strike(fault, call)
    attempt(lambda: erp.roll_back(of.reference))
    assert trial.struck(), "the fault never struck"
    trial.settle(erp)
    attempt(lambda: erp.roll_back(of.reference))
    assert until(trial, erp, lambda seen: not seen.staged).staged == ()
    attempt(lambda: erp.release(of.reference))
    trial.acme.control("POST", "/cloudsuite/post")
    assert trial.ledger() == []


def test_a_write_that_the_gateway_lost_sight_of_is_seen_later(trial: Trial) -> None:
    """It answers 504 and does what was asked half a minute later: within the settle time nothing is sent again."""
    call = trial.line.calls.get(STAGE)
    if call is None:
        assert not trial.erp.capabilities.posts_journals
        return
    erp, of = trial.erp, journal(trial)
    trial.strike("late_commit", call, seconds=2)
    attempt(lambda: erp.stage(of, sequences(of)))
    carry(trial, erp, of)
    assert trial.under(REFERENCE) == wanted(of)
