"""Each Jira deployment behind the port, on its sandbox: what a test needs to make a world and to look at its books."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connection_files import FULL, written
from ml_connector.demo.vendors import secret_for
from ml_connector.jira import registry
from ml_connector.jira.port import Jira
from ml_connector.net.client import Client
from ml_connector.net.limits import Pace
from ml_connector.settings import Connection, load_connection
from ml_connector.wire import Send
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.front import Dropped
from ml_connector_sandbox.jira import books
from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.worklogs import Worklog
from ml_connector_sandbox.world import World
from sandbox_transport import SandboxTransport

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
URL = "https://jira.test"
PAST_THE_LAG = 61.0


@dataclass(slots=True)
class SharedClock:
    """The product's clock on the sandbox's own."""

    still: StillClock

    def now(self) -> datetime:
        """The vendor's present."""
        return self.still.now()

    def sleep(self, seconds: float) -> None:
        """Time passes for both."""
        self.still.advance(seconds)


class NothingKept:
    """The credentials here last: nothing is renewed, and nothing kept."""

    def read(self) -> dict[str, str] | None:
        """Nothing is kept."""
        return None

    def write(self, fields: dict[str, str]) -> None:
        """Nobody has anything to keep."""
        raise AssertionError(fields)

    def turn(self) -> AbstractContextManager[bool]:
        """Everybody's."""
        return nullcontext(enter_result=True)


@dataclass(slots=True)
class Site:
    """A deployment and its sandbox. `jira` is the port, `send` the session below it; the rest is what people do."""

    deployment: str
    clock: StillClock
    world: World
    connection: Connection
    jira: Jira
    send: Send

    def as_administrator(self) -> Send:
        """A session of an administrator's."""
        facts = self.world.jira.credentials()
        names = ("email", "api_token") if self.deployment == "cloud" else ("personal_access_token",)
        return session(self.world, self.connection, {**facts, **{name: facts[f"admin_{name}"] for name in names}})

    def order(self, summary: str = "Work", project: str = "PROC", kind: str = "Task", **fields: Any) -> Issue:
        """An issue that is there, made past the port."""
        site = self.world.jira
        now = self.clock.now()
        found = site.project(project)
        made = Issue(
            site.next_id("issue"),
            site.next_key(found),
            project,
            kind,
            summary,
            site.administrator,
            site.administrator,
            now,
            now,
            **fields,
        )
        site.keep_issue(made)
        return made

    def log(self, issue: Issue, seconds: int = 3600, person: int = 0, comment: str = "") -> Worklog:
        """Hours that one of the people logs."""
        who = self.world.jira.people_ids[person]
        return self.world.jira.add_worklog(issue.id, who, self.clock.now(), seconds, comment)

    def shown(self, issue_id: str) -> dict[str, Any]:
        """An issue as the books have it."""
        return next(each for each in books.issues(self.world.jira) if each["id"] == issue_id)

    def field(self, name: str) -> str:
        """The id of a field by its name."""
        return next(each.id for each in self.world.jira.fields.values() if each.name == name)


def session(world: World, connection: Connection, facts: dict[str, Any]) -> Send:
    """Signed in as the facts say, by the client that everything else uses."""
    clock = SharedClock(world.clock)  # type: ignore[arg-type] # built with a still clock
    client = Client(SandboxTransport(world.jira_front, Dropped), clock, Pace(), lambda: 0.5)
    return registry.open_session(client.send, connection, secret_for(facts), clock, NothingKept())


def site_of(deployment: str, directory: Path) -> Site:
    """A deployment with its sandbox, as seeded."""
    clock = StillClock(NOW)
    world = worlds.build(clock=clock, seed=5, empty=True, jira_deployment=deployment)
    connection = load_connection(written(directory, of_deployment(deployment)))
    send = session(world, connection, world.jira.credentials())
    return Site(deployment, clock, world, connection, registry.open_jira(send, connection), send)


def of_deployment(deployment: str) -> str:
    """The full connection file with another deployment."""
    text = re.sub(r'(?m)^deployment = "cloud"$', f'deployment = "{deployment}"', FULL)
    text = re.sub(r'(?m)^url = ".*"$', f'url = "{URL}"', text, count=1)
    return text.replace("comments = false", "comments = true")
