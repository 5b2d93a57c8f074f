"""Times the main job over real HTTP on this machine, vendors included: `python -m benchmarks --size small`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from ml_connector.bootstrap import Installation
from ml_connector.cli.app import log_to_stderr
from ml_connector.demo import timesheets
from ml_connector.demo.connection import NAME
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import FEED_LAG_SECONDS, Story, set_up
from ml_connector.demo.vendors import Vendors, vendors
from ml_connector.engine.poll import poll
from ml_connector.engine.run import run_lane

AN_HOUR = 3_600.0
"""Past everything that is read again to be sure."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `scale` times 25 purchase orders, and so many worklogs."""

    scale: int
    worklogs: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a step took: time, and calls to each vendor."""

    seconds: float
    jira: int
    cloudsuite: int


SIZES = {"small": Size(4, 500), "large": Size(40, 5000)}


def main() -> None:
    """Measure, and print a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Times the main job on this machine.")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    log_to_stderr()
    size = SIZES[asked.size]
    with TemporaryDirectory() as scratch:
        steps = measure(Path(scratch), size)
    if asked.json:
        counts = {"orders": 25 * size.scale, "worklogs": size.worklogs}
        Console().print_json(json.dumps({"size": asked.size, **counts, **_columns(steps)}))
        return
    table = Table("Step", title=f"{25 * size.scale} purchase orders, {size.worklogs} worklogs", title_justify="left")
    for column in ("Seconds", "Jira calls", "CloudSuite calls"):
        table.add_column(column, justify="right")
    for name, step in steps.items():
        table.add_row(name, f"{step.seconds:.2f}", str(step.jira), str(step.cloudsuite))
    Console().print(table)


def _columns(steps: dict[str, Step]) -> dict[str, dict[str, float]]:
    return {
        "seconds": {name: step.seconds for name, step in steps.items()},
        "calls_to_jira": {name: step.jira for name, step in steps.items()},
        "calls_to_cloudsuite": {name: step.cloudsuite for name, step in steps.items()},
    }


def measure(directory: Path, size: Size) -> dict[str, Step]:
    """What each step takes, measured once."""
    story = Story(directory / "home", "fsm", Screen(Console(), quiet=True))
    steps: dict[str, Step] = {}
    with vendors(directory / "vendors", scale=size.scale) as running:
        running.control("PUT", "/limits", {"jira_burst_per_second": None, "jira_per_issue_writes": False})
        installed = set_up(story, running)

        def run() -> None:
            cycle(story, running, installed)

        def timed(name: str, work: Callable[[], object]) -> None:
            steps[name] = step(running, work)

        timed("first run: read orders, create issues, write keys back", run)
        timed("the run after it, which reads the last minutes again", run)
        for _ in range(2):
            later(story, running, AN_HOUR)
            timed("a run with nothing to do", run)
        log_hours(story, running, size.worklogs)
        timed("read the hours", lambda: read(story, running, installed))
        timed("cost them, write budgets to issues, propose journals", run)
        timed("a run with a proposal waiting", run)
    return steps


def step(running: Vendors, work: Callable[[], object]) -> Step:
    """How long some work takes, and how often it asks the vendors."""
    running.control("DELETE", "/calls")
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    calls = running.control("GET", "/calls")
    return Step(seconds, sum(calls["jira"].values()), sum(calls["cloudsuite"].values()))


def later(story: Story, running: Vendors, seconds: float) -> None:
    """Time passes for everybody."""
    story.clock.advance(seconds)
    running.control("POST", "/clock", {"advance_seconds": seconds})


def cycle(story: Story, running: Vendors, installed: Installation) -> None:
    """One run, past the lag of the feeds."""
    later(story, running, FEED_LAG_SECONDS)
    run_lane(installed.lane(NAME))


def read(story: Story, running: Vendors, installed: Installation) -> None:
    """What a run reads, past the lag of the feeds."""
    later(story, running, FEED_LAG_SECONDS)
    lane = installed.lane(NAME)
    lane.enter()
    poll(lane)
    lane.leave()


def log_hours(story: Story, running: Vendors, count: int) -> None:
    """So many entries, spread over people, issues and three weeks."""
    people = running.facts["jira"]["people"][: timesheets.PEOPLE]
    issues = [item["key"] for item in running.books("issues") if item["project"] == "PROC" and item["status"] != "Done"]
    today = story.clock.now().date()
    entries = [
        timesheets.Entry(
            people[number % len(people)],
            issues[number % len(issues)],
            f"{today - timedelta(days=1 + number // len(people) % 20)}T09:00:00.000+0000",
            600,
        )
        for number in range(count)
    ]
    timesheets.log(running, entries, lambda: None)


if __name__ == "__main__":
    main()
