"""What a vendor's answer says about its limits: how long to wait, and what is limited. Pure.

Atlassian, Jira Cloud rate limiting (2026): three limits at once, told apart by `RateLimit-Reason`; `Retry-After` and
`X-RateLimit-Reset` on a 429, `RateLimit-Policy` and `RateLimit` in the structured form, all also with `Beta-` in front.
Data Center: `X-RateLimit-Limit`, `-Interval-Seconds` and `-FillRate`. Any of them may lack, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from ml_connector.wire import Response

WAIT_SECONDS_MAX = 86_400.0
"""A vendor that asks for more than a day is taken to mean a day."""
POLICY = re.compile(r'"([^"]+)"((?:\s*;\s*[a-z]+=\d+)*)')
PARAMETER = re.compile(r"([a-z]+)=(\d+)")
MINUTE_ONLY = re.compile(r"T\d\d:\d\d(?=Z|[+-])")
RATE_MAX = 1_000_000


class Limited(Enum):
    """What has to wait: every call, calls of the same operation, or writes of the same record."""

    ALL = "all"
    OPERATION = "operation"
    ITEM = "item"


REASONS = {"jira-burst-based": Limited.OPERATION, "jira-per-issue-on-write": Limited.ITEM}
"""Reasons that limit less than all. Quotas of an app, and reasons that we do not know, limit all."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`after` seconds to wait at least, None where none are named; so many calls in so many seconds, where told."""

    after: float | None = None
    limited: Limited = Limited.ALL
    calls: int | None = None
    seconds: float = 1.0


def quota(response: Response, now: datetime) -> Quota:
    """What a refusal says. A number without a span tells a rate only of a burst, whose span is a second."""
    headers = response.headers
    reason = headers.get("ratelimit-reason", "").strip().casefold()
    limited = REASONS.get(reason, Limited.ALL)
    bare = _number(headers, "x-ratelimit-limit") if limited is Limited.OPERATION else None
    calls, seconds = _policy(headers, reason) or _interval(headers) or (bare, 1.0)
    waits = (retry_after(response, now), _reset(headers, now), _remaining(headers, reason))
    after = next((wait for wait in waits if wait is not None), None)
    return Quota(after, limited, calls if calls and calls <= RATE_MAX else None, seconds)


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds to wait by `Retry-After` (a number or an HTTP date); None where it is absent or unreadable."""
    for name in ("retry-after", "beta-retry-after"):
        text = response.headers.get(name, "").strip()
        if text.isascii() and text.replace(".", "", 1).isdigit():
            return min(float(text), WAIT_SECONDS_MAX)
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError):
            continue
        return _until(at, now)
    return None


def _reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Atlassian writes the end of a wait with seconds, and without."""
    for name in ("x-ratelimit-reset", "x-beta-ratelimit-reset"):
        text = headers.get(name, "").strip()
        whole = text if text.count(":") > 1 else MINUTE_ONLY.sub(lambda found: f"{found[0]}:00", text, count=1)
        try:
            return _until(datetime.fromisoformat(whole), now)
        except ValueError:
            continue
    return None


def _until(at: datetime, now: datetime) -> float:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), WAIT_SECONDS_MAX)


def _policy(headers: Mapping[str, str], reason: str) -> tuple[int | None, float] | None:
    """`"jira-burst-based";q=100;w=1`: the policy that the refusal is by."""
    named = _structured(headers, "ratelimit-policy").get(reason, {})
    return (named["q"], float(named.get("w", 1) or 1)) if "q" in named else None


def _remaining(headers: Mapping[str, str], reason: str) -> float | None:
    """`"global-app-quota";r=0;t=600`: seconds until there is something left again."""
    found = _structured(headers, "ratelimit")
    spent = [named["t"] for name, named in found.items() if "t" in named and (name == reason or named.get("r") == 0)]
    return min(float(max(spent)), WAIT_SECONDS_MAX) if spent else None


def _structured(headers: Mapping[str, str], name: str) -> dict[str, dict[str, int]]:
    text = headers.get(name) or headers.get(f"beta-{name}") or ""
    return {
        policy.casefold(): {key: int(value) for key, value in PARAMETER.findall(rest)}
        for policy, rest in POLICY.findall(text)
    }


def _interval(headers: Mapping[str, str]) -> tuple[int | None, float] | None:
    """Data Center tells the length of its window, and how much comes back in it."""
    seconds, fill = _number(headers, "x-ratelimit-interval-seconds"), _number(headers, "x-ratelimit-fillrate")
    return (fill, float(seconds)) if seconds and fill else None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").split(",")[0].split("/")[0].strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(RATE_MAX)) + 1 else None
