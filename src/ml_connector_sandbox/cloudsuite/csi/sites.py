"""A site: one company behind one configuration, with a clock and codes of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ml_connector_sandbox.cloudsuite.csi.switches import CSI_DEFAULTS
from ml_connector_sandbox.cloudsuite.tokens import TENANT_ID

JOURNAL = "MLC"
MIDNIGHT = " 00:00:00.000"

SHORT: Mapping[str, str] = {
    "IT-DEV": "ITDV",
    "IT-OPS": "ITOP",
    "ENG-1": "ENG1",
    "ENG-2": "ENG2",
    "ENG-3": "ENG3",
    "LEGACY": "LEGC",
    "IT-2041": "2041",
    "IT-2042": "2042",
    "IT-2043": "2043",
    "FIN-310": "F310",
    "ENG-501": "E501",
    "ENG-502": "E502",
    "ENG-503": "E503",
    "OPS-900": "O900",
    "PORTAL": "PORT",
}
"""The books' codes as unit codes of CSI's own width."""
LONG = {short: code for code, short in SHORT.items()}


def configuration(company: str) -> str:
    """The configuration of a company's site."""
    return f"{TENANT_ID}_{company}"


def facts(currencies: Mapping[str, str], switches: Mapping[str, object]) -> dict[str, object]:
    """What a person needs to know to connect to the sites of some companies, each with its currency."""
    return {
        "configurations": {company: configuration(company) for company in currencies},
        "currencies": dict(currencies),
        "time_zone": setting(switches, "csi_site_zone"),
        "journal": JOURNAL,
    }


def on(switches: Mapping[str, object], name: str) -> bool:
    """A switch of CSI that is on or off."""
    return bool(switches.get(name, CSI_DEFAULTS[name]))


def setting(switches: Mapping[str, object], name: str) -> str:
    """A switch of CSI with a word for its value."""
    return str(switches.get(name, CSI_DEFAULTS[name]))


@dataclass(frozen=True, slots=True)
class Local:
    """How a site writes moments, days and codes."""

    switches: Mapping[str, object]

    def moment(self, at: datetime) -> str:
        """An instant on the site's own clock, to the millisecond; nothing says which zone that is."""
        local = at.astimezone(ZoneInfo(setting(self.switches, "csi_site_zone")))
        return f"{local:%Y%m%d %H:%M:%S}.{local.microsecond // 1000:03d}"

    def unit(self, code: str) -> str:
        """A code of the books as a unit code."""
        return SHORT.get(code, code) if on(self.switches, "csi_short_unit_codes") else code

    def code(self, unit: str) -> str:
        """A unit code as the books know it."""
        return LONG.get(unit, unit) if on(self.switches, "csi_short_unit_codes") else unit


def day(text: str) -> str:
    """A day of the books (YYYYMMDD) as CSI writes it: midnight on no clock in particular."""
    return text + MIDNIGHT if text else ""


def padded(number: str, width: int = 10) -> str:
    """A key of digits as CSI keeps it: pushed to the right."""
    return number.rjust(width) if number.isdigit() else number.ljust(width)
