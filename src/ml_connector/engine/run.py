"""One run of a lane, from lease to lease, with its outcome kept for people: what `sync` and the schedule both call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ml_connector.engine.lane import Lane
from ml_connector.engine.sweep import sweep
from ml_connector.engine.sync import SCHEDULE, Outcome, sync, take_inbox
from ml_connector.errors import ConnectorError
from ml_connector.store import runs

Result = TypeVar("Result")


def run_lane(lane: Lane, *, sweeping: bool = False, prepared_by: str = SCHEDULE) -> Outcome:
    """Run the cycle once, and the slow rounds before it where asked. The outcome is kept, a failure too."""
    return recorded(lane, lambda: _cycle(lane, sweeping=sweeping, prepared_by=prepared_by))


def _cycle(lane: Lane, *, sweeping: bool, prepared_by: str) -> Outcome:
    if sweeping:
        sweep(lane)
    return sync(lane, prepared_by)


def run_inbox(lane: Lane) -> Outcome:
    """Look into what webhooks hinted at, and plan. Only a failure is kept: these runs are many."""
    lane.enter()
    try:
        return take_inbox(lane)
    except ConnectorError as error:
        with lane.database.begin() as tx:
            run = runs.begin(tx, lane.name, lane.clock.now())
        _end(lane, run, type(error).__name__, str(error))
        raise
    finally:
        lane.leave()


def recorded(lane: Lane, work: Callable[[], Result]) -> Result:
    """Do some work of a lane under its lease, and keep a line about how it went."""
    lane.enter()
    try:
        with lane.database.begin() as tx:
            run = runs.begin(tx, lane.name, lane.clock.now())
        try:
            result = work()
        except ConnectorError as error:
            _end(lane, run, type(error).__name__, str(error))
            raise
        _end(lane, run, "done", "")
        return result
    finally:
        lane.leave()


def _end(lane: Lane, run: int, outcome: str, message: str) -> None:
    with lane.database.begin() as tx:
        runs.end(tx, run, lane.clock.now(), outcome, {"message": message})
