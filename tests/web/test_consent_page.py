"""Where the browser comes back to. Goal: it tells how it went, and remembers nothing of the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from engine.acme import Acme, build
from ml_connector.errors import Refused
from ml_connector.web.app import status_app
from ml_connector.web.consent import TEXT_MAX

PATH = "/oauth/jira/callback"
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    """An installation that has never run."""
    made = build(tmp_path)
    yield made
    made.installed.database.close()


def answered(acme: Acme, query: str, finish: Callable[[str, str], str]) -> tuple[int, str, str]:
    """Status, text, and what browsers may keep."""
    with TestClient(status_app(acme.installed.database, (), lambda: NOW, None, finish)) as client:
        found = client.get(f"{PATH}?{query}")
        return found.status_code, found.text, found.headers["cache-control"]


def test_who_agreed_learns_what_is_connected(acme: Acme) -> None:
    """And that the page may be closed."""
    found = answered(acme, "state=s&code=c", lambda state, code: f"Connected with {state} and {code}.")
    assert found == (200, "Connected with s and c. You may close this page.", "no-store")


def test_who_did_not_agree_learns_that_nothing_was_stored(acme: Acme) -> None:
    """The authorization server sends an error in place of a code."""

    def never(_state: str, _code: str) -> str:
        raise AssertionError("nothing was agreed to")

    status, text, _ = answered(acme, "state=s&error=access_denied", never)
    assert (status, "Nothing was stored" in text) == (400, True)


def test_a_refusal_is_told_with_its_remedy_as_plain_text(acme: Acme) -> None:
    """Whatever a vendor's words hold, no browser runs it."""

    def refuse(_state: str, _code: str) -> str:
        raise Refused("<script>alert(1)</script>", remedy="Begin again.")

    with TestClient(status_app(acme.installed.database, (), lambda: NOW, None, refuse)) as client:
        found = client.get(f"{PATH}?state=s&code=c")
    assert found.status_code == 400
    assert "Begin again." in found.text
    assert found.headers["content-type"].startswith("text/plain")


def test_a_state_that_is_too_long_is_cut(acme: Acme) -> None:
    """A stranger cannot make us compare for long."""
    seen: list[str] = []

    def look(state: str, _code: str) -> str:
        seen.append(state)
        raise Refused("Nobody asked for this.")

    assert answered(acme, f"state={'x' * 5000}&code=c", look)[0] == 400
    assert len(seen[0]) == TEXT_MAX
