"""What a status says. Goal: after an answer it is always clear whether something may have been applied."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.errors import Ambiguous, RateLimited, Transient
from ml_connector.net.quota import WAIT_SECONDS_MAX, retry_after
from ml_connector.net.verdict import verdict
from ml_connector.wire import Request, Response, Safety
from stub_vendors import NOON

HTML = b"<html>Too many requests</html>"


def call(safety: Safety) -> Request:
    """A call of that safety."""
    return Request("test.call", "POST", "https://erp.example.com/x", safety)


@given(st.integers(100, 499).filter(lambda status: status != 429), st.sampled_from(Safety))
def test_answers_below_500_are_the_adapters_business(status: int, safety: Safety) -> None:
    """Everything under 500 but 429 comes back as it is."""
    response = Response(status, {}, b"x")
    assert verdict(call(safety), response, NOON) is response


@given(st.integers(500, 599), st.sampled_from([{}, {"retry-after": "3"}]))
def test_a_server_error_on_a_write_is_ambiguous(status: int, headers: dict[str, str]) -> None:
    """A 5xx may come after the work was done, a 500 and a 503 as much as a 504."""
    with pytest.raises(Ambiguous):
        verdict(call(Safety.ONCE), Response(status, headers, HTML), NOON)


@given(st.integers(500, 599), st.sampled_from([Safety.READ, Safety.REPEATABLE]))
def test_a_server_error_on_what_may_be_repeated_is_transient(status: int, safety: Safety) -> None:
    """Repeating it does no harm, so it is repeated."""
    with pytest.raises(Transient) as caught:
        verdict(call(safety), Response(status, {}, HTML), NOON)
    assert not isinstance(caught.value, RateLimited)


def test_a_server_that_names_its_wait_is_heard() -> None:
    """A 503 with Retry-After is a request to wait."""
    with pytest.raises(RateLimited) as caught:
        verdict(call(Safety.READ), Response(503, {"retry-after": "7"}, HTML), NOON)
    assert caught.value.after == 7


@pytest.mark.parametrize("safety", Safety)
@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": format_datetime(NOON + timedelta(seconds=40), usegmt=True)}, 40),
        ({"retry-after": format_datetime(NOON - timedelta(seconds=40), usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, WAIT_SECONDS_MAX),
    ],
)
def test_a_429_tells_how_long(safety: Safety, headers: dict[str, str], after: float | None) -> None:
    """Seconds, an HTTP date or nothing, with a body that is not JSON."""
    with pytest.raises(RateLimited) as caught:
        verdict(call(safety), Response(429, headers, HTML), NOON)
    assert caught.value.after == after


@given(st.text())
def test_any_header_gives_a_sensible_wait_or_none(text: str) -> None:
    """No header makes us wait for ever, or fail."""
    after = retry_after(Response(429, {"retry-after": text}, b""), NOON)
    assert after is None or 0 <= after <= WAIT_SECONDS_MAX
