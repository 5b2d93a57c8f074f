"""Reading a file as `tomllib` gave it, whatever of it is broken: what is not there, or of another kind, is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Raw = Mapping[str, Any]
"""A TOML table as `tomllib` gives it, with tuples for lists."""

SectionT = TypeVar("SectionT", bound=BaseModel)


def value_at(raw: Raw, path: tuple[str, ...]) -> object:
    """What stands at a path."""
    value: object = raw
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(raw: Raw, *path: str) -> str:
    """Text at a path."""
    value = value_at(raw, path)
    return value if isinstance(value, str) else ""


def table_at(raw: Raw, *path: str) -> dict[str, object]:
    """A table at a path."""
    value = value_at(raw, path)
    return value if isinstance(value, dict) else {}


def list_at(raw: Raw, *path: str) -> tuple[object, ...]:
    """A list at a path."""
    value = value_at(raw, path)
    return value if isinstance(value, tuple) else ()


def tables_at(raw: Raw, key: str) -> list[tuple[int, Raw]]:
    """The tables of an array, with their positions."""
    return [(index, item) for index, item in enumerate(list_at(raw, key)) if isinstance(item, dict)]


def texts_at(raw: Raw, *path: str) -> list[tuple[int, str]]:
    """The texts of a list, with their positions."""
    return [(index, item) for index, item in enumerate(list_at(raw, *path)) if isinstance(item, str)]


def items_at(raw: Raw, key: str, section: type[SectionT]) -> dict[int, SectionT]:
    """The tables of an array that are right by themselves, by their position."""
    found = {}
    for index, item in enumerate(list_at(raw, key)):
        try:
            found[index] = section.model_validate(item)
        except ValidationError:
            continue  # said already, with its reason, by the check of the whole file
    return found
