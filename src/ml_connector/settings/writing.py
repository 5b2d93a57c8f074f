"""Writing a connection file: only what the reader takes is put in its place, and all at once."""

from __future__ import annotations

import os
from pathlib import Path

from ml_connector.errors import Misconfigured
from ml_connector.settings.connection import Connection
from ml_connector.settings.files import Check, nothing_else, read_text
from ml_connector.settings.product_lines import PRODUCTS

MODE = 0o600


def write_connection(
    path: Path, text: str, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """Put a text in the place of a file. Raises InvalidSettings, and leaves the file, where it does not read well."""
    connection = read_text(path, text, products=products, check=check)
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.unlink(missing_ok=True)
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise Misconfigured(
            f"{path} cannot be written: {error.strerror}.", remedy="Check the permissions of its directory."
        ) from None
    return connection
