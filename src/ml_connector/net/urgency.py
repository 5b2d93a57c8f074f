"""Who goes first where calls have to wait: people, then postings, then everything else. Nobody waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Urgency(IntEnum):
    """The less, the more urgent."""

    INTERACTIVE = 0
    """Somebody waits for the answer."""
    POSTING = 1
    """Money on its way to the ledger."""
    BACKGROUND = 2
    """Polls, and all that the schedule does."""


_PRESENT: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.INTERACTIVE)


def present() -> Urgency:
    """How urgent the calls of this thread are now."""
    return _PRESENT.get()


@contextmanager
def background() -> Iterator[None]:
    """Calls in this block give way to all others."""
    with _of(Urgency.BACKGROUND):
        yield


@contextmanager
def posting() -> Iterator[None]:
    """Calls in this block go before what is in the background; what is more urgent stays so."""
    with _of(min(present(), Urgency.POSTING)):
        yield


@contextmanager
def _of(urgency: Urgency) -> Iterator[None]:
    token = _PRESENT.set(urgency)
    try:
        yield
    finally:
        _PRESENT.reset(token)
