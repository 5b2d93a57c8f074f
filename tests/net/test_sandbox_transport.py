"""The bridge to the simulated vendors. Goal: what a vendor sees in process is what it would see over a socket."""

import pytest

from ml_connector.net.transport import Lost
from ml_connector.wire import Request, Safety
from ml_connector_sandbox import wire as sandbox
from sandbox_transport import SandboxTransport, by_host

CALL = Request(
    "test.call", "POST", "https://erp.test/a%20b/x", Safety.ONCE, (("q", "1 & 2"), ("q", "ü")), {"Accept": "x"}, b"{}"
)


def echo(request: sandbox.Request) -> sandbox.Response:
    """A vendor that tells what arrived."""
    told = [request.method, request.path, request.query, request.headers["accept"], request.body.decode()]
    return sandbox.json_response(told, 201, {"X-Thing": "yes"})


def test_a_request_arrives_decoded_and_its_answer_comes_back() -> None:
    """Path, repeated query, headers and body arrive; header names of the answer are lower case."""
    response = SandboxTransport(echo)(CALL)
    assert response.status == 201
    assert response.headers["x-thing"] == "yes"
    assert sandbox.Response(201, response.body).json() == ["POST", "/a b/x", [["q", "1 & 2"], ["q", "ü"]], "x", "{}"]


def test_a_dropped_connection_is_a_lost_exchange() -> None:
    """What the vendor's front raises for it becomes what the real transport raises."""

    class Dropped(Exception):
        """The front's own."""

    def drop(_: sandbox.Request) -> sandbox.Response:
        raise Dropped

    with pytest.raises(Lost):
        SandboxTransport(drop, Dropped)(CALL)


def test_vendors_are_told_apart_by_host() -> None:
    """Each address leads to its own vendor; an unknown one leads nowhere."""
    send = by_host({"erp.test": SandboxTransport(echo)})
    assert send(CALL).status == 201
    with pytest.raises(Lost):
        send(Request("test.call", "GET", "https://other.test/", Safety.READ))
