"""People who act: their roles, and the token that proves who they are."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from ml_connector.errors import Refused
from ml_connector.store.tables import principals

ROLES = frozenset({"administrator", "analyst", "approver", "auditor", "rates"})
"""`approver` signs plans, `rates` sees rates; the others name whose work it is."""
TOKEN_BYTES = 32

NAMED = select(principals.c.name).where(principals.c.name == bindparam("one"))
ACTIVE = select(principals.c.name, principals.c.roles, principals.c.account_id).where(principals.c.retired_at.is_(None))
BY_TOKEN = ACTIVE.where(principals.c.token_hash == bindparam("hashed"))
BY_NAME = ACTIVE.order_by(principals.c.name)
INSERT = insert(principals)


@dataclass(frozen=True, slots=True)
class Principal:
    """A person with roles. `account_id` is their Jira account, so that nobody approves their own hours."""

    name: str
    roles: frozenset[str]
    account_id: str = ""


def add(tx: Connection, principal: Principal) -> str:
    """Add a person and return their token, which is shown once and stored only as a hash. Raises Refused if there."""
    if tx.execute(NAMED, {"one": principal.name}).one_or_none() is not None:
        raise Refused(f"There is a principal {principal.name} already.", remedy="Choose another name.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "name": principal.name,
        "roles": sorted(principal.roles),
        "account_id": principal.account_id,
        "token_hash": _hash(token),
    }
    tx.execute(INSERT, row)
    return token


def _hash(token: str) -> str:
    """A token is 256 random bits, so that a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(tx: Connection, token: str) -> Principal | None:
    """Whose token this is; None where it is nobody's, or of a person who was retired."""
    row = tx.execute(BY_TOKEN, {"hashed": _hash(token)}).one_or_none()
    return None if row is None else _principal(row.name, row.roles, row.account_id)


def listing(tx: Connection) -> list[Principal]:
    """Everybody who can act now, by name."""
    return [_principal(row.name, row.roles, row.account_id) for row in tx.execute(BY_NAME)]


def _principal(name: str, roles: Collection[str], account_id: str) -> Principal:
    return Principal(name, frozenset(roles), account_id)
