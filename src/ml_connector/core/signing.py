"""How old credentials are, and when they end: a person is told a month before, not by a connection that stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ml_connector.core.records import Finding, Severity

WARNED_BEFORE = timedelta(days=30)
"""How long before the end of credentials a person is told."""
SUBJECT = "Jira credentials"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The way in that a connection uses. `words` name it, `loses` says what it cannot do, `again` how to store another.

    `stored` is when it was stored. `expires` is the last day that a person told; without it, `lives` is how long it can
    live at most, None where nobody says.
    """

    words: str
    loses: str = ""
    again: str = ""
    stored: datetime | None = None
    expires: date | None = None
    lives: timedelta | None = None

    @property
    def ends(self) -> date | None:
        """The day after which it is not to be counted on; None where nothing is known."""
        if self.expires is not None:
            return self.expires
        return (self.stored + self.lives).date() if self.stored and self.lives else None

    @property
    def age(self) -> str:
        """Since when, and until when, in words."""
        stored = f"stored on {self.stored.date()}" if self.stored else "stored nobody knows when"
        if self.ends is None:
            return stored
        return f"{stored}, ends {'on' if self.expires else 'by'} {self.ends}"


def ending(sign_in: SignIn, now: datetime) -> Finding | None:
    """What to tell a person about credentials that end within a month or have ended; None while there is time."""
    ends = sign_in.ends
    if ends is None or now.date() < ends - WARNED_BEFORE:
        return None
    when = "end" if now.date() <= ends else "should have ended"
    return Finding(
        "credentials_end",
        SUBJECT,
        f"Those of {sign_in.words} ({sign_in.age}) {when}: after that nothing is read or written.",
        f"Make others while these still work, and store them with {sign_in.again}. Where they live longer, store them "
        "again with --expires.",
        Severity.WARN,
    )
