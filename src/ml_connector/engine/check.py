"""The doctor: every permission, field, account and mapping tried without writing, and a fix named for each failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from ml_connector.core.records import Coding
from ml_connector.core.signing import ending
from ml_connector.engine.lane import Lane
from ml_connector.engine.provision import places
from ml_connector.engine.refusals import Place, screen_words
from ml_connector.engine.site import site_fields
from ml_connector.errors import ConnectorError, Unauthorized
from ml_connector.settings.values import CALLED_PORTS

FILLED = frozenset({"project", "issuetype", "summary", "description", "labels", "parent", "reporter"})
"""Fields of Jira's own that every issue of ours has; the reporter is we unless a project says otherwise."""
HTTPS = 443
CERTIFICATE_LEFT = timedelta(days=14)
"""How long a certificate has to live still, to be called well."""
PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS")
"""What the integration user needs in every mapped Jira project."""
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


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried: what, whether it is well, what was found, and what to do where it is not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def check(lane: Lane) -> tuple[Check, ...]:
    """Try everything. A failure never keeps the next check from being tried."""
    probes: list[Callable[[Lane], Iterator[Check]]] = [
        _cloudsuite,
        _handover,
        _clearing,
        _periods,
        _jira,
        _webhook,
        _projects,
        _fields,
        _statuses,
        _cut_over,
    ]
    return tuple(result for probe in probes for result in _tried(probe, lane))


def _tried(probe: Callable[[Lane], Iterator[Check]], lane: Lane) -> list[Check]:
    try:
        return list(probe(lane))
    except ConnectorError as error:
        return [Check(probe.__name__.strip("_").replace("_", " "), ok=False, found=error.message, remedy=error.remedy)]


def _cloudsuite(lane: Lane) -> Iterator[Check]:
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


def _handover(lane: Lane) -> Iterator[Check]:
    if notice := lane.erp.capabilities.notice:
        yield Check("postings", ok=True, found=notice)


def _clearing(lane: Lane) -> Iterator[Check]:
    if not lane.erp.capabilities.tells_dimensions:
        yield Check("labor clearing", ok=True, found="not tried: accounts and cost centers are not told")
        return
    accounts = {value.code for value in lane.erp.accounts() if value.active and value.posting}
    centers = {value.code for value in lane.erp.cost_centers() if value.active}
    for entity, coding in sorted(lane.policy.cost.clearing.items()):
        wrong = [*_wrong(coding, accounts, centers)]
        found = "; ".join(wrong) or f"account {coding.account} takes postings"
        yield Check(
            f"labor clearing of {entity}", not wrong, found, f'Correct [clearing."{entity}"] in the connection.'
        )


def _wrong(coding: Coding, accounts: set[str], centers: set[str]) -> Iterator[str]:
    if coding.account not in accounts:
        yield f"GL account {coding.account} does not exist or takes no postings"
    if coding.cost_center and coding.cost_center not in centers:
        yield f"cost center {coding.cost_center} does not exist or is not active"


def _periods(lane: Lane) -> Iterator[Check]:
    today = lane.clock.now().astimezone(lane.policy.cost.zone).date()
    told = lane.erp.capabilities.tells_periods
    for entity in lane.policy.entities:
        declared = lane.policy.cost.periods.calendar.get(entity, ())
        calendar = lane.erp.periods(entity) if told else declared
        present = [period for period in calendar if period.holds(today)]
        if not present and not told:
            found = "CloudSuite does not tell its calendar, and no [[period]] holds today: every day counts as open"
            yield Check(f"period of {entity}", ok=True, found=found)
        elif not present:
            yield Check(
                f"period of {entity}", ok=False, found=f"no fiscal period holds {today}", remedy="Set up the calendar."
            )
        for period in present:
            state = {True: "open", False: "closed", None: "of unknown state"}[period.open]
            yield Check(
                f"period of {entity}", period.open is not False, f"{period.name} is {state}", "Ask finance to open it."
            )


def _jira(lane: Lane) -> Iterator[Check]:
    way = lane.sign_in
    by = f" by {way.words}, which loses {way.loses or 'nothing'}" if way else ""
    try:
        account = lane.jira.whoami()
    except Unauthorized as error:
        found = lane.diagnose(error)
        yield Check("Jira sign-in", ok=False, found=found.message, remedy=found.remedy)
    else:
        yield Check("Jira sign-in", ok=True, found=f"account {account}{by}")
    if way is not None:
        due = ending(way, lane.clock.now())
        yield Check("Jira credentials' age", due is None, way.age, due.remedy if due else "")


