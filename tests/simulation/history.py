"""What people, finance and chance do while the product runs: drawn from the seed, and done inside the vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from ml_connector_sandbox.faults import DELIVERIES, FAULTS
from ml_connector_sandbox.jira.worklogs import Worklog
from simulation.world import POST_FROM, Stage

DURATIONS = (60, 900, 1800, 3599, 3600, 5400, 7201, 10800)
LATELY = 0.7
"""How often hours are logged for one of the last days."""
LOGGERS = 5
"""How many people log hours."""
DAY_MAX = 8 * 3600
"""Seconds that one person logs on a day of UTC at the most, so that no day of any zone is held as overfull."""
MONTHS = ("2026-10", "2026-11")
ENTITIES = ("1000", "2000")
ACCOUNTS = ("612000", "613000", "614000")
SKEWS = (0.0, -3600.0, -40.0, 20.0, 40.0)
"""By how many seconds the product's clock is wrong. Too fast by more than the settle time leaves: not promised."""
LATE_SECONDS = (3.0, 100.0, 300.0)
"""Below the settle time of the simulated connection: no look-up could see what comes later."""
PLACES = {
    "": ("", ""),
    "jira": ("", "worklog", "issue"),
    "cloudsuite": ("", "CreateUnreleased", "PrmEditOnly=true", "PrmEditAndInterface=true", "GLTransaction", "token"),
}
"""What the path of a struck call holds, by vendor: a posting's calls come late, and chance would seldom strike them."""
DETAILS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "status": tuple({"status": code, "body": body} for code in (500, 502, 503) for body in ("json", "html")),
    "late_commit": tuple({"seconds": seconds} for seconds in LATE_SECONDS),
    "rate_limited_json": ({}, {"retry_after": 2}),
    "rate_limited_html": ({}, {"retry_after": "3"}),
}
"""What a fault can look like."""
INSIDE = {"partial_batch": "", "edit_only_writes_result": "cloudsuite", **dict.fromkeys(DELIVERIES, "jira")}
"""Faults inside a vendor, and which one knows them."""
KEYS = "keys_not_enforced"
"""Strikes a late sender only, see `Simulation`."""
OTHERS = frozenset({"ln_false_unauthorized"})
"""Faults of product lines that the simulation does not play on."""
DRAWN = sorted(set(FAULTS) - {KEYS} - OTHERS)


@dataclass(frozen=True, slots=True)
class Closing:
    """A period that finance closed, and opened again (None: not yet)."""

    entity: str
    period: str
    closed_at: datetime
    opened_at: datetime | None = None


