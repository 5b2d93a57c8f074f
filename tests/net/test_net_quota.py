"""What refusals say. Goal: every form that was ever seen is understood, and none can make us wait for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.net.limits import Pace
from ml_connector.net.meter import SHARE
from ml_connector.net.quota import WAIT_SECONDS_MAX, Limited, Quota, quota
from ml_connector.wire import Request, Response, Safety
from stub_vendors import WaitingClock

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
BURST = {"ratelimit-reason": "jira-burst-based"}
ISSUE = {"ratelimit-reason": "jira-per-issue-on-write"}
HOUR = {"ratelimit-reason": "jira-quota-global-based"}
NAMES = ("retry-after", "x-ratelimit-reset", "ratelimit", "ratelimit-policy", "x-ratelimit-limit", "ratelimit-reason",
         "beta-ratelimit", "x-ratelimit-interval-seconds", "x-ratelimit-fillrate")  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, Quota()),
        ({"retry-after": "7"}, Quota(7)),
        ({"beta-retry-after": "7"}, Quota(7)),
        ({**HOUR, "retry-after": "1800", "x-ratelimit-limit": "65000"}, Quota(1800)),
        ({"x-ratelimit-reset": "2026-11-18T12:00:30Z"}, Quota(30)),
        ({"x-ratelimit-reset": "2026-11-18T12:05Z"}, Quota(300)),
        ({"x-beta-ratelimit-reset": "2026-11-18T13:05+01:00"}, Quota(300)),
        ({"retry-after": "40", "x-ratelimit-reset": "2026-11-18T12:00:30Z"}, Quota(40)),
        ({**BURST, "retry-after": "1", "x-ratelimit-limit": "100"}, Quota(1, Limited.OPERATION, 100)),
        ({**BURST, "ratelimit-policy": '"jira-burst-based";q=50;w=2'}, Quota(None, Limited.OPERATION, 50, 2.0)),
        (
            {**BURST, "beta-ratelimit-policy": '"global-app-quota";q=65000;w=3600,"jira-burst-based";w=1;q=100'},
            Quota(None, Limited.OPERATION, 100, 1.0),
        ),
        ({"ratelimit": '"global-app-quota";r=0;t=600'}, Quota(600)),
        ({"ratelimit": '"global-app-quota";r=11000;t=600'}, Quota()),
        ({**ISSUE, "retry-after": "2"}, Quota(2, Limited.ITEM)),
        ({"ratelimit-reason": "something-new", "retry-after": "2"}, Quota(2)),
        ({"x-ratelimit-limit": "350/400"}, Quota()),
        ({**BURST, "x-ratelimit-limit": "350/400"}, Quota(None, Limited.OPERATION, 350)),
        (
            {"x-ratelimit-limit": "5", "x-ratelimit-interval-seconds": "60", "x-ratelimit-fillrate": "5"},
            Quota(None, Limited.ALL, 5, 60.0),
        ),
    ],
)
def test_each_form_is_understood(headers: dict[str, str], said: Quota) -> None:
    """Atlassian's present and former headers, and Data Center's."""
    assert quota(Response(429, headers, b""), NOON) == said


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60)))
def test_any_headers_give_a_sensible_answer(headers: dict[str, str]) -> None:
    """No wait below zero or above a day, no rate of nothing."""
    said = quota(Response(429, headers, b""), NOON)
    assert said.after is None or 0 <= said.after <= WAIT_SECONDS_MAX
    assert said.seconds > 0
    assert said.calls != 0


def edit(issue: str) -> Request:
    """A write of one issue."""
    return Request("jira.issues.edit", "PUT", f"/issue/{issue}", Safety.REPEATABLE, item=issue)


READ = Request("jira.search", "POST", "/search", Safety.READ)


def waits(pace: Pace, clock: WaitingClock, request: Request) -> float:
    """How long a call waits."""
    begun = clock.now()
    pace.before(clock, request)
    return (clock.now() - begun).total_seconds()


def test_only_what_is_limited_waits() -> None:
    """An issue, an operation, or everything."""
    clock, pace = WaitingClock(), Pace(random=lambda: 0.0)
    pace.refused(clock, Quota(30, Limited.ITEM), edit("1"), clock.now())
    assert [waits(pace, clock, each) for each in (READ, edit("2"))] == [0, 0]
    pace.refused(clock, Quota(40, Limited.OPERATION), edit("2"), clock.now())
    assert waits(pace, clock, READ) == 0
    assert waits(pace, clock, edit("3")) == 40
    pace.refused(clock, Quota(50, Limited.ALL), edit("3"), clock.now())
    assert waits(pace, clock, READ) == 50


def test_a_rate_that_was_told_is_kept_to() -> None:
    """Of that operation alone."""
    clock, pace = WaitingClock(), Pace(random=lambda: 0.0)
    pace.refused(clock, Quota(1, Limited.OPERATION, 10), READ, clock.now())
    begun = clock.now()
    for _ in range(500):
        pace.passed(READ, pace.before(clock, READ))
    spent = (clock.now() - begun).total_seconds()
    assert 0.95 * 50 < spent < 50 / SHARE + 1
    assert waits(pace, clock, edit("1")) == 0


@given(st.lists(st.floats(0, 3), min_size=1, max_size=150))
def test_no_issue_is_written_more_often_than_it_may_be(gaps: list[float]) -> None:
    """Twenty times in two seconds, and a hundred times in thirty."""
    windows = ((20, timedelta(seconds=2)), (100, timedelta(seconds=30)))
    clock, pace, times = WaitingClock(), Pace(item_windows=windows), []
    for gap in gaps:
        clock.at += timedelta(seconds=gap / 10)
        pace.before(clock, edit("1"))
        times.append(clock.now())
    for most, span in windows:
        assert all(sum(start <= at < start + span for at in times) <= most for start in times)
