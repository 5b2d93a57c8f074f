"""The auditors. They read the vendors' books alone, and believe nobody."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ml_connector.demo.oracle import Books, expected
from ml_connector_sandbox import control
from ml_connector_sandbox.cloudsuite import books as cloudsuite_books
from ml_connector_sandbox.jira import books as jira_books
from simulation.history import Closing
from simulation.world import POST_FROM, Stage

CLEARING = "219900"
REVERSAL = re.compile(r"(?:Reversal|Correction) of (\S+)/(\d+),")
Bucket = tuple[str, ...]


class Wrong(AssertionError):
    """The books are not what they must be."""


def lines(stage: Stage) -> list[dict[str, Any]]:
    """The general ledger."""
    return cloudsuite_books.gl(stage.world.cloudsuite)


def at_every_moment(stage: Stage, closings: Sequence[Closing]) -> None:
    """Nothing doubled, every reference balanced, nothing in a closed period, no reversal of nothing. Raises Wrong."""
    ledger = lines(stage)
    _nothing_doubled(ledger)
    _balanced(ledger)
    _in_open_periods(ledger, closings)
    _reversals_name_what_they_reverse(ledger)
    _nothing_said_twice(stage)


def _nothing_said_twice(stage: Stage) -> None:
    """A change is told once: between two equal remarks on an issue there is always one that tells of the way back."""
    for issue in stage.world.jira.issues.values():
        said = [each.text.partition("\n\nml-connector, reference ")[0] for each in issue.comments]
        if any(one == other for one, other in pairwise(said)):
            raise Wrong(f"said twice on {issue.key}: {said}")


def _nothing_doubled(ledger: list[dict[str, Any]]) -> None:
    seen = Counter((line["reference"], line["sequence"]) for line in ledger)
    doubled = [key for key, count in seen.items() if count > 1]
    if doubled:
        raise Wrong(f"in the ledger twice: {doubled}")


def _balanced(ledger: list[dict[str, Any]]) -> None:
    sums: Counter[Bucket] = Counter()
    for line in ledger:
        sums[line["reference"], line["entity"], line["currency"], line["posting_date"]] += line["amount_minor"]
    crooked = [key for key, minor in sums.items() if minor]
    if crooked:
        raise Wrong(f"out of balance: {crooked}")


def _in_open_periods(ledger: list[dict[str, Any]], closings: Sequence[Closing]) -> None:
    for closing in closings:
        for line in ledger:
            entered = datetime.fromisoformat(line["entered"])
            within = closing.closed_at <= entered and (closing.opened_at is None or entered < closing.opened_at)
            if within and (line["entity"], line["period"]) == (closing.entity, closing.period):
                raise Wrong(f"posted to {closing.entity} {closing.period} while it was closed: {line}")


def _reversals_name_what_they_reverse(ledger: list[dict[str, Any]]) -> None:
    by_address = {(line["reference"], line["sequence"]): line for line in ledger}
    carried = Counter({address: line["amount_minor"] for address, line in by_address.items()})
    undone: Counter[tuple[str, int]] = Counter()
    for line in sorted(ledger, key=lambda line: line["entered"]):
        named = REVERSAL.match(line["description"])
        if named is None:
            if line["amount_minor"] < 0 and line["account"] != CLEARING:
                raise Wrong(f"less than nothing, and no reversal: {line}")
            continue
        address = named[1], int(named[2])
        original = by_address.get(address)
        if original is None or _coding(original) != _coding(line):
            raise Wrong(f"reverses what is not there: {line}")
        if line["description"].startswith("Correction"):
            # What was corrected is on this line from now on, with what it was before.
            carried[line["reference"], line["sequence"]] += carried[address]
            continue
        undone[address] -= line["amount_minor"]
        if not 0 <= undone[address] <= carried[address]:
            raise Wrong(f"reverses more than there was: {line}")


def _coding(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line[name] for name in ("entity", "account", "cost_center", "project", "currency"))


def in_the_end(stage: Stage) -> None:
    """The ledger is what the hours cost, in total, by day and entry, and each order has one issue. Raises Wrong."""
    found, wanted = ledger_by_bucket(stage), owed_by_bucket(stage)
    if found != wanted:
        raise Wrong(f"ledger and oracle differ (ledger, oracle): {_differences(found, wanted)}")
    if stage.options.grain != "po-period":
        by_day, owed = _ledger_by_issue_and_day(stage), _owed_by_issue_and_day(stage)
        if by_day != owed:
            raise Wrong(f"ledger and oracle differ by day (ledger, oracle): {_differences(by_day, owed)}")
    markers = Counter(
        label for issue in jira_books.issues(stage.world.jira) if not issue["deleted"] for label in issue["labels"]
    )
    repeated = [label for label, count in markers.items() if count > 1]
    if repeated:
        raise Wrong(f"more than one issue: {repeated}")


def _differences(found: Counter[Bucket], wanted: Counter[Bucket]) -> dict[Bucket, tuple[int, int]]:
    return {bucket: (found[bucket], wanted[bucket]) for bucket in found | wanted if found[bucket] != wanted[bucket]}


def ledger_by_bucket(stage: Stage) -> Counter[Bucket]:
    """Labor in the ledger by entity, account, cost center, project, currency and, where dates are kept, period."""
    return _sums(stage, ("period",) if _dates_are_kept(stage) else ())


def _dates_are_kept(stage: Stage) -> bool:
    """Whether hours are posted to the month of their work, and not to the next open one."""
    return stage.options.closed_period == "hold"


def _ledger_by_issue_and_day(stage: Stage) -> Counter[Bucket]:
    return _sums(stage, ("transaction_date",))


def _sums(stage: Stage, names: tuple[str, ...]) -> Counter[Bucket]:
    sums: Counter[Bucket] = Counter()
    for line in lines(stage):
        if line["account"] != CLEARING:
            sums[(*_coding(line), *(line[name] for name in names))] += line["amount_minor"]
    return Counter({bucket: minor for bucket, minor in sums.items() if minor})


def owed_by_bucket(stage: Stage) -> Counter[Bucket]:
    """The same from the hours in Jira and the rate card."""
    kept = _dates_are_kept(stage)
    sums: Counter[Bucket] = Counter()
    for (entity, account, cost_center, project, period, currency), minor in expected(_books(stage)).items():
        where = (entity, account, cost_center, project, currency)
        sums[(*where, period) if kept else where] += minor
    return Counter({bucket: minor for bucket, minor in sums.items() if minor})


def _owed_by_issue_and_day(stage: Stage) -> Counter[Bucket]:
    """Entry by entry: what each costs stands on its own day."""
    whole = _books(stage)
    zone = ZoneInfo(stage.options.zone)
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in whole.worklogs:
        worked = datetime.fromisoformat(entry["started"]).astimezone(zone).date()
        by_day[worked.isoformat()].append(entry)
    sums: Counter[Bucket] = Counter()
    for day, entries in by_day.items():
        for bucket, minor in expected(_books(stage, entries)).items():
            entity, account, cost_center, project, _, currency = bucket
            sums[entity, account, cost_center, project, currency, day] += minor
    return Counter({bucket: minor for bucket, minor in sums.items() if minor})


def _books(stage: Stage, worklogs: list[dict[str, Any]] | None = None) -> Books:
    dimensions = control.dimensions(stage.world)
    return Books(
        orders=cloudsuite_books.orders(stage.world.cloudsuite),
        worklogs=jira_books.worklogs(stage.world.jira) if worklogs is None else worklogs,
        people=stage.world.jira.people_ids,
        active_cost_centers=frozenset(str(item["code"]) for item in dimensions["cost_centers"] if item["active"]),
        active_accounts=frozenset(str(item["code"]) for item in dimensions["accounts"] if item["active"]),
        post_from=POST_FROM,
        zone=ZoneInfo(stage.options.zone),
        raised=stage.raised,
        extras=stage.options.extras,
    )
