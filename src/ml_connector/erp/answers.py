"""What the answers of all product lines share: values are read as text, and words are made fit for a message."""

from __future__ import annotations

import msgspec

MESSAGE_CHARACTERS_MAX = 500
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a body that is not what it should be."""
TEXT = msgspec.json.Decoder(str)


def as_text(raw: msgspec.Raw) -> str:
    """A value as text, digit by digit as the ERP wrote it. Raises ValueError for a list or an object."""
    written = bytes(raw)
    if written.startswith(b'"'):
        return TEXT.decode(written)
    if written.startswith((b"{", b"[")):
        raise ValueError("not a single value")
    return "" if written == b"null" else written.decode("ascii")


def one_line(text: str) -> str:
    """The ERP's words, fit for a message."""
    return " ".join(text.split())[:MESSAGE_CHARACTERS_MAX]


def key_part(text: str) -> str:
    """A part of a record's key; the characters that keys are built with are escaped."""
    return text.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
