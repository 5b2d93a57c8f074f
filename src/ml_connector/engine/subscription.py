"""The webhook of a connection, as an object to be kept right: desired against listed, and silence noticed.

Webhooks die without a word: they end, are deleted, lose their secret. Nothing depends on them but how soon a change is
seen, so that whatever goes wrong here is told to a person once and never stops a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ml_connector.core.records import Finding, Severity
from ml_connector.core.webhooks import Listed, Wanted, WebhookKind, decide
from ml_connector.engine.lane import Lane, Subscription
from ml_connector.errors import Ambiguous, Malformed, Misconfigured, Rejected, Transient, Unauthorized
from ml_connector.store import audit, findings, inbox, registrations, unannounced
from ml_connector.store.registrations import Registration

CHECKED_EVERY = timedelta(days=1)
"""Between two comparisons with Jira's list, while all is well."""
RETRIED_EVERY = timedelta(hours=1)
"""Between two attempts where Jira refused one, or where changes came unannounced."""
SILENCE = timedelta(minutes=45)
"""How long a delivery may be late: Jira tries again for about half an hour, and secondary ones take a quarter."""
SCOPE = "webhook"
SUBJECT = "webhook"
EVENTS_OF_KIND = {
    WebhookKind.ADMIN: frozenset(
        {
            "jira:issue_updated",
            "jira:issue_deleted",
            "worklog_created",
            "worklog_updated",
            "worklog_deleted",
        }
    ),
    WebhookKind.DYNAMIC: frozenset({"jira:issue_updated", "jira:issue_deleted"}),
}
"""What each kind can tell us. Issues are created by us, so that nobody need tell."""
TOLD_KINDS = {
    WebhookKind.ADMIN: (unannounced.WORKLOG, unannounced.ISSUE),
    WebhookKind.DYNAMIC: (unannounced.ISSUE,),
}
PREFIXES = {unannounced.WORKLOG: "worklog_", unannounced.ISSUE: "jira:issue_"}


@dataclass(frozen=True, slots=True)
class _Look:
    """How a look at Jira's list went: the webhook that is right now, and what to tell."""

    hook: Listed | None
    findings: tuple[Finding, ...] = ()


def watch(lane: Lane) -> None:
    """Notice silence, and hold the registration against what is wanted where that is due. Never raises for Jira."""
    if lane.subscription is None:
        return
    now = lane.clock.now()
    silent = _silence(lane, lane.subscription, now)
    with lane.database.read() as tx:
        before = registrations.find(tx, lane.name)
        open_now = {item.finding.code for item in findings.open_findings(tx, lane.name)}
    unwell = bool(silent) or bool(open_now & {"webhook_refused", "webhook_lost", "webhook_silent"})
    if before is not None and now < before.checked + (RETRIED_EVERY if unwell else CHECKED_EVERY):
        if silent and "webhook_silent" not in open_now:
            _record(lane, [*_standing(lane), *silent], now)
        return
    look = _look(lane, lane.subscription, before, now, suspect=bool(silent))
    _remember(lane, lane.subscription.wanted.kind, before, look, now)
    _record(lane, [*silent, *look.findings], now)


def _look(
    lane: Lane, subscription: Subscription, before: Registration | None, now: datetime, *, suspect: bool
) -> _Look:
    try:
        return _put_right(lane, subscription, before, now, suspect=suspect)
    except Ambiguous as error:
        return _Look(None, (_refused(error, "It is looked for within the hour; no second one is made."),))
    except (Rejected, Misconfigured, Unauthorized, Malformed, Transient) as error:
        return _Look(None, (_refused(error, error.remedy or _remedy(subscription.wanted.kind)),))


def _put_right(
    lane: Lane, subscription: Subscription, before: Registration | None, now: datetime, *, suspect: bool
) -> _Look:
    wanted, port = subscription.wanted, subscription.port
    steps = decide(wanted, port.listed(), now, suspect=suspect)
    for hook in steps.remove:
        port.remove(hook)
    if steps.renew is not None:
        port.renew(steps.renew)
        again = decide(wanted, port.listed(), now)
        if again.keep is not None:
            lane.say(f"the webhook was renewed and lives until {again.keep.expires}")
            return _Look(again.keep)
        steps = again
    if steps.rewrite is not None:
        lane.say("writing the webhook in Jira anew")
        return _Look(port.rewrite(steps.rewrite, wanted))
    if steps.keep is not None:
        return _Look(steps.keep)
    lane.say("registering the webhook with Jira")
    made = port.register(wanted)
    return _Look(made, () if before is None or steps.remove else (_lost(before),))


