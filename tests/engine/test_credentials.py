"""Credentials that end or are refused. Goal: told before it matters, and called what it is, with the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.acme import Acme
from engine.test_sign_in import by_consent, through_the_sandbox
from engine.test_subscription import with_webhook
from ml_connector import credentials
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import Check, check
from ml_connector.errors import Misconfigured, Unauthorized
from ml_connector.net.certificates import Certificate
from ml_connector.store import findings

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def site(make_acme: Callable[..., Acme]) -> Acme:
    """Acme, with Atlassian's gateway in the sandbox too, connected by an API token."""
    acme = make_acme(change=through_the_sandbox)
    connect(acme)
    return acme


def connect(acme: Acme, *, expires: date | None = None) -> None:
    """An API token stored as a person does."""
    bot = acme.world.jira.person(acme.world.jira.integration)
    credentials.connect_token(acme.installed, NAME, bot.email, bot.api_token, scoped=False, expires=expires)


def open_finding(acme: Acme, code: str) -> str:
    """What the open finding of a code says, with its remedy; empty where there is none."""
    with acme.installed.database.read() as tx:
        found = [each.finding for each in findings.open_findings(tx, NAME) if each.finding.code == code]
    return f"{found[0].message} {found[0].remedy}" if found else ""


def checks(acme: Acme) -> dict[str, Check]:
    """What the doctor finds, by name."""
    return {each.name: each for each in check(acme.installed.lane(NAME))}


def refused(acme: Acme) -> Unauthorized:
    """The error of a cycle that Jira refuses, and what is told of it."""
    with pytest.raises(Unauthorized):
        acme.sync()
    return acme.installed.lane(NAME).diagnose(Unauthorized("jira.myself: refused.", cause="refused"))


def test_a_token_is_told_a_month_before_its_year_is_over(site: Acme) -> None:
    """By a finding and by the doctor; another token, stored, ends that."""
    site.sync()
    assert "stored on 2026-11-18, ends by 2027-11-18" in checks(site)["Jira credentials' age"].found
    assert not open_finding(site, "credentials_end")
    site.clock.advance(336 * DAY)
    site.sync()
    assert "ends by 2027-11-18" in open_finding(site, "credentials_end")
    assert not checks(site)["Jira credentials' age"].ok
    connect(site)
    site.sync()
    assert not open_finding(site, "credentials_end")


def test_the_end_of_a_token_can_be_told_when_it_is_stored(site: Acme) -> None:
    """As Atlassian's page showed it to the person who made it."""
    connect(site, expires=date(2026, 12, 10))
    site.sync()
    assert "ends on 2026-12-10" in open_finding(site, "credentials_end")


def test_an_expired_token_is_called_expired(site: Acme) -> None:
    """The site's 401 says nothing of it; its age does."""
    site.sync()
    site.clock.advance(366 * DAY)
    assert refused(site).cause == "expired_token"
    assert "It has expired" in open_finding(site, "sign_in_refused")


def test_a_dead_token_is_called_dead(site: Acme) -> None:
    """Young, and refused on both hosts: it was taken back, or its account closed. The other host is asked once."""
    site.sync()
    bot = site.world.jira.person(site.world.jira.integration)
    bot.active = False
    site.calls()
    for _ in range(3):
        assert refused(site).cause == "dead_token"
    assert "It works on no host" in open_finding(site, "sign_in_refused")
    assert site.calls()["jira"].get("GET /_edge/tenant_info", 0) == 1


def test_a_token_on_the_wrong_host_is_told_where_it_belongs(site: Acme) -> None:
    """One made with scopes and stored as one without, and the other way about."""
    bot = site.world.jira.person(site.world.jira.integration)
    with pytest.raises(Unauthorized) as told:
        credentials.connect_token(site.installed, NAME, bot.email, bot.scoped_token, scoped=False)
    assert told.value.cause == "wrong_host"
    assert "with --scoped" in told.value.remedy
    with pytest.raises(Unauthorized) as told:
        credentials.connect_token(site.installed, NAME, bot.email, bot.api_token, scoped=True)
    assert told.value.cause == "wrong_host"
    assert "without --scoped" in told.value.remedy


