"""Jira's side: sign-in, scopes, projects, permissions, screens, statuses, priorities, people and the webhook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from ml_connector.core.signing import ending
from ml_connector.core.webhooks import WebhookKind
from ml_connector.engine.checkup.result import Check
from ml_connector.engine.fit import demanded
from ml_connector.engine.lane import Lane
from ml_connector.engine.provision import places
from ml_connector.engine.refusals import Place, screen_words
from ml_connector.engine.site import site_fields
from ml_connector.errors import Rejected, Unauthorized
from ml_connector.jira.grants import SCOPES, WEBHOOK_SCOPE
from ml_connector.jira.port import CreateField
from ml_connector.settings.values import CALLED_PORTS

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS")
"""What the integration user needs in every mapped Jira project."""
ALWAYS_FILLED = ("summary", "description", "labels")
"""Fields that every issue of ours has. The label is how it is found again."""
PRIORITY = "priority"
HTTPS = 443
CERTIFICATE_LEFT = timedelta(days=14)
"""How long a certificate has to live still, to be called well."""
OFFLINE = "offline_access"
PEOPLE_TOLD_MAX = 1000
"""Jira names no more people than these, so that whoever is missing beyond them may be there."""


def _sign_in(lane: Lane) -> Iterator[Check]:
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


def _feeds(lane: Lane) -> Iterator[Check]:
    """The feeds that hours come by; they need the scope for reading work."""
    now = lane.clock.now()
    for name, read in (("changed", lane.jira.updated_worklogs), ("deleted", lane.jira.deleted_worklogs)):
        read(now)
        yield Check(f"feed of {name} worklogs", ok=True, found="can be read")


def _projects(lane: Lane) -> Iterator[Check]:
    listed = {project.key: project for project in lane.jira.projects()}
    for project, types in sorted(_types(lane).items()):
        if project not in listed or listed[project].archived:
            found = "it is archived" if project in listed else "it does not exist or cannot be seen"
            remedy = "Create or restore it, give the integration user Browse Projects, or map another one."
            yield Check(f"Jira project {project}", ok=False, found=found, remedy=remedy)
            continue
        missing = sorted(types - set(lane.jira.issue_types(project)))
        found = f"no issue type {', '.join(missing)}" if missing else "issue types known"
        yield Check(f"Jira project {project}", not missing, found, "Add the issue type to the project, or map another.")
        yield _permissions(lane, project)


def _permissions(lane: Lane, project: str) -> Check:
    held = lane.jira.permissions(project, PERMISSIONS)
    lacking = [name for name in PERMISSIONS if not held.get(name)]
    found = f"lacking {', '.join(lacking)}" if lacking else "all held"
    remedy = "Grant them to the integration user in the project's permission scheme."
    return Check(f"permissions in {project}", not lacking, found, remedy)


def _types(lane: Lane) -> dict[str, set[str]]:
    """The issue types that the mapping makes in each Jira project."""
    mapping = lane.policy.mapping
    of_orders = {mapping.orders.issue_type, mapping.orders.line_issue_type} - {""}
    wanted = {project: set(of_orders) for project in lane.policy.mapping.orders.projects}
    of_projects = {mapping.projects.issue_type, *mapping.projects.types.values()}
    wanted.setdefault(mapping.projects.project, set()).update(of_projects)
    return wanted


def _screens(lane: Lane) -> Iterator[Check]:
    """What we fill in can be set where it is set, and what is asked for is filled in."""
    fields = site_fields(lane.jira, lane.policy.field_names)
    priorities = _priorities(lane)
    for place, shown in places(lane.policy.mapping):
        screen = {field.id: field for field in lane.jira.create_fields(place.project, place.issue_type)}
        ours = {info.id: info.name for name, info in fields.by_name.items() if name in shown}
        wanted = {**ours, **dict.fromkeys(ALWAYS_FILLED)}
        missing = sorted(name or field for field, name in wanted.items() if field not in screen)
        yield _on_screen(lane, place, missing, demanded(screen.values(), ours))
        yield from _known_priorities(place.project, priorities, screen.get(PRIORITY))


def _on_screen(lane: Lane, place: Place, missing: list[str], asked: Sequence[str]) -> Check:
    wrong = [f"not on it: {', '.join(missing)}"] if missing else []
    wrong += [f"asked for and not filled in by us: {', '.join(asked)}"] if asked else []
    words = screen_words(lane, place) if wrong else f"{place.when} screen of {place.issue_type} in {place.project}"
    remedy = "Add the fields to the screen, and give those that are asked for a default value or make them optional."
    return Check(f"Jira {words}", not wrong, "; ".join(wrong) or "all fields on it", remedy)


def _priorities(lane: Lane) -> set[str]:
    orders = lane.policy.mapping.orders
    return {orders.priority, *(rule.priority for rule in orders.priorities)} - {""}


def _known_priorities(project: str, wanted: set[str], field: CreateField | None) -> Iterator[Check]:
    if wanted and field is not None and field.options:
        missing = sorted(wanted - set(field.options))
        found = f"unknown: {', '.join(missing)}" if missing else "all known"
        remedy = "Correct the priorities in [jira.orders], or add them to the project's priority scheme."
        yield Check(f"priorities in {project}", not missing, found, remedy)


def _statuses(lane: Lane) -> Iterator[Check]:
    mapping = lane.policy.mapping
    named = {mapping.orders.closed_status, mapping.projects.closed_status, *mapping.projects.statuses.values()}
    named |= {status for back in mapping.status_back for status in back.values}
    missing = sorted((named - {""}) - set(lane.jira.statuses()))
    found = f"unknown: {', '.join(missing)}" if missing else "all known"
    yield Check("Jira statuses", not missing, found, "Correct the status names in the connection.")


def _people(lane: Lane) -> Iterator[Check]:
    """Everybody who is mapped is somebody whom the mapped Jira projects know, as far as Jira tells."""
    people = lane.policy.cost.people
    told: set[str] = set()
    for project in lane.policy.mapping.jira_projects:
        try:
            found = lane.jira.assignable(project)
        except Rejected:
            continue
        if len(found) >= PEOPLE_TOLD_MAX:
            return
        told |= {each.account_id for each in found}
    strange = sorted(person.name or account for account, person in people.items() if told and account not in told)
    remedy = "Correct the account_id of the [[person]], or give them access to the Jira project."
    shown = f"unknown to the mapped projects: {', '.join(strange)}" if strange else f"{len(people)} known"
    yield Check("people of the connection", not strange, shown, remedy)


def _webhook(lane: Lane) -> Iterator[Check]:
    """Whether it is registered: listing it takes the rights that keeping it right takes."""
    if lane.subscription is not None:
        wanted = lane.subscription.wanted
        there = any(hook.url == wanted.url for hook in lane.subscription.port.listed())
        yield Check("webhook", ok=True, found="registered" if there else "not registered yet: `serve` does it")


def _webhook_address(lane: Lane) -> Iterator[Check]:
    """Where Jira is to deliver: by https, to a port that it calls, to a certificate that it trusts."""
    if lane.subscription is None:
        return
    wanted = lane.subscription.wanted
    parts = urlsplit(wanted.url)
    host, port = parts.hostname or "", parts.port or HTTPS
    name = f"webhook address {parts.scheme}://{parts.netloc}"
    if parts.scheme != "https" or port not in CALLED_PORTS:
        found = f"{parts.scheme} on port {port}: Jira delivers by https, to certain ports alone"
        yield Check(name, ok=False, found=found, remedy="Put a proxy with a certificate before this service, on 443.")
    else:
        yield _certificate(lane, name, host, port)


def _certificate(lane: Lane, name: str, host: str, port: int) -> Check:
    seen = lane.certificate(host, port)
    if not seen.reached:
        return Check(name, ok=True, found="it cannot be reached from here, which proves nothing: Jira may reach it")
    if seen.problem or seen.ends is None:
        remedy = "Give the address a certificate of a public authority, with its chain."
        return Check(name, ok=False, found=f"its certificate is not trusted: {seen.problem}", remedy=remedy)
    left = seen.ends - lane.clock.now()
    remedy = "Renew the certificate: Jira delivers nothing to one that has ended."
    found = f"its certificate is trusted, and ends on {seen.ends.date()}"
    return Check(name, left > CERTIFICATE_LEFT, found, remedy)


def scopes(granted: frozenset[str], lane: Lane) -> Check:
    """Whether a grant holds every scope that we use."""
    wanted = set(SCOPES) - {OFFLINE}  # asked for, and never listed among a site's
    if lane.subscription is not None and lane.subscription.wanted.kind is WebhookKind.DYNAMIC:
        wanted.add(WEBHOOK_SCOPE)
    lacking = sorted(wanted - granted)
    found = f"lacking {', '.join(lacking)}" if lacking else "all granted"
    remedy = "Add the scopes to the OAuth app, and run `ml-connector connect jira-oauth` again."
    return Check("scopes of the grant", not lacking, found, remedy, "Jira")


PROBES = (
    ("Jira sign-in", _sign_in),
    ("feeds of worklogs", _feeds),
    ("Jira projects", _projects),
    ("Jira screens", _screens),
    ("Jira statuses", _statuses),
    ("people of the connection", _people),
    ("webhook", _webhook),
    ("webhook address", _webhook_address),
)
"""What is tried, and what it is called where it cannot be tried at all."""
