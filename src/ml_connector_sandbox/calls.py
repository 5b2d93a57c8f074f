"""What was asked of each vendor, counted by route."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from ml_connector_sandbox.wire import Query, Request, target_of

LOG_LENGTH = 1000
CLASS_NAME = "class_name"
"""The one template name that is counted by value: how often each CloudSuite class was read is worth knowing."""


@dataclass(slots=True)
class Calls:
    """Counts per vendor and route, refusals by 429, and the last calls in order."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    last: deque[tuple[str, str, str, Query, str]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def count(self, vendor: str, method: str, template: str, names: dict[str, str]) -> None:
        """One call that arrived, whatever came of it."""
        named = template.replace(f"{{{CLASS_NAME}}}", names.get(CLASS_NAME, f"{{{CLASS_NAME}}}"))
        self.counts.setdefault(vendor, Counter())[f"{method} {named}"] += 1

    def note(self, vendor: str, request: Request, outcome: str) -> None:
        """One call in the log, with its status or what became of it."""
        self.last.append((vendor, request.method, request.path, request.query, outcome))

    @property
    def log(self) -> list[str]:
        """The last calls in words."""
        return [
            f"{vendor} {method} {target_of(path, query)} {outcome}"
            for vendor, method, path, query, outcome in self.last
        ]

    def refuse(self, vendor: str) -> None:
        """One call that was refused for its rate."""
        self.refused[vendor] += 1

    def clear(self) -> None:
        """Begin to count anew."""
        self.counts.clear()
        self.refused.clear()
        self.last.clear()

    def document(self) -> dict[str, dict[str, int]]:
        """The counts as JSON takes them."""
        vendors = {
            vendor: dict(sorted(self.counts.get(vendor, Counter()).items())) for vendor in ("jira", "cloudsuite")
        }
        return {**vendors, "refused": {vendor: self.refused[vendor] for vendor in ("jira", "cloudsuite")}}
