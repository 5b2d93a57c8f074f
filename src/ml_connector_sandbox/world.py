"""The world: one clock, one chance, two vendors behind their doors, and what can be done to them."""

from __future__ import annotations

import random as chance
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ml_connector_sandbox.calls import Calls
from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.cloudsuite import app as cloudsuite_app
from ml_connector_sandbox.cloudsuite import gateway
from ml_connector_sandbox.cloudsuite import seed as cloudsuite_seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.faults import Faults
from ml_connector_sandbox.front import Front
from ml_connector_sandbox.jira import app as jira_app
from ml_connector_sandbox.jira import auth as jira_auth
from ml_connector_sandbox.jira import datacenter_auth
from ml_connector_sandbox.jira import seed as jira_seed
from ml_connector_sandbox.jira import webhooks as jira_webhooks
from ml_connector_sandbox.jira.site import CLOUD, JiraSite
from ml_connector_sandbox.limits import Limits
from ml_connector_sandbox.switches import Switches
from ml_connector_sandbox.wire import Request, Response

STATE = ("clock", "random", "switches", "calls", "faults", "limits", "jira", "cloudsuite", "scale", "empty", "late")


@dataclass(slots=True)
class World:
    """Everything there is. Only the state is pickled; doors and locks are made anew."""

    clock: Clock
    random: chance.Random
    switches: Switches
    calls: Calls
    faults: Faults
    limits: Limits
    jira: JiraSite
    cloudsuite: Tenant
    scale: int
    empty: bool
    fronts: dict[str, Front]
    lock: threading.RLock

    def jira_front(self, request: Request) -> Response:
        """Jira, behind its door. Raises `front.Dropped` where the connection is dropped."""
        with self.lock:
            return self.fronts["jira"](request)

    def cloudsuite_front(self, request: Request) -> Response:
        """CloudSuite, behind its door. Raises `front.Dropped` where the connection is dropped."""
        with self.lock:
            return self.fronts["cloudsuite"](request)

    def advance(self, seconds: float) -> None:
        """Let time pass for both vendors; what was put off is done at its own moment on the way."""
        for at in sorted(at for front in self.fronts.values() for at, _ in front.late):
            step = (at - self.clock.now()).total_seconds()
            if 0 < step <= seconds:
                self.clock.advance(step)
                self.settle()
                seconds -= step
        self.clock.advance(seconds)

    def deliver_all(self, send: Callable[[list[tuple[str, dict[str, str], bytes]]], list[int]]) -> int:
        """Make every delivery of a webhook that is due: `send` takes addresses, headers and bodies and gives a status
        for each, 0 where there was no answer. Returns how many were made.
        """
        with self.lock:
            due = jira_webhooks.due(self.jira)
            ready = [(each, each.headers(self.clock.now(), self.jira.app.client_secret)) for each in due]
        statuses = send([(each.url, headers, each.body) for each, headers in ready]) if ready else []
        with self.lock:
            for (delivery, _), status in zip(ready, statuses, strict=True):
                jira_webhooks.answered(self.jira, delivery, status)
        return len(ready)

    def settle(self) -> None:
        """Do what was put off until now or earlier."""
        for front in self.fronts.values():
            front.settle()
        self.cloudsuite.settle()

    def __getstate__(self) -> dict[str, Any]:
        """The state, without doors and locks."""
        late = {name: front.late for name, front in self.fronts.items()}
        return {name: late if name == "late" else getattr(self, name) for name in STATE}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put the state back and make the doors anew."""
        late = state.pop("late")
        for name, value in state.items():
            setattr(self, name, value)
        self.lock = threading.RLock()
        self.fronts = _fronts(self)
        for name, requests in late.items():
            self.fronts[name].late = requests


def build(
    *,
    clock: Clock,
    seed: int = 1,
    scale: int = 1,
    empty: bool = False,
    product: str = "fsm",
    jira_deployment: str = CLOUD,
) -> World:
    """A new world with one product line of CloudSuite and one kind of Jira. The same arguments give the same one;
    `scale` multiplies the orders, `empty` leaves them out.
    """
    random = chance.Random(seed)  # noqa: S311 - a simulation has to be repeatable
    switches = Switches()
    faults = Faults(chance.Random(seed))  # noqa: S311 - the same
    jira = JiraSite(clock, random, switches, jira_deployment)
    jira_seed.seed(jira, empty=empty)
    cloudsuite = Tenant(clock, random, switches, product)
    cloudsuite_seed.seed(cloudsuite, scale=scale, empty=empty)
    jira.strikes = faults.strikes_of("jira")
    jira.happened = partial(jira_webhooks.happened, jira)
    cloudsuite.strikes = faults.strikes_of("cloudsuite")
    limits, lock = Limits(clock), threading.RLock()
    limits.user_of = partial(datacenter_auth.name_of, jira) if jira.is_datacenter else None
    world = World(clock, random, switches, Calls(), faults, limits, jira, cloudsuite, scale, empty, {}, lock)
    world.fronts = _fronts(world)
    return world


def _fronts(world: World) -> dict[str, Front]:
    def front(vendor: str, router: Any, miss: Any, expire: Callable[[Request], None]) -> Front:
        return Front(vendor, world.clock, router, world.calls, world.faults, world.limits, miss, expire)

    return {
        "jira": front("jira", jira_app.router(world.jira), jira_app.miss, lambda asked: _end_jira(world, asked)),
        "cloudsuite": front(
            "cloudsuite",
            cloudsuite_app.router(world.cloudsuite),
            gateway.miss,
            lambda asked: world.cloudsuite.tokens.revoke(gateway.bearer(asked)),
        ),
    }


def _end_jira(world: World, request: Request) -> None:
    world.jira.bearers.pop(jira_auth.bearer(request), None)
