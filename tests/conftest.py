"""What all tests share: a log that prints nothing."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(autouse=True, scope="session")
def _silent_log() -> None:
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.testing.ReturnLoggerFactory()
    )
