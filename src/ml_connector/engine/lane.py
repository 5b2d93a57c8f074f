"""A lane: one connection with everything it needs, run by one worker at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import Connection as Transaction

from ml_connector.clock import Clock
from ml_connector.core.journals import Grouping
from ml_connector.core.labor import CostPolicy
from ml_connector.core.mapping import IssueMapping
from ml_connector.core.signing import SignIn
from ml_connector.core.webhooks import Wanted
from ml_connector.erp.port import Erp
from ml_connector.errors import Refused, Unauthorized
from ml_connector.jira.port import Jira, Webhooks
from ml_connector.net.certificates import Certificate, look
from ml_connector.store import leases
from ml_connector.store.database import Database

LEASE_SECONDS = 90.0
"""Longer than the longest single call may take (75 s), so that a worker that is merely waiting keeps its lane."""


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """What a connection's settings decide, as the core's values.

    `cadence` is the time between two proposals of the schedule, `cooling_off` that for which an entry must have rested.
    `field_names` are the site's field ids or names by our own names. `inherit` says whether hours on issues below an
    order's issue are the order's. `automatic_below` is a gross amount in whole currency units under which postings need
    no approver; None asks for one every time.
    """

    mapping: IssueMapping
    cost: CostPolicy
    grouping: Grouping
    field_names: dict[str, str]
    automatic_below: Decimal | None
    entities: tuple[str, ...]
    erp_settle: timedelta
    jira_settle: timedelta
    cadence: timedelta = timedelta(0)
    cooling_off: timedelta = timedelta(0)
    attestation: bool = False
    unprojected_skip: bool = True
    inherit: bool = True


@dataclass(frozen=True, slots=True)
class Subscription:
    """The webhook that a connection wants, and the port that keeps it."""

    wanted: Wanted
    port: Webhooks


def _nobody(_message: str) -> None:
    """Progress that nobody watches."""


def _as_it_is(error: Unauthorized) -> Unauthorized:
    """Nothing more is known."""
    return error


@dataclass(slots=True)
class Lane:
    """One connection, one run. `say` hears progress in words; `epoch` is the lease that fences our writes.

    `sign_in` is how Jira is signed in to; `diagnose` finds out more about credentials that were refused; `certificate`
    looks at what a host of ours shows.

    `subscription` is None where changes are found by polling alone.

    `unseen_projects` are mapped Jira projects that a search of this run could not see; `facts` are the ERP's accounts,
    cost centers and periods as this run last read them, and when. `sign_in` says how we sign in to Jira, and what that
    goes without.
    """

    name: str
    site: str
    database: Database
    erp: Erp
    jira: Jira
    clock: Clock
    policy: LanePolicy
    say: Callable[[str], None] = _nobody
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}")
    epoch: int = 0
    unseen_projects: set[str] = field(default_factory=set)
    facts: tuple[datetime, CostPolicy] | None = None
    subscription: Subscription | None = None
    sign_in: SignIn | None = None
    diagnose: Callable[[Unauthorized], Unauthorized] = _as_it_is
    certificate: Callable[[str, int], Certificate] = look

    def enter(self) -> None:
        """Take the lease. Raises Refused while another worker holds it."""
        with self.database.begin() as tx:
            epoch = leases.take(tx, self.name, self.owner, self.clock.now(), LEASE_SECONDS)
        if epoch is None:
            raise Refused(
                f"Connection {self.name} is being worked on by another process.",
                remedy=f"Try again when it has finished; a stopped one is taken over after {LEASE_SECONDS:.0f} s.",
            )
        self.epoch = epoch
        self.unseen_projects.clear()
        self.facts = None

    def leave(self) -> None:
        """Give the lease back."""
        with self.database.begin() as tx:
            leases.give_back(tx, self.name, self.owner, self.epoch)

    def guard(self, tx: Transaction) -> None:
        """Renew the lease inside a write. Raises Fenced where another worker has taken the lane."""
        leases.renew(tx, self.name, self.owner, self.epoch, self.clock.now(), LEASE_SECONDS)
