"""What surrounds the two: the cut-over date, and the vendors' clocks and limits as their answers told them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ml_connector.engine.checkup.result import Check
from ml_connector.engine.lane import Lane
from ml_connector.net.observation import Noted, Observed

SKEW_MAX = timedelta(seconds=60)
"""Far below the overlap of two readings, which is what makes up for clocks that differ."""


def _cut_over(lane: Lane) -> Iterator[Check]:
    start = lane.policy.cost.post_from
    found = f"hours from {start} on are posted" if start else "post_from is not set: nothing is posted"
    yield Check("cut-over date", start is not None, found, "Set post_from in the connection.")


def _rates(lane: Lane) -> Iterator[Check]:
    rates, people = lane.policy.cost.rates, lane.policy.cost.people
    remedy = "Add [[person]] and [[rate]] tables to the connection; without a rate hours are held."
    yield Check("people and rates", bool(rates), f"{len(people)} people, {len(rates)} rates", remedy)


def of_vendors(observed: Observed) -> Iterator[Check]:
    """A check of each vendor's clock and of its limits."""
    for host, noted in sorted(observed.hosts.items()):
        yield from _clock(host, noted)
        found = f"{noted.calls} calls, {noted.refused} refused" + _told(noted)
        remedy = "Set cloudsuite.calls_per_minute lower, or ask for a larger quota."
        ok = not noted.refused and noted.remaining != 0
        yield Check(f"quota of {host}", ok, found, remedy, "Connection")


def _clock(host: str, noted: Noted) -> Iterator[Check]:
    name = f"clock of {host}"
    if noted.skew is None:
        yield Check(name, ok=True, found="not told", area="Connection")
        return
    seconds = round(noted.skew.total_seconds())
    ahead = "ahead of" if seconds > 0 else "behind"
    found = "agrees with ours" if abs(seconds) <= 1 else f"{abs(seconds)} s {ahead} ours"
    remedy = "Let this machine keep its time by NTP; if it does, tell the vendor."
    yield Check(name, abs(noted.skew) <= SKEW_MAX, found, remedy, "Connection")


def _told(noted: Noted) -> str:
    if noted.limit is None:
        return "; the limit is not told"
    left = "" if noted.remaining is None else f", {noted.remaining} left"
    return f"; limit {noted.limit}{left}"


PROBES = (("cut-over date", _cut_over), ("people and rates", _rates))
"""What is tried, and what it is called where it cannot be tried at all."""
