"""ION API credentials and tokens: the `.ionapi` file, the token endpoint, and what both answer when something is wrong.

Pure: `gateway.py` sends. Nothing here repeats a secret, in a message or in a repr. The file's keys are those of Infor's
authorized-app downloads, in both layouts that are in use and in the client-credentials form that LN 2026.x documents.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from ml_connector.errors import Malformed, Misconfigured, Unauthorized
from ml_connector.wire import Request, Response, Safety

FILE_BYTES_MAX = 64 * 1024
FINGERPRINT_LENGTH = 16
LIFETIME_SECONDS_UNSAID = 300
"""For an answer without `expires_in`: short, since a token used too long only costs one renewal."""
LIFETIME_SECONDS_MAX = 30 * 86_400
RENEW_PART = 0.9
RENEW_SECONDS_BEFORE = 60
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

DOWNLOAD_AGAIN = "Download the credentials of a backend service again in the ION API portal."
SIGN_IN_AGAIN = (
    "Check the authorized app in the ION API portal, then run `ml-connector connect` with a new .ionapi file."
)
TOKEN_TEXT = re.compile(r"[\x21-\x7e]+")


class ClientAuthentication(StrEnum):
    """Where the client id and secret travel in a token request. Both are in use; the header is tried first."""

    BASIC = "basic"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class IonCredentials:
    """What an `.ionapi` file says. Without a service account (`access_key`) the app uses client credentials."""

    name: str
    tenant: str
    gateway: str
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The first part of every API address: gateway and tenant."""
        return f"{self.gateway}/{self.tenant}"

    @property
    def fingerprint(self) -> str:
        """A name for these very keys that tells nothing about them: a token of other keys is never taken for theirs."""
        keys = (self.token_url, self.client_id, self.client_secret, self.access_key, self.secret_key)
        whole = "".join(f"{len(key)}:{key};" for key in keys)
        return hashlib.sha256(whole.encode()).hexdigest()[:FINGERPRINT_LENGTH]


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, when it ends, when it is to be renewed, and what to renew it with (empty: sign in anew)."""

    access: str = field(repr=False)
    expires: datetime
    refresh: str = field(default="", repr=False)
    renew: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it may still be used without renewing it first."""
        return now < (self.renew or self.expires)

    def fields(self) -> dict[str, str]:
        """As it is kept."""
        renew = (self.renew or self.expires).isoformat()
        return {"access": self.access, "refresh": self.refresh, "expires": self.expires.isoformat(), "renew": renew}

    @classmethod
    def kept(cls, fields: Mapping[str, str] | None) -> Token | None:
        """As it was kept."""
        if fields is None:
            return None
        expires, renew = datetime.fromisoformat(fields["expires"]), datetime.fromisoformat(fields["renew"])
        return cls(fields["access"], expires, fields["refresh"], renew)


def parse_ionapi(content: str | bytes, *, tenant: str = "", gateway: str = "") -> IonCredentials:
    """Read an `.ionapi` file. `tenant` and `gateway` fill in what the client-credentials form leaves out.

    Raises Misconfigured, which names the key and what to do.
    """
    entries = _entries(content)
    _refuse_other_apps(entries)
    server = _address(entries, "pu")
    token_path = _text(entries, "ot")
    # In the second layout `pu` is the gateway and the paths are whole addresses.
    gateway_url = _address(entries, "iu", server if _is_address(token_path) else gateway)
    access_key, secret_key = _service_account(entries)
    return IonCredentials(
        name=_text(entries, "cn", "ml-connector"),
        tenant=_tenant(entries, tenant),
        gateway=gateway_url.rstrip("/"),
        token_url=_token_address(server, token_path),
        client_id=_text(entries, "ci"),
        client_secret=_text(entries, "cs"),
        access_key=access_key,
        secret_key=secret_key,
        scopes=_scopes(entries),
    )


def _entries(content: str | bytes) -> Mapping[str, object]:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > FILE_BYTES_MAX:
        _broken(f"is larger than {FILE_BYTES_MAX // 1024} KiB")
    try:
        decoded = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _broken("is not JSON")
    if not isinstance(decoded, dict):
        _broken("is not a JSON object")
    return decoded


def _broken(what: str, remedy: str = DOWNLOAD_AGAIN) -> NoReturn:
    raise Misconfigured(f"The .ionapi file {what}.", remedy=remedy) from None


def _text(entries: Mapping[str, object], key: str, default: str | None = None) -> str:
    value = entries.get(key, default)
    if value is None or (value == "" and default is None):
        _broken(f"lacks the key {key!r}")
    if not isinstance(value, str):
        _broken(f"holds something other than text under {key!r}")
    if not value.isprintable() or value != value.strip():
        _broken(f"holds spaces or control characters around {key!r}")
    return value


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _address(entries: Mapping[str, object], key: str, default: str = "") -> str:
    text = _text(entries, key, default or None)
    return _checked_address(key, text)


