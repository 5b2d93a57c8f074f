"""Dimensions: what the ERP says of each account, cost center and project, and what a code becomes from a day on.

A coding is held against them before anything is posted, so that what the ERP would refuse is known with its money.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ml_connector.core.records import Coding

ACCOUNT, COST_CENTER, PROJECT = "account", "cost_center", "project"
WORDS = {ACCOUNT: "GL account", COST_CENTER: "cost center", PROJECT: "project"}
"""What people call the parts of a coding; a free dimension goes by its number."""


@dataclass(frozen=True, slots=True)
class Code:
    """One account, cost center or project. `begins` and `ends` are its first and last day, None where it has none.

    `posting`: entries may name it. `requires_project` and `cost_centers` are an account's: whether an entry on it has
    to name a project, and the cost centers that it goes with, None for any.
    """

    code: str
    active: bool = True
    posting: bool = True
    requires_project: bool = False
    begins: date | None = None
    ends: date | None = None
    cost_centers: frozenset[str] | None = None

    def trouble(self, day: date) -> str:
        """Why entries of a day may not name it, as the end of a sentence; empty where they may."""
        if not self.active:
            return "is not active"
        if not self.posting:
            return "takes no postings"
        if self.begins is not None and day < self.begins:
            return f"is valid from {self.begins} on"
        if self.ends is not None and day > self.ends:
            return f"was valid until {self.ends}"
        return ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a coding: the code of its finding, the part and value that it is about, and why."""

    code: str
    part: str
    value: str
    why: str

    @property
    def what(self) -> str:
        """The part with its value, as people say it."""
        return f"{WORDS[self.part]} {self.value}"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What the ERP told, by part and code. A part that it does not tell is missing and never judged.

    Of projects only those that were read are judged: one that we never saw may belong to somebody else.
    """

    codes: Mapping[str, Mapping[str, Code]] = field(default_factory=dict)

    def flaws(self, coding: Coding, day: date) -> Iterator[Flaw]:
        """Everything that is wrong with a coding on a day: each code by itself, and how they go together."""
        yield from _judged("unknown_account", ACCOUNT, coding.account, self.codes, day)
        yield from _judged("inactive_cost_center", COST_CENTER, coding.cost_center, self.codes, day)
        yield from _judged("inactive_project", PROJECT, coding.project, self.codes, day)
        account = self.codes.get(ACCOUNT, {}).get(coding.account)
        if account is not None and account.requires_project and not coding.project:
            yield Flaw("account_needs_project", ACCOUNT, coding.account, "takes only entries that name a project")
        if account is not None and account.cost_centers is not None and coding.cost_center not in account.cost_centers:
            why = f"does not go with cost center {coding.cost_center or '(none)'}"
            yield Flaw("invalid_combination", ACCOUNT, coding.account, why)


def _judged(finding: str, part: str, value: str, codes: Mapping[str, Mapping[str, Code]], day: date) -> Iterator[Flaw]:
    if not value or part not in codes:
        return
    code = codes[part].get(value)
    unseen = "" if part == PROJECT else "does not exist"
    if why := code.trouble(day) if code is not None else unseen:
        yield Flaw(finding, part, value, why)


UNTOLD = Dimensions()
"""Nothing told, and so nothing judged."""


@dataclass(frozen=True, slots=True)
class Recode:
    """From a day of work on, one code of a part (`account`, `cost_center`, `project`, or a dimension's number) is
    posted as another. An empty code stands for a part that the order leaves out.
    """

    part: str
    code: str
    becomes: str
    effective: date


def recoded(coding: Coding, recodes: Sequence[Recode], day: date) -> Coding:
    """A coding as it is posted for work of a day. What a code became is not changed once more."""
    if not recodes:
        return coding
    named = {ACCOUNT: coding.account, COST_CENTER: coding.cost_center, PROJECT: coding.project}
    latest: dict[str, Recode] = {}
    for each in recodes:
        value = named[each.part] if each.part in named else dict(coding.dimensions).get(each.part, "")
        before = latest.get(each.part)
        if each.code == value and each.effective <= day and (before is None or before.effective < each.effective):
            latest[each.part] = each
    becomes = {part: each.becomes for part, each in latest.items()}
    free = {**dict(coding.dimensions), **{part: value for part, value in becomes.items() if part not in named}}
    return Coding(
        coding.entity,
        becomes.get(ACCOUNT, coding.account),
        becomes.get(COST_CENTER, coding.cost_center),
        becomes.get(PROJECT, coding.project),
        tuple(sorted((number, value) for number, value in free.items() if value)),
    )
