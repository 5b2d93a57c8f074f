"""Writing a connection file: only what the reader takes is put in its place, and all at once."""

from __future__ import annotations

from pathlib import Path

from ml_connector.settings.connection import Connection
from ml_connector.settings.files import Check, nothing_else, read_text
from ml_connector.settings.product_lines import PRODUCTS
from ml_connector.settings.replacing import replaced


def write_connection(
    path: Path, text: str, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """Put a text in the place of a file. Raises InvalidSettings, and leaves the file, where it does not read well."""
    connection = read_text(path, text, products=products, check=check)
    replaced(path, text)
    return connection
