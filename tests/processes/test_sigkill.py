"""The service is killed at random moments of real work and started again: nothing is lost and nothing is doubled.

Small in `make test`; MLC_KILLS, MLC_WORKLOGS and MLC_SEED make it larger or another one.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from ml_connector.demo import summary, timesheets
from ml_connector.demo.connection import CLEARING_ACCOUNT
from ml_connector.demo.oracle import KEY_FIELD, Bucket, expected
from ml_connector.demo.screen import Screen
from ml_connector.demo.story import Story, set_up
from ml_connector.demo.timesheets import PEOPLE, Entry
from ml_connector.demo.vendors import Vendors, vendors
from ml_connector.settings import Home
from processes.service import Service

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("MLC_KILLS", "5"))
WORKLOGS = int(os.environ.get("MLC_WORKLOGS", "200"))
SEED = int(os.environ.get("MLC_SEED", "1"))

SCALE = 1 + WORKLOGS // 1000
"""Times 25 purchase orders."""
EARLY_KILLS_IN = 10
"""One kill of so many strikes while the issues are still being created."""
ANY = ""
Kinds = tuple[tuple[str, int], ...]
EARLY = (("/issue/bulk", 1), (ANY, 20))
WORKING = (
    (ANY, 90),
    ("GLTransactionInterface/actions", 3),
    ("FormOperation", 5),
    ("GLTransactionDetail/lists", 8),
)
"""What a life of the service is measured in: calls of any kind or of one, and how many of them at most."""
LOGGING = "/worklog"
"""The end of the route on which people log hours; the service never calls it."""
ORDERS_PROJECT = "PROC"
OPEN_STATES = "('approved', 'intended', 'staged', 'validated', 'in_doubt', 'rejected')"
RUNS_DONE = "SELECT max(id) FROM runs WHERE outcome = 'done'"
CHARGED = (
    "SELECT worklog_id, sum(seconds) FROM shares JOIN postings USING (reference) "
    "WHERE state <> 'rolled_back' GROUP BY worklog_id"
)
"""Seconds that the service's own books charge, by entry."""
LOOK_SECONDS = 0.002
"""Between two looks at whether the moment of a kill has come."""
DELAY_SECONDS_MAX = 0.05
"""Every other kill strikes at once, the others up to so much later."""
PAUSE_SECONDS = 0.2
START_SECONDS_MAX = 60.0
LIFE_SECONDS_MAX = 6.0
"""A life without the calls that it was to end at ends so long after its first."""
END_SECONDS_MAX = 120.0
DAY_SECONDS_MAX = 12 * 3600
SETTINGS = (
    ("settle_seconds = 5", "settle_seconds = 1"),
    ("interval_seconds = 15", "interval_seconds = 1\njitter_seconds = 0\nsweep_seconds = 5"),
    ("cadence_seconds = 0", 'cadence_seconds = 0\n[posting.approval]\nautomatic_below = "999999999.00"'),
)
"""The demo's connection, made quick, and posting without a person."""
FEED_LAG_SECONDS = 1
"""The simulated Jira holds its feeds back by this, not by a minute: otherwise the test would be waiting."""


@dataclass(slots=True)
class Struck:
    """Where the kills struck: how many, and how many of them found what half done."""

    kills: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def note(self, service: Service) -> None:
        """Count one kill by what the dead service left in its database."""
        self.kills += 1
        with service.books() as copy:
            for name, query in HALF_DONE.items():
                self.found[name] += bool(copy.execute(query).fetchone()[0])

    def __str__(self) -> str:
        """Enough to run it again, and what it struck."""
        return f"seed {SEED}, {self.kills} of {KILLS} kills, {WORKLOGS} entries, found {dict(self.found)}"


HALF_DONE = {
    "in a run": "SELECT count(*) FROM runs WHERE ended IS NULL AND id = (SELECT max(id) FROM runs)",
    "issues on their way": "SELECT count(*) FROM bindings WHERE state <> 'bound'",
    "postings between states": "SELECT count(*) FROM postings WHERE state IN ('intended', 'staged', 'validated')",
    "a call without its answer": "SELECT count(*) FROM postings WHERE step IS NOT NULL AND state <> 'in_doubt'",
    "postings in doubt": "SELECT count(*) FROM postings WHERE state = 'in_doubt'",
}
"""What a kill can find half done, as a query that counts it in the dead service's database."""
ALWAYS = ("in a run", "postings between states")
MANY_KILLS = 30
"""From so many kills on, each of these has been found; a few may miss the shorter moments."""


