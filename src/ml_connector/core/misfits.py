"""What a fit report is made of: misfits with their money, and how much of each kind of record maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from ml_connector.core.money import Money
from ml_connector.core.records import Finding

WHOLE = 100


class Part(StrEnum):
    """The kinds of records whose coverage is counted."""

    ORDER = "open purchase orders"
    PROJECT = "active projects"
    PERSON = "people"
    ACCOUNT = "GL accounts"
    COST_CENTER = "cost centers"
    HOURS = "worklogs"


@dataclass(frozen=True, slots=True)
class Worth:
    """What a record stands for; `at_most` where the figure is an upper bound. None of it known: `amount` is None."""

    amount: Money | None = None
    seconds: int = 0
    at_most: bool = False

    def plus(self, other: Worth) -> Worth:
        """Both together, in one currency; an amount that is not known leaves the other as a lower figure."""
        amount = self.amount or other.amount
        if self.amount is not None and other.amount is not None:
            amount = self.amount + other.amount
        return Worth(amount, self.seconds + other.seconds, self.at_most or other.at_most)


NOTHING_KNOWN = Worth()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record that does not map, or would be stopped. `blocks` is False where work goes on all the same."""

    kind: str
    part: Part
    subject: str
    message: str
    remedy: str
    owner: str = "integration administrator"
    worth: Worth = NOTHING_KNOWN
    blocks: bool = True


def of_finding(finding: Finding, part: Part, worth: Worth, *, blocks: bool = True) -> Misfit:
    """A finding as a misfit."""
    return Misfit(finding.code, part, finding.subject, finding.message, finding.remedy, finding.owner, worth, blocks)


@dataclass(frozen=True, slots=True)
class Valued:
    """A record that was looked at, and the money that it stands for, by currency in minor units."""

    part: Part
    subject: str
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many records of a kind there are and how many do not map, and the money of both, by currency."""

    part: Part
    total: int = 0
    unmapped: int = 0
    amounts: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def worst(self) -> Fraction:
        """The largest share that does not map, in percent: of the records, and of the money in each currency."""
        pairs = [(self.total, self.unmapped), *self.amounts.values()]
        return max((Fraction(WHOLE * abs(part), abs(whole)) for whole, part in pairs if whole), default=Fraction(0))


def coverage(part: Part, records: Iterable[Valued], misfits: Iterable[Misfit]) -> Coverage:
    """Count the records of one kind, each once however much is wrong with it."""
    wrong = {misfit.subject for misfit in misfits if misfit.part is part and misfit.blocks}
    amounts: dict[str, tuple[int, int]] = {}
    total = unmapped = 0
    for record in records:
        if record.part is not part:
            continue
        total += 1
        unmapped += record.subject in wrong
        for currency, minor in record.amounts.items():
            whole, missing = amounts.get(currency, (0, 0))
            amounts[currency] = whole + minor, missing + (minor if record.subject in wrong else 0)
    return Coverage(part, total, unmapped, amounts)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule would do: how many worklogs, hours or orders it is about, and what they would cost, by currency."""

    rule: str
    blocks: bool
    count: int
    seconds: int
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """The whole report. `writes` counts the operations of the first sync; `labor` is the gross of its journals."""

    coverage: tuple[Coverage, ...]
    misfits: tuple[Misfit, ...]
    rules: tuple[RuleOutcome, ...]
    writes: Mapping[str, int]
    labor: Mapping[str, int]

    def covers(self, percent: Fraction) -> bool:
        """Whether no more than this share of any kind of record, or of its money in any currency, does not map."""
        return all(each.worst <= percent for each in self.coverage)
