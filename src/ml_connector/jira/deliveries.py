"""Webhook deliveries: who sent one, and what it is a hint about. Pure, and total over any bytes and any headers.

Atlassian, Jira Cloud platform, webhooks: one that an administrator made signs the body (`X-Hub-Signature`, HMAC-SHA256
of the raw bytes); one that an app registered carries a token signed with the app's client secret (`Authorization`),
which proves the sender and not the body. The algorithm of the token is not documented; HS256 was seen, so that nothing
else is taken. Nothing of a body but ids is ever kept: what they stand for is read from Jira.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from ml_connector.errors import Malformed
from ml_connector.jira.answers import UNREADABLE, Id, from_millis

ALGORITHM = "HS256"
SCHEMES = frozenset({"bearer", "jwt"})
"""Atlassian's apps say `JWT` where they are Connect apps and `Bearer` where they are OAuth apps; both mean the same."""
SKEW_SECONDS = 60
"""How far the sender's clock may be from ours."""
TOKEN_CHARACTERS_MAX = 8_192
IDENTIFIER_CHARACTERS_MAX = 200
ID_DIGITS_MAX = 18
"""Digits of an id at most: what a whole number of 64 bits always holds."""

SIGNATURE_HEADER = "x-hub-signature"
TOKEN_HEADER = "authorization"  # noqa: S105 - the name of a header
IDENTIFIER_HEADER = "x-atlassian-webhook-identifier"

OTHER_EVENT = "other"
WORKLOG_DELETED = "worklog_deleted"
WORKLOG_EVENTS = frozenset({"worklog_created", "worklog_updated", WORKLOG_DELETED})
ISSUE_EVENTS = frozenset({"jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "jira:worklog_updated"})
HOURS_FIELDS = frozenset({"timespent", "worklogid"})
"""Fields of a change log that move when somebody logs work, in small letters."""
HOURS_CHANGES = frozenset({"issue_work_logged", "issue_worklog_updated", "issue_worklog_deleted"})


class Proof(StrEnum):
    """What a verified sender has proved."""

    BODY = "body"
    """Every byte of the body is the sender's: a signature over it."""
    SENDER = "sender"
    """The sender is Jira's, and the body may be anybody's: a token."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What deliveries are proved with. An empty one proves nothing, so that an unset secret opens no door."""

    client: str = ""
    signature: str = ""

    def __repr__(self) -> str:
        """A repr without the secrets."""
        return "Secrets(…)"


@dataclass(frozen=True, slots=True)
class Verified:
    """The sender is who it claims to be."""

    proof: Proof


@dataclass(frozen=True, slots=True)
class Refusal:
    """The sender proved nothing. `reason` is for our log, never for the sender."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery is a hint about, in ids alone.

    `identifier` is the same in every attempt to deliver it. `issue_ids` are issues to read; `hours_of` are issues of
    which hours changed without a word on which. `worklog_ids` are entries to read, of the issues `worklogs_of` where
    the body says so, and `deleted_ids` those of them that it calls deleted: whether they are is the deletion feed's to
    say. `actor` is the account that changed an issue, empty where it is not told. `at` is the sender's own time of the
    event, None where it tells none that a calendar holds.
    """

    identifier: str
    event: str
    issue_ids: tuple[str, ...] = ()
    hours_of: tuple[str, ...] = ()
    worklog_ids: tuple[str, ...] = ()
    worklogs_of: tuple[str, ...] = ()
    deleted_ids: tuple[str, ...] = ()
    webhook_ids: tuple[str, ...] = ()
    actor: str = ""
    at: datetime | None = None


class _Algorithm(msgspec.Struct):
    alg: str
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Claims(msgspec.Struct):
    exp: int | float
    iat: int | float | None = None
    nbf: int | float | None = None


class _Issue(msgspec.Struct):
    id: Id


class _User(msgspec.Struct, rename="camel"):
    account_id: str = ""


class _Worklog(msgspec.Struct, rename="camel"):
    id: Id
    issue_id: Id | None = None


class _Item(msgspec.Struct, rename="camel"):
    field: str | None = None
    field_id: str | None = None


class _ChangeLog(msgspec.Struct):
    items: list[_Item] = []


class _Body(msgspec.Struct):
    webhook_event: str = msgspec.field(name="webhookEvent")
    timestamp: int | None = None
    change: str | None = msgspec.field(name="issue_event_type_name", default=None)
    issue: _Issue | None = None
    user: _User | None = None
    worklog: _Worklog | None = None
    changelog: _ChangeLog | None = None
    webhooks: list[Id] = msgspec.field(name="matchedWebhookIds", default_factory=list)


def verify(headers: Mapping[str, str], body: bytes, secrets: Secrets, now: datetime) -> Verified | Refusal:
    """Whether Jira sent this. A signature decides where there is one, since it proves the body; else the token."""
    by_name = {name.lower(): value for name, value in headers.items()}
    if SIGNATURE_HEADER in by_name:
        return _by_signature(by_name[SIGNATURE_HEADER], body, secrets.signature)
    if TOKEN_HEADER in by_name:
        return _by_token(by_name[TOKEN_HEADER], secrets.client, now)
    return Refusal("it carries neither a signature nor a token")


def _by_signature(header: str, body: bytes, secret: str) -> Verified | Refusal:
    if not secret:
        return Refusal("it is signed, and we hold no secret for signed deliveries")
    method, _, told = header.partition("=")
    if method != "sha256":
        return Refusal("its signature is of a method that we do not take")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), told.encode(errors="replace")):
        return Refusal("its signature is not that of its body")
    return Verified(Proof.BODY)