def _remember(lane: Lane, kind: WebhookKind, before: Registration | None, look: _Look, now: datetime) -> None:
    """Keep what was seen. A refused attempt is remembered too, so that it is not made again with every run."""
    hook = look.hook
    with lane.database.begin() as tx:
        lane.guard(tx)
        if hook is None:
            held = before or Registration(kind.value, "", now, None, now)
            kept = Registration(held.kind, held.webhook_id, held.registered, held.expires, now)
        else:
            same = before is not None and before.webhook_id == hook.id
            registered = before.registered if same and before is not None else now
            kept = Registration(kind.value, hook.id, registered, hook.expires, now)
            if not same:
                details = {"expires": hook.expires.isoformat() if hook.expires else ""}
                audit.append(tx, now, lane.name, "webhook_registered", f"{lane.name} webhook {hook.id}", details)
        registrations.keep(tx, lane.name, kept)


def _record(lane: Lane, found: list[Finding], now: datetime) -> None:
    with lane.database.begin() as tx:
        lane.guard(tx)
        findings.record(tx, lane.name, SCOPE, found, now)


def _standing(lane: Lane) -> list[Finding]:
    with lane.database.read() as tx:
        return [
            item.finding
            for item in findings.open_findings(tx, lane.name)
            if item.finding.code in {"webhook_refused", "webhook_lost"}
        ]


def _silence(lane: Lane, subscription: Subscription, now: datetime) -> list[Finding]:
    """Whether changes came unannounced since the last delivery of their kind."""
    found: list[Finding] = []
    with lane.database.begin() as tx:
        lane.guard(tx)
        waiting = unannounced.listing(tx, lane.name)
        for kind in TOLD_KINDS[subscription.wanted.kind]:
            last = inbox.last_received(tx, lane.name, PREFIXES[kind])
            if last is not None:
                unannounced.forget(tx, lane.name, kind, last)
            late = [
                item
                for item in waiting
                if item.kind == kind and (last is None or item.found_at > last) and item.found_at + SILENCE <= now
            ]
            if late:
                found.append(_silent(kind, len(late), late[0].found_at, last))
    return found


def _silent(kind: str, count: int, since: datetime, last: datetime | None) -> Finding:
    heard = f"the last delivery came at {last:%Y-%m-%d %H:%M} UTC" if last else "no delivery ever came"
    return Finding(
        "webhook_silent",
        f"{SUBJECT} {kind}",
        f"Polling found {count} changed {kind}s since {since:%Y-%m-%d %H:%M} UTC that no delivery announced; {heard}.",
        "No hours are lost, they are only seen later. The webhook is written anew within the hour; if it stays silent, "
        "check that Jira reaches the public address (certificate, port, firewall).",
        severity=Severity.WARN,
    )


def _lost(before: Registration) -> Finding:
    return Finding(
        "webhook_lost",
        SUBJECT,
        f"Webhook {before.webhook_id} was gone from Jira and was registered anew.",
        "Find out who deletes it, if that happens again. Changes of the meantime were found by polling.",
        severity=Severity.WARN,
    )


def _refused(error: Exception, remedy: str) -> Finding:
    return Finding(
        "webhook_refused", SUBJECT, f"The webhook could not be kept right: {error}", remedy, severity=Severity.WARN
    )


def _remedy(kind: WebhookKind) -> str:
    if kind is WebhookKind.ADMIN:
        return (
            "Give the integration user the global permission Administer Jira, or remove [jira.webhook]: polling does."
        )
    return "Connect Jira by OAuth: only an app may register such webhooks. Or remove [jira.webhook]: polling does."


def wanted(kind: WebhookKind, name: str, url: str, projects: tuple[str, ...]) -> Wanted:
    """The webhook of a connection: the events that its kind may tell of, in the Jira projects that are mapped."""
    quoted = ", ".join(f'"{project}"' for project in sorted(projects))
    return Wanted(kind, f"ml-connector {name}", url, EVENTS_OF_KIND[kind], f"project IN ({quoted})")
