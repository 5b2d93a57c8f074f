"""Five people log three weeks of work in Jira, as they would: the same hours on every run of a day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from ml_connector.demo.vendors import Vendors

WEEKS = 3
IN_PROGRESS = "In Progress"
SATURDAY = 5
PEOPLE = 5
ENTRIES_A_DAY = 2
DURATIONS = (3600, 5400, 7200, 9000, 10800, 12600, 14400)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a time sheet, before it is logged."""

    person: dict[str, str]
    issue: str
    started: str
    seconds: int


def plan_entries(people: list[dict[str, str]], issues: list[str], today: date) -> list[Entry]:
    """Two entries a person and working day over the last three weeks, drawn from a fixed seed."""
    random = Random(2026)  # noqa: S311 - a story, not a secret
    days = [today - timedelta(days=back) for back in range(WEEKS * 7, 0, -1)]
    return [
        Entry(
            person,
            random.choice(issues),
            datetime(day.year, day.month, day.day, 8 + 5 * part, 15).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),  # noqa: DTZ001 - the offset is in the text
            random.choice(DURATIONS),
        )
        for day in days
        if day.weekday() < SATURDAY
        for person in people[:PEOPLE]
        for part in range(ENTRIES_A_DAY)
    ]


def log(vendors: Vendors, entries: list[Entry], tick: Callable[[], None]) -> list[dict[str, Any]]:
    """Log the entries in Jira, each as its person. Returns Jira's answers, in order."""

    def one(entry: Entry) -> dict[str, Any]:
        url = f"{vendors.jira_url}/rest/api/2/issue/{entry.issue}/worklog"
        body = {"started": entry.started, "timeSpentSeconds": entry.seconds, "comment": "Work on the order"}
        answer: dict[str, Any] = vendors.call("POST", url, body, entry.person)
        tick()
        return answer

    # One thread a person keeps each person's entries in order; the vendors serve several at once as the real ones do.
    by_person: dict[str, list[Entry]] = {}
    for entry in entries:
        by_person.setdefault(entry.person["account_id"], []).append(entry)
    with ThreadPoolExecutor(len(by_person)) as pool:
        answers = pool.map(lambda mine: [one(entry) for entry in mine], by_person.values())
        return [answer for mine in answers for answer in mine]


def edit(vendors: Vendors, worklog: dict[str, Any], seconds: int, person: dict[str, str]) -> None:
    """A person corrects the hours of an entry."""
    url = f"{vendors.jira_url}/rest/api/2/issue/{worklog['issueId']}/worklog/{worklog['id']}"
    vendors.call("PUT", url, {"timeSpentSeconds": seconds}, person)


def delete(vendors: Vendors, worklog: dict[str, Any], person: dict[str, str]) -> None:
    """A person deletes an entry."""
    vendors.call(
        "DELETE", f"{vendors.jira_url}/rest/api/2/issue/{worklog['issueId']}/worklog/{worklog['id']}", None, person
    )


def start_work(vendors: Vendors, issues: list[str], person: dict[str, str]) -> None:
    """A person moves issues to In Progress, as on a board."""
    for issue in issues:
        url = f"{vendors.jira_url}/rest/api/2/issue/{issue}/transitions"
        ways = vendors.call("GET", url, None, person)["transitions"]
        way = next(item["id"] for item in ways if item["to"]["name"] == IN_PROGRESS)
        vendors.call("POST", url, {"transition": {"id": way}}, person)
