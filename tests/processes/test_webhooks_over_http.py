"""The service hears of hours from Jira itself, over real HTTP: they are costed long before the next poll."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from ml_connector.demo import timesheets
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import Story, set_up
from ml_connector.demo.vendors import Vendors, vendors
from ml_connector.settings import Home
from processes.service import Service
from processes.test_sigkill import look

pytestmark = pytest.mark.slow
FAR_AWAY = 3_600
"""Seconds to the next poll: whatever is known before came by a delivery."""
SECONDS_MAX = 60.0
PAUSE_SECONDS = 0.05
ENTRIES = 60
KNOWN = "SELECT count(*) FROM worklogs"
RUNS = "SELECT count(*) FROM runs WHERE outcome = 'done'"
UNHANDLED = "SELECT count(*) FROM inbox WHERE handled_at IS NULL"
REGISTERED = "SELECT count(*) FROM registrations WHERE webhook_id <> ''"
ORDERS_PROJECT = "PROC"


def with_webhook(home: Home, port: int) -> None:
    """The demo's connection with an administrator's webhook, and no poll for an hour after the first."""
    file = home.connection_file("demo")
    text = file.read_text(encoding="utf-8")
    hook = f'[jira.webhook]\nkind = "admin"\npublic_url = "http://127.0.0.1:{port}"\n\n[jira.orders]'
    for old, new in (("[jira.orders]", hook), ("interval_seconds = 15", f"interval_seconds = {FAR_AWAY}")):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def administer(running: Vendors) -> None:
    """The integration user may register webhooks."""
    facts = running.facts["jira"]
    who = running.call("GET", f"{running.jira_url}/rest/api/3/myself", None, facts)["accountId"]
    running.control("POST", "/jira/administrators", {"account_id": who, "admin": True})


def test_hours_are_known_and_costed_without_a_poll(tmp_path: Path) -> None:
    """Sixty entries of five people, delivered in parallel, are read by a handful of questions."""
    story = Story(tmp_path / "home", "fsm", Screen(Console(), quiet=True))
    with vendors(tmp_path / "vendors") as running:
        set_up(story, running).database.close()
        administer(running)
        service = Service(story.directory)
        with_webhook(Home(story.directory), service.port)
        service.start()
        try:
            look(service, SECONDS_MAX, lambda: ready(service), PAUSE_SECONDS)
            runs = service.ask(RUNS)[0][0]
            issues = sorted(each["key"] for each in running.books("issues") if each["project"] == ORDERS_PROJECT)
            entries = timesheets.plan_entries(running.facts["jira"]["people"], issues, story.post_from)[:ENTRIES]
            running.control("DELETE", "/calls")
            timesheets.log(running, entries, lambda: None)
            look(service, SECONDS_MAX, lambda: service.ask(KNOWN)[0][0] == ENTRIES, PAUSE_SECONDS)
            look(service, SECONDS_MAX, lambda: service.ask(UNHANDLED)[0][0] == 0, PAUSE_SECONDS)
            assert service.ask(KNOWN) == [(ENTRIES,)], service.said()
            assert service.ask(RUNS)[0][0] == runs, "a poll came between"
            asked = running.control("GET", "/calls")["jira"]
            assert not [call for call in asked if "worklog/updated" in call or "worklog/deleted" in call], asked
            assert {item["status"] for item in running.control("GET", "/books/deliveries")["tried"]} == {200}
            assert service.stop() == 0
            assert "Traceback" not in service.said(), service.said()
        finally:
            if service.running():
                service.kill()


def ready(service: Service) -> bool:
    """Whether the first run is over and the webhook is there."""
    try:
        return bool(service.ask(RUNS)[0][0] and service.ask(REGISTERED)[0][0])
    except Exception:  # noqa: BLE001 - the database is being made
        return False
