"""Over real processes and sockets: the vendors may end in the middle of everything, and begin again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from ml_connector.bootstrap import Installation, http_transport, open_installation
from ml_connector.clock import SystemClock
from ml_connector.demo import timesheets
from ml_connector.demo.connection import NAME
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import CONTROLLER, FEED_LAG_SECONDS, Story, set_up
from ml_connector.demo.summary import summarize
from ml_connector.demo.vendors import Vendors, vendors
from ml_connector.engine import proposal
from ml_connector.engine.run import recorded, run_lane
from ml_connector.errors import ConnectorError
from ml_connector.settings import Connection
from ml_connector.wire import Request, Response

pytestmark = pytest.mark.slow
CALLS_BEFORE_THE_END = 9
CYCLES_MAX = 6


class Counting:
    """A real transport that calls something just before its n-th exchange with CloudSuite."""

    def __init__(self, connection: Connection, call: int, then: Callable[[], None]) -> None:
        self._send = http_transport(connection)
        self._left = call
        self._then = then

    def __call__(self, request: Request) -> Response:
        """One exchange."""
        if "/FSM/" in request.url:
            self._left -= 1
            if self._left == 0:
                self._then()
        return self._send(request)


def _cycle(installed: Installation, running: Vendors, clock: SystemClock) -> str:
    clock.advance(FEED_LAG_SECONDS)
    running.control("POST", "/clock", {"advance_seconds": FEED_LAG_SECONDS})
    return run_lane(installed.lane(NAME), prepared_by="analyst").proposal


def test_vendors_that_stop_in_the_middle_and_start_again_lose_and_double_nothing(tmp_path: Path) -> None:
    """CloudSuite ends in the middle of a posting; once it is back the run completes and the books agree."""
    story = Story(tmp_path / "home", "fsm", Screen(Console(), quiet=True), SystemClock())
    place = tmp_path / "vendors"
    with vendors(place) as running:
        installed = set_up(story, running)
        _cycle(installed, running, story.clock)
        people = running.facts["jira"]["people"]
        issues = sorted(item["key"] for item in running.books("issues") if item["project"] == "PROC")
        entries = timesheets.plan_entries(people, issues, story.clock.now().date())[-30:]
        timesheets.log(running, entries, lambda: None)
        plan = _cycle(installed, running, story.clock)
        proposal.approve(installed.lane(NAME), plan, CONTROLLER)
        stopped: list[bool] = []

        def stop() -> None:
            assert running.process is not None
            running.process.terminate()
            running.process.wait()
            stopped.append(True)

        def breaking(connection: Connection) -> Callable[[Request], Response]:
            return Counting(connection, CALLS_BEFORE_THE_END, stop)

        breakable = open_installation(story.directory, story.clock, breaking)
        lane = breakable.lane(NAME)
        with suppress(ConnectorError):
            recorded(lane, lambda: proposal.apply(lane, plan))
        assert stopped, "the vendors did not stop in the middle"
    with vendors(place) as running:
        installed = open_installation(story.directory, story.clock)
        for _ in range(CYCLES_MAX):
            left = _cycle(installed, running, story.clock)
            if left:
                proposal.approve(installed.lane(NAME), left, CONTROLLER)
        summary = summarize(running, story.post_from)
        assert summary["agrees"], summary
        assert summary["gl"]["total"], "nothing was posted"