def _by_token(header: str, secret: str, now: datetime) -> Verified | Refusal:
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in SCHEMES or len(token) > TOKEN_CHARACTERS_MAX:
        return Refusal("its authorization is not a token")
    if not secret:
        return Refusal("it carries a token, and we hold no client secret")
    reason = _token_refusal(token, secret, now)
    return Refusal(reason) if reason else Verified(Proof.SENDER)


def _token_refusal(token: str, secret: str, now: datetime) -> str:
    """Why a token (RFC 7515, compact) proves nothing; empty where it proves its sender."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - head, claims and signature, as the name of the form says
        return "its token is not one of three parts"
    try:
        head, claims, signature = (_decoded(part) for part in parts)
        algorithm = msgspec.json.decode(head, type=_Algorithm)
    except (ValueError, *UNREADABLE):
        return "its token cannot be read"
    if algorithm.alg != ALGORITHM or algorithm.crit is not msgspec.UNSET:
        return "its token is signed in a way that we do not take"
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).digest(), signature):
        return "its token is not signed with our client secret"
    return _claims_refusal(claims, now.timestamp())


def _claims_refusal(claims: bytes, now: float) -> str:
    try:
        told = msgspec.json.decode(claims, type=_Claims)
    except UNREADABLE:
        return "its token does not say until when it holds"
    if told.exp + SKEW_SECONDS <= now:
        return "its token has expired"
    begins = [each for each in (told.iat, told.nbf) if each is not None]
    return "its token is of the future" if any(each - SKEW_SECONDS > now for each in begins) else ""


def _decoded(part: str) -> bytes:
    """A part of a token: base64 with its own two letters and no padding, and no other spelling of the same bytes."""
    try:
        raw = base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError("not the one spelling of its bytes")
    return raw


def body_hash(body: bytes) -> str:
    """What tells one body from another: SHA-256, in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def parse(headers: Mapping[str, str], body: bytes) -> Delivery:
    """What a delivery names. Events that say nothing to us name nothing. Raises Malformed."""
    try:
        read = msgspec.json.decode(body, type=_Body)
    except UNREADABLE:
        raise Malformed(
            "A webhook delivery from Jira is not what it documents: nothing was taken from it.",
            remedy="Let the webhook send its body (`excludeBody` off); polling finds what it would have told.",
        ) from None
    event = read.webhook_event
    bare = Delivery(
        identifier=_identifier(headers, body),
        event=event if event in WORKLOG_EVENTS | ISSUE_EVENTS else OTHER_EVENT,
        webhook_ids=_ids(read.webhooks),
        at=_time(read.timestamp),
    )
    if event in WORKLOG_EVENTS and read.worklog:
        ids = _ids([read.worklog.id])
        issues = _ids([read.worklog.issue_id] if read.worklog.issue_id is not None else [])
        deleted = ids if event == WORKLOG_DELETED else ()
        return replace(bare, worklog_ids=ids, worklogs_of=issues, deleted_ids=deleted)
    if event in ISSUE_EVENTS and read.issue:
        ids = _ids([read.issue.id])
        actor = read.user.account_id if read.user else ""
        return replace(bare, issue_ids=ids, hours_of=ids if _is_about_hours(read) else (), actor=actor)
    return bare


def _is_about_hours(read: _Body) -> bool:
    if read.webhook_event == "jira:worklog_updated" or read.change in HOURS_CHANGES:
        return True
    items = read.changelog.items if read.changelog else ()
    return any({(item.field or "").lower(), (item.field_id or "").lower()} & HOURS_FIELDS for item in items)


def _identifier(headers: Mapping[str, str], body: bytes) -> str:
    """Jira's own name of the delivery; the hash of the body where it has none that can be kept."""
    told = next((value for name, value in headers.items() if name.lower() == IDENTIFIER_HEADER), "").strip()
    if told and len(told) <= IDENTIFIER_CHARACTERS_MAX and told.isascii() and told.isprintable():
        return told
    return f"sha256:{body_hash(body)}"


def _ids(found: Iterable[Id]) -> tuple[str, ...]:
    """Ids as text; what no Jira would call an id is left."""
    texts = (str(each) for each in found)
    return tuple(each for each in texts if each.isascii() and each.isdigit() and len(each) <= ID_DIGITS_MAX)


def _time(millis: int | None) -> datetime | None:
    try:
        return None if millis is None else from_millis(millis)
    except ValueError:
        return None
