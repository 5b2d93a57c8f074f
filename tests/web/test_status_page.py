"""The status page and its server. Goal: it shows what was done, to people on this machine, and never fails silently."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from litestar.testing import TestClient

from engine.acme import START, Acme, build
from ml_connector.bootstrap import embedded_loop
from ml_connector.core.records import Finding, Severity
from ml_connector.demo.connection import NAME
from ml_connector.errors import Misconfigured
from ml_connector.store import findings
from ml_connector.web.app import status_app
from ml_connector.web.serve import serve

YESTERDAY = START.date() - timedelta(days=1)


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """An installation that has made a proposal."""
    made = build(tmp_path_factory.mktemp("acme"))
    made.sync()
    order = made.chargeable()
    made.log(made.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    made.sync()
    return made


def page(acme: Acme) -> str:
    """The page as a browser gets it."""
    with TestClient(status_app(acme.installed.database, (NAME,), acme.installed.clock.now)) as client:
        answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_the_page_shows_the_proposal_and_then_the_posting(acme: Acme) -> None:
    """By its hash while it waits, then by how far it has come."""
    plan = acme.sync().proposal
    before = page(acme)
    assert plan[:8] in before
    assert "released" not in before
    acme.approve_and_apply(plan)
    after = page(acme)
    assert plan[:8] not in after
    assert "released" in after


def test_text_from_the_vendors_is_only_text(acme: Acme) -> None:
    """No finding runs in the browser."""
    hostile = Finding("held", "worklog 1", "<script>alert(1)</script>", "<b>mend it</b>", Severity.HOLD)
    with acme.installed.database.begin() as tx:
        findings.record(tx, NAME, "run", (hostile,), acme.installed.clock.now())
    text = page(acme)
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "<b>mend" not in text


def test_the_page_shows_no_secret_and_no_rate(acme: Acme) -> None:
    """It needs no sign-in, so that it tells nothing that needs one."""
    text = page(acme)
    known, ionapi = acme.world.jira.credentials(), acme.world.cloudsuite.ionapi("https://erp.test")
    for secret in (known["api_token"], *(ionapi[name] for name in ("cs", "saak", "sask"))):
        assert secret
        assert str(secret) not in text


def test_an_address_that_cannot_be_had_is_told_before_anything_runs(acme: Acme) -> None:
    """A port that is taken, and a host that is not ours."""
    stop = threading.Event()
    loop = embedded_loop(acme.installed, stop)
    app = status_app(acme.installed.database, (NAME,), acme.installed.clock.now)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for host, port in (("127.0.0.1", taken.getsockname()[1]), ("192.0.2.1", 8080)):
            with pytest.raises(Misconfigured, match="cannot be served"):
                serve(app, loop, host, port)
    assert loop.threads == []


def test_the_page_takes_nothing_from_anybody(acme: Acme) -> None:
    """It can only be read."""
    with TestClient(status_app(acme.installed.database, (NAME,), acme.installed.clock.now)) as client:
        calls: list[Callable[[str], object]] = [client.post, client.put, client.delete]
        assert {getattr(call("/"), "status_code", 0) for call in calls} == {405}
