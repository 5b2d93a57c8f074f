"""What follows when a rule fires. Goal: hours wait, pass or are announced as the rule says, with the money at stake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from ml_connector.core.accruals import accruing
from ml_connector.core.corrections import Books, Lacking, LoggedWork, lacking
from ml_connector.core.ledger import Recorded, State
from ml_connector.core.money import Money
from ml_connector.core.records import Severity
from ml_connector.core.rules import Case, Firing, Rule, Then, Used
from worlds import logged, order, policy, worklog

TODAY = date(2026, 10, 31)
NAMES = {then: Rule(then.value, then, "It looks odd", "project manager", "Look again") for then in Then}


def when(then: Then, fires: Callable[[Case], bool], *, of_order: bool = False) -> Callable[[Case], Sequence[Firing]]:
    """One rule as the core sees it."""
    rule = replace(NAMES[then], of_order=of_order)
    return lambda case: [Firing(rule)] if fires(case) else []


def books(judge: Callable[[Case], Sequence[Firing]], **changes: object) -> Books:
    """An order of 10,000.00 at 100.00 an hour, and one rule."""
    return replace(
        Books({"1000/4500": order()}, {}, policy(judge=judge), TODAY),
        **changes,  # type: ignore[arg-type] # named by the tests
    )


def judged(then: Then, *work: LoggedWork, of_order: bool = False) -> Lacking:
    """What is lacking where the rule always fires."""
    return lacking(work, books(when(then, lambda _case: True, of_order=of_order)))


def test_a_hold_keeps_the_hours_and_names_owner_remedy_and_money() -> None:
    """Two hours at 100.00 wait, and nothing is booked."""
    found = judged(Then.HOLD, logged(worklog("7")))
    (finding,) = found.findings
    assert found.deltas == ()
    assert (finding.code, finding.subject, finding.owner) == ("rule:hold", "worklog 7", "project manager")
    assert finding.amount == Money(20_000, "USD")
    assert finding.severity is Severity.HOLD
    assert "holds release 7" in finding.remedy


def test_a_released_entry_passes_a_hold_and_never_a_rejection() -> None:
    """A person answers for a hold; rejected hours have to be changed."""
    released = replace(logged(worklog()), released=frozenset({"hold", "reject"}))
    assert len(judged(Then.HOLD, released).deltas) == 1
    assert judged(Then.REJECT, released).deltas == ()


def test_a_warning_costs_the_hours_all_the_same() -> None:
    """The finding stands beside the booking."""
    found = judged(Then.WARN, logged(worklog()))
    assert len(found.deltas) == 1
    assert found.findings == ()
    assert [warning.severity for warning in found.warnings] == [Severity.WARN]
    assert found.routed == frozenset()


def test_routed_hours_are_costed_and_marked_for_a_person() -> None:
    """Which entries a person has to approve is known to the plan."""
    assert judged(Then.ROUTE, logged(worklog("7"))).routed == {"7"}


def test_a_rule_about_an_order_says_so_once_with_all_the_money() -> None:
    """Three entries, one warning."""
    found = judged(Then.WARN, *(logged(worklog(str(number))) for number in range(3)), of_order=True)
    (warning,) = found.warnings
    assert (warning.subject, warning.amount) == ("purchase order 1000/4500", Money(60_000, "USD"))


def test_an_order_is_used_up_in_the_order_of_work() -> None:
    """With 9,700.00 used, 200.00 still fit, 200.00 more do not, and a last 100.00 do."""
    stop = when(Then.HOLD, lambda case: case.used.minor + case.cost.minor > case.order.authorized.minor)
    work = [
        logged(worklog("1", "2", "2026-10-05")),
        logged(worklog("2", "2", "2026-10-06")),
        logged(worklog("3", "1", "2026-10-07")),
    ]
    found = lacking(work, books(stop, used={"1000/4500": Used(970_000, 0)}))
    assert [delta.worklog_id for delta in found.deltas] == ["1", "3"]
    assert set(found.held) == {"2"}


def test_an_edited_entry_is_not_counted_against_itself() -> None:
    """What it cost before is taken off before it is judged anew."""
    seen: list[int] = []

    def watch(case: Case) -> Sequence[Firing]:
        seen.append(case.used.minor)
        return []

    before, after = worklog("1", "2"), worklog("1", "3")
    (delta,) = lacking([logged(before)], books(watch)).deltas
    recorded = {"1": [Recorded("MLC-1", 1, State.CONFIRMED, share) for share in delta.shares]}
    lacking([logged(after)], books(watch, recorded=recorded, used={"1000/4500": Used(20_000, 7200)}))
    assert seen == [0, 0]


def test_hours_that_are_posted_are_not_judged_by_a_later_rule() -> None:
    """What was approved stands, costed anew or not."""
    (delta,) = lacking([logged(worklog("1"))], books(lambda _case: [])).deltas
    recorded = {"1": [Recorded("MLC-1", 1, State.CONFIRMED, share) for share in delta.shares]}
    strict = books(when(Then.REJECT, lambda _case: True), recorded=recorded)
    assert lacking([logged(worklog("1"))], strict) == Lacking()
    assert lacking([replace(logged(worklog("1")), recost=True)], strict) == Lacking()


def test_held_hours_are_accrued_and_rejected_ones_are_not() -> None:
    """The first may still be posted, the second never."""
    ends = {"1000": TODAY}
    assert accruing([logged(worklog())], books(when(Then.HOLD, lambda _case: True)), ends).deltas
    assert not accruing([logged(worklog())], books(when(Then.REJECT, lambda _case: True)), ends).deltas


def test_the_strictest_of_several_rules_is_told() -> None:
    """A rejection before a hold, whatever the order in the file."""
    found = lacking([logged(worklog())], books(lambda _case: [Firing(NAMES[then]) for then in Then]))
    assert [finding.code for finding in found.findings] == ["rule:reject"]
    assert found.warnings == ()


def test_a_rule_that_cannot_be_decided_counts_as_fired_and_says_why() -> None:
    """Nothing passes because of a mistake in a condition."""
    found = lacking([logged(worklog())], books(lambda _case: [Firing(NAMES[Then.HOLD], "divide by zero")]))
    assert found.deltas == ()
    assert "divide by zero" in found.findings[0].message
