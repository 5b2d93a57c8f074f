"""A connection file with everything in it, for tests that change one thing."""

from __future__ import annotations

import re
from pathlib import Path

from ml_connector.settings import sample


def switched_on(text: str) -> str:
    """Take away the mark in front of optional keys: remarks have a blank behind it, keys have none."""
    return re.sub(r"(?m)^#(?=\S)", "", text)


FULL = switched_on(sample("acme", entities=("1000", "2000")))
"""The sample with every optional key switched on; it loads."""


def written(directory: Path, text: str = FULL, name: str = "acme") -> Path:
    """A file of that name with that text."""
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path
