"""Limits of Jira Cloud that are known beforehand (Atlassian, Jira Cloud rate limiting, 2026)."""

from __future__ import annotations

from datetime import timedelta

MARGIN = timedelta(seconds=0.25)
"""What calls may bunch on their way."""
ISSUE_WRITES = ((20, timedelta(seconds=2) + MARGIN), (100, timedelta(seconds=30) + MARGIN))
"""Writes of one issue: so many in so long."""
