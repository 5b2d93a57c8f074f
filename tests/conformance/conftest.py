"""Every claim is tried on every product line of `lines.py`, each over its own sandbox with the same world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.lines import LINES
from conformance.trial import Trial
from engine.acme import build


@pytest.fixture(params=LINES)
def product(request: pytest.FixtureRequest) -> str:
    """One product line after the other, and each way of it that the suite knows."""
    return str(request.param)


@pytest.fixture
def open_trial(product: str, tmp_path: Path) -> Iterator[Callable[..., Trial]]:
    """Opens a trial of the line with keys of its own under `[cloudsuite]`."""
    opened: list[Trial] = []

    def make(**keys: int) -> Trial:
        more = "".join(f"\n{name} = {value}" for name, value in keys.items())
        line = LINES[product]

        def change(text: str) -> str:
            return line.edit(text.replace("[cloudsuite]", f"[cloudsuite]{more}", 1))

        acme = build(tmp_path / str(len(opened)), product=line.product or product, change=change)
        acme.control("PUT", "/switches", line.switches)
        opened.append(Trial(acme, product))
        return opened[-1]

    yield make
    for each in opened:
        each.acme.installed.database.close()


@pytest.fixture
def trial(open_trial: Callable[..., Trial]) -> Trial:
    """The line as the demo sets it up."""
    return open_trial()


@pytest.fixture
def within_limits(product: str) -> Callable[[str], None]:
    """Leaves a claim out where the line declares, with its reason, that it cannot hold."""

    def check(claim: str) -> None:
        if reason := LINES[product].limits.get(claim, ""):
            pytest.skip(f"{product} declares: {reason}")

    return check
