"""The token flow, with a function as the server. Goal: one sign-in for all, and no write is lost to an ended token."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from ml_connector.erp.gateway import (
    REFUSED_FOR,
    SECOND_LOOK_SECONDS,
    TROUBLE_SECONDS,
    TROUBLED_FOR,
    Alone,
    Gateway,
)
from ml_connector.erp.ion import Token, parse_ionapi
from ml_connector.errors import Ambiguous, ConnectorError, InvariantBroken, Transient, Unauthorized
from ml_connector.wire import Request, Response, Safety
from stub_vendors import Script, WaitingClock, answer

CREDENTIALS = parse_ionapi((Path(__file__).parent / "recorded" / "backend-service.ionapi.json").read_bytes())
WRITE = Request("fsm.stage", "POST", "/FSM/x", Safety.ONCE, body=b"rows")


class Infor:
    """A token endpoint and a gateway. Counts sign-ins and keeps what reached the suite with a valid token."""

    def __init__(self, *, refresh: bool = False) -> None:
        self.refresh = refresh
        self.grants: list[str] = []
        self.valid: set[str] = set()
        self.arrived: list[Request] = []
        self.refuse_token: Callable[[], Response] | None = None

    def __call__(self, request: Request) -> Response:
        """Answer either."""
        if request.url == CREDENTIALS.token_url:
            return self._token(request)
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.valid:
            return answer({"error": "Unauthorized"}, 401)
        self.arrived.append(request)
        return answer({})

    def _token(self, request: Request) -> Response:
        grant = parse_qs((request.body or b"").decode())["grant_type"][0]
        self.grants.append(grant)
        if self.refuse_token is not None:
            return self.refuse_token()
        access = f"t{len(self.grants)}"
        self.valid = {access}
        return answer({"access_token": access, "expires_in": 7200, **({"refresh_token": "r"} if self.refresh else {})})


def keeping(token: Token) -> Alone:
    """A keeper that has kept a token."""
    keeper = Alone()
    keeper.write(token.fields())
    return keeper


def test_a_request_goes_below_the_tenant_with_a_token() -> None:
    """Address and headers are completed; the rest stays as it was."""
    infor = Infor()
    Gateway(CREDENTIALS, infor, WaitingClock()).send(WRITE)
    (arrived,) = infor.arrived
    assert arrived.url == "https://mingle-ionapi.eu1.example.com/ACME_TST/FSM/x"
    assert (arrived.body, arrived.safety, arrived.headers["Authorization"]) == (b"rows", Safety.ONCE, "Bearer t1")


def test_threads_sign_in_once() -> None:
    """Many callers at the start share one sign-in."""
    infor = Infor()
    gateway = Gateway(CREDENTIALS, infor, WaitingClock())
    threads = [threading.Thread(target=gateway.send, args=(WRITE,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (infor.grants, len(infor.arrived)) == (["password"], 16)


def test_a_token_is_renewed_before_it_ends() -> None:
    """After nine tenths of its life the next call fetches a new one first."""
    infor, clock = Infor(), WaitingClock()
    gateway = Gateway(CREDENTIALS, infor, clock)
    gateway.send(WRITE)
    clock.at += timedelta(seconds=6479)
    gateway.send(WRITE)
    assert len(infor.grants) == 1
    clock.at += timedelta(seconds=1)
    gateway.send(WRITE)
    assert (infor.grants, len(infor.arrived)) == (["password", "password"], 3)


def test_a_refresh_token_is_used_where_one_was_issued() -> None:
    """The service account's keys travel once."""
    infor, clock = Infor(refresh=True), WaitingClock()
    gateway = Gateway(CREDENTIALS, infor, clock)
    gateway.send(WRITE)
    clock.at += timedelta(hours=2)
    gateway.send(WRITE)
    assert infor.grants == ["password", "refresh_token"]


