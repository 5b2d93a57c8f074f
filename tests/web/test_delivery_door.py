"""The door for webhooks. Goal: whatever knocks, nothing of a stranger is stored, and the service stands."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from engine.acme import OneClock
from hook_deliveries import CLIENT, SIGNING, issue_event, part, signed, token, worklog_event
from ml_connector.engine.door import BODY_MAX, Door, Key
from ml_connector.jira.deliveries import Secrets
from ml_connector.store import inbox
from ml_connector.store.database import Database
from ml_connector.web import deliveries
from ml_connector.web.app import status_app
from ml_connector_sandbox.clock import StillClock

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
WAY = "/webhooks/jira/acme/the-secret-path"
MUTATIONS = 10_000
STEP = 64 * 1024


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    made = Database(f"sqlite:///{tmp_path / 'door.db'}", durable=False)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def news() -> list[str]:
    """Connections that something new came for."""
    return []


@pytest.fixture
def door(database: Database, news: list[str]) -> Door:
    """The door of one connection."""
    keys = {"acme": Key("the-secret-path", Secrets(client=CLIENT, signature=SIGNING))}
    return Door(database, OneClock(StillClock(NOW)), keys.get, news.append)


@pytest.fixture
def app(database: Database, door: Door) -> Litestar:
    """The service's pages."""
    return status_app(database, (), lambda: NOW, door)


def kept(database: Database) -> int:
    """Deliveries in the store."""
    with database.read() as tx:
        return len(inbox.waiting(tx, "acme", 1_000_000))


def mutated(chance: random.Random, body: bytes) -> bytes:
    """A body with some of its bytes flipped, cut, doubled or swapped for other JSON."""
    found = bytearray(body)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(found) + 1)
        kind = chance.randrange(5)
        if kind == 0 and found:
            found[at % len(found)] = chance.randrange(256)
        elif kind == 1:
            del found[at : at + chance.randrange(40)]
        elif kind == 2:
            found[at:at] = found[: chance.randrange(60)]
        elif kind == 3:
            found[at:at] = chance.choice((b"[" * 2000, b"null", b"-1e999", b'"\\ud800"', b"\x00", b"9" * 400))
        else:
            found[at : at + 9] = bytes(chance.randrange(256) for _ in range(9))
    return bytes(found)


def test_ten_thousand_mutated_bodies_are_answered_and_none_of_a_stranger_is_stored(
    door: Door, database: Database
) -> None:
    """Signed ones are taken or refused, with no other exception; unsigned and wrongly signed ones leave no trace."""
    chance = random.Random(7)
    bodies = [worklog_event("10066", "10014"), issue_event("10014"), b"{}", b""]
    for number in range(MUTATIONS):
        body = mutated(chance, chance.choice(bodies))
        liar = chance.choice(({}, signed(body, "wrong"), signed(body + b" "), {"Authorization": "Bearer e30.e30."}))
        assert door.take("acme", liar, body) == 401
        assert door.take("acme", signed(body, identifier=f"n{number}"), body) in (200, 400)
    assert 0 < kept(database) < MUTATIONS
    with database.read() as tx:
        names = {each.identifier for each in inbox.waiting(tx, "acme", 1_000_000)}
    assert all(name.startswith("n") for name in names)


@pytest.mark.parametrize(
    "head",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": []},
    ],
)
def test_a_token_of_another_algorithm_opens_nothing(door: Door, database: Database, head: dict[str, Any]) -> None:
    """None but HS256 is taken, however it is signed."""
    claims = {"exp": NOW.timestamp() + 60}
    body = issue_event("10014")
    for presented in (token(claims, head=head), f"{part(head)}.{part(claims)}."):
        assert door.take("acme", {"Authorization": f"JWT {presented}"}, body) == 401
    assert door.take("acme", {"Authorization": f"JWT {token(claims)}"}, body) == 200
    assert kept(database) == 1


