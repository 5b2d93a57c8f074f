"""Short hashes of what decides a cost: every ledger entry names the two that it was computed with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ml_connector.settings.connection import Connection

VERSION_CHARACTERS = 12

MAPPING_KEYS: tuple[tuple[str, ...], ...] = (
    ("post_from",),
    ("time_zone",),
    ("unprojected",),
    ("default_project",),
    ("cloudsuite", "product"),
    ("cloudsuite", "enterprise_group"),
    ("cloudsuite", "entities"),
    ("cloudsuite", "fields"),
    ("jira", "orders", "line_issue_type"),
    ("posting", "grain"),
    ("posting", "lines_max"),
    ("posting", "correction"),
    ("posting", "closed_period"),
    ("posting", "hours_per_day_max"),
    ("posting", "earliest"),
    ("clearing",),
)
"""What decides coding, dating or grouping, besides people and rates. What is not here (addresses, schedules, limits,
approval, what an issue looks like) never changes what an hour costs or where it is posted."""


def mapping_version(connection: Connection) -> str:
    """Changes with everything that decides coding, rates or grouping, and with nothing else."""
    settings = connection.model_dump()
    mapping = {".".join(keys): _part(settings, keys) for keys in MAPPING_KEYS}
    entities = sorted(_canonical(person) for person in _people(connection, "entity"))
    calendar = sorted(_canonical(period.model_dump()) for period in connection.period)
    recodes = sorted(_canonical(recode.model_dump()) for recode in connection.recode)
    types = sorted(_canonical(each.model_dump()) for each in connection.order_type)
    named = (("recode", recodes), ("order_type", types))
    more = [part for part in (calendar, *([name, *parts] for name, parts in named if parts)) if part]
    return _hash([mapping, _rates(connection), entities, *more])


def rates_version(connection: Connection) -> str:
    """Changes with rates and with whom they are for. The order in the file does not count."""
    return _hash(_rates(connection))


def _rates(connection: Connection) -> list[list[str]]:
    rates = [rate.model_dump() for rate in connection.rate]
    exchanges = [exchange.model_dump() for exchange in connection.exchange_rate]
    people = _people(connection, "employee", "role")
    parts = [rates, people, *([exchanges] if exchanges else []), *_beside_rates(connection)]
    return [sorted(map(_canonical, part)) for part in parts]


def _beside_rates(connection: Connection) -> Iterator[list[dict[str, object]]]:
    """What else decides what an hour costs, where anything does."""
    rounding = connection.posting.time_rounding
    for tables in (connection.premium, connection.burden, connection.calendar, connection.on_call):
        if tables:
            yield [{type(table).__name__: table.model_dump()} for table in tables]
    if connection.calendar:
        yield _people(connection, "calendar")
    if rounding.minutes:
        yield [rounding.model_dump()]


def _people(connection: Connection, *keys: str) -> list[dict[str, object]]:
    """The people without their names, which decide nothing."""
    return [person.model_dump(include={"account_id", *keys}) for person in connection.person]


def _part(settings: dict[str, object], keys: tuple[str, ...]) -> object:
    part: object = settings
    for key in keys:
        assert isinstance(part, dict)
        part = part[key]
    return sorted(part) if isinstance(part, tuple) else part


def _hash(value: object) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()[:VERSION_CHARACTERS]


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    """Equal amounts are written alike: 85.5 and 85.50 are one rate."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    assert isinstance(value, date)
    return value.isoformat()