@pytest.mark.parametrize(
    "trouble", [answer({"error": "invalid_grant"}, 400), Ambiguous("lost"), answer("<html>"), answer({}, 404)]
)
def test_a_refresh_that_fails_is_followed_by_a_sign_in(trouble: Response | Exception) -> None:
    """Whatever became of the refresh token, signing in anew does not depend on it."""
    vendor = Script([trouble, answer({"access_token": "new", "expires_in": 60}), answer({"a": 1})])
    clock = WaitingClock()
    old = Token("old", expires=clock.now(), refresh="r")
    assert Gateway(CREDENTIALS, vendor, clock, keeper=keeping(old)).send(WRITE).status == 200
    assert [request.operation for request in vendor.seen] == ["ion.refresh", "ion.sign_in", "fsm.stage"]


def test_a_write_survives_a_token_that_ended_early() -> None:
    """A 401 says that nothing was done: the write goes out again with a new token, the same bytes, and arrives once."""
    infor = Infor()
    gateway = Gateway(CREDENTIALS, infor, WaitingClock())
    gateway.send(WRITE)
    infor.valid.clear()
    gateway.send(WRITE)
    assert [request.body for request in infor.arrived] == [b"rows", b"rows"]
    assert len(infor.grants) == 2


def test_a_token_that_another_thread_renewed_is_used() -> None:
    """A 401 for an old token does not renew the new one that somebody fetched meanwhile."""
    clock = WaitingClock()
    infor = Infor()
    gateway = Gateway(CREDENTIALS, infor, clock)

    def slow(request: Request) -> Response:
        """While this request was on its way, another one met the same 401 and renewed."""
        response = infor(request)
        gateway._send = infor
        gateway.send(WRITE)
        return response

    gateway.send(WRITE)
    infor.valid.clear()
    gateway._send = slow
    gateway.send(WRITE)
    assert (infor.grants, len(infor.arrived)) == (["password", "password"], 3)


@pytest.mark.parametrize(
    ("body", "hop"), [({"error": "Unauthorized"}, "gateway refuses"), ({"message": "no user"}, "suite behind")]
)
def test_a_second_401_is_final_and_names_the_hop(body: object, hop: str) -> None:
    """A token just issued that is refused again stops the connection, saying who refused it."""
    token = answer({"access_token": "t", "expires_in": 7200})
    vendor = Script([token, *[answer(body, 401)] * (2 if "suite" in hop else 1), token, answer(body, 401)])
    with pytest.raises(Unauthorized, match=hop) as caught:
        Gateway(CREDENTIALS, vendor, WaitingClock()).send(WRITE)
    assert caught.value.hop == hop.split(maxsplit=1)[0]


def test_a_suites_401_is_doubted_before_the_token_is() -> None:
    """LN refuses good tokens now and then: the same one goes out again after a moment, and nobody signs in."""
    signed_in = answer({"access_token": "t", "expires_in": 7200})
    false = answer("OAuth [U14]: unknown oauth_consumer_key", 401)
    vendor, clock = Script([signed_in, false, answer({})]), WaitingClock()
    assert Gateway(CREDENTIALS, vendor, clock).send(WRITE).status == 200
    assert [request.operation for request in vendor.seen] == ["ion.sign_in", "fsm.stage", "fsm.stage"]
    assert clock.slept == [SECOND_LOOK_SECONDS]


def test_processes_sign_in_once() -> None:
    """One renews, the others take what it kept; each would otherwise use up the other's refresh token."""
    infor, clock, keeper = Infor(refresh=True), WaitingClock(), Alone()
    gateways = [Gateway(CREDENTIALS, infor, clock, keeper=keeper) for _ in range(3)]
    for _ in range(4):
        for gateway in gateways:
            assert gateway.send(WRITE).status == 200
        clock.at += timedelta(hours=2)
    assert infor.grants == ["password", "refresh_token", "refresh_token", "refresh_token"]


def test_a_clock_that_is_wrong_costs_one_renewal() -> None:
    """A token that another machine kept with a clock hours ahead is believed good, refused once, and renewed."""
    infor, clock = Infor(), WaitingClock()
    ahead = Token("ended long ago", expires=clock.now() + timedelta(hours=9))
    gateway = Gateway(CREDENTIALS, infor, clock, keeper=keeping(ahead))
    for _ in range(3):
        assert gateway.send(WRITE).status == 200
    assert (infor.grants, len(infor.arrived)) == (["password"], 3)


