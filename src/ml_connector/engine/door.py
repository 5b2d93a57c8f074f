"""Where deliveries of webhooks come in: who knocks is proved, what is told is kept, and nothing else happens.

Nothing of a sender that proved nothing is stored, and nothing but ids of one that did. An answer of success is given
only once the delivery is kept: Jira tries again after any other that is not the sender's fault.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from ml_connector.clock import Clock
from ml_connector.errors import Malformed
from ml_connector.jira.deliveries import Delivery, Refusal, Secrets, body_hash, parse, verify
from ml_connector.store import inbox
from ml_connector.store.database import Database
from ml_connector.store.inbox import Hints

BODY_MAX = 4 * 1024 * 1024
"""Bytes of a delivery that are read. Jira sends none over 25 MB, nearly all are below 100 kB, and only ids are taken:
what a larger one tells is found by polling."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Key:
    """What opens the door of a connection: an unguessable part of its path, and what deliveries are proved with.

    `account` is the one that we write to Jira as, empty where it is not known.
    """

    path: str
    secrets: Secrets
    account: str = ""

    def __repr__(self) -> str:
        """A repr without the path."""
        return "Key(…)"


@dataclass(frozen=True, slots=True)
class Door:
    """Takes deliveries. `key_of` finds the key of a connection, None without a webhook; `kept` hears of news."""

    database: Database
    clock: Clock
    key_of: Callable[[str], Key | None]
    kept: Callable[[str], None] = lambda _name: None

    def opens(self, name: str, path: str) -> bool:
        """Whether this is the way to a connection: judged before a byte of the body is read."""
        key = self.key_of(name)
        return key is not None and hmac.compare_digest(key.path.encode(), path.encode(errors="replace"))

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """Keep a delivery that is Jira's. The status is all that its sender learns."""
        key = self.key_of(name)
        if key is None:
            return HTTPStatus.NOT_FOUND
        proof = verify(headers, body, key.secrets, self.clock.now())
        if isinstance(proof, Refusal):
            log.warning("A delivery was refused.", action="delivery_refused", connection=name, reason=proof.reason)
            return HTTPStatus.UNAUTHORIZED
        try:
            told = parse(headers, body)
        except Malformed as error:
            log.warning("A delivery was refused.", action="delivery_refused", connection=name, reason=str(error))
            return HTTPStatus.BAD_REQUEST
        if self._keep(name, told, body, key.account):
            self.kept(name)
        return HTTPStatus.OK

    def _keep(self, name: str, told: Delivery, body: bytes, account: str) -> bool:
        """Whether it is kept and tells of anything: what we changed on an issue ourselves is no reason to look."""
        hints = Hints(told.issue_ids, told.hours_of, told.worklog_ids, told.worklogs_of, told.deleted_ids)
        ours = bool(account) and told.actor == account and not told.hours_of
        with self.database.begin() as tx:
            kept = Hints() if ours else hints
            new = inbox.keep(tx, name, told.identifier, told.event, body_hash(body), kept, self.clock.now())
        return new and not ours
