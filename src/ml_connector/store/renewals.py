"""A secret that one process of an installation renews for all: tokens whose refresh token rotates."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex

from ml_connector.clock import Clock
from ml_connector.store import leases
from ml_connector.store.database import Database
from ml_connector.store.vault import Vault

TURN_SECONDS = 60.0
"""How long a renewal may take before another process takes its turn."""


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Renewal:
    """A record in the vault, and the turn to renew it."""

    database: Database
    vault: Vault
    clock: Clock
    connection: str
    record: str
    owner: str = field(default_factory=_owner)

    def read(self) -> dict[str, str] | None:
        """What is kept."""
        with self.database.read() as tx:
            return self.vault.get(tx, self.connection, self.record)

    def write(self, fields: dict[str, str]) -> None:
        """Keep it."""
        with self.database.begin() as tx:
            self.vault.put(tx, self.connection, self.record, fields)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to renew, until the end of the block."""
        name = f"{self.connection} {self.record}"
        with self.database.begin() as tx:
            epoch = leases.take(tx, name, self.owner, self.clock.now(), TURN_SECONDS)
        try:
            yield epoch is not None
        finally:
            if epoch is not None:
                with self.database.begin() as tx:
                    leases.give_back(tx, name, self.owner, epoch)
