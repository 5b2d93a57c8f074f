"""Secrets at rest: AES-GCM under one data key per connection, which is wrapped by a master key kept elsewhere.

The associated data of each value names its connection, record, field and key id, so that rows cannot be swapped.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, delete, insert, select

from ml_connector.errors import Misconfigured
from ml_connector.store.database import upsert
from ml_connector.store.tables import data_keys, secrets

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_LENGTH = 12
FILE_MODE = 0o600
OTHERS = 0o077
KEY_VARIABLE = "MLC_KEY"
DATA_KEY = "data key"
"""What stands for record and field in the associated data of a wrapped data key."""

OURS = secrets.c.connection == bindparam("ours")
ONE = secrets.c.record == bindparam("record")
FIELDS = select(secrets).where(OURS, ONE).order_by(secrets.c.field)
RECORDS = select(secrets.c.record).where(OURS).distinct()
DELETE = delete(secrets).where(OURS, ONE)
INSERT = insert(secrets)
DATA_KEYS = select(data_keys).where(data_keys.c.connection == bindparam("ours"))


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that wraps data keys: 32 bytes. Its id is a hash of it, never a part of it."""

    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """A name for the key that tells nothing about it."""
        return hashlib.sha256(b"ml-connector key id" + self.key).hexdigest()[:KEY_ID_LENGTH]

    @classmethod
    def create_file(cls, path: Path) -> MasterKey:
        """Make a key and write it to a new file that only its owner can read."""
        key = cls(os.urandom(KEY_BYTES))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(key.key).decode("ascii") + "\n")
        return key

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str]) -> MasterKey:
        """The key from the environment, or else from its file. Raises Misconfigured; never shows what it read."""
        text = environ.get(KEY_VARIABLE, "")
        if text:
            return cls._decoded(text, f"the variable {KEY_VARIABLE}")
        if not path.is_file():
            raise Misconfigured(
                "There is no key for secrets.",
                remedy=f"Put the key file back, or set {KEY_VARIABLE}; without it stored credentials cannot be read.",
            )
        if path.stat().st_mode & OTHERS:
            raise Misconfigured(
                f"The key file {path.name} can be read by others.", remedy=f"Run `chmod 600 {path.name}` beside it."
            )
        return cls._decoded(path.read_text(encoding="ascii", errors="replace"), f"the file {path.name}")

    @classmethod
    def _decoded(cls, text: str, where: str) -> MasterKey:
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise Misconfigured(
                f"The key in {where} is not {KEY_BYTES} bytes in Base64.", remedy="Put back the one that was made."
            )
        return cls(key)


class Vault:
    """Puts secrets away and takes them out. All methods take part in the caller's transaction."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def put(self, tx: Connection, connection: str, record: str, fields: Mapping[str, str]) -> None:
        """Store the fields of a record in place of what was there."""
        key_id, data_key = self._data_key(tx, connection) or self._new_data_key(tx, connection)
        self.delete(tx, connection, record)
        for name, value in fields.items():
            nonce, ciphertext = _seal(data_key, value.encode(), _bound_to(connection, record, name, key_id))
            row = {"connection": connection, "record": record, "field": name, "key_id": key_id}
            tx.execute(INSERT, {**row, "nonce": nonce, "ciphertext": ciphertext})

    def get(self, tx: Connection, connection: str, record: str) -> dict[str, str] | None:
        """The fields of a record; None where it was never stored. Raises Misconfigured for a wrong key or row."""
        rows = tx.execute(FIELDS, {"ours": connection, "record": record}).all()
        if not rows:
            return None
        found = self._data_key(tx, connection)
        if found is None:
            raise _unreadable(connection)
        key_id, data_key = found
        return {
            row.field: _open(
                data_key, row.nonce, row.ciphertext, _bound_to(connection, record, row.field, key_id), connection
            ).decode()
            for row in rows
        }

    def delete(self, tx: Connection, connection: str, record: str) -> None:
        """Forget a record."""
        tx.execute(DELETE, {"ours": connection, "record": record})

    def names(self, tx: Connection, connection: str) -> list[str]:
        """The records of a connection, by name; nothing of what they hold."""
        return sorted(tx.scalars(RECORDS, {"ours": connection}))

    def _data_key(self, tx: Connection, connection: str) -> tuple[str, bytes] | None:
        row = tx.execute(DATA_KEYS, {"ours": connection}).one_or_none()
        if row is None:
            return None
        bound_to = _bound_to(connection, DATA_KEY, DATA_KEY, row.key_id)
        if row.key_id != self._master.id:
            raise _unreadable(connection)
        return row.key_id, _open(self._master.key, row.nonce, row.wrapped, bound_to, connection)

    def _new_data_key(self, tx: Connection, connection: str) -> tuple[str, bytes]:
        data_key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
        key_id = self._master.id
        nonce, wrapped = _seal(self._master.key, data_key, _bound_to(connection, DATA_KEY, DATA_KEY, key_id))
        upsert(tx, data_keys, [{"connection": connection, "key_id": key_id, "nonce": nonce, "wrapped": wrapped}])
        return key_id, data_key


def _bound_to(connection: str, record: str, name: str, key_id: str) -> bytes:
    """Each part with its length, so that no two different places give the same bytes."""
    return b"".join(f"{len(part)}:{part};".encode() for part in (connection, record, name, key_id))


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes, connection: str) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound_to)
    except InvalidTag:
        raise _unreadable(connection) from None


def _unreadable(connection: str) -> Misconfigured:
    return Misconfigured(
        f"The stored credentials of connection {connection} cannot be read with this key.",
        remedy="Put back the key that they were stored under, or store them again with `ml-connector connect`.",
    )
