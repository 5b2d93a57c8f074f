"""What both vendors offer to choose from, read into one snapshot that is shown without them.

Reads only. Issue types, fields and people are read for the Jira projects that are named: a site may have hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from ml_connector.clock import Clock
from ml_connector.core.records import Kind
from ml_connector.erp.port import DimensionValue, Erp, Window
from ml_connector.errors import Rejected, Unauthorized
from ml_connector.jira.port import CreateField, Jira, JiraProject, Screen, SiteUser
from ml_connector.store import snapshots
from ml_connector.store.database import Database

JIRA, CLOUDSUITE = "jira", "cloudsuite"
"""The vendors, as snapshots name them."""
Document = dict[str, object]


def nobody(_message: str) -> None:
    """Progress that nobody watches."""


def discover_jira(jira: Jira, projects: Collection[str], say: Callable[[str], None] = nobody) -> Document:
    """Projects, fields and statuses of the site; of the projects named also issue types with their fields, and people.

    One that does not exist or cannot be seen is left out: `projects` of the answer says which there are.
    """
    listed = jira.projects()
    wanted = [each for each in listed if each.key in projects and not each.archived]
    people: dict[str, SiteUser] = {}
    shown: list[Document] = []
    for each in listed:
        if each in wanted:
            say(f"reading issue types, fields and people of Jira project {each.key}")
            people |= {person.account_id: person for person in _people(jira, each.key)}
        shown.append(_project(jira, each, whole=each in wanted))
    return {
        "account": jira.whoami(),
        "projects": shown,
        "fields": [
            {"id": each.id, "name": each.name, "type": each.type, "custom": each.custom} for each in jira.fields()
        ],
        "statuses": list(jira.statuses()),
        "users": [_person(each) for each in sorted(people.values(), key=lambda each: (each.name, each.account_id))],
    }


def _people(jira: Jira, project: str) -> tuple[SiteUser, ...]:
    """Whom a project's issues can be given to; nobody where we may not know."""
    try:
        return jira.assignable(project)
    except Rejected:
        return ()


def _project(jira: Jira, project: JiraProject, *, whole: bool) -> Document:
    head: Document = {"key": project.key, "name": project.name, "archived": project.archived}
    if not whole:
        return head
    types: list[Document] = [
        {"name": name, "fields": [_field(each) for each in jira.create_fields(project.key, name)]}
        for name in jira.issue_types(project.key)
    ]
    return {
        **head,
        "issue_types": [{**each, "screens": _screens(jira, project.key, str(each["name"]))} for each in types],
    }


def _screens(jira: Jira, project: str, issue_type: str) -> Document:
    """The names of the screens for creating and editing; none where Jira tells administrators alone."""
    try:
        return {when.value: jira.screen(project, issue_type, when) for when in Screen}
    except (Rejected, Unauthorized):
        return {}


def _field(each: CreateField) -> Document:
    return {
        "id": each.id,
        "name": each.name,
        "type": each.type,
        "required": each.required,
        "has_default": each.has_default,
        "options": list(each.options),
    }


def _person(each: SiteUser) -> Document:
    return {"account_id": each.account_id, "name": each.name, "active": each.active, "email": each.email}


def discover_cloudsuite(
    erp: Erp, entities: Collection[str], now: datetime, say: Callable[[str], None] = nobody
) -> Document:
    """Entities, accounts, cost centers and projects, and the fiscal calendar of the entities named."""
    say("reading entities, accounts, cost centers and projects of CloudSuite")
    return {
        "entities": values(erp.entities()),
        "accounts": values(erp.accounts()),
        "cost_centers": values(erp.cost_centers()),
        "projects": _projects(erp, now),
        "periods": {
            entity: [
                {
                    "name": period.name,
                    "begins": period.begins.isoformat(),
                    "ends": period.ends.isoformat(),
                    "open": period.open,
                }
                for period in erp.periods(entity)
            ]
            for entity in entities
        },
    }


def values(found: Iterable[DimensionValue]) -> list[Document]:
    """Accounts, cost centers or entities as documents."""
    return [
        {
            "code": each.code,
            "description": each.description,
            "active": each.active,
            "posting": each.posting,
            "requires_project": each.requires_project,
        }
        for each in found
    ]


def _projects(erp: Erp, now: datetime) -> list[Document]:
    """The ERP's projects, by number."""
    names = ("number", "description", "status", "type", "currency")
    rows = [row for page in erp.changes(Kind.PROJECT, Window(None, now)) for row in page if not row.deleted]
    return [
        {**{name: row.fields.get(name, "") for name in names}, "active": row.fields.get("active", "true") == "true"}
        for row in sorted(rows, key=lambda row: row.key)
    ]


def keep(database: Database, connection: str, vendor: str, document: Document, clock: Clock) -> None:
    """Keep what was discovered, in place of what was before."""
    with database.begin() as tx:
        snapshots.keep(tx, connection, vendor, document, clock.now())


def kept(database: Database, connection: str) -> dict[str, Document]:
    """What was last discovered, by vendor, each with `read_at`; a vendor that was never read lacks."""
    with database.read() as tx:
        found = {vendor: snapshots.find(tx, connection, vendor) for vendor in (JIRA, CLOUDSUITE)}
    return {
        vendor: {"read_at": each.read_at.isoformat(), **each.document}
        for vendor, each in found.items()
        if each is not None
    }