def test_a_delivery_that_comes_again_is_stored_once_and_told_once(
    door: Door, database: Database, news: list[str]
) -> None:
    """Jira tries again until it hears from us; thirty at once are no other."""
    body = worklog_event("10066", "10014")
    statuses = Counter(door.take("acme", signed(body, identifier="same"), body) for _ in range(30))
    assert statuses == {200: 30}
    assert kept(database) == 1
    assert news == ["acme"]


def test_what_is_stored_holds_ids_alone(door: Door, database: Database) -> None:
    """No comment, no name, no time spent."""
    body = worklog_event("10066", "10014")
    door.take("acme", signed(body), body)
    with database.read() as tx:
        (found,) = inbox.waiting(tx, "acme", 10)
    assert found.hints == inbox.Hints(worklogs=("10066",), worklogs_of=("10014",))


@pytest.mark.parametrize("path", ["/webhooks/jira/acme/another", "/webhooks/jira/nobody/the-secret-path"])
def test_another_path_is_not_there(app: Litestar, database: Database, path: str) -> None:
    """With the right signature too."""
    body = worklog_event("10066", "10014")
    with TestClient(app) as client:
        assert client.post(path, content=body, headers=signed(body)).status_code == 404
    assert kept(database) == 0


def test_a_signed_delivery_is_taken_over_http(app: Litestar, database: Database) -> None:
    """With its headers in any case."""
    body = worklog_event("10066", "10014")
    with TestClient(app) as client:
        assert client.post(WAY, content=body, headers=signed(body)).status_code == 200
        assert client.get(WAY).status_code == 405
    assert kept(database) == 1


def asked(app: Litestar, receive: Callable[[], Awaitable[dict[str, Any]]], length: int | None) -> int:
    """The status of a delivery whose body comes as `receive` gives it."""
    told: list[int] = []

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            told.append(message["status"])

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": WAY, "raw_path": WAY.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type] # the plain form of the protocol
    return told[0]


class Pouring:
    """A body of 26 MB that counts how much of it was taken."""

    def __init__(self) -> None:
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        """The next part."""
        await asyncio.sleep(0)
        self.taken += STEP
        return {"type": "http.request", "body": b"x" * STEP, "more_body": self.taken < 26 * 1024 * 1024}


@pytest.mark.parametrize("length", [26 * 1024 * 1024, 10**30, None])
def test_a_body_of_26_mb_is_refused_before_it_is_in_memory(
    app: Litestar, database: Database, length: int | None
) -> None:
    """By the length that it tells, and without one by what has come so far."""
    body = Pouring()
    assert asked(app, body, length) == 413
    assert body.taken <= (BODY_MAX + 2 * STEP if length is None else STEP)
    assert kept(database) == 0


def test_a_body_that_never_ends_is_given_up(app: Litestar, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jira would not wait longer either."""
    monkeypatch.setattr(deliveries, "READ_SECONDS", 0.05)

    async def never() -> dict[str, Any]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    assert asked(app, never, None) == 408
    assert kept(database) == 0


def test_a_delivery_that_cannot_be_kept_is_asked_for_again(
    app: Litestar, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 is what Jira tries again after; nothing else is."""
    body = worklog_event("10066", "10014")
    with TestClient(app) as client:
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "keep", _failing)
            assert client.post(WAY, content=body, headers=signed(body)).status_code == 503
        assert client.post(WAY, content=body, headers=signed(body)).status_code == 200
    assert kept(database) == 1


def _failing(*_: object) -> bool:
    from ml_connector.errors import Transient  # noqa: PLC0415 - told where it is raised

    raise Transient("The database does not answer.")


def test_the_key_of_a_door_is_in_no_repr(door: Door) -> None:
    """What is printed in an error holds no secret."""
    shown = repr(door.key_of("acme"))
    assert "the-secret-path" not in shown
    assert SIGNING not in shown
    assert json.dumps(shown)
