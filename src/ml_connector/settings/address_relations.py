"""Which addresses of a connection file may be called without encryption."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ml_connector.settings.raw import Raw, table_at, text_at, texts_at
from ml_connector.settings.values import LOOPBACK_NAMES
from ml_connector.settings.wording import Flaw

CALLED = ("url", "gateway_url", "sign_in_url")
"""The addresses of [jira] that credentials are sent to."""


def credentials_go_encrypted(raw: Raw) -> Iterator[Flaw]:
    """Without encryption they go to this machine, or to a host that the connection allows by name."""
    named = {host.strip("[]").rstrip(".").lower() for _, host in texts_at(table_at(raw, "network"), "allowed_hosts")}
    for name in CALLED:
        host = _plain_host(text_at(raw, "jira", name))
        if host and host not in LOOPBACK_NAMES | named:
            remedy = "Write https://; for a server in a network of your own, name its host in network.allowed_hosts."
            yield ("jira", name), "would send credentials without encryption", remedy


def _plain_host(url: str) -> str:
    """The host of an address without encryption; empty for any other, and for what is no address at all."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip(".") if parts.scheme == "http" else ""
    except ValueError:
        return ""
