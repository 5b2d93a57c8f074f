"""The pace. Goal: no minute ever sees more calls than the ceiling, however many threads call, and people go first."""

import threading
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.errors import RateLimited, Transient
from ml_connector.net.limits import EVERYTHING, GIVE_WAY_SECONDS, STEPS_BACK_FOR, Pace
from ml_connector.net.meter import MINUTE, ceiling
from ml_connector.net.quota import Quota
from ml_connector.net.urgency import Urgency, background, posting, present
from stub_vendors import WaitingClock


def fullest_minute(times: list[datetime]) -> int:
    """The most calls that any 60 seconds saw."""
    return max(sum(start <= time < start + MINUTE for time in times) for start in times)


def refuse(pace: Pace, clock: WaitingClock, said: Quota) -> None:
    """The vendor refuses a call that has just been sent."""
    pace.refused(clock, said, EVERYTHING, clock.now())


@given(st.integers(1, 200), st.lists(st.floats(0, 90), min_size=1, max_size=100))
def test_no_minute_sees_more_than_the_ceiling(ceiling: int, gaps: list[float]) -> None:
    """Whatever the gaps between calls, every window of 60 seconds keeps within the ceiling."""
    clock, pace, times = WaitingClock(), Pace(ceiling), []
    for gap in gaps:
        clock.at += timedelta(seconds=gap)
        pace.before(clock)
        times.append(clock.now())
    assert fullest_minute(times) <= ceiling


@given(st.integers(1, 2000))
def test_a_ceiling_is_used(per_minute: int) -> None:
    """What may go out in the long run is nineteen parts of twenty at least, and what comes at once is counted."""
    flow = ceiling(per_minute)
    assert per_minute * 0.95 <= flow.rate * 60 <= per_minute
    assert flow.burst - 1 + flow.rate * 60 <= per_minute


def test_threads_share_the_ceiling() -> None:
    """Of forty calls by eight threads in one instant, as many go out as may come at once, and no more."""
    clock, pace = WaitingClock(stopped=True), Pace(400)
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
    assert len(sent) == ceiling(400).burst == 17


def test_without_a_ceiling_nothing_waits() -> None:
    """None means no limit of our own."""
    clock, pace = WaitingClock(), Pace(None)
    for _ in range(1000):
        pace.before(clock)
    assert clock.slept == []


def test_a_pause_holds_everybody_until_its_end() -> None:
    """After the vendor asked for it, the next call goes out when the pause has ended; the longest pause counts."""
    clock, pace = WaitingClock(), Pace(random=lambda: 0.0)
    refuse(pace, clock, Quota(40))
    refuse(pace, clock, Quota(10))
    begun = clock.now()
    pace.before(clock)
    assert clock.now() == begun + timedelta(seconds=40)


def test_a_long_pause_is_told_and_not_slept() -> None:
    """A pause of an hour refuses calls with the time left, and sleeps for nobody."""
    clock, pace = WaitingClock(), Pace(random=lambda: 0.0)
    refuse(pace, clock, Quota(3600))
    with pytest.raises(RateLimited) as caught:
        pace.before(clock)
    assert (caught.value.after, clock.slept) == (3600, [])


def test_a_process_asked_to_stop_sends_nothing() -> None:
    """A wait that is cut short ends the call."""
    clock, pace = WaitingClock(stopped=True), Pace()
    refuse(pace, clock, Quota(30))
    with pytest.raises(Transient):
        pace.before(clock)


def stands_back(pace: Pace, urgency: Urgency, other: Urgency, waiting: timedelta = timedelta(0)) -> bool:
    """Whether a call of this urgency lets one of another go first that is waiting."""
    clock = WaitingClock()
    pace._await(other, 1)
    seconds = pace._take(clock.now(), EVERYTHING, urgency, waiting)
    pace._await(other, -1)
    return seconds == GIVE_WAY_SECONDS


@pytest.mark.parametrize("other", Urgency)
@pytest.mark.parametrize("urgency", Urgency)
def test_people_go_before_postings_and_postings_before_polls(urgency: Urgency, other: Urgency) -> None:
    """While one that is more urgent waits, the others step back."""
    assert stands_back(Pace(), urgency, other) is (other < urgency)


@pytest.mark.parametrize("urgency", Urgency)
def test_nobody_waits_for_ever(urgency: Urgency) -> None:
    """Who has waited for long goes, whoever else is there."""
    assert not stands_back(Pace(), urgency, Urgency.INTERACTIVE, STEPS_BACK_FOR)


def test_a_posting_is_never_made_less_urgent() -> None:
    """On the schedule it goes before polls; where somebody waits for it, it stays theirs."""
    with posting():
        assert present() is Urgency.INTERACTIVE
    with background():
        with posting():
            assert present() is Urgency.POSTING
        assert present() is Urgency.BACKGROUND


def test_a_pause_of_a_vendor_in_trouble_teaches_no_limit() -> None:
    """After it, calls go out as freely as before."""
    clock, pace = WaitingClock(), Pace()
    pace.rest(clock, 20)
    begun = clock.now()
    for _ in range(100):
        pace.passed(EVERYTHING, pace.before(clock))
    assert clock.now() == begun + timedelta(seconds=20)
