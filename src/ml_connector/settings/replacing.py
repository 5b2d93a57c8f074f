"""Putting a text in the place of a file: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ml_connector.errors import Misconfigured

PRIVATE = 0o600


def replaced(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Put a text in the place of a file, at once and for good: whoever is stopped midway leaves the old file as it was.

    Raises Misconfigured where that cannot be done.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Misconfigured(
            f"{path} cannot be written: {error.strerror}.", remedy="Check the permissions of its directory."
        ) from None