@pytest.mark.parametrize("lifetime", [3600, "3600", 86_400, "86400"])
def test_the_life_that_was_told_is_trusted(lifetime: int | str) -> None:
    """One hour or a day, as a number or as text: one sign-in lasts for nine tenths of it."""
    clock = WaitingClock()
    signed_in = answer({"access_token": "t", "expires_in": lifetime})
    vendor = Script([signed_in, answer({}), answer({}), signed_in, answer({})])
    gateway = Gateway(CREDENTIALS, vendor, clock)
    gateway.send(WRITE)
    clock.at += timedelta(seconds=int(lifetime) * 0.9 - 61)
    gateway.send(WRITE)
    clock.at += timedelta(seconds=62)
    gateway.send(WRITE)
    assert [request.operation for request in vendor.seen].count("ion.sign_in") == 2


def test_a_403_names_rights() -> None:
    """Missing scope, suite or role: the credentials are right and may not do this."""
    vendor = Script([answer({"access_token": "t", "expires_in": 7200}), answer({}, 403)])
    with pytest.raises(Unauthorized, match="403"):
        Gateway(CREDENTIALS, vendor, WaitingClock()).send(WRITE)


def test_refused_credentials_are_not_tried_again_at_once() -> None:
    """A refusal stands for five minutes, however many calls come: repeated failures can lock the account."""
    infor, clock = Infor(), WaitingClock()
    infor.refuse_token = lambda: answer({"error": "invalid_grant"}, 400)
    gateway = Gateway(CREDENTIALS, infor, clock)
    for _ in range(3):
        with pytest.raises(Unauthorized, match="saak"):
            gateway.send(WRITE)
    assert len(infor.grants) == 1
    infor.refuse_token = None
    clock.at += REFUSED_FOR
    assert gateway.send(WRITE).status == 200


@pytest.mark.parametrize("trouble", [Transient("500"), Ambiguous("500")])
def test_trouble_at_the_token_endpoint_is_asked_about_once_more(trouble: Exception) -> None:
    """After some seconds, and then not for a while: Infor has been seen to answer 500 to wrong credentials as well."""
    vendor, clock = Script([trouble] * 2), WaitingClock()
    gateway = Gateway(CREDENTIALS, vendor, clock)
    for _ in range(2):
        with pytest.raises(Transient, match="credentials") as caught:
            gateway.send(WRITE)
        assert caught.value.hop == "token"
    assert (len(vendor.seen), clock.slept) == (2, [TROUBLE_SECONDS])
    vendor.answers = iter([answer({"access_token": "t", "expires_in": 60}), answer({})])
    clock.at += TROUBLED_FOR
    assert gateway.send(WRITE).status == 200


def test_a_kept_token_is_used_and_a_new_one_is_kept() -> None:
    """A restart with a stored token signs in only when that one ends, and the new one is stored."""
    infor, clock = Infor(), WaitingClock()
    infor.valid = {"stored"}
    keeper = keeping(Token("stored", expires=clock.now() + timedelta(hours=1)))
    gateway = Gateway(CREDENTIALS, infor, clock, keeper=keeper)
    gateway.send(WRITE)
    assert infor.grants == []
    clock.at += timedelta(hours=1)
    gateway.send(WRITE)
    assert (keeper.read() or {})["access"] == "t1"


def test_the_token_goes_nowhere_but_to_the_tenant() -> None:
    """A request with an address of its own is refused before a token is attached to it."""
    infor = Infor()
    elsewhere = Request("fsm.list", "GET", "https://elsewhere.example.com/", Safety.READ)
    with pytest.raises(InvariantBroken):
        Gateway(CREDENTIALS, infor, WaitingClock()).send(elsewhere)
    assert infor.arrived == []


def test_no_error_tells_a_secret() -> None:
    """Nothing that a caller may log holds the keys or the token."""
    infor = Infor()
    infor.refuse_token = lambda: answer({"error": "invalid_client", "error_description": "cs-s3cret"}, 401)
    with pytest.raises(ConnectorError) as caught:
        Gateway(CREDENTIALS, infor, WaitingClock()).send(WRITE)
    assert not any(secret in json.dumps(str(caught.value)) for secret in ("cs-s3cret", "sask-s3cret", "kEyId"))
