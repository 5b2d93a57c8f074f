"""The authorization server and the gateway: who gets a token, how long it is good, and who passes."""

from __future__ import annotations

import copy
import pickle
from base64 import b64encode
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ml_connector_sandbox.cloudsuite.fsm.routes import BASE
from sandbox_tenant import CURRENCIES, Client


@pytest.mark.parametrize("grant", ["password", "client_credentials"])
@pytest.mark.parametrize("way", [{"basic": True}, {"basic": True, "encode": True}, {"basic": False}])
def test_a_granted_token_opens_the_gateway(grant: str, way: dict[str, bool]) -> None:
    """Both grants give a token that reads, however the client presents itself."""
    client = Client()
    form = client.password if grant == "password" else {"grant_type": grant}
    answer = client.token(form, **way)
    assert answer.json()["expires_in"] == 7200
    assert client.read(answer.json()["access_token"]).status == 200


def test_a_wrong_service_account_is_an_invalid_grant() -> None:
    """Wrong keys of the service account are told apart from a wrong client."""
    client = Client()
    answer = client.token({**client.password, "password": "wrong"})
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    client.ionapi["cs"] = "wrong"
    answer = client.token(client.password)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_an_unknown_grant_type_is_refused() -> None:
    """A grant type that the server does not know gives no token."""
    assert Client().token({"grant_type": "magic"}).json()["error"] == "unsupported_grant_type"


def test_a_tenant_may_want_the_client_in_one_place() -> None:
    """Where the app takes the client only in the form, the header is refused."""
    client = Client({"fsm_client_authentication": "body"})
    assert client.token(client.password, basic=True).json()["error"] == "invalid_client"
    assert client.token(client.password, basic=False).status == 200


def test_a_token_ends_after_its_life() -> None:
    """A token is good to the last second before its end, and not at its end."""
    client = Client({"fsm_token_seconds": 60})
    token = client.token(client.password).json()["access_token"]
    client.tenant.clock.advance(59)
    assert client.read(token).status == 200
    client.tenant.clock.advance(1)
    answer = client.read(token)
    assert (answer.status, answer.json()) == (401, {"error": "Unauthorized"})


def test_a_refresh_token_is_good_once() -> None:
    """A refresh token gives a new pair, and is used up by it."""
    client = Client()
    first = client.token(client.password).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = client.token(form).json()
    assert client.read(second["access_token"]).status == 200
    assert client.token(form).json()["error"] == "invalid_grant"


def test_refresh_tokens_and_the_type_of_the_lifetime_are_switches() -> None:
    """An app without refresh tokens issues none; the lifetime comes as text where so switched."""
    client = Client({"fsm_refresh_tokens": False, "fsm_expires_in_as_text": True})
    answer = client.token(client.password).json()
    assert "refresh_token" not in answer
    assert answer["expires_in"] == "7200"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_revoked_token_is_no_good(method: str) -> None:
    """Revoking ends the token that is named and no other."""
    client = Client()
    first, second = (client.token(client.password).json()["access_token"] for _ in range(2))
    url = client.ionapi["pu"] + client.ionapi["or"]
    basic = "Basic " + b64encode(f"{client.ionapi['ci']}:{client.ionapi['cs']}".encode()).decode()
    form = urlencode({"token": first})
    answer = client.send(method, f"{url}?{form}" if method == "GET" else url, {"authorization": basic}, form.encode())
    assert answer.status == 200
    assert client.read(first).status == 401
    assert client.read(second).status == 200


def test_an_administrator_ends_every_token() -> None:
    """After all tokens are revoked neither access nor refresh tokens are good."""
    client = Client()
    answer = client.token(client.password).json()
    client.tenant.revoke_tokens()
    assert client.read(answer["access_token"]).status == 401
    form = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert client.token(form).json()["error"] == "invalid_grant"


def test_authorize_answers_with_a_code_that_is_good_once() -> None:
    """The redirect carries a code and the caller's state; the code buys one token."""
    client = Client()
    query = urlencode({"client_id": client.ionapi["ci"], "redirect_uri": "http://localhost/back", "state": "s1"})
    answer = client.send("GET", f"{client.ionapi['pu']}{client.ionapi['oa']}?{query}")
    assert answer.status == 302
    values = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert values["state"] == ["s1"]
    form = {"grant_type": "authorization_code", "code": values["code"][0]}
    assert client.read(client.token(form).json()["access_token"]).status == 200
    assert client.token(form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}])
def test_without_a_good_token_nothing_is_told(header: dict[str, str]) -> None:
    """The gateway refuses before the application sees the request, even one that is nonsense itself."""
    client = Client()
    for url in (CURRENCIES, f"{BASE}/classes/NoSuchClass/lists/_generic"):
        assert client.send("GET", url, header).json() == {"error": "Unauthorized"}


def test_unknown_addresses_and_methods() -> None:
    """An address that is none is 404; a known one with another method is 405."""
    client = Client()
    assert client.send("GET", f"{BASE}/nothing").status == 404
    assert client.send("DELETE", CURRENCIES).status == 405


def test_a_copy_is_a_tenant_of_its_own() -> None:
    """A deep copy and an unpickled one know the tokens of the original, and change nothing in it."""
    client = Client()
    token = client.token(client.password).json()["access_token"]
    for copied in (copy.deepcopy(client.tenant), pickle.loads(pickle.dumps(client.tenant))):
        assert copied.tokens.lives(token)
        copied.revoke_tokens()
        assert copied.ledger.reference.tables is copied.tables
    assert client.read(token).status == 200