def _checked_address(key: str, text: str) -> str:
    """An address that secrets may be sent to: https, except to this very machine."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        wrong = not host or "@" in parts.netloc or parts.query or parts.fragment or parts.port == 0
    except ValueError:
        wrong, host, parts = True, "", urlsplit("")
    if wrong or parts.scheme not in ("https", "http"):
        _broken(f"holds something other than an https address under {key!r}")
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        _broken(f"names an address without encryption under {key!r}", "Use the https address of the server.")
    return text


def _token_address(server: str, path: str) -> str:
    try:
        joined = urljoin(server.rstrip("/") + "/", path)
    except ValueError:
        joined = ""
    return _checked_address("ot", joined)


def _tenant(entries: Mapping[str, object], given: str) -> str:
    tenant = _text(entries, "ti", given or None)
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", tenant) or set(tenant) == {"."}:
        _broken("holds something other than a tenant id under 'ti'")
    return tenant


def _service_account(entries: Mapping[str, object]) -> tuple[str, str]:
    keys = _text(entries, "saak", ""), _text(entries, "sask", "")
    if any(keys) and not all(keys):
        missing = "sask" if keys[0] else "saak"
        _broken(f"holds half of a service account: {missing!r} is missing")
    return keys


def _refuse_other_apps(entries: Mapping[str, object]) -> None:
    if "ru" in entries and not entries.get("saak"):
        _broken(
            "is that of a web application: it has a redirect address ('ru') and no service account ('saak', 'sask')",
            "Create an authorized app of the type Backend Service and download its credentials with a service account.",
        )


def _scopes(entries: Mapping[str, object]) -> tuple[str, ...]:
    scopes = entries.get("sc")
    if scopes is None:
        return ()
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        _broken("holds something other than a list of texts under 'sc'")
    return tuple(scopes)


def sign_in_request(credentials: IonCredentials, authentication: ClientAuthentication) -> Request:
    """Ask for a token: with the service account's keys where there are any, else as the client itself. Not repeated of
    itself: even a server error may stand for keys that are refused, and repeated failures can lock the account.
    """
    form = [("grant_type", "client_credentials")]
    if credentials.access_key:
        form = [
            ("grant_type", "password"),
            ("username", credentials.access_key),
            ("password", credentials.secret_key),
        ]
    if credentials.scopes:
        form.append(("scope", " ".join(credentials.scopes)))
    return _token_request("ion.sign_in", credentials, authentication, form, Safety.ONCE)


def refresh_request(credentials: IonCredentials, authentication: ClientAuthentication, refresh: str) -> Request:
    """Renew a token. A refresh token may be good for one use only, so a lost answer is not asked for again."""
    form = [("grant_type", "refresh_token"), ("refresh_token", refresh)]
    return _token_request("ion.refresh", credentials, authentication, form, Safety.ONCE)


def _token_request(
    operation: str,
    credentials: IonCredentials,
    authentication: ClientAuthentication,
    form: list[tuple[str, str]],
    safety: Safety,
) -> Request:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if authentication is ClientAuthentication.BASIC:
        pair = f"{credentials.client_id}:{credentials.client_secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        form = [*form, ("client_id", credentials.client_id), ("client_secret", credentials.client_secret)]
    return Request(operation, "POST", credentials.token_url, safety, headers=headers, body=urlencode(form).encode())


class _TokenAnswer(msgspec.Struct):
    """RFC 6749, section 5.1. Infor sends the lifetime as a number or as text."""

    access_token: str
    expires_in: int | str | None = None
    refresh_token: str | None = None


class _TokenRefusal(msgspec.Struct):
    """RFC 6749, section 5.2."""

    error: str = ""


def parse_token(response: Response, asked_at: datetime) -> Token:
    """The token of an answer; its life is counted from when it was asked for.

    Raises Unauthorized for refused credentials (never retried: repeated failures can lock the service account),
    Misconfigured for any other refusal, Malformed for an answer without a token.
    """
    if response.status != 200:  # noqa: PLR2004 - RFC 6749 knows one status of success
        _refused_token(response)
    try:
        answer = msgspec.json.decode(response.body, type=_TokenAnswer)
        lifetime = _lifetime(answer.expires_in)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        raise Malformed(
            "The token endpoint's answer holds no token.", remedy="Check the addresses 'pu' and 'ot'."
        ) from None
    if not TOKEN_TEXT.fullmatch(answer.access_token):
        raise Malformed("The token endpoint's token holds characters that no header can carry.")
    return Token(
        access=answer.access_token,
        expires=asked_at + timedelta(seconds=lifetime),
        refresh=answer.refresh_token or "",
        renew=asked_at + timedelta(seconds=_renew_after(lifetime)),
    )


def _lifetime(said: int | str | None) -> int:
    seconds = LIFETIME_SECONDS_UNSAID if said is None else int(said)
    if seconds <= 0:
        raise ValueError("a token that has ended already")
    return min(seconds, LIFETIME_SECONDS_MAX)


def _renew_after(lifetime: int) -> float:
    """At nine tenths of the life or a minute before its end, whichever comes first; at half of a very short one."""
    return min(lifetime * RENEW_PART, max(lifetime - RENEW_SECONDS_BEFORE, lifetime / 2))


def _refused_token(response: Response) -> NoReturn:
    try:
        error = msgspec.json.decode(response.body, type=_TokenRefusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        error = ""
    match error:
        case "invalid_grant":
            what = "refused the service account's keys (saak, sask)"
        case "invalid_client" | "unauthorized_client":
            what = "refused the client's id and secret (ci, cs)"
        case "invalid_scope":
            what = "refused the scopes (sc)"
        case _ if response.status in (401, 403):
            what = f"refused the credentials ({response.status})"
        case _:
            raise Misconfigured(
                f"Infor's token endpoint answered {response.status}.",
                remedy="Check the addresses 'pu' and 'ot' of the .ionapi file, and the app's grant type.",
            )
    raise Unauthorized(f"Infor's token endpoint {what}.", remedy=SIGN_IN_AGAIN)
