"""Custom fields of ours. Goal: shown first, made once, and what keeps an issue from being made is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.acme import Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.engine.lane import Lane
from ml_connector.engine.provision import Provision, State, preview, provide
from ml_connector.errors import Ambiguous, Rejected
from ml_connector.store import findings

WANTED = {"po_number": "PO Number", "vendor": "Supplier", "remaining": "Money left"}


def fields(acme: Acme, name: str) -> list[str]:
    """The ids of the site's fields of a name."""
    return [each.id for each in acme.world.jira.fields.values() if each.name == name]


def as_administrator(acme: Acme) -> Lane:
    """The lane, with an integration user who may make fields."""
    site = acme.world.jira
    site.person(site.integration).admin = True
    return acme.installed.lane(NAME)


def by_name(found: tuple[Provision, ...]) -> dict[str, Provision]:
    """How our fields stand."""
    return {each.ours: each for each in found}


def test_the_preview_makes_nothing_and_names_the_screens(acme: Acme) -> None:
    """A field that is there and on its screens is well; one that lacks would be on none."""
    before = dict(acme.world.jira.fields)
    found = by_name(preview(as_administrator(acme), WANTED))
    assert acme.world.jira.fields == before
    assert (found["po_number"].state, found["po_number"].remedy) == (State.EXISTS, "")
    assert found["vendor"].state is State.LACKS
    assert "create screen of Task in PROC (Default Screen)" in found["vendor"].remedy
    assert [screen for screen in found["vendor"].off_screens if "DEL" in screen] == []
    assert [screen for screen in found["remaining"].off_screens if "Epic in DEL" in screen]


def test_what_lacks_is_made_once(acme: Acme) -> None:
    """Two fields, of the types that they hold; the second run makes none."""
    lane = as_administrator(acme)
    made = by_name(provide(lane, preview(lane, WANTED)))
    assert {name: each.state for name, each in made.items()} == {
        "po_number": State.EXISTS,
        "vendor": State.CREATED,
        "remaining": State.CREATED,
    }
    assert [made["vendor"].id] == fields(acme, "Supplier")
    assert acme.world.jira.fields[made["remaining"].id].type == "number"
    again = by_name(provide(lane, preview(lane, WANTED)))
    assert {each.state for each in again.values()} == {State.EXISTS}
    assert len(fields(acme, "Supplier")) == len(fields(acme, "Money left")) == 1


def test_a_field_in_doubt_is_found_by_its_name(acme: Acme) -> None:
    """The answer is lost: the person is told to run it again, and no second field is made."""
    lane = as_administrator(acme)
    wanted = preview(lane, WANTED)
    acme.control("PUT", "/faults", [{"name": "lost_answer", "vendor": "jira", "next": 1, "path_holds": "api/3/field"}])
    with pytest.raises(Ambiguous, match="Run this again"):
        provide(lane, wanted)
    made = by_name(provide(lane, preview(lane, WANTED)))
    assert made["vendor"].state is State.EXISTS
    assert len(fields(acme, "Supplier")) == len(fields(acme, "Money left")) == 1


def test_who_may_not_make_fields_is_told_what_it_takes(acme: Acme) -> None:
    """The permission, the scope, and what an administrator could make by hand. Screens are told without their names."""
    lane = acme.installed.lane(NAME)
    wanted = preview(lane, WANTED)
    assert "create screen of Task in PROC." in by_name(wanted)["vendor"].remedy
    with pytest.raises(Rejected) as found:
        provide(lane, wanted)
    assert "Administer Jira" in found.value.remedy
    assert "Supplier as a text field" in found.value.remedy


def test_names_that_do_not_lead_to_one_fit_field_are_told(acme: Acme) -> None:
    """A name that two fields have, a number where text goes, and an id that is nobody's: none is made."""
    acme.world.jira.add_field("Vendor", "com.atlassian.jira.plugin.system.customfieldtypes:textfield")
    names = {"vendor": "Vendor", "po_number": "Story Points", "cost_center": "customfield_99999"}
    lane = as_administrator(acme)
    before = dict(acme.world.jira.fields)
    found = by_name(provide(lane, preview(lane, names)))
    assert {name: each.state for name, each in found.items()} == {
        "vendor": State.REPEATED,
        "po_number": State.UNFIT,
        "cost_center": State.UNKNOWN,
    }
    assert all(each.remedy for each in found.values())
    assert acme.world.jira.fields == before


def messages(acme: Acme, code: str) -> list[str]:
    """What the open findings of a code say."""
    with acme.installed.database.read() as tx:
        found = findings.open_findings(tx, NAME)
    return [f"{each.finding.message} {each.finding.remedy}" for each in found if each.finding.code == code]


def off_screen(text: str) -> str:
    """The vendor shown in a field that is on no screen."""
    assert 'vendor = "Vendor"' in text
    return text.replace('vendor = "Vendor"', 'vendor = "Audit Note"')


def test_a_field_on_no_screen_is_named_with_its_screen(make_acme: Callable[..., Acme]) -> None:
    """Whatever language Jira's refusal is in; put on the screen, the issues are made and the finding closes."""
    acme = make_acme(change=off_screen)
    as_administrator(acme)
    acme.sync()
    (field_id,) = fields(acme, "Audit Note")
    found = messages(acme, "field_not_on_screen")
    assert found
    assert all(f"Audit Note ({field_id})" in each for each in found)
    assert all("create screen of Task in PROC (Default Screen)" in each for each in found)
    failed = [each for each in check(acme.installed.lane(NAME)) if not each.ok and "Audit Note" in each.found]
    assert [each.name for each in failed] == ["Jira create screen of Task in PROC (Default Screen)"]
    acme.world.jira.put_on_screen(field_id)
    acme.sync()
    assert not messages(acme, "field_not_on_screen")
    assert acme.world.jira.issues_of("PROC")


def test_a_field_that_a_project_asks_for_is_named(acme: Acme) -> None:
    """We fill in a field that nobody told us of neither with a guess nor with nothing."""
    site = acme.world.jira
    (field_id,) = fields(acme, "Story Points")
    site.require(field_id)
    acme.sync()
    found = messages(acme, "field_required")
    assert found
    assert all("Task in PROC" in each or "Epic in DEL" in each for each in found)
    assert all(f"Story Points ({field_id})" in each for each in found)
    failed = [each for each in check(acme.installed.lane(NAME)) if not each.ok and "Story Points" in each.found]
    assert failed
    assert not site.issues
