"""What the vendors offer to choose from. Goal: whole where asked, kept, and shown without asking anybody again."""

from __future__ import annotations

from engine.acme import Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine import discovery
from ml_connector.engine.discovery import CLOUDSUITE, JIRA, Document


def discovered(acme: Acme, *projects: str) -> Document:
    """What Jira offers, read and kept."""
    found = discovery.discover_jira(acme.installed.jira_of(NAME), projects)
    discovery.keep(acme.installed.database, NAME, JIRA, found, acme.installed.clock)
    return discovery.kept(acme.installed.database, NAME)[JIRA]


def test_the_projects_named_are_read_whole(acme: Acme) -> None:
    """Issue types, fields with their options and people of PROC; of the others their names alone."""
    found = discovered(acme, "PROC", "NONE")
    projects = {each["key"]: each for each in found["projects"]}  # type: ignore[attr-defined]  # a JSON document
    assert set(projects) == {"PROC", "DEL", "OPS"}
    assert projects["PROC"]["name"] == "Procurement work"
    assert "issue_types" not in projects["DEL"]
    types = {each["name"]: each for each in projects["PROC"]["issue_types"]}
    assert {"Task", "Epic", "Sub-task"} <= set(types)
    fields = {each["name"]: each for each in types["Task"]["fields"]}
    assert fields["Summary"]["required"]
    assert fields["Priority"]["options"] == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert fields["Budget Remaining"]["type"] == "number"
    assert "Audit Note" not in fields
    assert types["Task"]["screens"] == {}


def test_screens_are_named_to_administrators(acme: Acme) -> None:
    """For creating and for editing, by issue type."""
    acme.world.jira.person(acme.world.jira.integration).admin = True
    found = discovered(acme, "PROC")
    project = next(each for each in found["projects"] if each["key"] == "PROC")  # type: ignore[attr-defined]  # JSON
    screens = {"create": "Default Screen", "edit": "Default Screen"}
    assert all(each["screens"] == screens for each in project["issue_types"])


def test_fields_statuses_and_people_are_listed(acme: Acme) -> None:
    """A field that is on no screen too; people by account id, with an e-mail only where they show it."""
    found = discovered(acme, "PROC")
    assert "Audit Note" in {each["name"] for each in found["fields"]}  # type: ignore[attr-defined]  # a JSON document
    assert "Done" in found["statuses"]  # type: ignore[operator]  # a JSON document
    people = {each["account_id"]: each for each in found["users"]}  # type: ignore[attr-defined]  # a JSON document
    site = acme.world.jira
    assert set(people) >= {person.account_id for person in site.people()}
    assert all(bool(people[each.account_id]["email"]) == each.shows_email for each in site.people())


def test_cloudsuite_offers_its_dimensions_and_its_calendar(acme: Acme) -> None:
    """Entities, accounts, cost centers, projects, and the periods of the entities named."""
    erp, clock = acme.installed.erp_of(NAME), acme.installed.clock
    found = discovery.discover_cloudsuite(erp, ["1000"], clock.now())
    books = acme.control("GET", "/books/dimensions")
    assert {each["code"] for each in found["cost_centers"]} == {  # type: ignore[attr-defined]  # a JSON document
        each["code"] for each in books["cost_centers"]
    }
    assert {"1000", "2000"} <= {each["code"] for each in found["entities"]}  # type: ignore[attr-defined]  # as above
    projects = {each["number"]: each for each in found["projects"]}  # type: ignore[attr-defined]  # as above
    assert projects["IT-2041"]["active"]
    assert not projects["OPS-900"]["active"]
    (calendar,) = found["periods"].values()  # type: ignore[attr-defined]  # as above
    assert {"name": "2026-11", "begins": "2026-11-01", "ends": "2026-11-30", "open": True} in calendar


def test_what_was_kept_is_shown_without_asking_anybody(acme: Acme) -> None:
    """With the time of its reading, and each vendor apart."""
    discovered(acme, "PROC")
    acme.calls()
    found = discovery.kept(acme.installed.database, NAME)
    calls = acme.calls()
    assert calls["jira"] == calls["cloudsuite"] == {}
    assert set(found) == {JIRA}
    assert CLOUDSUITE not in found
    assert str(found[JIRA]["read_at"]).startswith("2026-11-18")
