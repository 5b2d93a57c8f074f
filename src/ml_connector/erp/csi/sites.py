"""A site: an entity's configuration, currency and clock, which CSI's datetimes show without naming its zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})( [0-9:.]*)?")


@dataclass(frozen=True, slots=True)
class Site:
    """One entity as one configuration shows it. `currency` is the site's own (domestic) currency."""

    entity: str
    configuration: str
    currency: str
    zone: tzinfo


def since_text(since: datetime, until: datetime, zone: tzinfo) -> str:
    """The earliest that the site's clock can have shown from an instant on, until another.

    Where clocks were set back in between, an hour of labels came twice: the lower of both offsets begins before all.
    """
    offsets = [at.astimezone(zone).utcoffset() for at in (since, until)]
    lower = min(offset for offset in offsets if offset is not None)
    local = since.astimezone(UTC).replace(tzinfo=None) + lower
    return f"{local:%Y%m%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def day_text(day: date) -> str:
    """A day as CSI takes it: midnight on the site's clock, whatever zone that is in."""
    return f"{day:%Y%m%d} 00:00:00"


def iso_day(text: str) -> str:
    """The day of a datetime as an ISO date, empty for none. Anything else stays, to be told of by whoever reads it."""
    found = MOMENT.fullmatch(text)
    return f"{found[1]}-{found[2]}-{found[3]}" if found else text
