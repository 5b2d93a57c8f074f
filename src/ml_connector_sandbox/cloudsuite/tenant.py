"""One CloudSuite tenant: the tables of one finance enterprise group, its ledger and its tokens."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.cloudsuite import orders, projects
from ml_connector_sandbox.cloudsuite.classes import CLASSES, FALSE, LEDGER_CLASSES, TRUE, Refused, Row, Table
from ml_connector_sandbox.cloudsuite.csi import sites
from ml_connector_sandbox.cloudsuite.ledger import GeneralLedger
from ml_connector_sandbox.cloudsuite.reference import CLOSED, OPEN, Reference, period_key
from ml_connector_sandbox.cloudsuite.switches import flag
from ml_connector_sandbox.cloudsuite.tokens import (
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE,
    SERVICE_ACCOUNT_KEY,
    SERVICE_ACCOUNT_SECRET,
    TENANT_ID,
    Tokens,
)

ENTERPRISE_GROUP = "ACME"
COMPANIES = ("1000", "2000")

Strikes = Callable[[str], bool]
Work = Callable[[], None]
"""Something that the tenant does later, kept with it: a plain value, such as a `partial`."""


def never(_fault: str) -> bool:
    """No fault strikes."""
    return False


class Tenant:
    """The books of one customer. Everything in it is a plain value, so a copy of it is a second, independent tenant.

    `kept` is what a product line keeps beside the books that all lines share, by names of its own.
    """

    def __init__(
        self, clock: Clock, random: random.Random, switches: Mapping[str, object], product: str = "fsm"
    ) -> None:
        """An empty tenant of a product line; `seed.seed` fills it."""
        self.product = product
        self.clock = clock
        self.random = random
        self.switches = switches
        self.tables = {name: Table(each.key) for name, each in CLASSES.items() if name not in LEDGER_CLASSES}
        self.reference = Reference(ENTERPRISE_GROUP, self.tables)
        self.tokens = Tokens(clock, random, switches)
        self.ledger = GeneralLedger(clock, switches, self.reference)
        self.ledger.on_posted = self.on_posted
        self.kept: dict[str, Any] = {}
        self.later: list[tuple[datetime, Work]] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.strikes = never

    @property
    def strikes(self) -> Strikes:
        """Asked with a fault's name (`partial_batch`, `keys_not_enforced`, …) whether it happens now."""
        return self._strikes

    @strikes.setter
    def strikes(self, strikes: Strikes) -> None:
        """Ask another from now on; the ledger asks the same."""
        self._strikes = strikes
        self.ledger.strikes = strikes

    def put_off(self, seconds: float, work: Work) -> None:
        """Do something when the clock has moved on by so many seconds, as a job in the background does."""
        self.later.append((self.clock.now() + timedelta(seconds=seconds), work))

    def settle(self) -> None:
        """Do what was put off until now, in the order of its moments. Called before anything looks at the books."""
        while due := sorted((each for each in self.later if each[0] <= self.clock.now()), key=lambda each: each[0]):
            self.later.remove(due[0])
            due[0][1]()

    def rows(self, business_class: str) -> Sequence[Row]:
        """The rows of a class, deleted ones among them. Raises KeyError for a class that does not exist."""
        if business_class in LEDGER_CLASSES:
            return self.ledger.rows(business_class)
        return list(self.tables[business_class].rows.values())

    def add(self, business_class: str, at: datetime, **fields: str) -> None:
        """One row of the tenant's own data; the group is filled in, fields that are not named are empty."""
        blank = dict.fromkeys(CLASSES[business_class].fields, "")
        group = {"FinanceEnterpriseGroup": ENTERPRISE_GROUP} if "FinanceEnterpriseGroup" in blank else {}
        self.tables[business_class].add(blank | group | fields, at)

    def on_posted(self, project: str, amount: Decimal) -> None:
        """A line was posted to a project: its actuals grow, what remains shrinks."""
        row = self.tables["Project"].get(ENTERPRISE_GROUP, project)
        if row is not None and flag(self.switches, "fsm_projects_follow_postings"):
            projects.spend(self.tables["Project"], row, amount, self.clock.now())

    def change_order(self, company: str, number: str, fields: Mapping[str, str]) -> None:
        """A buyer changes an order; see `orders.change` for the names. Raises `Refused`."""
        orders.change(self.tables, orders.find(self.tables, company, number), fields, self.clock.now())

    def delete_order(self, company: str, number: str) -> None:
        """A buyer deletes an order with its lines and their coding. Raises `Refused` where there is none."""
        orders.delete(self.tables, orders.find(self.tables, company, number), self.clock.now())

    def set_period(self, entity: str, period_name: str, open_: bool) -> None:  # noqa: FBT001 - a state, not an option.
        """Finance opens or closes a period such as 2026-11 for an entity. Raises `Refused` for an unknown one."""
        try:
            year, number = period_key(period_name)
        except ValueError as broken:
            raise Refused(f"{period_name} is not a period") from broken
        state = {"Status": OPEN if open_ else CLOSED}
        self._set("AccountingEntityPeriod", (ENTERPRISE_GROUP, entity, year, number), state)

    def set_cost_center(self, code: str, active: bool) -> None:  # noqa: FBT001 - a state, not an option.
        """Finance activates or deactivates an accounting unit. Raises `Refused` for an unknown one."""
        self._set("AccountingUnit", (ENTERPRISE_GROUP, code), {"Active": TRUE if active else FALSE})

    def _set(self, business_class: str, key: tuple[str, ...], fields: Mapping[str, str]) -> None:
        table = self.tables[business_class]
        row = table.get(*key)
        if row is None:
            raise Refused(f"{business_class} {', '.join(key)} does not exist")
        table.change(row, fields, self.clock.now())

    def post_released(self) -> int:
        """Finance posts every released entry; how many lines that were."""
        return self.ledger.post_released()

    def revoke_tokens(self) -> None:
        """An administrator ends every token of the app."""
        self.tokens.revoke_all()

    def ionapi(self, origin: str) -> dict[str, object]:
        """The credentials file of the backend service, with every address under one origin (no trailing slash)."""
        return {
            "ti": TENANT_ID,
            "cn": "ml-connector",
            "dt": "12",
            "ci": CLIENT_ID,
            "cs": CLIENT_SECRET,
            "iu": origin,
            "pu": f"{origin}/{TENANT_ID}/as/",
            "oa": "authorization.oauth2",
            "ot": "token.oauth2",
            "or": "revoke_token.oauth2",
            "ev": "A0000000001",
            "v": "1.1",
            "sc": [SCOPE],
            "saak": SERVICE_ACCOUNT_KEY,
            "sask": SERVICE_ACCOUNT_SECRET,
        }

    def facts(self) -> dict[str, object]:
        """What a person needs to know to connect."""
        return {
            "tenant": TENANT_ID,
            "product": self.product,
            "enterprise_group": ENTERPRISE_GROUP,
            "companies": list(COMPANIES),
            **self._own_facts(),
        }

    def _own_facts(self) -> dict[str, object]:
        """What only this product line has to tell."""
        if self.product == "csi":
            return sites.facts(self._currencies(), self.switches)
        return {"unique_keys": flag(self.switches, "fsm_keys_enforced")} if self.product == "fsm" else {}

    def _currencies(self) -> dict[str, str]:
        found = {company: self.reference.entity(company) for company in COMPANIES}
        return {company: entity.currency for company, entity in found.items() if entity is not None}
