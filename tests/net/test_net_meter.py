"""What refusals teach. Goal: whatever answers come in whatever order, a meter stays one that can be lived by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.net.meter import (
    DROP,
    MINUTE,
    RATE_MAX,
    RATE_MIN,
    RETURN_SECONDS,
    TOLD_FOR,
    Flow,
    Lately,
    Meter,
    Refusal,
    Slice,
    passed,
    refused,
    sliced,
)
from ml_connector.net.quota import Limited, Quota
from stub_vendors import NOON

chances = st.floats(0, 1, exclude_max=True)
said = st.builds(
    Quota,
    st.one_of(st.none(), st.floats(0, 7200)),
    st.just(Limited.ALL),
    st.one_of(st.none(), st.integers(1, 1000)),
    st.floats(0.1, 7200),
)
steps = st.lists(st.tuples(st.floats(0, 300), st.one_of(st.none(), said), chances), max_size=60)


@given(steps)
def test_a_meter_can_be_lived_by(steps: list[tuple[float, Quota | None, float]]) -> None:
    """After any answers, there is a rate to go by, a pause is no shorter than was asked for, and all can be kept."""
    meter, now, passes = Meter(), NOON, list[datetime]()
    for seconds, quota, chance in steps:
        now += timedelta(seconds=seconds)
        if quota is None:
            passes.append(now)
            meter = passed(meter, now, Lately("us", passes))
        else:
            meter = refused(meter, Refusal(quota, now, now), meter.flow(), Lately("us", passes), chance)
            assert meter.paused_until is not None
            assert meter.paused_until >= now + timedelta(seconds=quota.after or 0)
        flow = meter.flow()
        assert flow is None or (flow.rate >= RATE_MIN and flow.burst >= 1) or flow == meter.told
        assert Meter.of(meter.document()) == meter


@given(st.floats(0.5, 50), st.floats(0, 4 * RETURN_SECONDS))
def test_a_rate_returns_and_goes_beyond(top: float, age: float) -> None:
    """Below what was refused until it has been in use for some minutes, above it after, and never falling."""
    meter = Meter(top=top, age=age)
    rate, later = meter.grown(), replace(meter, age=age + 1).grown()
    assert rate is not None
    assert later is None or rate <= later
    assert top * (1 - DROP) * 0.999 <= rate
    assert rate <= top or age > RETURN_SECONDS
    assert rate > top * (1 + DROP) or age < 2.1 * RETURN_SECONDS


def test_what_is_long_outgrown_is_forgotten() -> None:
    """A limit that has not been met for long is none any more."""
    assert Meter(top=1.0, age=RETURN_SECONDS * 100).grown() is None
    assert Meter(top=RATE_MAX, age=RETURN_SECONDS * 2).flow() is None


@given(
    st.floats(0.2, 100),
    st.integers(1, 50),
    st.lists(st.tuples(st.booleans(), st.floats(0, 5)), min_size=1, max_size=80),
)
def test_two_that_share_a_row_keep_its_rate(rate: float, burst: int, calls: list[tuple[bool, float]]) -> None:
    """However two processes take places, and leave them unused, no minute sees more than burst and rate allow."""
    flow, meter, now = Flow(rate, burst), Meter(), NOON
    slices: dict[bool, Slice | None] = {True: None, False: None}
    sent = []
    for who, gap in calls:
        now += timedelta(seconds=gap)
        ours = slices[who]
        if ours is None or not ours.holds(flow, now):
            meter, ours = sliced(meter, flow, now, ours)
        if ours.due(flow) <= now:
            ours = ours.taken(flow, now)
            sent.append(now)
        slices[who] = ours
    for start in sent:
        inside = sum(start <= at < start + MINUTE for at in sent)
        assert inside <= 2 * burst + rate * 60 + 1


@given(st.floats(0.2, 100), st.integers(1, 300))
def test_what_one_leaves_unused_is_given_back(rate: float, calls: int) -> None:
    """A process that is alone never waits longer than the rate says, however its places were cut."""
    flow, meter, ours, now = Flow(rate), Meter(), None, NOON
    for _ in range(calls):
        if ours is None or not ours.holds(flow, now):
            meter, ours = sliced(meter, flow, now, ours)
        now = max(now, ours.due(flow))
        ours = ours.taken(flow, now)
    assert now - NOON <= flow.gap * calls


@given(st.floats(0, 100), st.floats(0, 50))
def test_a_call_that_was_sent_before_a_refusal_was_known_teaches_nothing(after: float, ago: float) -> None:
    """Of several that are refused together, one slows us down."""
    first = refused(Meter(), Refusal(Quota(after), NOON, NOON), None, Lately("us"), 0.0)
    later = NOON + timedelta(seconds=1)
    same = Refusal(Quota(after), NOON - timedelta(seconds=ago + 0.1), later)
    second = refused(first, same, None, Lately("us"), 0.0)
    assert (second.tries, second.refused_last) == (1, NOON)
    assert second.paused_until == later + timedelta(seconds=after)


def test_a_rate_that_was_told_is_tested_again_after_a_day() -> None:
    """A limit that the vendor raised is not kept to for ever, though nothing refuses us any more."""
    meter = refused(Meter(), Refusal(Quota(1, calls=10), NOON, NOON), None, Lately("us"), 0.0)
    flow = meter.flow()
    assert flow is not None
    within, _ = sliced(meter, flow, NOON + TOLD_FOR, None)
    after, _ = sliced(meter, flow, NOON + TOLD_FOR + MINUTE, None)
    assert (within.flow(), after.flow()) == (flow, None)


def test_a_row_that_a_wrong_clock_wrote_is_not_waited_for() -> None:
    """A process whose clock is an hour ahead does not hold the others for an hour."""
    flow = Flow(1.0)
    ahead, _ = sliced(Meter(), flow, NOON + timedelta(hours=1), None)
    _, ours = sliced(ahead, flow, NOON, None)
    assert ours.due(flow) == NOON
