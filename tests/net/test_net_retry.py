"""When to try again. Goal: never after an ambiguous answer, never without end, never sooner than the vendor asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector import errors
from ml_connector.net.retry import (
    ATTEMPTS_MAX,
    BACKOFF_SECONDS_MAX,
    PATIENCE_SECONDS,
    REFUSALS_MAX,
    GiveUp,
    Wait,
    decide,
)
from ml_connector.wire import Safety

randoms = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 50)
FINAL = [
    errors.Ambiguous, errors.Rejected, errors.Unauthorized, errors.Misconfigured, errors.Drifted, errors.Malformed,
    errors.Fenced, errors.InvariantBroken,
]  # fmt: skip


@given(st.sampled_from(FINAL), attempts, st.sampled_from(Safety), randoms)
def test_only_transient_errors_are_tried_again(
    error: type[errors.ConnectorError], attempt: int, safety: Safety, chance: float
) -> None:
    """An ambiguous write is looked up before anything is sent again; refusals stay refusals."""
    assert decide(error("x"), attempt, safety, lambda: chance) == GiveUp()


@given(attempts, randoms)
def test_a_write_goes_out_once(attempt: int, chance: float) -> None:
    """A write that must not be repeated is not, even where nothing should have been applied."""
    assert decide(errors.Transient("x"), attempt, Safety.ONCE, lambda: chance) == GiveUp()


@given(st.one_of(st.none(), st.floats(0, PATIENCE_SECONDS)), st.sampled_from(Safety), attempts, randoms)
def test_a_refused_call_goes_out_again_when_the_pace_lets_it(
    after: float | None, safety: Safety, attempt: int, chance: float
) -> None:
    """After a 429 every call may go out again. How long that takes is the pace's to say; it is not tried for ever."""
    decision = decide(errors.RateLimited("x", after=after), attempt, safety, lambda: chance)
    assert decision == (Wait(0.0) if attempt < REFUSALS_MAX else GiveUp())


def test_a_wait_beyond_patience_is_left_to_the_schedule() -> None:
    """An hour's pause does not hold a thread for an hour."""
    assert decide(errors.RateLimited("x", after=3600), 1, Safety.READ, lambda: 0.5) == GiveUp()


@given(st.sampled_from([Safety.READ, Safety.REPEATABLE]), attempts, randoms)
def test_waits_grow_to_a_limit_and_end(safety: Safety, attempt: int, chance: float) -> None:
    """Reads are tried again up to the limit of attempts, with waits up to the limit of waits."""
    decision = decide(errors.Transient("x"), attempt, safety, lambda: chance)
    if attempt >= ATTEMPTS_MAX:
        assert decision == GiveUp()
    else:
        assert isinstance(decision, Wait)
        assert 0 <= decision.seconds <= min(BACKOFF_SECONDS_MAX, 2 ** (attempt - 1))


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_jitter_is_full(chance: float) -> None:
    """The wait is spread over the whole of its range, so that many connections do not come back together."""
    decision = decide(errors.Transient("x"), 3, Safety.READ, lambda: chance)
    assert isinstance(decision, Wait)
    assert decision.seconds == chance * 4
