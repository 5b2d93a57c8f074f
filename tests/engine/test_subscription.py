"""The webhook kept right. Goal: whatever happens to it, no hour is lost, and a person is told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.acme import START, Acme
from engine.test_sign_in import by_consent, through_the_sandbox
from ml_connector.demo.connection import NAME
from ml_connector.engine.run import run_inbox
from ml_connector.errors import Unauthorized
from ml_connector.store import worklogs
from ml_connector.store.tables import audit, findings
from ml_connector_sandbox.jira.webhook_book import Webhook

pytestmark = pytest.mark.slow
PUBLIC = "https://connector.test"
DAYS = 40
Build = Callable[..., Acme]


def with_webhook(text: str) -> str:
    """The demo's connection, with an administrator's webhook."""
    return text.replace("[jira.orders]", f'[jira.webhook]\nkind = "admin"\npublic_url = "{PUBLIC}"\n\n[jira.orders]', 1)


def build(make_acme: Build) -> Acme:
    """Acme, whose integration user may administer Jira."""
    acme = make_acme(change=with_webhook)
    acme.control("POST", "/jira/administrators", {"account_id": acme.world.jira.integration, "admin": True})
    return acme


def deliver(acme: Acme, *, down: bool = False) -> list[int]:
    """Jira makes what deliveries are due, to the door in this process. Returns what it was answered."""
    door = acme.installed.door()
    statuses: list[int] = []

    def send(jobs: list[tuple[str, dict[str, str], bytes]]) -> list[int]:
        for url, headers, body in jobs:
            *_, name, path = url.split("/")
            answer = 0 if down else int(door.take(name, headers, body)) if door.opens(name, path) else 404
            statuses.append(answer)
        return statuses[-len(jobs) :]

    acme.world.deliver_all(send)
    return statuses


def registered(acme: Acme) -> list[Webhook]:
    """The webhooks in Jira."""
    return list(acme.world.jira.webhooks.registered.values())


def codes(acme: Acme) -> Counter[str]:
    """Every finding about webhooks that there ever was, open or not."""
    with acme.installed.database.read() as tx:
        found = tx.execute(select(findings.c.code).where(findings.c.scope == "webhook"))
        return Counter(row.code for row in found)


def held(acme: Acme, entry: dict[str, Any]) -> bool:
    """Whether we know of an entry."""
    with acme.installed.database.read() as tx:
        return bool(worklogs.by_ids(tx, NAME, [entry["id"]]))


def issue(acme: Acme) -> str:
    """The key of an order's issue."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def test_one_webhook_is_made_and_a_restart_makes_no_other(make_acme: Build) -> None:
    """It is told by its address."""
    acme = build(make_acme)
    acme.sync()
    acme.restart()
    acme.clock.advance(timedelta(days=2).total_seconds())
    acme.sync()
    (hook,) = registered(acme)
    assert hook.url.startswith(f"{PUBLIC}/webhooks/jira/{NAME}/")
    assert len(hook.secret) > 40
    with acme.installed.database.read() as tx:
        told = " ".join(str(row) for row in tx.execute(select(audit)))
    assert "webhook_registered" in told
    assert hook.secret not in told
    assert hook.url not in told


def test_an_hour_that_a_delivery_tells_of_is_known_before_the_feed_tells(make_acme: Build) -> None:
    """From Jira's own delivery, signed, to our books."""
    acme = build(make_acme)
    acme.sync()
    entry = acme.log(issue(acme), 3600, START.date())
    assert set(deliver(acme)) == {200}
    run_inbox(acme.installed.lane(NAME))
    assert held(acme, entry)


def test_a_refused_registration_is_told_once_and_stops_nothing(make_acme: Build) -> None:
    """The integration user is no administrator: hours are found by polling."""
    acme = make_acme(change=with_webhook)
    acme.sync()
    entry = acme.log(issue(acme), 3600, START.date())
    for _ in range(5):
        acme.sync()
    assert held(acme, entry)
    assert codes(acme) == {"webhook_refused": 1}
    assert registered(acme) == []


def live(acme: Acme, *, troubled: bool) -> Counter[Any]:
    """Forty days of work and, where there is a webhook, of everything that can happen to it. Returns the books."""
    acme.sync()
    key = issue(acme)
    for day in range(DAYS):
        down = 20 <= day < 22
        for _ in range(2):
            acme.log(key, 1800, acme.clock.now().date(), person=day % 3)
            if troubled:
                trouble(acme, day)
                deliver(acme, down=down)
            acme.clock.advance(timedelta(hours=6).total_seconds())
            if not down:
                acme.sync()
        acme.clock.advance(timedelta(hours=12).total_seconds())
        if not down:
            acme.post()
    for _ in range(3):
        acme.clock.advance(timedelta(hours=7).total_seconds())
        acme.post()
    return acme.labor()


