"""CloudSuite's side: sign-in, classes that can be read, fields, entities, accounts, periods and the ledger's search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ml_connector.core.periods import ClosedPeriod, Period
from ml_connector.core.records import Coding, Kind
from ml_connector.engine.checkup.result import Check
from ml_connector.engine.lane import Lane
from ml_connector.erp.port import Window
from ml_connector.errors import ConnectorError

PASSED = {
    "token": "a token is issued",
    "gateway": "the API gateway takes it",
    "suite": "the application suite answers",
    "authorization": "the service account may read",
}
"""What it means that a call came past a hop on its way to CloudSuite."""
HOPS = tuple(PASSED)
MENDED = {
    "token": "Check the addresses 'pu' and 'ot' of the .ionapi file, and the network on the way there.",
    "gateway": "Check the address 'iu' of the .ionapi file, and the network on the way there.",
    "suite": "See that the API suite is there for this tenant, and cloudsuite.product names it.",
    "authorization": "Give the service account's user the roles that it needs.",
}
"""What to do where a hop fails and the error does not say."""
A_DAY = timedelta(days=1)
NOBODYS = "CHECK"
"""Ends a reference that no posting of ours has."""
ISSUE_NUMBER_WIDTH = 7
"""Room for the number of an issue key: ten million issues of one Jira project."""
GRANT = "Grant the service account of the .ionapi file access to that class in CloudSuite."


def _classes(lane: Lane) -> Iterator[Check]:
    """Every class that a sync reads: the first page of what changed within a day."""
    now = lane.clock.now()
    for kind in Kind:
        next(iter(lane.erp.changes(kind, Window(now - A_DAY, now))), ())
        yield Check(f"reading {kind.value.replace('_', ' ')}s", ok=True, found="can be read", remedy=GRANT)


def _way(lane: Lane) -> Iterator[Check]:
    """Each hop of the way by its name, and no further than the one that fails."""
    try:
        missing = lane.erp.missing_fields()
    except ConnectorError as error:
        failing = error.hop or "suite"
        yield from _passed(HOPS[: HOPS.index(failing)])
        yield Check(f"CloudSuite {failing}", ok=False, found=error.message, remedy=error.remedy or MENDED[failing])
        return
    yield from _passed(HOPS)
    yield from (_company(lane, entity) for entity in lane.policy.entities)
    remedy = "Correct [cloudsuite.fields] or the field names in the connection."
    yield Check("CloudSuite fields", not missing, f"unknown: {', '.join(missing)}" if missing else "all known", remedy)


def _passed(hops: Sequence[str]) -> Iterator[Check]:
    return (Check(f"CloudSuite {hop}", ok=True, found=PASSED[hop]) for hop in hops)


def _company(lane: Lane, entity: str) -> Check:
    remedy = "Correct cloudsuite.entities, or give the service account access to the company."
    try:
        known = bool(lane.erp.periods(entity)) or not lane.erp.capabilities.tells_periods
    except ConnectorError as error:
        return Check(f"CloudSuite company {entity}", ok=False, found=error.message, remedy=error.remedy or remedy)
    return Check(f"CloudSuite company {entity}", known, "answers" if known else "has no calendar", remedy)


def _key_width(lane: Lane) -> Iterator[Check]:
    if not lane.erp.capabilities.writes_fields:
        yield Check("room for issue keys", ok=True, found="not needed: no field of this product line is written")
        return
    room = lane.erp.capabilities.key_field_width
    longest = max(len(project) for project in lane.policy.mapping.jira_projects) + 1 + ISSUE_NUMBER_WIDTH
    found = f"keys of up to {longest} characters, room for {room}"
    yield Check("room for issue keys", longest <= room, found, "Map a Jira project with a shorter key.")


def _entities(lane: Lane) -> Iterator[Check]:
    told = {each.code: each.active for each in lane.erp.entities()}
    for entity in lane.policy.entities:
        known = {True: "exists and is active", False: "is not active", None: "does not exist"}
        found = known[told.get(entity)] if told else "not told by this tenant"
        yield Check(f"entity {entity}", not told or bool(told.get(entity)), found, "Correct cloudsuite.entities.")


def _handover(lane: Lane) -> Iterator[Check]:
    if notice := lane.erp.capabilities.notice:
        yield Check("postings", ok=True, found=notice)


def _clearing(lane: Lane) -> Iterator[Check]:
    if not lane.erp.capabilities.tells_dimensions:
        yield Check("labor clearing", ok=True, found="not tried: accounts and cost centers are not told")
        return
    accounts = {value.code for value in lane.erp.accounts() if value.active and value.posting}
    centers = {value.code for value in lane.erp.cost_centers() if value.active}
    sides = {
        "labor clearing": lane.policy.cost.clearing,
        "accrual account": lane.policy.grouping.accrual,
    }
    for words, codings in sides.items():
        for entity, coding in sorted(codings.items()):
            wrong = [*_wrong(coding, accounts, centers)]
            found = "; ".join(wrong) or f"account {coding.account} takes postings"
            remedy = f'Correct [clearing."{entity}"] in the connection, or open the account in CloudSuite.'
            yield Check(f"{words} of {entity}", not wrong, found, remedy)


def _burdens(lane: Lane) -> Iterator[Check]:
    if not lane.erp.capabilities.tells_dimensions:
        return
    accounts = {value.code for value in lane.erp.accounts() if value.active and value.posting}
    centers = {value.code for value in lane.erp.cost_centers() if value.active}
    credits_ = {(name, side.account) for (_, name), side in lane.policy.cost.burden_clearing.items()}
    for burden in lane.policy.cost.burdens:
        sides = {burden.account, *(account for name, account in credits_ if name == burden.name)} - {""}
        codings = [Coding("", account) for account in sorted(sides)]
        wrong = [words for coding in codings for words in _wrong(coding, accounts, centers)]
        if burden.cost_center and burden.cost_center not in centers:
            wrong.append(f"cost center {burden.cost_center} does not exist or is not active")
        name, found = f"burden {burden.name} from {burden.effective}", "; ".join(wrong) or "accounts take postings"
        yield Check(name, not wrong, found, "Correct the [[burden]] in the connection.")


def _wrong(coding: Coding, accounts: set[str], centers: set[str]) -> Iterator[str]:
    if coding.account not in accounts:
        yield f"GL account {coding.account} does not exist or takes no postings"
    if coding.cost_center and coding.cost_center not in centers:
        yield f"cost center {coding.cost_center} does not exist or is not active"


def _projects(lane: Lane) -> Iterator[Check]:
    """The projects that the connection itself names: the default one, and those of the credit side."""
    named = {coding.project for coding in lane.policy.cost.clearing.values()} | {lane.policy.cost.default_project}
    wanted = sorted(code for code in named if code)
    if not wanted:
        return
    active = {
        row.fields.get("number"): row.fields.get("active", "true") == "true"
        for page in lane.erp.changes(Kind.PROJECT, Window(None, lane.clock.now()))
        for row in page
        if not row.deleted
    }
    for code in wanted:
        known = {True: "is active", False: "is not active", None: "does not exist"}[active.get(code)]
        yield Check(f"project {code}", bool(active.get(code)), known, "Name another project in the connection.")


def _periods(lane: Lane) -> Iterator[Check]:
    today = lane.clock.now().astimezone(lane.policy.cost.zone).date()
    start = lane.policy.cost.post_from
    for entity in lane.policy.entities:
        periods = (*lane.erp.periods(entity), *lane.policy.cost.periods.calendar.get(entity, ()))
        yield _present(entity, periods, today, told=lane.erp.capabilities.tells_periods)
        if start is not None and start < today:
            yield _since_cut_over(entity, periods, start, today, lane.policy.cost.periods.closed_period)


def _present(entity: str, periods: tuple[Period, ...], today: date, *, told: bool) -> Check:
    present = [period for period in periods if period.holds(today)]
    if not present and not told:
        found = "CloudSuite does not tell its calendar, and no [[period]] holds today: every day counts as open"
        return Check(f"period of {entity}", ok=True, found=found)
    if not present:
        remedy = "Have finance set up the calendar, or add a [[period]] to the connection."
        return Check(f"period of {entity}", ok=False, found=f"no fiscal period holds {today}", remedy=remedy)
    period = next((each for each in present if each.open is not None), present[0])
    state = {True: "open", False: "closed", None: "of unknown state"}[period.open]
    return Check(
        f"period of {entity}", period.open is not False, f"{period.name} is {state}", "Ask finance to open it."
    )


def _since_cut_over(entity: str, periods: tuple[Period, ...], start: date, today: date, policy: ClosedPeriod) -> Check:
    """Hours between the cut-over date and today in closed periods are held, unless policy dates them on."""
    closed = [
        period.name for period in periods if period.open is False and period.ends >= start and period.begins <= today
    ]
    found = f"closed since the cut-over date: {', '.join(closed)}" if closed else f"open since {start}"
    remedy = "Set a later post_from, have the periods opened, or set posting.closed_period to next_open."
    return Check(
        f"periods of {entity} since the cut-over date", not closed or policy is not ClosedPeriod.HOLD, found, remedy
    )


def _ledger(lane: Lane) -> Iterator[Check]:
    """Whether a posting could be found again: staging, results and the ledger can be searched by our reference."""
    if not lane.erp.capabilities.posts_journals:
        return
    reference = f"{lane.policy.grouping.prefix}-{NOBODYS}"
    seen = lane.erp.sight(reference)
    found = "can be searched by our reference" if seen.conclusive else "the answers could not be read in full"
    remedy = "Grant reading of staged and posted journals; on FSM, correct cloudsuite.detail_reference_field."
    yield Check("staging and ledger", seen.conclusive, found, remedy)
    searched = lane.erp.ledger_under(reference).searched
    found = "can be searched by the beginning of a reference" if searched else "refuses a search by a beginning"
    yield Check(
        "ledger for reconciliation", searched, found, "Ask Infor support to allow searches by how a text begins."
    )


PROBES = (
    ("CloudSuite", _way),
    ("reading records", _classes),
    ("room for issue keys", _key_width),
    ("postings", _handover),
    ("entities", _entities),
    ("labor clearing", _clearing),
    ("burdens", _burdens),
    ("projects of the connection", _projects),
    ("periods", _periods),
    ("staging and ledger", _ledger),
)
"""What is tried, and what it is called where it cannot be tried at all."""
