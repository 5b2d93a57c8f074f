"""The `.ionapi` file and the token endpoint. Goal: every broken file says what to mend, and no secret is told."""

import base64
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.erp.ion import (
    ClientAuthentication,
    IonCredentials,
    parse_ionapi,
    parse_token,
    refresh_request,
    sign_in_request,
)
from ml_connector.errors import ConnectorError, Malformed, Misconfigured, Unauthorized
from ml_connector.wire import Response, Safety
from stub_vendors import NOON, answer

RECORDED = Path(__file__).parent / "recorded"
SECRETS = ("cs-s3cret", "sask-s3cret", "aBcD1234", "kEyId")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def file(name: str = "backend-service") -> dict[str, object]:
    """A file as it is downloaded, in a layout that is in use."""
    loaded: dict[str, object] = json.loads((RECORDED / f"{name}.ionapi.json").read_text())
    return loaded


def credentials(name: str = "backend-service") -> IonCredentials:
    """That file, read."""
    return parse_ionapi(json.dumps(file(name)), tenant="ACME_TST", gateway="https://gateway.example.com")


@pytest.mark.parametrize(
    ("name", "base", "token_url"),
    [
        (
            "backend-service",
            "https://mingle-ionapi.eu1.example.com/ACME_TST",
            "https://mingle-sso.eu1.example.com:443/ACME_TST/as/token.oauth2",
        ),
        ("absolute-addresses", "https://gateway.example.com/ACME_TST", "https://sso.example.com/as/token"),
        ("on-premises", "https://erp.example.com:7443/infor", "https://erp.example.com/InforIntSTS/connect/token"),
        (
            "client-credentials",
            "https://gateway.example.com/ACME_TST",
            "https://mingle-sso.eu1.example.com:443/ACME_TST/as/token.oauth2",
        ),
    ],
)
def test_each_layout_leads_to_the_right_addresses(name: str, base: str, token_url: str) -> None:
    """Cloud, on-premises, absolute paths and client credentials: API base and token address are found in all."""
    found = credentials(name)
    assert (found.base, found.token_url) == (base, token_url)


def test_a_byte_order_mark_does_no_harm() -> None:
    """A file that was saved by a Windows editor is read."""
    content = b"\xef\xbb\xbf" + json.dumps(file()).encode()
    assert parse_ionapi(content) == credentials()


BROKEN = [
    ({"ci": None}, "'ci'"),
    ({"cs": ""}, "'cs'"),
    ({"cs": 5}, "'cs'"),
    ({"ti": "a/b"}, "'ti'"),
    ({"ti": ".."}, "'ti'"),
    ({"iu": "ftp://x"}, "'iu'"),
    ({"iu": "http://erp.example.com"}, "without encryption"),
    ({"pu": "https://user@erp.example.com/"}, "'pu'"),
    ({"pu": "https://[::1/"}, "'pu'"),
    ({"ot": "https://[::1/"}, "'ot'"),
    ({"ot": "//[x/"}, "'ot'"),
    ({"ot": None}, "'ot'"),
    ({"sask": None}, "'sask' is missing"),
    ({"saak": None}, "'saak' is missing"),
    ({"sask": "a\nb"}, "'sask'"),
    ({"sc": "Infor-FSM"}, "'sc'"),
    ({"saak": None, "sask": None, "ru": "https://x"}, "web application"),
]


@pytest.mark.parametrize(("change", "named"), BROKEN)
def test_a_broken_file_is_named_by_key_without_its_secrets(change: dict[str, object], named: str) -> None:
    """Each flaw names the key and a remedy, and repeats nothing of what the file holds."""
    content = {key: value for key, value in {**file(), **change}.items() if value is not None}
    with pytest.raises(Misconfigured, match=named) as caught:
        parse_ionapi(json.dumps(content))
    assert caught.value.remedy
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("missing", ["ti", "iu"])
def test_client_credentials_need_tenant_and_gateway_from_the_user(missing: str) -> None:
    """Where the file leaves them out and nobody filled them in, the missing one is named."""
    given_by_user = {"ti": {"gateway": "https://g.example.com"}, "iu": {"tenant": "ACME_TST"}}[missing]
    with pytest.raises(Misconfigured, match=f"'{missing}'"):
        parse_ionapi(json.dumps(file("client-credentials")), **given_by_user)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b" " * 70_000])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    """Anything that is not a small JSON object is Misconfigured."""
    with pytest.raises(Misconfigured):
        parse_ionapi(content)


