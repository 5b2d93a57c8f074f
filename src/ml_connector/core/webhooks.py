"""What to do about a webhook's registration, from what is wanted and what Jira lists. Pure; times are aware."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RENEWED_BEFORE = timedelta(days=10)
"""How long before its end a registration is renewed: an app's lasts for 30 days (Jira Cloud platform, webhooks)."""


class WebhookKind(StrEnum):
    """Who a webhook belongs to: an administrator of the site (it may tell of hours), or an app (it may not)."""

    ADMIN = "admin"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The one webhook of a connection. `name` is shown in Jira where its kind has names; `jql` bounds what is told."""

    kind: WebhookKind
    name: str
    url: str
    events: frozenset[str]
    jql: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A webhook as Jira lists it. `expires` is None where it never does."""

    id: str
    name: str
    url: str
    events: frozenset[str]
    jql: str
    enabled: bool = True
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do, in this order: remove, then register, renew or write anew, or keep the one that is right."""

    remove: tuple[Listed, ...] = ()
    register: bool = False
    renew: Listed | None = None
    rewrite: Listed | None = None
    keep: Listed | None = None


def decide(wanted: Wanted, listed: Sequence[Listed], now: datetime, *, suspect: bool = False) -> Steps:
    """Exactly one webhook of ours is to be there, and right. `suspect` writes it anew although it looks right.

    Ours are told by address or by name, so that a restart never leaves a second one. Others are left alone.
    """
    ours = sorted((hook for hook in listed if _is_ours(wanted, hook)), key=lambda hook: not _is_right(wanted, hook))
    if not ours:
        return Steps(register=True)
    first, rest = ours[0], tuple(ours[1:])
    right = _is_right(wanted, first) and not suspect
    if wanted.kind is WebhookKind.ADMIN:
        return Steps(remove=rest, keep=first) if right else Steps(remove=rest, rewrite=first)
    if not right or (first.expires is not None and first.expires <= now):
        # An app's webhook cannot be changed. A refresh that answers well proves nothing about one that has ended.
        return Steps(remove=tuple(ours), register=True)
    if first.expires is not None and first.expires <= now + RENEWED_BEFORE:
        return Steps(remove=rest, renew=first)
    return Steps(remove=rest, keep=first)


def _is_ours(wanted: Wanted, hook: Listed) -> bool:
    return hook.url == wanted.url or (wanted.kind is WebhookKind.ADMIN and hook.name == wanted.name)


def _is_right(wanted: Wanted, hook: Listed) -> bool:
    return (
        hook.enabled
        and hook.url == wanted.url
        and hook.events == wanted.events
        and hook.jql == wanted.jql
        and (wanted.kind is WebhookKind.DYNAMIC or hook.name == wanted.name)
    )
