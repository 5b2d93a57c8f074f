"""The pace. Goal: no minute ever sees more calls than the ceiling, however many threads call."""

import threading
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.errors import RateLimited, Transient
from ml_connector.net.limits import MINUTE, Pace
from ml_connector.net.quota import Quota
from stub_vendors import WaitingClock


def fullest_minute(times: list[datetime]) -> int:
    """The most calls that any 60 seconds saw."""
    return max(sum(start <= time < start + MINUTE for time in times) for start in times)


@given(st.integers(1, 20), st.lists(st.floats(0, 90), min_size=1, max_size=100))
def test_no_minute_sees_more_than_the_ceiling(ceiling: int, gaps: list[float]) -> None:
    """Whatever the gaps between calls, every window of 60 seconds keeps within the ceiling."""
    clock, pace, times = WaitingClock(), Pace(ceiling), []
    for gap in gaps:
        clock.at += timedelta(seconds=gap)
        pace.before(clock)
        times.append(clock.now())
    assert fullest_minute(times) <= ceiling


def test_threads_share_the_ceiling() -> None:
    """Of forty calls by eight threads in one instant, as many go out as the ceiling lets, and no more."""
    clock, pace = WaitingClock(stopped=True), Pace(17)
    sent: list[int] = []

    def work() -> None:
        for number in range(5):
            with suppress(Transient):
                pace.before(clock)
                sent.append(number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 17


def test_without_a_ceiling_nothing_waits() -> None:
    """None means no limit of our own."""
    clock, pace = WaitingClock(), Pace(None)
    for _ in range(1000):
        pace.before(clock)
    assert clock.slept == []


def test_a_pause_holds_everybody_until_its_end() -> None:
    """After the vendor asked for it, the next call goes out when the pause has ended; the longest pause counts."""
    clock, pace = WaitingClock(), Pace()
    pace.told(clock, Quota(40))
    pace.told(clock, Quota(10))
    begun = clock.now()
    pace.before(clock)
    assert clock.now() == begun + timedelta(seconds=40)


def test_a_long_pause_is_told_and_not_slept() -> None:
    """A pause of an hour refuses calls with the time left, and sleeps for nobody."""
    clock, pace = WaitingClock(), Pace()
    pace.told(clock, Quota(3600))
    with pytest.raises(RateLimited) as caught:
        pace.before(clock)
    assert (caught.value.after, clock.slept) == (3600, [])


def test_a_process_asked_to_stop_sends_nothing() -> None:
    """A wait that is cut short ends the call."""
    clock, pace = WaitingClock(stopped=True), Pace()
    pace.told(clock, Quota(30))
    with pytest.raises(Transient):
        pace.before(clock)
