"""The doctor: every permission, field, account, period and clock tried without writing, with a fix for each failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ml_connector.engine.checkup import cloudsuite, conditions, jira
from ml_connector.engine.checkup.result import Check, Probe
from ml_connector.engine.lane import Lane
from ml_connector.errors import ConnectorError
from ml_connector.net.observation import Observed

__all__ = ["Check", "check"]

AREAS: Mapping[str, Sequence[tuple[str, Probe]]] = {
    "CloudSuite": cloudsuite.PROBES,
    "Jira": jira.PROBES,
    "Connection": conditions.PROBES,
}


def check(lane: Lane, observed: Observed | None = None, granted: frozenset[str] | None = None) -> tuple[Check, ...]:
    """Try everything. A failure never keeps the next check from being tried.

    `observed` is what the lane's calls go through: what it notes of the vendors' clocks and limits is judged last.
    `granted` are the scopes of an OAuth grant of Jira, None where there is none or it tells of none.
    """
    tried = [
        replace(result, area=area)
        for area, probes in AREAS.items()
        for name, probe in probes
        for result in _tried(name, probe, lane)
    ]
    scopes = () if granted is None else (jira.scopes(granted, lane),)
    return (*tried, *scopes, *(conditions.of_vendors(observed) if observed else ()))


def _tried(name: str, probe: Probe, lane: Lane) -> Iterator[Check]:
    try:
        yield from list(probe(lane))
    except ConnectorError as error:
        yield Check(name, ok=False, found=error.message, remedy=error.remedy or "See the message.")
