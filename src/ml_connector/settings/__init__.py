"""The service's settings: one TOML file a connection, parsed once, frozen, with every error at once.

- `connection`: what a file may say, and the JSON Schema of it
- `values`: the kinds of value, and what is said when one is wrong
- `costing`: rounding of time, calendars, premiums, burdens; `section`: what all tables have in common
- `relations`, `costing_relations`: what keys must say together; `raw`: reading what may be broken
- `rate_sheet`: rates as CSV
- `lines`, `wording`, `problems`: where a problem stands, and how it is told
- `lints`, `differences`: what is hardly meant, and what two files say differently
- `files`: reading; `sample`: writing the first file; `versions`: hashes of what decides a cost
"""

from __future__ import annotations

from ml_connector.settings.connection import Connection, Rule, schema
from ml_connector.settings.costing import WorkCalendar
from ml_connector.settings.files import (
    Home,
    Slip,
    load_changed,
    load_connection,
    load_connections,
    load_sheet,
    load_unnamed,
    load_with_sheet,
    told_of,
)
from ml_connector.settings.problems import InvalidSettings, Problem, render_errors
from ml_connector.settings.product_lines import PRODUCTS
from ml_connector.settings.rate_sheet import sheet_text
from ml_connector.settings.sample import sample
from ml_connector.settings.versions import mapping_version, rates_version

__all__ = [
    "PRODUCTS",
    "Connection",
    "Home",
    "InvalidSettings",
    "Problem",
    "Rule",
    "Slip",
    "WorkCalendar",
    "load_changed",
    "load_connection",
    "load_connections",
    "load_sheet",
    "load_unnamed",
    "load_with_sheet",
    "mapping_version",
    "rates_version",
    "render_errors",
    "sample",
    "schema",
    "sheet_text",
    "told_of",
]
