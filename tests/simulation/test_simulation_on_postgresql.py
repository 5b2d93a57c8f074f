"""The same simulation with PostgreSQL as the store. Goal: nothing in the product leans on what only SQLite does."""

from __future__ import annotations

import pickle
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import Engine

from ml_connector.store.database import Database
from postgresql import copy_of, empty_database
from simulation.simulation import simulate
from simulation.world import Begun, Scenery, settled

pytestmark = pytest.mark.slow
SEEDS = 20
VARIABLE = "MLC_DATABASE_URL"
NUMBERS = count(1)


@cache
def begun() -> Begun:
    """Made once a process, in a database of its own."""
    directory = Path(mkdtemp(prefix="ml-connector-simulation-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, empty_database())
        acme = settled(directory)
    return Begun(directory, pickle.dumps(acme.world), b"", acme.installed)


def copied() -> Engine:
    """A fresh copy of the beginning's database."""
    return Database(copy_of(begun().installation.database.url)).engine


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_nothing_is_wrong_on_postgresql(seed: int) -> None:
    """With each of these seeds."""
    simulate(seed, Scenery(begun, copied))
