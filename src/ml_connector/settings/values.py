"""The kinds of value that a connection file holds, each with what is said when one is not what it should be.

TOML already knows text, whole numbers and dates, so nothing is converted here: a number in quotes is not a number. The
one exception is money, which is always text, because a bare TOML number would pass through binary floating point.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

FLAW = "flaw"
"""The error type of everything that this module refuses: its context holds `what` and `remedy`."""

TEXT_CHARACTERS_MAX = 250
AMOUNT_PATTERN = r"[0-9]{1,12}(\.[0-9]{1,9})?"


def flaw(what: str, remedy: str) -> PydanticCustomError:
    """What is wrong, as the end of a sentence that begins with the key, and the sentence that tells how to mend it."""
    return PydanticCustomError(FLAW, "{what}", {"what": what, "remedy": remedy})


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text that matches a regular expression as a whole; `what` and `remedy` are said where it does not."""

    regex: str
    what: str
    remedy: str

    def check(self, text: str) -> str:
        """Return the text as it is, or refuse it without repeating it."""
        if not re.fullmatch(self.regex, text):
            raise flaw(self.what, self.remedy)
        return text

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Check after pydantic has made sure that there is text."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell editors the same rule."""
        return handler(schema) | {"pattern": f"^({self.regex})$"}


_PRINTABLE = r"[^\x00-\x1f\x7f]"
_LONGEST = f"{{1,{TEXT_CHARACTERS_MAX}}}"

Text = Annotated[
    str,
    Pattern(
        _PRINTABLE + _LONGEST,
        f"must be text of 1 to {TEXT_CHARACTERS_MAX} characters on one line",
        "Fill it in, or take the line out if the key is optional.",
    ),
]
"""One line of text that is not empty."""

OptionalText = Annotated[
    str,
    Pattern(
        _PRINTABLE + f"{{0,{TEXT_CHARACTERS_MAX}}}",
        f"must be text of at most {TEXT_CHARACTERS_MAX} characters on one line",
        "Shorten it; empty text switches the key off.",
    ),
]
"""One line of text; empty means that the key is switched off."""

EndpointPath = Annotated[
    str,
    Pattern(
        r"|(/[A-Za-z0-9._~-]+)+",
        "must be a path such as /CustomerApi/journals, without a slash at the end",
        "Write the part of the address that follows the tenant; empty text switches the key off.",
    ),
]
"""A path below the tenant at the API gateway."""

EXPRESSION_CHARACTERS_MAX = 1_000

Expression = Annotated[
    str,
    Pattern(
        rf"[^\x00]{{1,{EXPRESSION_CHARACTERS_MAX}}}",
        f"must be an expression of 1 to {EXPRESSION_CHARACTERS_MAX} characters",
        "Write one condition; split a long one into several rules.",
    ),
]
"""The condition of a rule: may go over several lines."""

RuleName = Annotated[
    str,
    Pattern(
        r"[a-z][a-z0-9-]{0,39}",
        "must be 1 to 40 small letters, digits and hyphens, beginning with a letter",
        "Rename the rule: findings carry its name.",
    ),
]

RatesFile = Annotated[
    str,
    Pattern(
        r"([A-Za-z0-9][A-Za-z0-9_-]{0,99}\.csv)?",
        "must be the name of a CSV file beside this one, or empty",
        'Write the name alone, as in "acme-rates.csv".',
    ),
]

PropertyKey = Annotated[
    str,
    Pattern(
        r"([A-Za-z][A-Za-z0-9._-]{0,99})?",
        "must be the key of an issue property, or empty",
        "Write letters, digits, dots and hyphens; empty text switches the property off.",
    ),
]

ConnectionName = Annotated[
    str,
    Pattern(
        r"[a-z][a-z0-9-]{0,39}",
        "must be 1 to 40 small letters, digits and hyphens, beginning with a letter",
        "Rename the connection and its file alike.",
    ),
]

ErpField = Annotated[
    str,
    Pattern(
        r"[A-Za-z][A-Za-z0-9._]{0,99}",
        "must be the name of a CloudSuite field",
        "Write it as the ERP's metadata does: letters, digits, dots and underscores, without spaces.",
    ),
]

OptionalErpField = Annotated[
    str,
    Pattern(
        r"([A-Za-z][A-Za-z0-9._]{0,99})?",
        "must be the name of a CloudSuite field, or empty",
        "Write it as the ERP's metadata does, without spaces; empty text switches the key off.",
    ),
]

JiraProjectKey = Annotated[
    str,
    Pattern(
        # Atlassian: a project key begins with a capital letter and goes on in capitals, digits or underscores.
        r"[A-Z][A-Z0-9_]{1,254}",
        "must be the key of a Jira project",
        'Write the key, not the name: capital letters and digits, such as "PROC".',
    ),
]

