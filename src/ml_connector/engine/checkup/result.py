"""What one check came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ml_connector.engine.lane import Lane


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried: what, whether it is well, what was found, and what to do where it is not.

    `area` is whose side it is: CloudSuite, Jira, or the connection's own.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""
    area: str = ""


Probe = Callable[[Lane], Iterator[Check]]
