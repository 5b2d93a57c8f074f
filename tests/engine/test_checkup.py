"""The doctor: green on a world that fits, red with a remedy for each thing that was broken on purpose, and no write."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.acme import START, Acme
from ml_connector.cli import app, setup
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import Check, check

Break = Callable[[Acme], None]


def checked(acme: Acme) -> dict[str, Check]:
    """Every check by its name."""
    lane, observed = acme.installed.watched_lane(NAME)
    return {each.name: each for each in check(lane, observed, acme.installed.granted(NAME))}


def test_a_world_that_fits_is_green_and_untouched(acme: Acme) -> None:
    """Every check passes, names what it found, and the sandbox counted no write."""
    found = checked(acme)
    assert [each for each in found.values() if not each.ok or not each.found] == []
    assert acme.writes() == []
    assert {"clock of jira.test", "quota of cloudsuite.test", "feed of deleted worklogs", "room for issue keys"} <= set(
        found
    )


def _hide(acme: Acme) -> None:
    body = {"project": "DEL", "account_id": acme.world.jira.integration, "visible": False}
    acme.control("POST", "/jira/permissions", body)


def _close_october(acme: Acme) -> None:
    acme.control("POST", "/cloudsuite/periods", {"entity": "2000", "period": "2026-10", "open": False})


def _close_now(acme: Acme) -> None:
    acme.control("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-11", "open": False})


def _deactivate(acme: Acme) -> None:
    acme.control("POST", "/cloudsuite/cost-centers", {"code": "FIN", "active": False})


def _skew(acme: Acme) -> None:
    acme.control("PUT", "/switches", {"jira_clock_ahead_seconds": -400})


def _refuse_once(acme: Acme) -> None:
    rule = {"name": "rate_limited_json", "next": 1, "path_holds": "/rest/api/3/myself", "retry_after": "1"}
    acme.control("PUT", "/faults", [rule])


def _revoke(acme: Acme) -> None:
    acme.world.jira.accounts[acme.world.jira.integration].api_token = "another"


BROKEN: tuple[tuple[str, Break, str], ...] = (
    ("hidden project", _hide, "Jira project DEL"),
    ("closed period since the cut-over date", _close_october, "periods of 2000 since the cut-over date"),
    ("closed present period", _close_now, "period of 1000"),
    ("inactive cost center", _deactivate, "labor clearing of 1000"),
    ("a clock", _skew, "clock of jira.test"),
    ("a quota", _refuse_once, "quota of jira.test"),
    ("credentials", _revoke, "Jira sign-in"),
)


@pytest.mark.parametrize(("breaking", "name"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_what_is_broken_at_a_vendor_is_red_with_a_remedy(acme: Acme, breaking: Break, name: str) -> None:
    """And nothing is written on the way to finding it."""
    breaking(acme)
    found = checked(acme)[name]
    assert not found.ok
    assert found.remedy
    assert acme.writes() == []


SETTINGS = (
    ('account = "219900"', 'account = "610000"', "labor clearing of 2000"),
    ('name = "demo"', 'name = "demo"\nunprojected = "default_project"\ndefault_project = "OPS-900"', "project OPS-900"),
    ('entities = ["1000", "2000"]', 'entities = ["1000", "2000", "9000"]', "entity 9000"),
    ('priority = "High"', 'priority = "Urgent"', "priorities in PROC"),
    ('closed_status = "Done"', 'closed_status = "Finished"', "Jira statuses"),
    ('issue_type = "Epic"', 'issue_type = "Saga"', "Jira project DEL"),
    ('remaining = "Budget Remaining"', 'remaining = "Audit Note"', "screen"),
    ("post_from", "#post_from", "cut-over date"),
)


@pytest.mark.parametrize(("old", "new", "name"), SETTINGS, ids=lambda value: str(value)[:24])
def test_what_the_connection_says_wrongly_is_red_with_a_remedy(
    make_acme: Callable[..., Acme], old: str, new: str, name: str
) -> None:
    """Each setting that names something of a vendor's is held against the vendor."""

    def change(text: str) -> str:
        assert old in text
        more = '\n[clearing."9000"]\naccount = "219900"\n' if "9000" in new else ""
        return text.replace(old, new) + more

    acme = make_acme(change=change)
    failed = [each for each in checked(acme).values() if not each.ok and name in each.name]
    assert failed
    assert all(each.remedy for each in failed)
    assert acme.writes() == []


def test_a_person_whom_jira_does_not_know_is_named(make_acme: Callable[..., Acme]) -> None:
    """A mistyped account would leave their hours unmapped."""
    acme = make_acme(change=lambda text: text + '\n[[person]]\naccount_id = "712020:nobody"\nname = "Left Over"\n')
    found = checked(acme)["people of the connection"]
    assert (found.ok, "Left Over" in found.found) == (False, True)


def test_a_grant_that_is_too_narrow_is_told_by_its_scopes(acme: Acme) -> None:
    """What the grant came with is held against what we use."""
    lane, _ = acme.installed.watched_lane(NAME)
    found = {each.name: each for each in check(lane, None, frozenset({"read:jira-work", "read:jira-user"}))}
    assert "write:jira-work" in found["scopes of the grant"].found


def test_the_command_tells_by_exit_code_json_and_page(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """0 and a page that prints where all is well, 1 with what failed where it is not."""
    monkeypatch.setattr(setup, "installation", lambda _directory: acme.installed)
    page = tmp_path / "check.html"
    well = CliRunner().invoke(app, ["check", "--html", str(page)])
    assert (well.exit_code, "All" in well.stdout) == (0, True), well.output
    assert "@media print" in page.read_text(encoding="utf-8")
    acme.clock.advance(timedelta(days=1).total_seconds())
    _skew(acme)
    failed = CliRunner().invoke(app, ["check", "--json"])
    document = json.loads(failed.stdout)
    assert (failed.exit_code, document["ok"], document["failed"]) == (1, False, 1)
    assert document["as_of"] > START.isoformat()
