"""Every way into Jira. Goal: each works, says what is wrong where it does not, and no grant is lost by our doing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.acme import JIRA_URL, Acme
from ml_connector import credentials
from ml_connector.demo.connection import NAME
from ml_connector.errors import ConnectorError, Misconfigured, Refused, Unauthorized
from ml_connector.jira.grants import App
from ml_connector.store import findings
from ml_connector_sandbox.wire import Request

PUBLIC = "https://connector.test"
Build = Callable[..., Acme]


def through_the_sandbox(text: str) -> str:
    """The demo's connection, with the sandbox for Atlassian's gateway and authorization server."""
    return text.replace("[jira.orders]", f'gateway_url = "{JIRA_URL}"\nsign_in_url = "{JIRA_URL}"\n\n[jira.orders]', 1)


@pytest.fixture
def site(make_acme: Build) -> Acme:
    """Acme, with all of Atlassian's hosts in the sandbox."""
    return make_acme(change=through_the_sandbox)


def app_of(acme: Acme) -> App:
    """The app that the sandbox knows."""
    return App(acme.world.jira.app.client_id, acme.world.jira.app.client_secret)


def agreed(acme: Acme, address: str) -> dict[str, str]:
    """What a browser brings back from the page of consent."""
    answer = acme.world.jira_front(Request.to("GET", address, {}, b""))
    assert answer.status == 302, answer.body
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == PUBLIC + credentials.CALLBACK
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def by_consent(acme: Acme) -> None:
    """Jira connected by OAuth."""
    brought = agreed(acme, credentials.begin(acme.installed, NAME, app_of(acme), PUBLIC))
    credentials.finish(acme.installed, brought["state"], brought["code"])


def grant_calls(acme: Acme) -> int:
    """How often a token was asked for."""
    return acme.world.calls.document()["jira"].get("POST /oauth/token", 0)


def open_codes(acme: Acme) -> list[str]:
    """What stands open about signing in."""
    with acme.installed.database.read() as tx:
        return [
            item.finding.code for item in findings.open_findings(tx, NAME) if item.finding.code.startswith("sign_in")
        ]


def test_a_token_with_scopes_works_through_the_gateway(site: Acme) -> None:
    """The cloud id is asked of the site itself."""
    bot = site.world.jira.person(site.world.jira.integration)
    found = credentials.connect_token(site.installed, NAME, bot.email, bot.scoped_token, scoped=True)
    assert found.account == bot.account_id
    assert site.sync().proposal == ""


def test_a_token_of_the_other_kind_is_refused_with_the_way_out(site: Acme) -> None:
    """Atlassian's answer does not tell them apart, so that the remedy names both."""
    bot = site.world.jira.person(site.world.jira.integration)
    with pytest.raises(Unauthorized) as told:
        credentials.connect_token(site.installed, NAME, bot.email, bot.scoped_token, scoped=False)
    assert "--scoped" in told.value.remedy
    with pytest.raises(Unauthorized) as told:
        credentials.connect_token(site.installed, NAME, bot.email, bot.api_token, scoped=True)
    assert "without --scoped" in told.value.remedy


def test_a_service_account_signs_in_and_again_after_the_hour(site: Acme) -> None:
    """It has no refresh token: it signs in anew."""
    found = credentials.connect_service(site.installed, NAME, app_of(site))
    assert found.account == site.world.jira.integration
    site.sync()
    before = grant_calls(site)
    site.sync()
    assert grant_calls(site) == before, "a token is used until it ends"
    site.clock.advance(3600)
    site.sync()
    assert grant_calls(site) == before + 1


def test_a_grant_is_renewed_for_months(site: Acme) -> None:
    """Each renewal gives another refresh token, and the new one is kept."""
    by_consent(site)
    for _ in range(100):
        site.clock.advance(timedelta(days=1).total_seconds())
        site.sync()


def test_a_restart_needs_no_renewal(site: Acme) -> None:
    """What was issued is kept for every process."""
    by_consent(site)
    site.sync()
    before = grant_calls(site)
    site.restart()
    site.sync()
    assert grant_calls(site) == before


def test_an_answer_to_a_renewal_that_is_lost_costs_no_grant(site: Acme) -> None:
    """The same refresh token is shown once more, within the minutes that Atlassian allows."""
    by_consent(site)
    site.sync()
    site.clock.advance(3600)
    site.world.faults.put([{"name": "lost_answer", "vendor": "jira", "path_holds": "token", "next": 1}])
    site.sync()
    site.sync()