@given(st.dictionaries(st.sampled_from([*file(), "ru"]), json_values | st.text()), st.text())
def test_any_file_is_read_or_refused(changes: dict[str, object], tenant: str) -> None:
    """No content gives anything but credentials or Misconfigured."""
    with suppress(Misconfigured):
        assert isinstance(parse_ionapi(json.dumps({**file(), **changes}), tenant=tenant), IonCredentials)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_are_refused(content: bytes | str) -> None:
    """Noise is Misconfigured."""
    with pytest.raises(Misconfigured):
        parse_ionapi(content)


def test_reprs_hide_secrets() -> None:
    """Neither credentials nor a token show a secret when they are printed."""
    token = parse_token(Response(200, {}, (RECORDED / "token.json").read_bytes()), NOON)
    shown = repr(credentials()) + repr(token)
    assert not any(secret in shown for secret in (*SECRETS, token.access, token.refresh))


def form(body: bytes | None) -> dict[str, list[str]]:
    """A form, decoded."""
    return parse_qs((body or b"").decode(), strict_parsing=True)


def test_signing_in_with_a_service_account() -> None:
    """The password grant, the client in the header, `#` and `~` encoded; it is not repeated by itself."""
    request = sign_in_request(credentials(), ClientAuthentication.BASIC)
    assert form(request.body) == {
        "grant_type": ["password"],
        "username": ["ACME_TST#kEyId"],
        "password": ["sask-s3cret"],
        "scope": ["Infor-FSM"],
    }
    kind, _, pair = request.headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(pair)) == ("Basic", b"ACME_TST~aBcD1234:cs-s3cret")
    assert request.safety is Safety.ONCE


def test_the_client_may_go_into_the_body() -> None:
    """The other way to authenticate a client, as a setting."""
    request = sign_in_request(credentials(), ClientAuthentication.BODY)
    assert "Authorization" not in request.headers
    assert form(request.body)["client_id"] == ["ACME_TST~aBcD1234"]
    assert form(request.body)["client_secret"] == ["cs-s3cret"]


def test_signing_in_as_the_client_itself() -> None:
    """A file without a service account uses client credentials."""
    request = sign_in_request(credentials("client-credentials"), ClientAuthentication.BASIC)
    assert form(request.body) == {"grant_type": ["client_credentials"]}


def test_a_refresh_is_sent_once() -> None:
    """A refresh token may be good for one use, so that its request is not repeated."""
    request = refresh_request(credentials(), ClientAuthentication.BASIC, "r/1+")
    assert form(request.body) == {"grant_type": ["refresh_token"], "refresh_token": ["r/1+"]}
    assert request.safety is Safety.ONCE


@pytest.mark.parametrize(
    ("said", "renewed"), [(7200, 6480), ("7200", 6480), (300, 240), (60, 30), (10, 5), (None, 240)]
)
def test_a_token_is_renewed_before_its_end(said: object, renewed: float) -> None:
    """At nine tenths or a minute before the end, earlier for short ones; the lifetime may be text or absent."""
    token = parse_token(answer({"access_token": "t", "expires_in": said}), NOON)
    assert token.renew == NOON + timedelta(seconds=renewed)
    assert token.fresh(NOON)
    assert not token.fresh(NOON + timedelta(seconds=renewed))


@pytest.mark.parametrize(
    ("status", "body", "error", "named"),
    [
        (400, {"error": "invalid_grant", "error_description": "x"}, Unauthorized, "service account"),
        (401, {"error": "invalid_client"}, Unauthorized, "client's id"),
        (400, {"error": "invalid_scope"}, Unauthorized, "scopes"),
        (401, "<html>", Unauthorized, "401"),
        (404, {}, Misconfigured, "404"),
        (400, {"error": "unsupported_grant_type"}, Misconfigured, "400"),
        (200, {"token": "x"}, Malformed, "no token"),
        (200, {"access_token": "a b", "expires_in": 5}, Malformed, "header"),
        (200, {"access_token": "a", "expires_in": "soon"}, Malformed, "no token"),
        (200, {"access_token": "a", "expires_in": -1}, Malformed, "no token"),
    ],
)
def test_the_endpoints_refusals_are_told_apart(
    status: int, body: object, error: type[ConnectorError], named: str
) -> None:
    """Wrong service account, wrong client, wrong scopes, wrong address and nonsense each have their own words."""
    with pytest.raises(error, match=named):
        parse_token(answer(body, status), NOON)


@given(st.integers(200, 499), st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_token_answer_is_a_token_or_one_of_our_errors(status: int, body: bytes) -> None:
    """Whatever the endpoint sends, nothing else comes out."""
    with suppress(ConnectorError):
        assert parse_token(Response(status, {}, body), NOON).access
