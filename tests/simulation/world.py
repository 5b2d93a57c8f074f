"""The world of a simulation: a few orders whose issues exist, copied afresh for every seed."""

from __future__ import annotations

import atexit
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from engine.acme import CLOUDSUITE_URL, JIRA_URL, START, Acme, OneClock, build
from ml_connector.bootstrap import Installation
from ml_connector.demo.connection import NAME
from ml_connector.demo.oracle import Extras
from ml_connector.settings import Connection
from ml_connector.settings.connection import Posting
from ml_connector.settings.costing import Burden, Premium, TimeRounding, WorkCalendar
from ml_connector.store.database import Database
from ml_connector_sandbox import control
from ml_connector_sandbox import wire as sandbox
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.front import Dropped
from ml_connector_sandbox.world import World
from sandbox_transport import SandboxTransport, by_host
from simulation.life import Life, MortalDatabase, mortal

ORDERS = 3
LONG_AGO = 3600.0
"""How old the vendors' records are when a simulation begins: no delta window shows them again."""
CALL_SECONDS = 1.5
"""How long a call takes at the most."""
SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
POST_FROM = (START.date().replace(day=1) - timedelta(days=1)).replace(day=1)
SETTLE_SECONDS = 360
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
PUBLIC = "https://connector.test"
"""Where Jira delivers to."""
WEBHOOKS = ("admin", "off", "off")
"""A webhook heals what polling has missed: without one, polling has to be right alone."""
EXTRAS = (
    None,
    None,
    Extras(900, up=False, weekend=Fraction(2), percent=Fraction("28.5"), account="614000"),
    Extras(360, up=True, weekend=Fraction(3), percent=Fraction("7.25"), account="614000"),
)
"""What half of the seeds have on top of hours and rates: rounding of time, weekends at a multiple, and a burden."""
GRAINS = ("worklog", "person-day", "issue-day", "po-period")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where every simulation begins: vendors and an installation that agree, with no hours yet."""

    directory: Path
    vendors: bytes
    database: bytes
    installation: Installation


@cache
def begun() -> Begun:
    """Made once a process: the seed's vendors with a handful of orders, after two cycles."""
    directory = Path(mkdtemp(dir=SCRATCH, prefix="ml-connector-simulation-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    acme = settled(directory)
    file = acme.installed.home.database_file
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Begun(directory, pickle.dumps(acme.world), file.read_bytes(), acme.installed)


def settled(directory: Path) -> Acme:
    """A small world in which nothing is left to do, its database closed."""
    acme = build(directory, change=_with_webhook)
    acme.control("POST", "/jira/administrators", {"account_id": acme.world.jira.integration, "admin": True})
    _thin_out(acme.world)
    acme.sync()
    acme.clock.advance(LONG_AGO)
    acme.sync()
    acme.sync()
    acme.world.calls.clear()
    acme.installed.database.close()
    return acme


def _with_webhook(text: str) -> str:
    return text.replace("[jira.orders]", f'[jira.webhook]\nkind = "admin"\npublic_url = "{PUBLIC}"\n\n[jira.orders]', 1)


def _thin_out(world: World) -> None:
    """Keep a few orders that can be charged, so that a cycle is short."""
    tables = world.cloudsuite.tables
    kept: set[tuple[str, ...]] = set()
    for row in tables["PurchaseOrderLineDistribution"].living():
        order, fields = row.key[:4], row.fields
        coded = fields["DistributionAccount.AccountingUnit"] != "LEGACY" and fields["DistributionAccount.Project"]
        if coded and (order in kept or len(kept) < ORDERS):
            kept.add(order)
    for name in ("PurchaseOrder", "PurchaseOrderLine", "PurchaseOrderLineDistribution"):
        rows = tables[name].rows
        for key in [key for key in rows if key[:4] not in kept]:
            del rows[key]
    for name in ("AccountingEntityPeriod", "GeneralLedgerClosePeriod"):
        rows = tables[name].rows
        for key in [key for key in rows if str(START.year) not in key]:
            del rows[key]


@dataclass(frozen=True, slots=True)
class Options:
    """How a seed's ERP and connection are set."""

    keys_enforced: bool
    back_posting: bool
    grain: str
    zone: str
    closed_period: str
    automatic: bool
    correction: str
    webhook: str
    extras: Extras | None

    @classmethod
    def drawn(cls, random: Random) -> Options:
        """The options of a seed."""
        beside = Random(repr(random.getstate()[1][:4]))  # what was added later leaves the old draws as they were
        return cls(
            keys_enforced=random.random() < 0.6,
            back_posting=random.random() < 0.5,
            grain=random.choice(GRAINS),
            zone=random.choice(ZONES),
            closed_period=random.choice(("hold", "next_open")),
            automatic=random.random() < 0.5,
            correction=random.choice(("reversal", "net_delta")),
            webhook=random.choice(WEBHOOKS),
            extras=beside.choice(EXTRAS),
        )

    def applied(self, connection: Connection, raised: int) -> Connection:
        """The connection with these settings, and with rates of so many times their amount."""
        approval = connection.posting.approval.model_copy(
            update={"automatic_below": Decimal(10**9) if self.automatic else None},
        )
        posting = connection.posting.model_copy(
            update={
                "grain": self.grain,
                "closed_period": self.closed_period,
                "approval": approval,
                "correction": self.correction,
            }
        )
        rates = tuple(rate.model_copy(update={"amount": rate.amount * raised}) for rate in connection.rate)
        fsm = connection.cloudsuite.fsm.model_copy(update={"unique_keys": self.keys_enforced})
        cloudsuite = connection.cloudsuite.model_copy(update={"settle_seconds": SETTLE_SECONDS, "fsm": fsm})
        webhook = connection.jira.webhook.model_copy(update={"kind": self.webhook})
        changes = {
            "posting": posting,
            "cloudsuite": cloudsuite,
            "jira": connection.jira.model_copy(update={"webhook": webhook}),
            "time_zone": self.zone,
            "rate": rates,
        }
        return connection.model_copy(update={**changes, **self._costly(connection, posting)})

    def _costly(self, connection: Connection, posting: Posting) -> dict[str, object]:
        """Rounding of time, a premium and a burden, where the seed has them."""
        extras = self.extras
        if extras is None:
            return {}
        rounding = TimeRounding(minutes=extras.block // 60, direction="up" if extras.up else "nearest")
        day = {"from": date(2026, 1, 1)}
        premium = {"name": "weekend", "cause": "weekend", "factor": str(extras.weekend), **day}
        burden = {"name": "fringe", "percent": str(float(extras.percent)), "account": extras.account, **day}
        return {
            "posting": posting.model_copy(update={"time_rounding": rounding}),
            "calendar": (WorkCalendar(name="week"),),
            "person": tuple(person.model_copy(update={"calendar": "week"}) for person in connection.person),
            "premium": (Premium.model_validate(premium),),
            "burden": (Burden.model_validate(burden),),
        }


@dataclass(slots=True)
class SkewedClock(OneClock):
    """A process's clock that is wrong."""

    skew: timedelta

    def now(self) -> datetime:
        """What the process takes for the present."""
        return self.still.now() + self.skew


@dataclass(slots=True)
class Stage:
    """One seed's own vendors and database.

    `raised` is how many times the first rates an hour costs by now; `skew` by how much the product's clock is wrong.
    """

    world: World
    engine: Engine
    options: Options
    begun: Begun
    raised: int = 1
    skew: timedelta = timedelta()

    @property
    def clock(self) -> StillClock:
        """The one clock."""
        assert isinstance(self.world.clock, StillClock)
        return self.world.clock

    def process(self, life: Life) -> Installation:
        """The installation as one mortal process sees it."""
        first = self.begun.installation
        hosts = {
            urlsplit(JIRA_URL).hostname or "": SandboxTransport(self.world.jira_front, Dropped),
            urlsplit(CLOUDSUITE_URL).hostname or "": SandboxTransport(self.world.cloudsuite_front, Dropped),
        }

        def take_time() -> None:
            self.clock.advance(self.world.faults.random.random() * CALL_SECONDS)

        send = mortal(life, by_host(hosts), take_time)
        return Installation(
            first.home,
            {NAME: self.options.applied(first.connections[NAME], self.raised)},
            MortalDatabase(self.engine, life),
            first.vault,
            SkewedClock(self.clock, self.skew),
            lambda _connection: send,
        )

    def ask(self, path: str) -> Any:
        """One of the vendors' books."""
        return control.answer(self.world, sandbox.Request("GET", path)).json()

    def close(self) -> None:
        """Forget it all."""
        self.engine.dispose()


@cache
def engine() -> Engine:
    """One for all seeds of a process: what it learns about statements is kept, the file behind it is not."""
    return Database(f"sqlite:///{begun().directory / 'seed.db'}", durable=False).engine


def _copied() -> Engine:
    """A fresh copy of the beginning's database."""
    engine().dispose()
    for path in begun().directory.glob("seed.db*"):
        path.unlink()
    (begun().directory / "seed.db").write_bytes(begun().database)
    return engine()


@dataclass(frozen=True, slots=True)
class Scenery:
    """Where the stages of a simulation come from: their beginning, and a fresh database for each."""

    begun: Callable[[], Begun] = begun
    database: Callable[[], Engine] = _copied


ON_SQLITE = Scenery()


def stage(seed: int, options: Options, scenery: Scenery = ON_SQLITE) -> Stage:
    """A fresh copy for one seed."""
    start = scenery.begun()
    world: World = pickle.loads(start.vendors)
    world.random.seed(seed)
    world.faults.random.seed(seed)
    world.switches.put({"fsm_keys_enforced": options.keys_enforced, "fsm_back_posting": options.back_posting})
    return Stage(world, scenery.database(), options, start)
