"""The embedded schedule: one loop in the process over the connections that are due.

Each connection runs on its own thread, never beside itself; a stop lets the call under way finish and starts no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from ml_connector.clock import Clock
from ml_connector.errors import ConnectorError, Unauthorized

UNAUTHORIZED_PAUSE = timedelta(minutes=15)
"""Dead credentials are not tried every minute: repeated failures lock accounts."""
TICK_SECONDS = 0.25
GATHERED = timedelta(seconds=0.5)
"""How long deliveries are gathered before they are looked into: ten about one entry are one question."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a connection runs, and how often it also makes its slow rounds."""

    interval: timedelta
    sweep: timedelta
    reconcile: timedelta
    jitter: timedelta


@dataclass(frozen=True, slots=True)
class Rounds:
    """The slow rounds that are due with a run."""

    sweep: bool
    reconcile: bool


@dataclass(slots=True)
class Due:
    """When a connection runs next."""

    cycle: datetime
    sweep: datetime
    reconcile: datetime
    running: bool = False
    inbox: datetime | None = None


Run = Callable[[Rounds], None]
"""Runs one connection once, with the slow rounds that are due."""
Tell = Callable[[str, ConnectorError | Exception], None]
"""Hears that a run of a connection failed."""


@dataclass(slots=True)
class Loop:
    """Decides what is due and starts it. `lights` look into deliveries between runs; `stop` ends the loop."""

    schedules: Mapping[str, Schedule]
    runs: Mapping[str, Run]
    clock: Clock
    stop: threading.Event
    tell: Tell
    lights: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    random: Random = field(default_factory=Random)
    due: dict[str, Due] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self) -> None:
        """Run until stopped, then wait for what is under way."""
        now = self.clock.now()
        self.due = {
            name: Due(now, now + schedule.sweep, now + schedule.reconcile) for name, schedule in self.schedules.items()
        }
        while not self.stop.is_set():
            self.start_due()
            self.stop.wait(TICK_SECONDS)
        for thread in self.threads:
            thread.join()

    def hint(self, name: str) -> None:
        """A delivery came for a connection: look into it soon. Safe from any thread."""
        due = self.due.get(name)
        if due is not None and due.inbox is None:
            due.inbox = self.clock.now() + GATHERED

    def start_due(self) -> None:
        """Start every connection that is due and not running."""
        now = self.clock.now()
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        for name, due in self.due.items():
            if due.running:
                continue
            if due.cycle <= now:
                self._start(self._run_one, name, due)
            elif due.inbox is not None and due.inbox <= now:
                self._start(self._run_light, name, due)

    def _start(self, work: Callable[[str, Due], None], name: str, due: Due) -> None:
        due.running = True
        thread = threading.Thread(target=work, args=(name, due), name=f"lane-{name}")
        self.threads.append(thread)
        thread.start()

    def _run_light(self, name: str, due: Due) -> None:
        due.inbox = None  # what comes from now on is looked into by the next
        try:
            self.lights[name]()
        except Exception as error:  # noqa: BLE001 - the next run looks into it again
            self.tell(name, error)
        due.running = False

    def _run_one(self, name: str, due: Due) -> None:
        schedule = self.schedules[name]
        began = self.clock.now()
        due.inbox = None
        rounds = Rounds(due.sweep <= began, due.reconcile <= began)
        pause = schedule.interval
        try:
            self.runs[name](rounds)
        except Unauthorized as error:
            pause = max(pause, UNAUTHORIZED_PAUSE)
            self.tell(name, error)
        except Exception as error:  # noqa: BLE001 - one connection's failure must not end the others
            self.tell(name, error)
        now = self.clock.now()
        if rounds.sweep:
            due.sweep = now + schedule.sweep
        if rounds.reconcile:
            due.reconcile = now + schedule.reconcile
        due.cycle = now + pause + schedule.jitter * self.random.random()
        due.running = False
