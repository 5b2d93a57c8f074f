"""`make sim`: run seeds on all cores, tell what each came to, and keep those that failed.

python -m simulation --seeds 2000          seeds 1 to 2,000
python -m simulation --seed 17             one seed, with everything that happened in it
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import structlog

from ml_connector_sandbox.faults import FAULTS
from simulation.life import POINTS
from simulation.simulation import Report, simulate

FAILED = Path(__file__).with_name("seeds.txt")
"""Every seed that ever failed; each is run with every `make sim` and in the tests."""
BATCH = 10


def say(text: object) -> None:
    """Tell the person who waits."""
    print(text, flush=True)  # noqa: T201 - a command of its own


def kept() -> list[int]:
    """The seeds that failed before."""
    lines = FAILED.read_text(encoding="utf-8").splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def one(seed: int) -> Report | str:
    """A seed's report, or what went wrong."""
    gc.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        return simulate(seed)
    except Exception:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return traceback.format_exc()


def _alone(seed: int) -> int:
    say(f"seed {seed}")
    found = one(seed)
    if isinstance(found, str):
        say(found)
        return 1
    say(found.options)
    say("\n".join(found.told))
    say(f"{found.lines} ledger lines, {found.deaths.total()} deaths, {found.overtakings} overtakings: nothing wrong")
    return 0


def _many(seeds: list[int], workers: int) -> int:
    say(f"{len(seeds)} seeds from {seeds[0]} to {max(seeds)} on {workers} workers")
    began = time.monotonic()
    total = Report(0, None)  # type: ignore[arg-type] # a sum has no options of its own
    failures: dict[int, str] = {}
    with ProcessPoolExecutor(workers) as pool:
        for seed, found in zip(seeds, pool.map(one, seeds, chunksize=BATCH), strict=True):
            if isinstance(found, str):
                failures[seed] = found
                say(f"seed {seed} FAILED: {found.splitlines()[-1]}\n{found}")
            else:
                _add(total, found)
    spent = time.monotonic() - began
    say(f"{len(seeds) / spent:.1f} seeds a second, {total.lines} ledger lines")
    say(f"{total.overtakings} overtakings, {total.deliveries} deliveries")
    say("deaths: " + _told(total.deaths, POINTS))
    say("points: " + _told(total.points, POINTS))
    say("faults that struck: " + _told(total.faults, FAULTS))
    say(f"{len(seeds) - len(failures)} passed, {len(failures)} failed")
    _keep(failures)
    return 1 if failures else 0


def _add(total: Report, found: Report) -> None:
    for name in ("points", "deaths", "faults"):
        getattr(total, name).update(getattr(found, name))
    total.overtakings += found.overtakings
    total.deliveries += found.deliveries
    total.lines += found.lines


def _told(counts: Counter[str], names: object) -> str:
    assert hasattr(names, "__iter__")
    return ", ".join(f"{name} {counts[name]}" for name in names)


def _keep(failures: dict[int, str]) -> None:
    known = set(kept())
    new = sorted(set(failures) - known)
    if new:
        with FAILED.open("a", encoding="utf-8") as file:
            file.writelines(f"{seed}\n" for seed in new)
        say(f"kept in {FAILED.name}: {', '.join(map(str, new))}")


def main() -> int:
    """Run what was asked for; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description="Simulate the product on the simulated vendors.")
    parser.add_argument("--seed", type=int, help="replay one seed, and tell all that happens")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds, from 1 on")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if asked.seed is not None:
        return _alone(asked.seed)
    return _many(list(dict.fromkeys([*range(1, asked.seeds + 1), *kept()])), asked.workers)


if __name__ == "__main__":
    sys.exit(main())
