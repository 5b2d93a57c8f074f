"""Signing in. Goal: the token reaches the site and nobody else, and a refused one is not tried over and over."""

from datetime import UTC, datetime

import pytest

from ml_connector.errors import InvariantBroken, Malformed, Rejected, Unauthorized
from ml_connector.jira import grants
from ml_connector.jira.authentication import REFUSED_FOR, ApiToken, StandingSession
from ml_connector.jira.grants import App
from ml_connector.jira.metadata import myself_request
from ml_connector.jira.service_accounts import ServiceAccount
from ml_connector.wire import Request, Response, Safety
from stub_vendors import Script, WaitingClock, answer

TOKEN = "ATATT3x-s3cret"
CREDENTIALS = ApiToken("integration@acme.example", TOKEN)
SITE = "https://acme.example"


def session(vendor: Script, clock: WaitingClock | None = None) -> StandingSession:
    """A session on a scripted site."""
    return StandingSession(SITE, CREDENTIALS, vendor, clock or WaitingClock())


def test_a_call_goes_to_the_site_with_the_account_and_token() -> None:
    """As Atlassian tells for scripts: Basic, e-mail and token."""
    vendor = Script([answer({})])
    session(vendor).send(myself_request())
    (seen,) = vendor.seen
    assert seen.url == f"{SITE}/rest/api/3/myself"
    assert seen.headers["Authorization"] == "Basic aW50ZWdyYXRpb25AYWNtZS5leGFtcGxlOkFUQVRUM3gtczNjcmV0"


@pytest.mark.parametrize("url", ["https://elsewhere.example/x", "http://acme.example/x", "rest/api/3/myself"])
def test_the_token_goes_to_no_other_address(url: str) -> None:
    """A request that names a host of its own is a mistake of ours, and stops."""
    vendor = Script([answer({})])
    with pytest.raises(InvariantBroken):
        session(vendor).send(Request("x", "GET", url, Safety.READ))
    assert vendor.seen == []


def test_a_redirect_is_not_followed() -> None:
    """The remedy is the right address in the connection."""
    vendor = Script([answer(status=302, headers={"location": "https://elsewhere.example"})])
    with pytest.raises(Malformed, match="redirect"):
        session(vendor).send(myself_request())
    assert len(vendor.seen) == 1


def test_a_refused_token_rests_before_it_is_tried_again() -> None:
    """Repeated failures can lock an account; after some minutes one call finds out."""
    vendor, clock = Script([answer(status=401), answer({})]), WaitingClock()
    signed_in = session(vendor, clock)
    for _ in range(5):
        with pytest.raises(Unauthorized) as told:
            signed_in.send(myself_request())
        assert "connect jira" in told.value.remedy
    assert len(vendor.seen) == 1
    clock.sleep(REFUSED_FOR.total_seconds())
    assert signed_in.send(myself_request()).status == 200


def test_the_token_shows_in_no_text() -> None:
    """Not in a representation, not in an error."""
    assert TOKEN not in repr(CREDENTIALS)
    vendor = Script([answer(status=401)])
    with pytest.raises(Unauthorized) as told:
        session(vendor).send(myself_request())
    assert TOKEN not in f"{told.value!r} {told.value} {told.value.remedy}"


SECRET = "not-to-be-repeated"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize(
    "request_",
    [
        grants.code_request("https://auth.example", App("id", SECRET), SECRET, "https://back.example"),
        grants.refresh_request("https://auth.example", App("id", SECRET), SECRET),
        grants.service_request("https://auth.example", App("id", SECRET)),
        ServiceAccount("https://jira.example", App("id", SECRET)).request(None),
    ],
)
def test_a_server_that_repeats_our_secrets_is_not_quoted(request_: Request, status: int) -> None:
    """Errors end in logs, in findings and on the consent page."""
    body = f'{{"error": "invalid_request", "error_description": "no such thing: {SECRET}"}}'.encode()
    with pytest.raises((Unauthorized, Rejected), match="invalid_request") as told:
        grants.parse_tokens(request_, Response(status, {}, body), datetime(2026, 11, 26, tzinfo=UTC))
    assert SECRET not in f"{told.value} {told.value.remedy} {request_}"