def trouble(acme: Acme, day: int) -> None:
    """A deleted registration, a rotated secret, one that was switched off, and a second one by somebody else."""
    for hook in registered(acme):
        if day == 5:
            acme.control("POST", f"/jira/webhooks/{hook.id}/delete")
        if day == 12:
            acme.control("POST", f"/jira/webhooks/{hook.id}/secret", {"secret": "another"})
        if day == 30:
            hook.enabled = False


def test_forty_days_of_trouble_lose_no_hour_and_tell_of_each_trouble_once(make_acme: Build) -> None:
    """With the webhook and without it, the books are the same to the cent."""
    troubled, quiet = build(make_acme), make_acme()
    assert live(troubled, troubled=True) == live(quiet, troubled=False)
    assert codes(troubled) == {"webhook_lost": 1, "webhook_silent": 2}
    (hook,) = registered(troubled)
    assert hook.enabled
    assert hook.secret != "another"
    assert deliver(troubled) in ([], [200])


def by_oauth(make_acme: Build) -> Acme:
    """Acme by OAuth, with a webhook of the app."""

    def both(text: str) -> str:
        return with_webhook(through_the_sandbox(text)).replace('kind = "admin"', 'kind = "dynamic"', 1)

    acme = make_acme(change=both)
    by_consent(acme)
    return acme


def live_by_oauth(acme: Acme) -> tuple[Counter[Any], set[str]]:
    """Forty days of a grant: a registration that ends and one that is deleted while the service is down for two days,
    an app secret that is rotated, and a grant that is taken back for a day. Returns the books, and every registration.
    """
    acme.sync()
    key, seen = issue(acme), set[str]()
    for day in range(DAYS):
        down, revoked = 20 <= day < 22, day == 30
        if day == 21:
            acme.control("POST", f"/jira/webhooks/{registered(acme)[0].id}/delete")
        if day == 26:
            rotate(acme)
        if revoked:
            acme.control("POST", "/jira/revoke-grants", {})
        for _ in range(2):
            acme.log(key, 1800, acme.clock.now().date(), person=day % 3)
            acme.world.jira.transition(acme.world.jira.issue(key).id, "In Progress" if day % 2 else "To Do")
            deliver(acme, down=down)
            acme.clock.advance(timedelta(hours=6).total_seconds())
            attempt(acme, down=down)
            seen |= {hook.id for hook in registered(acme)}
        acme.clock.advance(timedelta(hours=12).total_seconds())
        attempt(acme, down=down)
        if revoked:
            by_consent(acme)
    for _ in range(3):
        acme.clock.advance(timedelta(hours=7).total_seconds())
        acme.post()
    return acme.labor(), seen


def rotate(acme: Acme) -> None:
    """The app's secret is renewed in the developer console, and stored by a new consent."""
    acme.world.jira.app.client_secret = "another" * 8
    by_consent(acme)


def attempt(acme: Acme, *, down: bool) -> None:
    """A cycle, unless the service is down; without a grant it ends with that."""
    if not down:
        with suppress(Unauthorized):
            acme.post()


def test_forty_days_of_a_grant_lose_no_hour_and_tell_a_person_once(make_acme: Build) -> None:
    """The registration is renewed before its thirty days are over, and made anew once: when it was deleted."""
    acme, quiet = by_oauth(make_acme), make_acme()
    books, seen = live_by_oauth(acme)
    assert books == live(quiet, troubled=False)
    (hook,) = registered(acme)
    assert len(seen) == 2, "one was made, and one after the first was deleted"
    assert hook.expires is not None
    assert hook.expires > acme.clock.now() + timedelta(days=9)
    with acme.installed.database.read() as tx:
        told = Counter(row.code for row in tx.execute(select(findings.c.code)))
    assert (told["webhook_lost"], told["sign_in_refused"], told["webhook_refused"]) == (1, 1, 0)
    assert set(deliver(acme)) <= {200}


def test_a_webhook_that_ended_while_nobody_ran_is_made_anew(make_acme: Build) -> None:
    """Nothing tells that it ended: the list does."""
    acme = by_oauth(make_acme)
    acme.sync()
    (first,) = registered(acme)
    acme.clock.advance(timedelta(days=31).total_seconds())
    acme.sync()
    (second,) = [hook for hook in registered(acme) if hook.expires is not None and hook.expires > acme.clock.now()]
    assert second.id != first.id