def _webhook(lane: Lane) -> Iterator[Check]:
    """Where Jira is to deliver: by https, to a port that it calls, to a certificate that it trusts."""
    if lane.subscription is None:
        return
    parts = urlsplit(lane.subscription.wanted.url)
    host, port = parts.hostname or "", parts.port or HTTPS
    name = f"webhook address {parts.scheme}://{parts.netloc}"
    if parts.scheme != "https" or port not in CALLED_PORTS:
        found = f"{parts.scheme} on port {port}: Jira delivers by https, to certain ports alone"
        yield Check(name, ok=False, found=found, remedy="Put a proxy with a certificate before this service, on 443.")
        return
    seen = lane.certificate(host, port)
    if not seen.reached:
        found = "it cannot be reached from here, which proves nothing: Jira may reach it"
        yield Check(name, ok=True, found=found)
    elif seen.problem or seen.ends is None:
        remedy = "Give the address a certificate of a public authority, with its chain."
        yield Check(name, ok=False, found=f"its certificate is not trusted: {seen.problem}", remedy=remedy)
    else:
        left = seen.ends - lane.clock.now()
        remedy = "Renew the certificate: Jira delivers nothing to one that has ended."
        yield Check(
            name, left > CERTIFICATE_LEFT, f"its certificate is trusted, and ends on {seen.ends.date()}", remedy
        )


def _projects(lane: Lane) -> Iterator[Check]:
    mapping = lane.policy.mapping
    known = {project.key for project in lane.jira.projects()}
    types_of_orders = {mapping.orders.issue_type, mapping.orders.line_issue_type} - {""}
    wanted = {project: set(types_of_orders) for project in mapping.orders.projects}
    wanted.setdefault(mapping.projects.project, set()).update(
        {mapping.projects.issue_type, *mapping.projects.types.values()}
    )
    for project, types in sorted(wanted.items()):
        if project not in known:
            remedy = "Create it, give the integration user Browse Projects, or map another one."
            yield Check(f"Jira project {project}", ok=False, found="it does not exist or cannot be seen", remedy=remedy)
            continue
        missing = sorted(types - set(lane.jira.issue_types(project)))
        found = f"no issue type {', '.join(missing)}" if missing else "issue types known"
        yield Check(f"Jira project {project}", not missing, found, "Add the issue type to the project, or map another.")
        held = lane.jira.permissions(project, PERMISSIONS)
        lacking = [name for name in PERMISSIONS if not held.get(name)]
        found = f"lacking {', '.join(lacking)}" if lacking else "all held"
        remedy = "Grant them to the integration user in the project's permission scheme."
        yield Check(f"permissions in {project}", not lacking, found, remedy)


def _fields(lane: Lane) -> Iterator[Check]:
    """What we fill in can be set where it is set, and what is asked for is filled in."""
    fields = site_fields(lane.jira, lane.policy.field_names)
    for place, shown in places(lane.policy.mapping):
        on_screen = {field.id: field for field in lane.jira.create_fields(place.project, place.issue_type)}
        ours = {name: info for name, info in fields.by_name.items() if name in shown}
        missing = sorted(info.name for info in ours.values() if info.id not in on_screen)
        filled = FILLED | {info.id for info in ours.values()}
        asked = sorted(
            field.name
            for field in on_screen.values()
            if field.required and not field.has_default and field.id not in filled
        )
        yield _on_screen(lane, place, missing, asked)


def _on_screen(lane: Lane, place: Place, missing: list[str], asked: list[str]) -> Check:
    wrong = [f"not on it: {', '.join(missing)}"] if missing else []
    wrong += [f"asked for and not filled in by us: {', '.join(asked)}"] if asked else []
    words = screen_words(lane, place) if wrong else f"{place.when} screen of {place.issue_type} in {place.project}"
    remedy = "Add the fields to the screen, and give those that are asked for a default value or make them optional."
    return Check(f"Jira {words}", not wrong, "; ".join(wrong) or "all fields on it", remedy)


def _statuses(lane: Lane) -> Iterator[Check]:
    mapping = lane.policy.mapping
    named = {mapping.orders.closed_status, mapping.projects.closed_status, *mapping.projects.statuses.values()}
    named |= {status for back in mapping.status_back for status in back.values}
    missing = sorted((named - {""}) - set(lane.jira.statuses()))
    found = f"unknown: {', '.join(missing)}" if missing else "all known"
    yield Check("Jira statuses", not missing, found, "Correct the status names in the connection.")


def _cut_over(lane: Lane) -> Iterator[Check]:
    start = lane.policy.cost.post_from
    found = f"hours from {start} on are posted" if start else "post_from is not set: nothing is posted"
    yield Check("cut-over date", start is not None, found, "Set post_from in the connection.")
