"""A fresh Acme for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.acme import Acme, build


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    """The vendors as seeded, an installation that has never run."""
    made = build(tmp_path)
    yield made
    made.installed.database.close()


@pytest.fixture
def make_acme(tmp_path: Path) -> Iterator[Callable[..., Acme]]:
    """Builds an Acme with other settings or sizes."""
    made: list[Acme] = []

    def make(**options: object) -> Acme:
        made.append(build(tmp_path / str(len(made)), **options))  # type: ignore[arg-type] # build's own options
        return made[-1]

    yield make
    for acme in made:
        acme.installed.database.close()
