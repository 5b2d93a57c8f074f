"""The client. Goal: what reaches the vendor is what may safely reach it, and every failure ends as one of ours."""

import json

import pytest
import structlog

from ml_connector.errors import Ambiguous, Misconfigured, RateLimited, Transient
from ml_connector.net.client import Client
from ml_connector.net.limits import Pace
from ml_connector.net.retry import ATTEMPTS_MAX
from ml_connector.net.transport import Lost
from ml_connector.wire import Request, Safety
from stub_vendors import Script, WaitingClock, answer

SECRETS = ("s3cret-header", "s3cret-query", "s3cret-body")


def call(safety: Safety) -> Request:
    """A call full of secrets."""
    return Request(
        "test.call", "POST", "https://erp.example.com/x", safety,
        (("PrmName", SECRETS[1]),), {"Authorization": SECRETS[0]}, SECRETS[2].encode(),
    )  # fmt: skip


def client(vendor: Script, clock: WaitingClock | None = None) -> Client:
    """A client whose waits have no jitter."""
    return Client(vendor, clock or WaitingClock(), Pace(random=lambda: 0.0), lambda: 0.0)


def test_a_read_survives_passing_trouble() -> None:
    """Lost answers, refused connections and server errors are repeated until an answer comes, each byte the same."""
    vendor = Script([Lost("x"), Transient("x"), answer(status=502), answer({"a": 1})])
    assert client(vendor).send(call(Safety.READ)).status == 200
    assert vendor.seen == [call(Safety.READ)] * 4


def test_trouble_that_stays_is_told() -> None:
    """The last error comes out after the last attempt."""
    vendor = Script([answer(status=500)] * 50)
    with pytest.raises(Transient):
        client(vendor).send(call(Safety.REPEATABLE))
    assert len(vendor.seen) == ATTEMPTS_MAX


@pytest.mark.parametrize("trouble", [Lost("x"), answer(status=500), answer(status=503), answer(status=504)])
def test_a_write_of_unknown_outcome_reaches_the_vendor_once(trouble: object) -> None:
    """After anything that leaves the outcome open, no second request is sent."""
    vendor = Script([trouble, answer()])  # type: ignore[list-item]  # the table above holds answers and exceptions
    with pytest.raises(Ambiguous):
        client(vendor).send(call(Safety.ONCE))
    assert len(vendor.seen) == 1


def test_a_429_is_repeated_for_writes_too() -> None:
    """Nothing was applied, so that even a write goes out again, after the wait."""
    clock = WaitingClock()
    vendor = Script([answer(status=429, headers={"retry-after": "9"}), answer({"a": 1})])
    begun = clock.now()
    assert client(vendor, clock).send(call(Safety.ONCE)).status == 200
    assert (clock.now() - begun).total_seconds() == 9


def test_a_pause_holds_other_calls_of_the_tenant() -> None:
    """Clients that share a pace share its pauses."""
    clock, pace = WaitingClock(), Pace()
    told = Client(Script([answer(status=429, headers={"retry-after": "600"})]), clock, pace, lambda: 0.0)
    other = Script([answer()])
    with pytest.raises(RateLimited):
        told.send(call(Safety.READ))
    with pytest.raises(RateLimited):
        Client(other, clock, pace, lambda: 0.0).send(call(Safety.READ))
    assert other.seen == []


def test_what_is_refused_by_ourselves_is_not_repeated() -> None:
    """A host that is not allowed is asked once."""
    vendor = Script([Misconfigured("x"), answer()])
    with pytest.raises(Misconfigured):
        client(vendor).send(call(Safety.READ))
    assert len(vendor.seen) == 1


def test_a_process_asked_to_stop_does_not_wait() -> None:
    """A wait that is cut short gives the error instead of hurrying on."""
    vendor = Script([answer(status=500), answer()])
    stopping = Client(vendor, WaitingClock(stopped=True), Pace(), lambda: 0.5)
    with pytest.raises(Transient):
        stopping.send(call(Safety.READ))
    assert len(vendor.seen) == 1


def test_calls_are_counted_by_operation() -> None:
    """Repeats count, since the vendor counts them too."""
    vendor = Script([answer(status=500), answer(), answer()])
    counting = client(vendor)
    counting.send(call(Safety.READ))
    counting.send(call(Safety.READ))
    assert counting.calls == {"test.call": 3}


def test_logs_name_actions_and_no_secret() -> None:
    """Every line says what happened; none holds a header, a query value or a body."""
    with structlog.testing.capture_logs() as lines:
        client(Script([answer(status=500), answer()])).send(call(Safety.READ))
        with pytest.raises(Ambiguous) as caught:
            client(Script([Lost("test.call: gone")])).send(call(Safety.ONCE))
    assert {line["action"] for line in lines} == {"vendor_answer", "vendor_retry", "vendor_gave_up"}
    text = json.dumps(lines) + str(caught.value)
    assert not any(secret in text for secret in SECRETS)
