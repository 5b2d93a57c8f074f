"""Times how soon a logged hour is costed, with `serve` and both vendors: `python -m benchmarks.webhooks`."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from ml_connector.bootstrap import open_installation
from ml_connector.cli.app import log_to_stderr
from ml_connector.demo import timesheets
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import Story, set_up
from ml_connector.demo.vendors import Vendors, vendors
from ml_connector.engine.planning import plan_all
from ml_connector.settings import Home

SINGLE = 20
BURST = 300
FAR_AWAY_SECONDS = 3_600
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.02
SETTLED_SECONDS = 5.0
"""By then the first run is over, or what a burst gave rise to."""
ENRICHING = ("POST /rest/api/{version}/worklog/list", "POST /rest/api/{version}/issue/bulkfetch")
"""Calls that read what deliveries are about."""
LOGGING = "POST /rest/api/{version}/issue/{issue}/worklog"
"""The people's own calls."""
WRITING = ("PUT /rest/api/{version}/issue/{issue}",)
"""Calls that show people the cost."""


def main() -> None:
    """Measure, and print JSON."""
    log_to_stderr()
    with TemporaryDirectory() as scratch, vendors(Path(scratch) / "vendors") as running:
        story = Story(Path(scratch) / "home", "fsm", Screen(Console(), quiet=True))
        set_up(story, running).database.close()
        _administer(running)
        with _service(story) as port:
            Console(stderr=True).print(f"the service listens on port {port}")
            _until(lambda: bool(running.books("webhooks")) and bool(_issues(running)))
            time.sleep(SETTLED_SECONDS)
            found = {**_single(running, story), **_burst(running, story)}
    Console().print_json(json.dumps(found))


def _single(running: Vendors, story: Story) -> dict[str, object]:
    """Seconds from an hour that is logged to its cost among what is pending, as `budget` tells it."""
    seconds: list[float] = []
    key = _issues(running)[0]["key"]
    for number in range(SINGLE):
        before = _pending(story)
        entry = timesheets.Entry(running.facts["jira"]["people"][0], key, _started(story, number), 600)
        began = time.perf_counter()
        timesheets.log(running, [entry], lambda: None)
        _until(lambda before=before: _pending(story) != before)  # type: ignore[misc] # bound at once
        seconds.append(time.perf_counter() - began)
    return {
        "entries one by one": SINGLE,
        "seconds until it is costed, median": round(statistics.median(seconds), 2),
        "seconds until it is costed, most": round(max(seconds), 2),
    }


def _burst(running: Vendors, story: Story) -> dict[str, object]:
    """Calls for many entries at once."""
    running.control("DELETE", "/calls")
    issues = [item["key"] for item in _issues(running)]
    people = running.facts["jira"]["people"][: timesheets.PEOPLE]
    entries = [
        timesheets.Entry(people[n % len(people)], issues[n % len(issues)], _started(story, n // 10), 60)
        for n in range(BURST)
    ]
    began = time.perf_counter()
    timesheets.log(running, entries, lambda: None)
    logged = time.perf_counter() - began
    _until(lambda: not running.control("GET", "/books/deliveries")["waiting"])
    time.sleep(SETTLED_SECONDS)
    calls: dict[str, int] = running.control("GET", "/calls")["jira"]
    asked = {name: count for name, count in calls.items() if not name.startswith(LOGGING)}
    enriching = sum(count for name, count in asked.items() if name in ENRICHING)
    writing = sum(count for name, count in asked.items() if name in WRITING)
    return {
        "entries at once": BURST,
        "seconds to log them": round(logged, 2),
        "calls that read what they are about": enriching,
        "calls that write the cost to issues": writing,
        "other calls": sum(asked.values()) - enriching - writing,
        "calls": asked,
    }


def _issues(running: Vendors) -> list[dict[str, Any]]:
    return [item for item in running.books("issues") if item["project"] == "PROC" and item["status"] != "Done"]


def _pending(story: Story) -> list[str]:
    """What is costed and not yet posted, as the installation's own books tell."""
    installed = open_installation(story.directory)
    try:
        plan = plan_all(installed.lane("demo"))
    finally:
        installed.database.close()
    return [str(line.budget.pending) for line in plan.budgets]


def _started(story: Story, number: int) -> str:
    day = story.clock.now().date() - timedelta(days=1 + number // 24)
    return f"{day}T{number % 24:02}:00:00.000+0000"


def _administer(running: Vendors) -> None:
    facts = running.facts["jira"]
    who = running.call("GET", f"{running.jira_url}/rest/api/3/myself", None, facts)["accountId"]
    running.control("POST", "/jira/administrators", {"account_id": who, "admin": True})


@contextmanager
def _service(story: Story) -> Iterator[int]:
    """`serve` with a webhook, and no poll for an hour after the first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file = Home(story.directory).connection_file("demo")
    hook = f'[jira.webhook]\nkind = "admin"\npublic_url = "http://127.0.0.1:{port}"\n\n[jira.orders]'
    text = file.read_text(encoding="utf-8").replace("[jira.orders]", hook, 1)
    rarely = f"interval_seconds = {FAR_AWAY_SECONDS}"
    file.write_text(text.replace("interval_seconds = 15", rarely, 1), encoding="utf-8")
    command = [sys.executable, "-m", "ml_connector", "serve", "--dir", str(story.directory), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _until(true: Callable[[], bool]) -> None:
    """Wait until something is so. Raises TimeoutError."""
    last = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > last:
            raise TimeoutError("it never came")
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
