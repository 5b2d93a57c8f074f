"""Delivers webhooks over sockets, as Jira does: thirty at once at most, to this machine alone, and never waits long."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from ml_connector_sandbox.world import World

AT_ONCE = 30
PAUSE_SECONDS = 0.1
ANSWER_SECONDS = 20.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""A simulation calls nobody but its own machine."""


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """One attempt: the status that was answered, 0 where there was no answer."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return 0
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = (
            False,
            ssl.CERT_NONE,
        )  # our own machine, a certificate of its own
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS, context=trusting)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def deliver_until(stop: threading.Event, world: World) -> None:
    """Deliver what is due until stopped."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while not stop.wait(PAUSE_SECONDS):
            world.deliver_all(lambda jobs: list(pool.map(lambda job: post(*job), jobs)))