Currency = Annotated[
    str,
    Pattern(r"[A-Z]{3}", "must be an ISO 4217 currency code", 'Write three capital letters, such as "USD".'),
]

ReferencePrefix = Annotated[
    str,
    Pattern(r"[A-Z]{2,4}", "must be two to four capital letters", 'Write a short mark of your own, such as "MLC".'),
]

Host = Annotated[
    str,
    Pattern(
        r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45}",
        "must be a host name or an IP address",
        "Write the host alone, without scheme, port and path.",
    ),
]


def _amount(value: object) -> Decimal:
    if isinstance(value, int | float):
        raise flaw("is a bare number", 'Put it in quotes, as in "85.50": amounts are text, so that no digit is lost.')
    if not isinstance(value, str) or not re.fullmatch(AMOUNT_PATTERN, value):
        raise flaw(
            "must be an amount in quotes",
            'Write digits with a decimal point, as in "85.50": no sign, no grouping, no currency, at most 9 decimals.',
        )
    return Decimal(value)


def _above_zero(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise flaw("must be more than zero", "Write the amount that you mean, or take the key out.")
    return amount


_AMOUNT_SCHEMA = WithJsonSchema({"type": "string", "pattern": f"^{AMOUNT_PATTERN}$"})

Amount = Annotated[Decimal, BeforeValidator(_amount), _AMOUNT_SCHEMA]
"""Exact decimal of zero or more, written as text, in major units of a currency named elsewhere."""

PositiveAmount = Annotated[Decimal, BeforeValidator(_amount), AfterValidator(_above_zero), _AMOUNT_SCHEMA]
"""Exact decimal above zero, written as text, in major units of a currency named elsewhere."""


@cache
def time_zones() -> frozenset[str]:
    """The names in the IANA time-zone database of this machine or, where it has none, of the tzdata package."""
    return frozenset(zoneinfo.available_timezones())


def _time_zone(name: str) -> str:
    if name not in time_zones():
        near = get_close_matches(name, time_zones(), n=1)
        hint = f'Did you mean "{near[0]}"?' if near else 'Write an IANA name, such as "Europe/Berlin" or "UTC".'
        raise flaw("is not a time zone that this machine knows", hint)
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""Name of a time zone in the IANA database."""


def _site_url(url: str) -> str:
    if not _is_site(url):
        # The address itself is never repeated: people paste it with a password in front of the host.
        raise flaw(
            "must be the address of the site alone", 'Write scheme and host, as in "https://acme.atlassian.net".'
        )
    return url


def _is_site(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and url == f"{parts.scheme}://{parts.netloc}" and _plain(parts.netloc, parts.port)
    except ValueError:  # the standard library's word for a malformed port or IPv6 address
        return False


def _plain(netloc: str, port: int | None) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", netloc) is not None and port != 0 and not netloc.endswith(":")


CALLED_PORTS = frozenset(
    {443, *range(1880, 1891), 4044, 6017, 7990, 8060, 8080, 8085, 8089, 8090, 8443, 8444, 8900, 9420, 9520, 9900}
)
"""Ports that Jira Cloud delivers webhooks to, as a client of it lists them; a Data Center may call any."""


LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def _public_url(url: str) -> str:
    if not url:
        return url
    parts = urlsplit(_site_url(url))
    if parts.hostname in LOOPBACK_NAMES:
        return url
    if parts.scheme != "https":
        raise flaw("must begin with https://", "Jira delivers webhooks by https alone.")
    if (parts.port or 443) not in CALLED_PORTS:
        raise flaw("names a port that Jira does not call", "Use 443 or 8443, by a proxy before this service.")
    return url


PublicUrl = Annotated[
    str,
    Pattern(r"(https?://.+)?", "must begin with https://", 'Write it as in "https://connector.example.com".'),
    AfterValidator(_public_url),
]
"""Scheme and host under which Jira reaches us, perhaps with a port; no path, query or slash at the end."""

ContextPath = Annotated[
    str,
    Pattern(r"(/[A-Za-z0-9._~-]+)*", "must be a path without a slash at its end", 'Write it as in "/jira".'),
]
"""A path that begins with a slash and does not end with one; empty for none."""

SiteUrl = Annotated[
    str,
    Pattern(r"https?://.+", "must begin with https:// or http://", 'Write it as in "https://acme.atlassian.net".'),
    AfterValidator(_site_url),
]
"""Scheme and host of a site, perhaps with a port; no user, path, query or slash at the end."""