@pytest.mark.parametrize("key", ["url", "gateway_url", "sign_in_url"])
def test_no_credentials_go_to_an_address_that_they_were_not_stored_for(site: Acme, key: str) -> None:
    """Whoever can write the connection file names a host of their own: it is told, and nobody is called."""
    connect(site)
    file = site.installed.home.connection_file(NAME)
    text = file.read_text(encoding="utf-8")
    begins = text.index("[jira]")
    jira = re.sub(rf"(?m)^{key} = .*\n", "", text[begins:], count=1)
    jira = jira.replace("[jira]\n", f'[jira]\n{key} = "https://jira.example.com"\n', 1)
    file.write_text(text[:begins] + jira, encoding="utf-8")
    site.restart()
    sent: list[str] = []
    site.tap = lambda request: sent.append(request.url)
    with pytest.raises(Misconfigured, match="has changed since its credentials were stored"):
        site.sync()
    assert sent == []
    file.write_text(text, encoding="utf-8")
    site.restart()
    site.sync()


def test_a_grant_taken_back_and_scopes_too_narrow_have_causes_of_their_own(site: Acme) -> None:
    """Nothing else is tried for them."""
    by_consent(site)
    site.sync()
    for bearer in site.world.jira.bearers.values():
        bearer.scopes = frozenset({"read:jira-user"})
    with pytest.raises(Unauthorized) as told:
        site.sync()
    assert told.value.cause == "scope_mismatch"
    site.control("POST", "/jira/revoke-grants", {})
    with pytest.raises(Unauthorized) as told:
        site.sync()
    assert told.value.cause == "revoked_grant"


def test_the_doctor_names_what_a_way_to_sign_in_loses(site: Acme) -> None:
    """Of the API token, and of the app."""
    assert "by an API token, which loses an app's webhooks" in checks(site)["Jira sign-in"].found
    by_consent(site)
    assert "by an OAuth app, which loses webhooks that tell of hours" in checks(site)["Jira sign-in"].found


@pytest.mark.parametrize(
    ("seen", "ok", "words"),
    [
        (Certificate(reached=True, ends=datetime(2027, 3, 1, tzinfo=UTC)), True, "ends on 2027-03-01"),
        (Certificate(reached=True, ends=datetime(2026, 11, 25, tzinfo=UTC)), False, "ends on 2026-11-25"),
        (Certificate(reached=True, problem="self-signed certificate"), False, "self-signed"),
        (Certificate(reached=False), True, "proves nothing"),
    ],
)
def test_the_doctor_looks_at_the_webhooks_certificate(
    make_acme: Callable[..., Acme], seen: Certificate, words: str, *, ok: bool
) -> None:
    """As far as can be told from here: trusted, with two weeks left."""
    lane = make_acme(change=with_webhook).installed.lane(NAME)
    asked: list[tuple[str, int]] = []

    def look(host: str, port: int) -> Certificate:
        asked.append((host, port))
        return seen

    lane.certificate = look
    (found,) = [each for each in check(lane) if each.name == "webhook address https://connector.test"]
    assert asked == [("connector.test", 443)]
    assert (found.ok, words in found.found) == (ok, True)


def test_the_doctor_tells_an_address_that_jira_does_not_call(make_acme: Callable[..., Acme]) -> None:
    """Good for a trial on this machine, and for nothing else."""
    acme = make_acme(
        change=lambda text: with_webhook(text).replace("https://connector.test", "http://localhost:8080", 1)
    )
    (found,) = [each for each in check(acme.installed.lane(NAME)) if each.name.startswith("webhook address")]
    assert not found.ok
    assert "http on port 8080" in found.found
