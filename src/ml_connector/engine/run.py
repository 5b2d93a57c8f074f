"""One run of a lane, from lease to lease, with its outcome kept for people: what `sync` and the schedule both call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ml_connector.core.records import Finding
from ml_connector.engine.lane import Lane
from ml_connector.engine.sweep import sweep
from ml_connector.engine.sync import SCHEDULE, Outcome, sync, take_inbox
from ml_connector.errors import ConnectorError, Unauthorized
from ml_connector.store import findings, runs

Result = TypeVar("Result")
SIGN_IN = "sign-in"
"""Scope and subject of the finding about credentials that are refused."""


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
        _end(lane, run, error)
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
            _end(lane, run, error)
            raise
        _end(lane, run, None)
        return result
    finally:
        lane.leave()


def _end(lane: Lane, run: int, error: ConnectorError | None) -> None:
    if isinstance(error, Unauthorized):
        error = lane.diagnose(error)
    outcome, message = ("done", "") if error is None else (type(error).__name__, str(error))
    now = lane.clock.now()
    with lane.database.begin() as tx:
        runs.end(tx, run, now, outcome, {"message": message})
        if error is None or isinstance(error, Unauthorized):
            findings.record(tx, lane.name, SIGN_IN, [] if error is None else [_refused(error)], now)


def _refused(error: Unauthorized) -> Finding:
    """Credentials that no longer work: nothing is read or written until a person mends it."""
    return Finding("sign_in_refused", SIGN_IN, error.message, error.remedy)
