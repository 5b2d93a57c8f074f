"""What one connection says otherwise than another: key by key, and table by table where tables have a name or scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ml_connector.settings.connection import Connection

Table = Mapping[str, Any]


def _scoped(table: Table, parts: tuple[str, ...]) -> str:
    named = [str(table[part]) for part in ("name", *parts) if table[part]]
    return f"{' '.join(named)} from {table['effective']}"


NAMES: Mapping[str, Callable[[Table], str]] = {
    "rate": lambda rate: (
        " ".join(
            part
            for part in (*(rate[k] for k in ("person", "role", "project", "cost_center")), rate["currency"])
            if part
        )
        + f" from {rate['effective']}"
        + (f" known since {rate['known_since']}" if rate["known_since"] else "")
    ),
    "premium": lambda premium: _scoped(premium, ("person", "role", "entity")),
    "burden": lambda burden: _scoped(burden, ("person", "role", "labor_account", "entity")),
    "calendar": lambda calendar: str(calendar["name"]),
    "on_call": lambda duty: f"{duty['person']} from {duty['begins']}",
    "exchange_rate": lambda rate: f"{rate['base']} to {rate['quote']} from {rate['effective']}",
    "person": lambda person: str(person["account_id"]),
    "period": lambda period: f"{period['entity']} {period['name']}",
    "rule": lambda rule: str(rule["name"]),
    "status_back": lambda back: f"{back['kind']} {back['field']}",
}
"""What makes a table of a list the same one in both files. Lists of tables without a name are compared as a whole."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key that one of two files says otherwise. None where a file does not say it."""

    key: str
    before: str | None
    after: str | None


def differences(before: Connection, after: Connection) -> tuple[Difference, ...]:
    """Everything that differs, by key. The order of tables and the way an amount is written do not count."""
    old, new = dict(_leaves(before.model_dump(), "")), dict(_leaves(after.model_dump(), ""))
    return tuple(
        Difference(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)
    )


def _leaves(value: object, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{at}.{key}".lstrip("."))
    elif isinstance(value, tuple) and at in NAMES:
        for item in value:
            yield from _leaves(item, f"{at}[{NAMES[at](item)}]")
    else:
        yield at, _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_plain(item)}" for key, item in value.items()) + "}"
    return "" if value is None else str(value)
