"""A site as a customer would have set it up: projects, fields and people. Issues are for clients to make."""

from __future__ import annotations

from dataclasses import dataclass

from ml_connector_sandbox.jira.people import Person
from ml_connector_sandbox.jira.schema import EPIC_LINK, EPIC_NAME, PLUGIN
from ml_connector_sandbox.jira.site import JiraSite

PROJECTS = (("PROC", "Procurement work"), ("DEL", "Delivery projects"), ("OPS", "Operations"))
TEXT_FIELDS = ("PO Number", "Vendor", "Cost Center", "GL Account", "ERP Project")
NUMBER_FIELDS = ("Authorized Amount", "Budget Remaining", "Story Points")
OFF_SCREEN = "Audit Note"
EPIC_FIELDS = (("Epic Link", EPIC_LINK), ("Epic Name", EPIC_NAME))
"""What Data Center has in place of a parent above a story."""
FIRST_USER = 10100


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An invented person."""

    name: str
    mailbox: str
    time_zone: str
    shows_email: bool = True


PEOPLE = (
    Newcomer("Zoë Krüger", "zoe.krueger", "Europe/Berlin"),
    Newcomer("Małgorzata Wiśniewska", "malgorzata.w", "Europe/Warsaw"),
    Newcomer("Tomás Núñez", "tomas.nunez", "America/Bogota", shows_email=False),
    Newcomer("Aiko Tanaka 田中", "aiko.tanaka", "Asia/Tokyo"),
    Newcomer("Sam O’Brien", "sam.obrien", "America/Chicago"),
    Newcomer("Ingrid Ødegård", "ingrid.o", "Europe/Oslo"),
    Newcomer("Paolo Ricci", "paolo.ricci", "Europe/Rome"),
)
"""The first five log hours in the stories, the others lead and look."""
DOMAIN = "acme.example"


def seed(site: JiraSite, *, empty: bool = False) -> None:  # noqa: ARG001 - a site holds no issues either way
    """Fill a new site. The same randomness gives the same ids and tokens."""
    site.administrator = _add(site, Newcomer("Site administrator", "jira.admin", "Etc/UTC"), admin=True)
    site.integration = _add(site, Newcomer("ml-connector", "ml-connector", "Etc/UTC"))
    site.people_ids = [_add(site, newcomer) for newcomer in PEOPLE]
    for key, name in PROJECTS:
        site.add_project(key, name)
    for name in TEXT_FIELDS:
        site.add_field(name, f"{PLUGIN}:textfield")
    for name in NUMBER_FIELDS:
        site.add_field(name, f"{PLUGIN}:float")
    site.add_field(OFF_SCREEN, f"{PLUGIN}:textfield", on_screen=False)
    if site.is_datacenter:
        for name, plugin in EPIC_FIELDS:
            site.add_field(name, plugin)


def _add(site: JiraSite, newcomer: Newcomer, *, admin: bool = False) -> str:
    account_id = f"{site.random.randrange(10**5, 10**6)}:{site.random.getrandbits(128):032x}"
    if site.is_datacenter:
        account_id = f"JIRAUSER{FIRST_USER + len(site.accounts)}"
    groups = ("jira-users", "jira-administrators") if admin else ("jira-users",)
    site.add_person(
        Person(
            account_id,
            newcomer.name,
            f"{newcomer.mailbox}@{DOMAIN}",
            f"ATATT3x{site.random.getrandbits(256):064x}",
            newcomer.time_zone,
            newcomer.shows_email,
            admin=admin,
            groups=groups,
            login=newcomer.mailbox if site.is_datacenter else "",
        )
    )
    return account_id