def test_a_service_that_is_killed_again_and_again_posts_every_hour_once(tmp_path: Path) -> None:
    """People log hours all the while; in the end the ledger is what the oracle computes, and orders have one issue."""
    random = Random(SEED)
    story = Story(tmp_path / "home", "fsm", Screen(Console(), quiet=True))
    struck = Struck()
    with vendors(tmp_path / "vendors", scale=SCALE) as running:
        running.control("PUT", "/switches", {"jira_feed_lag_seconds": FEED_LAG_SECONDS})
        set_up(story, running).database.close()
        hurry(Home(story.directory))
        service, post_from = Service(story.directory), story.post_from
        try:
            early = max(1, KILLS // EARLY_KILLS_IN)
            while struck.kills < early and not all_issues_are_there(running, service):
                live(service, running, random, struck, EARLY)
            service.start()
            wait(service, lambda: all_issues_are_there(running, service))
            assert all_issues_are_there(running, service), f"the issues are not all there: {struck}"
            entries = plan_entries(running, random, post_from)
            with ThreadPoolExecutor(1) as desk:
                for batch in batches(entries, KILLS - struck.kills):
                    logging = desk.submit(timesheets.log, running, batch, lambda: None)
                    live(service, running, random, struck, WORKING)
                    logging.result()
            service.start()
            finish(service, running, post_from)
            check_books(running, service, post_from, str(struck))
            check_strikes(struck)
            assert service.stop() == 0, struck
            assert "Traceback" not in service.said(), service.said()
            assert "run_failed" not in service.said(), service.said()
        finally:
            if service.running():
                service.kill()


def hurry(home: Home) -> None:
    """Make the demo's connection quick, and let it post without a person."""
    file = home.connection_file("demo")
    text = file.read_text(encoding="utf-8")
    for old, new in SETTINGS:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def live(service: Service, running: Vendors, random: Random, struck: Struck, kinds: Kinds) -> None:
    """One life of the service: until so many calls, or so many of one kind, and perhaps a moment more."""
    before = calls(running)
    kind, most = kinds[struck.kills % len(kinds)]
    wanted = random.randint(1, most)
    if not service.running():
        service.start()
    look(service, START_SECONDS_MAX, lambda: made(before, calls(running), ANY) > 0)
    look(service, LIFE_SECONDS_MAX, lambda: made(before, calls(running), kind) >= wanted)
    time.sleep(random.choice((0.0, random.random() * DELAY_SECONDS_MAX)))
    service.kill()
    struck.note(service)


def look(service: Service, seconds_max: float, reached: Callable[[], bool], pause: float = LOOK_SECONDS) -> None:
    """Look until something is so, or until it has taken too long. The service must run all the while."""
    until = time.monotonic() + seconds_max
    while not reached() and time.monotonic() < until:
        assert service.running(), service.said()
        time.sleep(pause)


def calls(running: Vendors) -> Counter[str]:
    """What was asked of both vendors so far, without the hours that people log."""
    counts = running.control("GET", "/calls")
    both: Counter[str] = Counter(counts["jira"])
    both.update(counts["cloudsuite"])
    return Counter({call: count for call, count in both.items() if not call.endswith(LOGGING)})


def made(before: Counter[str], now: Counter[str], kind: str) -> int:
    """Calls of a kind since."""
    return sum(count - before[call] for call, count in now.items() if kind in call)


def all_issues_are_there(running: Vendors, service: Service) -> bool:
    """Whether nothing is left to create, and every order that has an issue shows its key."""
    bound = service.ask("SELECT state, count(*) FROM bindings GROUP BY state")
    keyed = sum(bool(order["fields"].get(KEY_FIELD)) for order in running.books("orders"))
    made_of_orders = sum(issue["project"] == ORDERS_PROJECT for issue in running.books("issues"))
    return [state for state, _ in bound] == ["bound"] and 0 < made_of_orders <= keyed


def wait(service: Service, reached: Callable[[], bool]) -> None:
    """Look now and then until something is so, or until it has taken far too long."""
    look(service, END_SECONDS_MAX, reached, PAUSE_SECONDS)


def plan_entries(running: Vendors, random: Random, post_from: date) -> list[Entry]:
    """Entries of all people on all days since the cut-over date, at most twelve hours a person and day."""
    people = running.facts["jira"]["people"][:PEOPLE]
    issues = sorted(
        issue["key"]
        for issue in running.books("issues")
        if issue["project"] == ORDERS_PROJECT and issue["status"] != "Done"
    )
    today = datetime.now(UTC).date()
    days = [post_from + timedelta(days=ahead) for ahead in range((today - post_from).days)]
    places = [(day, person) for day in days for person in people]
    random.shuffle(places)
    minutes_max = DAY_SECONDS_MAX // 60 // (1 + WORKLOGS // len(places))
    return [
        Entry(
            person=person,
            issue=random.choice(issues),
            started=f"{day}T{random.randint(6, 19):02d}:15:00.000+0000",
            seconds=60 * random.randint(5, minutes_max),
        )
        for day, person in (places[number % len(places)] for number in range(WORKLOGS))
    ]


def batches(entries: list[Entry], count: int) -> list[list[Entry]]:
    """All entries in so many parts of about the same size."""
    return [entries[part::count] for part in range(count)]


def finish(service: Service, running: Vendors, post_from: date) -> None:
    """Let the service work until the books agree with the oracle, or far too long; then through one more whole run."""
    wait(service, lambda: at_rest(service) and bool(summary.summarize(running, post_from)["agrees"]))
    begun = service.ask("SELECT max(id) FROM runs")[0][0]
    wait(service, lambda: service.ask(RUNS_DONE)[0][0] > begun)
    assert service.ask(RUNS_DONE)[0][0] > begun, service.said()


def at_rest(service: Service) -> bool:
    """Whether no posting has a call to make."""
    return service.ask("SELECT count(*) FROM postings WHERE state IN " + OPEN_STATES) == [(0,)]


def check_books(running: Vendors, service: Service, post_from: date, told: str) -> None:
    """The vendors' books hold every entry's cost once, under balanced references, and one issue an order."""
    found = summary.summarize(running, post_from)
    assert at_rest(service), (told, "a posting still has a call to make")
    assert found["agrees"], (told, found)
    assert (found["gl"]["doubled"], found["gl"]["unbalanced"], found["gl"]["reversed"]) == (0, 0, 0), (told, found)
    assert found["gl"]["total"], (told, "nothing was posted")
    assert found["worklogs"] == WORKLOGS, told
    assert by_issue_and_day(running) == owed_by_issue_and_day(running, post_from), told
    labels = Counter(label for issue in running.books("issues") for label in issue["labels"])
    assert set(labels.values()) == {1}, (told, labels.most_common(3))
    keys = Counter(order["fields"][KEY_FIELD] for order in running.books("orders") if order["fields"].get(KEY_FIELD))
    issues = {issue["key"] for issue in running.books("issues") if issue["project"] == ORDERS_PROJECT}
    assert (set(keys), set(keys.values())) == (issues, {1}), (told, keys.most_common(3))
    seconds = {entry["id"]: entry["seconds"] for entry in running.books("worklogs")}
    charged = dict(service.ask(CHARGED))
    assert charged == {worklog: seconds[worklog] for worklog in charged}, told


def by_issue_and_day(running: Vendors) -> Counter[tuple[str, str, Bucket]]:
    """Labor in the ledger, in minor units by the issue and day that it names and where it was charged."""
    found: Counter[tuple[str, str, Bucket]] = Counter()
    for line in running.books("gl"):
        if line["account"] != CLEARING_ACCOUNT:
            coding = (line["entity"], line["account"], line["cost_center"], line["project"])
            bucket = (*coding, line["period"], line["currency"])
            found[line["issue_reference"], line["transaction_date"], bucket] += line["amount_minor"]
    return found


def owed_by_issue_and_day(running: Vendors, post_from: date) -> Counter[tuple[str, str, Bucket]]:
    """The same, as the oracle computes it from what people logged on each issue and day."""
    books = summary._books(running, running.books("worklogs"), post_from)
    logged: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in books.worklogs:
        logged.setdefault((entry["issue_key"], entry["started"][:10]), []).append(entry)
    return Counter(
        {
            (issue, day, bucket): minor
            for (issue, day), entries in logged.items()
            for bucket, minor in expected(replace(books, worklogs=entries)).items()
        }
    )


def check_strikes(struck: Struck) -> None:
    """The kills struck in the middle of work, and postings came back from doubt."""
    assert struck.kills == KILLS, struck
    for name in ALWAYS if KILLS < MANY_KILLS else HALF_DONE:
        assert struck.found[name], f"never {name}: {struck}"
