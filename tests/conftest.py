"""What all tests share: a log that prints nothing, and property tests that assert nothing about time."""

from __future__ import annotations

import os

import pytest
import structlog
from hypothesis import settings

# Where a change is judged, the same examples are drawn every time; elsewhere new ones are looked for.
settings.register_profile("ours", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="session")
def _silent_log() -> None:
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.testing.ReturnLoggerFactory()
    )
