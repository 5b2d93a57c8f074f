"""What can be made to go wrong. A rule names a fault and when it strikes: the next n calls, or each with a probability.

Some faults strike at the door (`front.py`), before or after the vendor has done what it was asked. Those marked inside
are drawn by the vendor itself, which asks `strikes(name)` at the place where the fault would happen; a rule for one of
them takes no `method`, no `path_holds` and no `body_holds`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from ml_connector_sandbox.wire import Request

FAULTS: dict[str, str] = {
    "status": "answers with `status` (500 unless given), with `retry_after` where given, and does nothing",
    "rate_limited_json": "answers 429 with a JSON body and does nothing",
    "rate_limited_html": "answers 429 with a web page and does nothing",
    "lost_request": "drops the connection before anything is done",
    "lost_answer": "does what is asked, then drops the connection",
    "gateway_timeout_before_commit": "answers 504 and does nothing",
    "gateway_timeout_after_commit": "does what is asked and answers 504",
    "server_error_before_commit": "answers 500 and does nothing",
    "server_error_after_commit": "does what is asked and answers 500",
    "late_commit": "answers 504 now, and does what is asked when the clock has moved by `seconds`",
    "false_unauthorized": "answers 401 to a valid token and does nothing",
    "token_expired": "the bearer token that is presented stops being valid just before the call",
    "partial_batch": "inside: a row of a batch fails",
    "edit_only_writes_result": "inside: an edit-only run writes a result row",
    "keys_not_enforced": "inside: a staged row with a key that is there already is taken all the same",
    "ln_false_unauthorized": "inside: LN answers 401 (OAuth [U14]) to a valid token and does nothing",
    "lost_delivery": "inside: a delivery of a webhook is never made",
    "doubled_delivery": "inside: a delivery of a webhook is made twice",
    "late_delivery": "inside: a delivery of a webhook comes up to 15 minutes late, after others",
}
DELIVERIES = frozenset({"lost_delivery", "doubled_delivery", "late_delivery"})
INSIDE = (
    frozenset({"partial_batch", "edit_only_writes_result", "keys_not_enforced", "ln_false_unauthorized"}) | DELIVERIES
)
VENDORS = ("", "jira", "cloudsuite")
BODIES = ("json", "html")
STATUSES = range(200, 600)
LONGEST = 366 * 24 * 3600
"""Seconds that a write may be put off: a year."""
KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "vendor": (str,),
    "method": (str,),
    "path_holds": (str,),
    "body_holds": (str,),
    "next": (int,),
    "probability": (int, float),
    "status": (int,),
    "retry_after": (int, str),
    "body": (str,),
    "seconds": (int, float),
}
"""What a rule may hold, and of which kind."""


class BadRule(Exception):
    """A rule that names no fault, no time to strike, or something that it does not take."""


@dataclass(slots=True)
class Rule:
    """When a fault strikes: `next` counts down, else `probability` is drawn.

    Empty filters match every call; `path_holds` is looked for in path and query, `body_holds` in the body.
    """

    name: str
    vendor: str = ""
    method: str = ""
    path_holds: str = ""
    body_holds: str = ""
    next: int = 0
    probability: float = 0.0
    status: int = 500
    retry_after: int | str = ""
    body: str = "json"
    seconds: float = 30.0

    def fits(self, vendor: str, request: Request) -> bool:
        """Whether a call is one of those meant."""
        return (
            self.vendor in ("", vendor)
            and self.method.upper() in ("", request.method)
            and (not self.path_holds or self.path_holds in request.target)
            and self.body_holds.encode() in request.body
        )


@dataclass(slots=True)
class Faults:
    """The rules in force."""

    random: random.Random
    rules: list[Rule] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    """How often each fault did something, since the world began."""

    def put(self, documents: list[Mapping[str, Any]]) -> None:
        """Replace all rules. Raises BadRule."""
        self.rules = [_rule(document) for document in documents]

    def at_door(self, vendor: str, request: Request) -> Rule | None:
        """The rule that strikes this call at the door."""
        for rule in self.rules:
            if rule.name not in INSIDE and rule.fits(vendor, request) and self._draw(rule):
                return rule
        return None

    def strikes_of(self, vendor: str) -> partial[bool]:
        """What a vendor asks about the faults that strike inside it."""
        return partial(self._inside, vendor)

    def _inside(self, vendor: str, name: str) -> bool:
        return any(rule.name == name and rule.vendor in ("", vendor) and self._draw(rule) for rule in self.rules)

    def _draw(self, rule: Rule) -> bool:
        if rule.next > 0:
            rule.next -= 1
        elif not (rule.probability > 0 and self.random.random() < rule.probability):
            return False
        self.struck[rule.name] += 1
        return True

    def document(self) -> list[dict[str, Any]]:
        """The rules as JSON takes them; those that have struck for the last time stand with `next` 0."""
        return [asdict(rule) for rule in self.rules]


def _rule(document: Mapping[str, Any]) -> Rule:
    for name, value in document.items():
        if name not in KINDS:
            raise BadRule(f"a rule has no {name}; there are {', '.join(KINDS)}")
        if type(value) not in KINDS[name]:
            raise BadRule(f"{name} cannot be {value!r}")
    if document.get("name") not in FAULTS:
        raise BadRule(f"{document.get('name')!r} is no fault; there are {', '.join(FAULTS)}")
    rule = Rule(**document)
    if wrong := _wrong(rule):
        raise BadRule(f"{rule.name}: {wrong}")
    return rule


def _wrong(rule: Rule) -> str:
    """What is wrong with a rule; empty where nothing is."""
    checks = (
        (0 <= rule.probability <= 1, "`probability` is from 0 to 1"),
        (0 <= rule.seconds <= LONGEST, f"`seconds` is from 0 to {LONGEST}"),
        (rule.next > 0 or rule.probability > 0, "never strikes: give `next` (calls) or `probability`"),
        (rule.vendor in VENDORS, f"{rule.vendor} is no vendor"),
        (rule.body in BODIES, f"`body` is one of {', '.join(BODIES)}"),
        (rule.status in STATUSES, f"{rule.status} is no status to answer with"),
        (
            rule.name not in INSIDE or not (rule.method or rule.path_holds or rule.body_holds),
            "strikes inside the vendor and takes no `method`, no `path_holds` and no `body_holds`",
        ),
    )
    return next((message for is_right, message in checks if not is_right), "")