def test_many_threads_renew_once(site: Acme) -> None:
    """A refresh token works once, so that one asks and the others wait for it."""
    by_consent(site)
    site.sync()
    lane = site.installed.lane(NAME)
    site.clock.advance(3600)
    before = grant_calls(site)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: lane.jira.whoami(), range(32)))) == 1
    assert grant_calls(site) == before + 1


def test_two_processes_renew_once(site: Acme) -> None:
    """The second takes what the first kept, although its own token was the one refused."""
    by_consent(site)
    first, second = site.installed.lane(NAME), site.installed.lane(NAME)
    first.jira.whoami()
    second.jira.whoami()
    site.world.jira.bearers.clear()
    before = grant_calls(site)
    first.jira.whoami()
    second.jira.whoami()
    assert grant_calls(site) == before + 1


def test_a_grant_that_was_taken_back_is_told_once_and_ends_with_a_new_one(site: Acme) -> None:
    """Nothing is lost: the cycle after the new consent reads what was logged in between."""
    by_consent(site)
    site.sync()
    order = site.chargeable()
    entry = site.log(site.issue_of(f"{order['company']}/{order['number']}"), 3600, site.clock.now().date())
    site.control("POST", "/jira/revoke-grants", {})
    for _ in range(3):
        with pytest.raises(Unauthorized) as told:
            site.sync()
        assert "connect jira-oauth" in told.value.remedy
        site.clock.advance(600)
    assert open_codes(site) == ["sign_in_refused"]
    by_consent(site)
    site.sync()
    assert open_codes(site) == []
    with site.installed.database.read() as tx:
        assert site.installed.keys_of_worklog(tx, NAME, entry["id"])


def test_scopes_that_are_too_narrow_are_called_that(site: Acme) -> None:
    """A 401 with other words than an expired token, and no renewal helps."""
    by_consent(site)
    site.sync()
    for token in list(site.world.jira.bearers.values()):
        token.scopes = frozenset({"read:jira-user"})
    before = grant_calls(site)
    with pytest.raises(Unauthorized, match="scopes"):
        site.sync()
    assert grant_calls(site) == before


def test_a_consent_for_another_site_is_refused(make_acme: Build) -> None:
    """The grant must reach the site of the connection."""

    def elsewhere(text: str) -> str:
        return through_the_sandbox(text).replace(f'url = "{JIRA_URL}"', 'url = "https://other.test"', 1)

    acme = make_acme(change=elsewhere)
    brought = agreed(acme, credentials.begin(acme.installed, NAME, app_of(acme), PUBLIC))
    with pytest.raises(Misconfigured, match=r"reaches .*jira\.test, and not https://other\.test"):
        credentials.finish(acme.installed, brought["state"], brought["code"])


@pytest.mark.parametrize("state", ["", "x" * 43, "ü"])
def test_a_state_that_nobody_asked_for_is_refused(site: Acme, state: str) -> None:
    """A page elsewhere cannot make this installation use somebody else's grant."""
    credentials.begin(site.installed, NAME, app_of(site), PUBLIC)
    with pytest.raises(Refused):
        credentials.finish(site.installed, state, "code")


def test_a_state_works_once_and_for_a_quarter_of_an_hour(site: Acme) -> None:
    """And a code that was used gives nothing."""
    brought = agreed(site, credentials.begin(site.installed, NAME, app_of(site), PUBLIC))
    credentials.finish(site.installed, brought["state"], brought["code"])
    with pytest.raises(Refused):
        credentials.finish(site.installed, brought["state"], brought["code"])
    brought = agreed(site, credentials.begin(site.installed, NAME, app_of(site), PUBLIC))
    site.clock.advance(1000)
    with pytest.raises(Refused):
        credentials.finish(site.installed, brought["state"], brought["code"])


def test_a_refused_trial_leaves_what_worked(site: Acme) -> None:
    """Credentials are tried before they are kept."""
    with pytest.raises(ConnectorError):
        credentials.connect_service(site.installed, NAME, App("wrong", "wrong"))
    assert site.sync()


def test_no_secret_of_a_grant_shows(site: Acme) -> None:
    """Not in a repr, not in what is stored, not in an error."""
    by_consent(site)
    site.sync()
    app = site.world.jira.app
    site.installed.database.close()
    stored = site.installed.home.database_file.read_bytes()
    shown = repr(App(app.client_id, app.client_secret))
    for secret in (app.client_secret, *app.refresh_tokens, *site.world.jira.bearers):
        assert secret.encode() not in stored
        assert secret not in shown
