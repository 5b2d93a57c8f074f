"""How a document leaves us: a file that the customer's ION connection takes away, or a call to an endpoint of theirs.

Every document is kept in `archive`. What is not handed over yet stands in `prepared` as well, and goes from there to
`outbox` by one rename: a file is in one of the two, so that no moment leaves open whether it was handed over, and one
that was taken out of `outbox` never comes again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from ml_connector.erp.ln.document import Document, Told, as_json, as_xml, from_json, from_xml
from ml_connector.erp.ln.odata import COMPANY, NOT_FOUND, OK, refusal_text
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured, Rejected, Transient
from ml_connector.wire import Request, Safety, Send

REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,39}")
SUFFIX = ".xml"
DIRECTORY_MODE, FILE_MODE = 0o750, 0o640
TAKEN = frozenset({200, 201, 202, 204, 409})
"""Statuses of an endpoint that took a document, or has it already: what it holds is looked up in any case."""
ABOUT_THE_DOCUMENT = frozenset({400, 413, 422})


class Outbox:
    """The documents of one connection below a directory. Raises Transient where the disk does not do what is asked."""

    def __init__(self, directory: Path) -> None:
        self._archive = directory / "archive"
        self._prepared = directory / "prepared"
        self._outbox = directory / "outbox"

    def put(self, document: Document) -> None:
        """Prepare a document: first what would be handed over, then the archive, which alone makes it count."""
        body, name = as_xml(document), _name(document.reference)
        _written(self._prepared / name, body)
        _written(self._archive / name, body)

    def take_out(self, reference: str) -> None:
        """Forget a document that was not handed over, the archive first."""
        for directory in (self._archive, self._prepared):
            try:
                (directory / _name(reference)).unlink(missing_ok=True)
                _synced(directory)
            except OSError as error:
                raise _trouble(directory, error) from error

    def hand_over(self, reference: str) -> None:
        """Let the file be taken away: one rename. One that was handed over stays so."""
        name = _name(reference)
        try:
            self._outbox.mkdir(parents=True, exist_ok=True, mode=DIRECTORY_MODE)
            (self._prepared / name).rename(self._outbox / name)
            _synced(self._outbox)
            _synced(self._prepared)
        except FileNotFoundError:
            return  # handed over before; what stands in the archive says whether there ever was one
        except OSError as error:
            raise _trouble(self._outbox, error) from error

    def read(self, reference: str) -> tuple[Document | None, bool]:
        """A document that counts, and whether it still waits here. Raises Malformed where its file was changed."""
        name = _name(reference)
        body, waiting = _body(self._archive / name), _body(self._prepared / name)
        if body is None:
            return None, False
        if waiting is not None and waiting != body:
            raise Malformed(f"{name} in {self._prepared} is not the document that was archived.")
        return from_xml(name, body), waiting is not None

    def references(self, prefix: str) -> Iterator[str]:
        """The references of all documents that begin so."""
        names = sorted(file.stem for file in self._archive.glob(f"*{SUFFIX}"))
        yield from (name for name in names if REFERENCE.fullmatch(name) and name.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service of the customer's behind the ION API gateway: it takes a document once by its reference, and shows it.

    `path` is below the tenant. `POST path` takes a document, `GET path/REFERENCE` shows it with a status.
    """

    send: Send
    path: str

    def post(self, document: Document) -> None:
        """Hand a document over. Raises Ambiguous, Rejected for its content, Misconfigured for anything else refused."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": document.reference, COMPANY: document.company}
        request = Request("ln.hand_over", "POST", self.path, Safety.ONCE, (), headers, as_json(document))
        response = self.send(request)
        if response.status in TAKEN:
            return
        why = f"({response.status}): {refusal_text(response)}"
        message = f"{document.reference}: the endpoint refused the document {why}"
        if response.status in ABOUT_THE_DOCUMENT:
            raise Rejected(message, status=response.status)
        raise Misconfigured(message, remedy="Check cloudsuite.ln.endpoint and the rights of the user.")

    def look(self, reference: str) -> Told | None:
        """The document under a reference and what became of it; None where the endpoint has none. Reads only."""
        path = f"{self.path}/{checked(reference)}"
        response = self.send(Request("ln.look_up", "GET", path, Safety.READ))
        if response.status == NOT_FOUND:
            return None
        if response.status != OK:
            raise Misconfigured(
                f"{reference}: the endpoint refused to look it up ({HTTPStatus(response.status).value}).",
                remedy="It has to answer `GET ENDPOINT/REFERENCE` with the document and its status, or with 404.",
            )
        told = from_json(reference, response.body)
        if told.document.reference != reference:
            raise Malformed(f"{reference}: the endpoint shows another document.")
        return told


def checked(reference: str) -> str:
    """A reference that may name a file or end an address. Raises InvariantBroken for any other text."""
    if not REFERENCE.fullmatch(reference):
        raise InvariantBroken(f"{reference!r} is no reference of ours")
    return reference


def _name(reference: str) -> str:
    return checked(reference) + SUFFIX


def _body(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _trouble(file, error) from error


def _written(file: Path, body: bytes) -> None:
    """A file that is there whole or not at all, on the disk and not merely on its way to it."""
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=DIRECTORY_MODE)
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, FILE_MODE)) as handle:
            handle.write(body)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(file)
        _synced(file.parent)
    except OSError as error:
        raise _trouble(file, error) from error


def _synced(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(where: Path, error: OSError) -> Transient:
    return Transient(
        f"{where} cannot be used: {error.strerror or error}.",
        remedy="Give the service the right to write there, and keep archive, prepared and outbox on one file system.",
    )
