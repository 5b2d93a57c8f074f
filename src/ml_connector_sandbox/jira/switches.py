"""What Atlassian's pages leave open about Jira Cloud, or what a site may set: each is a switch with a default."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: dict[str, object] = {
    # Seconds that the clock behind the header `Date` runs ahead; below zero, behind.
    "jira_clock_ahead_seconds": 0,
    # Seconds that a change stays out of the worklog feeds. Atlassian says one minute.
    "jira_feed_lag_seconds": 60,
    # Seconds that a change stays out of the search index; nobody says how long it can be.
    "jira_search_lag_seconds": 0,
    # Whether an issue that was found may be missing from the next search, once in a while.
    "jira_search_forgets": False,
    # Whether a worklog that was moved to another issue counts as updated in the feed.
    "jira_move_in_feed": False,
    # Whether the worklogs of a deleted issue stand in the deletion feed.
    "jira_issue_deletion_in_feed": False,
    # In which order POST /worklog/list answers: "given" or "reversed".
    "jira_worklog_list_order": "given",
    # Worklogs that one issue may hold before Jira answers 413 (articles say 5,000, the specification's example 10,000).
    "jira_worklogs_per_issue": 10000,
    # Whether DELETE without a Content-Type is refused with 415, as one client saw.
    "jira_delete_needs_content_type": False,
    # Whether the old GET /search still answers; it was removed.
    "jira_classic_search": False,
    # Whether `authorize` shows a page to agree on, in place of redirecting at once.
    "jira_consent_page": False,
    # How the end of an app's webhook is told: "iso", as in the examples, or "epoch", as in the schema.
    "jira_webhook_expiry": "iso",
    # Whether deliveries about issues come without fields, as very old servers send them.
    "jira_webhook_without_fields": False,
    # Whether logging hours is also told as a change of the issue.
    "jira_worklog_changes_issue": False,
    # Seconds for which a refresh token that was used works once more (Atlassian staff: ten minutes; not documented).
    "jira_refresh_reuse_seconds": 600,
    # Seconds that an access token lives.
    "jira_token_seconds": 3600,
    # Days that an API token lives, from the founding of the site on (Atlassian: a year at most).
    "jira_api_token_days": 365,
    # How a user whose account was deleted shows: "former", by their account id under a name that says nothing, or
    # "unknown", with that word for an account id; the specification tells of both.
    "jira_closed_account": "former",
    # Whether a query may name an archived project; what is in it is never found.
    "jira_archived_in_jql": True,
    # Whether an issue of an archived project can be read by its id.
    "jira_archived_readable": True,
    # Data Center: whether a token that it does not know makes the caller anonymous, in place of a refusal (401).
    "jira_dc_bad_token_is_anonymous": False,
    # Data Center: whether deliveries of webhooks carry a name of their own, as the cloud's do.
    "jira_dc_webhook_identifier": False,
    # Data Center: whether it signs deliveries with the secret of a webhook; since which version is not known.
    "jira_dc_webhook_signed": True,
    # Data Center: whether a search may name issues that do not exist, where the client asks not to validate.
    "jira_dc_unvalidated_search": True,
    # Hours a day and days a week that durations like "1d" and "1w" stand for.
    "jira_hours_per_day": 8,
    "jira_days_per_week": 5,
}


def flag(switches: Mapping[str, object], name: str) -> bool:
    """A switch that is on or off."""
    return bool(switches.get(name, DEFAULTS[name]))


def number(switches: Mapping[str, object], name: str) -> int:
    """A switch with a whole number for its value."""
    return int(str(switches.get(name, DEFAULTS[name])))


def word(switches: Mapping[str, object], name: str) -> str:
    """A switch with a word for its value."""
    return str(switches.get(name, DEFAULTS[name]))