class History:
    """Draws and does one thing after another. `finish` runs the product undisturbed, as finance does before a close,
    and says whether all that is owed is in the ledger.

    `recoded`: rates or coding have changed, and what is posted is to be costed anew. `hidden`: the integration user
    does not see the project. `silent`: something happened that only a census finds. `begun`: the product has run, so
    that something may be under way.
    """

    def __init__(self, stage: Stage, random: Random, finish: Callable[[], bool]) -> None:
        self.stage = stage
        self.random = random
        self.finish = finish
        self.site = stage.world.jira
        self.told: list[str] = []
        self.closings: list[Closing] = []
        self.hidden = False
        self.silent = False
        self.recoded = False
        self.begun = False

    def happen(self) -> None:
        """One thing that somebody does. While the project is hidden, nothing that the product would have to see."""
        deeds: list[tuple[int, Callable[[], str]]] = [(1, self.time_passes), (1, self.finance_posts)]
        if self.hidden:
            deeds += [(5, self.remark), (1, self.show)]
        else:
            deeds += [
                (9, self.log_hours), (5, self.edit_hours), (2, self.delete_hours), (2, self.move_hours),
                (1, self.move_along), (1, self.buyer_changes), (3, self.close_month), (1, self.open_month),
                (1, self.cost_center_sleeps), (1, self.hide), (1, self.remark),
                (1, self.rates_rise), (1, self.order_is_recoded), (1, self.clock_jumps),
            ]  # fmt: skip
        weights, choices = zip(*deeds, strict=True)
        (deed,) = self.random.choices(choices, weights)
        self.told.append(deed())

    def set_right(self) -> None:
        """Finance opens the months and wakes the cost centers. Who could not see may still not see."""
        for closing in [each for each in self.closings if each.opened_at is None]:
            self._open(closing)
        for item in self.stage.ask("/books/dimensions")["cost_centers"]:
            if not item["active"] and item["code"] != "LEGACY":
                self.stage.world.cloudsuite.set_cost_center(item["code"], active=True)

    def _issue(self) -> str:
        return self.random.choice(sorted(issue.id for issue in self.site.issues_of("PROC")))

    def _entry(self) -> Worklog | None:
        live = [entry for entry in self.site.worklogs.entries.values() if entry.deleted_at is None]
        return self.random.choice(live) if live else None

    def _fits(self, author: str, started: datetime, seconds: int, without: str = "") -> bool:
        near = [
            entry.seconds
            for entry in self.site.worklogs.entries.values()
            if entry.author == author
            and abs(entry.started - started) <= timedelta(days=1)
            and entry.deleted_at is None
            and entry.id != without
        ]
        return sum(near) + seconds <= DAY_MAX

    def log_hours(self) -> str:
        """Somebody logs hours on an order's issue, some time since the cut-over."""
        who = self.random.choice(self.site.people_ids[:LOGGERS])
        now = self.stage.clock.now()
        days = (now.date() - POST_FROM).days
        back = timedelta(
            days=self.random.randrange(4) if self.random.random() < LATELY else self.random.randrange(days)
        )
        started = (now - back).replace(hour=self.random.randrange(24), minute=0, second=0, microsecond=0)
        started = min(started, now - timedelta(days=1)).astimezone(UTC)
        seconds = self.random.choice(DURATIONS)
        if not self._fits(who, started, seconds):
            return "nobody logs more than a day's hours"
        entry = self.site.add_worklog(self._issue(), who, started, seconds, "Work")
        return f"worklog {entry.id}: {seconds} s on {started:%Y-%m-%d %H:%M} logged"

    def edit_hours(self) -> str:
        """Somebody corrects an entry: its length, or its day."""
        entry = self._entry()
        if entry is None:
            return "nothing to edit"
        seconds = self.random.choice(DURATIONS)
        started = entry.started - timedelta(days=self.random.choice((0, 0, 1)))
        if not self._fits(entry.author, started, seconds, entry.id):
            return "nobody logs more than a day's hours"
        self.site.update_worklog(entry.id, entry.author, started=started, seconds=seconds)
        return f"worklog {entry.id}: now {seconds} s on {started:%Y-%m-%d}"

    def remark(self) -> str:
        """Somebody changes a remark: the feed tells of it, and no money moves."""
        entry = self._entry()
        if entry is None:
            return "nothing to remark upon"
        self.site.update_worklog(entry.id, entry.author, comment=f"Work {self.random.randrange(100)}")
        return f"worklog {entry.id}: another remark"

    def delete_hours(self) -> str:
        """Somebody deletes an entry."""
        entry = self._entry()
        if entry is None:
            return "nothing to delete"
        self.site.delete_worklog(entry.id)
        return f"worklog {entry.id}: deleted"

    def move_hours(self) -> str:
        """Somebody moves an entry to another issue, in bulk: no feed tells."""
        entry = self._entry()
        if entry is None:
            return "nothing to move"
        target = self._issue()
        self.site.move_worklog(entry.id, target)
        self.silent = True
        return f"worklog {entry.id}: moved to issue {target}"

    def move_along(self) -> str:
        """Somebody changes an issue's status."""
        issue = self._issue()
        self.site.transition(issue, self.random.choice(("In Progress", "In Review", "To Do")))
        return f"issue {issue}: moved along"

    def hide(self) -> str:
        """The integration user loses sight of the project, once all that was logged is posted."""
        self.set_right()
        if not self.finish():
            return "the project stays in sight: not everything is posted"
        self.site.hide_project("PROC", self.site.integration)
        self.hidden = True
        return "the project is hidden"

    def show(self) -> str:
        """And sees it again."""
        self.site.show_project("PROC", self.site.integration)
        self.hidden, self.silent = False, True
        return "the project is seen again"

    def finance_posts(self) -> str:
        """Finance posts what is released."""
        return f"{self.stage.world.cloudsuite.post_released()} lines posted by finance"

    def close_month(self) -> str:
        """Finance closes a month of an entity, once all that was logged is posted."""
        entity, period = self.random.choice(ENTITIES), self.random.choice(MONTHS)
        if any((each.entity, each.period, each.opened_at) == (entity, period, None) for each in self.closings):
            return f"{entity} {period} is closed already"
        if self.begun:
            self.finish()
        self.stage.world.cloudsuite.set_period(entity, period, open_=False)
        self.closings.append(Closing(entity, period, self.stage.clock.now()))
        return f"{entity} {period}: closed"

    def open_month(self) -> str:
        """Finance opens a month again."""
        closed = [each for each in self.closings if each.opened_at is None]
        if not closed:
            return "no month to open"
        return self._open(self.random.choice(closed))

    def _open(self, closing: Closing) -> str:
        self.stage.world.cloudsuite.set_period(closing.entity, closing.period, open_=True)
        place = self.closings.index(closing)
        self.closings[place] = Closing(closing.entity, closing.period, closing.closed_at, self.stage.clock.now())
        return f"{closing.entity} {closing.period}: opened again"

    def cost_center_sleeps(self) -> str:
        """Finance deactivates a cost center for a while."""
        active = [item["code"] for item in self.stage.ask("/books/dimensions")["cost_centers"] if item["active"]]
        code = self.random.choice(sorted(active))
        self.stage.world.cloudsuite.set_cost_center(code, active=False)
        return f"cost center {code}: inactive"

    def time_passes(self) -> str:
        """Hours pass in which nothing runs."""
        self.stage.clock.advance(self.random.choice((60, 3600, 8 * 3600)))
        return "time passes"

    def buyer_changes(self) -> str:
        """A buyer renames an order's line."""
        tables = self.stage.world.cloudsuite.tables
        company, number = self.random.choice(sorted(row.key[0:2] for row in tables["PurchaseOrder"].living()))
        text = f"Work {self.random.randrange(100)}"
        self.stage.world.cloudsuite.change_order(company, number, {"1/Description": text})
        return f"order {company}/{number}: renamed"

    def rates_rise(self) -> str:
        """Finance corrects the rate card, back to its first day."""
        self._let_it_be_posted()
        self.stage.raised += 1
        self.recoded = True
        return f"rates are {self.stage.raised} times what they were first"

    def order_is_recoded(self) -> str:
        """A buyer charges an order to another account."""
        self._let_it_be_posted()
        tables = self.stage.world.cloudsuite.tables
        row = self.random.choice(tables["PurchaseOrderLineDistribution"].living())
        company, number, line, sequence = row.key[0], row.key[1], row.key[-2], row.key[-1]
        account = self.random.choice(ACCOUNTS)
        path = f"{line}/{sequence}/DistributionAccount.GeneralLedgerChartAccount"
        self.stage.world.cloudsuite.change_order(company, number, {path: account})
        self.recoded = True
        return f"order {company}/{number}: line {line} is charged to account {account}"

    def _let_it_be_posted(self) -> None:
        """Sometimes there is something to correct by then."""
        if self.random.random() < 0.5:
            self.finish()

    def clock_jumps(self) -> str:
        """The product's clock is set wrong, or right again."""
        self.stage.skew = timedelta(seconds=self.random.choice(SKEWS))
        return f"the product's clock is off by {self.stage.skew}"

    def break_something(self) -> None:
        """Faults for the next while."""
        rules: list[Mapping[str, Any]] = [self._fault() for _ in range(self.random.randrange(4))]
        self.stage.world.faults.put(rules)
        self.told += [f"fault {rule}" for rule in rules]

    def _fault(self) -> dict[str, Any]:
        name = self.random.choice(DRAWN)
        vendor = INSIDE.get(name) or self.random.choice(("", "jira", "cloudsuite", "cloudsuite"))
        often = self.random.random() < 0.3
        when: dict[str, Any] = {"probability": 0.1} if often else {"next": self.random.randrange(1, 4)}
        where = {} if name in INSIDE else {"path_holds": self.random.choice(PLACES[vendor])}
        return {"name": name, "vendor": vendor, **when, **where, **self.random.choice(DETAILS.get(name, ({},)))}
