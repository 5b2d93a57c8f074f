"""What no vendor page settles about CloudSuite, or what a tenant may set: each is a switch with a default."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector_sandbox.cloudsuite.csi.switches import CSI_DEFAULTS
from ml_connector_sandbox.cloudsuite.entries import LEDGER_DEFAULTS

DEFAULTS: dict[str, object] = {
    # Seconds that the clock behind the header `Date` runs ahead; below zero, behind.
    "cloudsuite_clock_ahead_seconds": 0,
    # Seconds that an access token lives. Infor's default for an authorized app is two hours.
    "fsm_token_seconds": 7200,
    # Whether the app issues refresh tokens beside access tokens.
    "fsm_refresh_tokens": True,
    # Clients have seen `expires_in` as a number and as text.
    "fsm_expires_in_as_text": False,
    # How the token endpoint takes the client's secret: "both", "basic" (header only) or "body" (form only).
    "fsm_client_authentication": "both",
    # Whether `_lplFilter` takes conditions joined by `and`/`or`; the one public client had to do without.
    "fsm_compound_filters": False,
    # Whether the list service takes `_fts`/`_tts`; a tenant that does not answers 400.
    "fsm_delta_reads": True,
    # The name of the leading field that tells added, changed and deleted in a delta read (never seen).
    "fsm_delta_marker": "_recordState",
    # How a boolean is spelled: "true", "1" or "Yes".
    "fsm_boolean_spelling": "true",
    # Whether list and field names take the class's name before a dot for fields that have none.
    "fsm_prefixed_field_names": True,
    # Whether a project's amounts move when entries are posted.
    "fsm_projects_follow_postings": True,
    # The zone of M3's server: day-granular change dates are its days.
    "m3_time_zone": "Europe/Stockholm",
    # Records of a list where no `maxrecs` is sent: the default is not stated.
    "m3_default_maxrecs": 100,
    # Whether EXPORTMI names columns with the table's two letters before their four.
    "m3_prefixed_columns": True,
    # Whether EXPORTMI is locked down, so that only lists that the customer has built can be read.
    "m3_exports_locked": False,
    # Seconds that a job of GLS840 (control, update) takes.
    "m3_job_seconds": 1.0,
    # Whether a batch shows that a job is at work on it.
    "m3_jobs_show": True,
    # The codes of a batch's states: entered, checking, checked, error, updating, updated. None was ever seen.
    "m3_batch_states": "10,15,20,30,80,90",
    # Whether amounts of ledger lines carry their sign; else debit and credit stand beside them.
    "m3_signed_amounts": True,
    # The decimal separator of the service user.
    "m3_decimal_separator": ".",
    # On which side LN fills its keys with blanks: "left" or "right".
    "ln_key_padding": "left",
    # The most records that LN puts on one page, whatever a client prefers.
    "ln_page_rows": 100,
    # LN services that are not activated in the company, by name, with blanks between them: they answer 404.
    "ln_inactive_services": "",
    **LEDGER_DEFAULTS,
    **CSI_DEFAULTS,
}


def flag(switches: Mapping[str, object], name: str) -> bool:
    """A switch that is on or off."""
    return bool(switches.get(name, DEFAULTS[name]))


def text(switches: Mapping[str, object], name: str) -> str:
    """A switch with a word for its value."""
    return str(switches.get(name, DEFAULTS[name]))


def seconds(switches: Mapping[str, object], name: str) -> float:
    """A switch with a span of time for its value."""
    return float(text(switches, name))


def number(switches: Mapping[str, object], name: str) -> int:
    """A switch with a whole number for its value."""
    return int(text(switches, name))
