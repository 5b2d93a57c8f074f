"""What the product asks of any CloudSuite product line, in the product's own words.

An adapter is pairs of pure functions (build a request, parse an answer) behind this port; it declares what it can do
and how long an ambiguous write may stay invisible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ml_connector.core.journal import Journal, SeenLine, Sighting
from ml_connector.core.periods import Period
from ml_connector.core.records import Kind, Row


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a product line declares. Widths are characters.

    `writes_fields`: fields of its records can be written. `posts_journals`: journals can be staged and released;
    where they cannot, postings are handed over as documents. `checks_before_release`: it can check a staged journal
    without posting it. `keeps_keys_unique`: it refuses a second row under the key of the first; where it does not,
    a journal that a stopped worker may have sent, and that cannot be found, is a person's to judge. `tells_periods`:
    it tells the fiscal calendar. `records_runs`: it records what each release came to; where it does not, the lines
    that are read back are the only proof. `finance_posts`: what is staged is the journal that finance posts, and no
    call of ours releases it. `tells_dimensions`: it lists its accounts and cost centers; where it does not, nobody
    knows before posting whether they take entries. `tells_budgets`: its projects come with their money.
    `takes_units_alone`: a journal line may carry hours and no money.
    `posts_released`: the connection has asked for released entries to be posted by the ERP, and not by finance.
    """

    product: str
    reference_width: int
    key_field_width: int
    settle_seconds: float
    posts_journals: bool
    verified_against: str
    writes_fields: bool = True
    checks_before_release: bool = True
    keeps_keys_unique: bool = False
    tells_periods: bool = True
    records_runs: bool = True
    finance_posts: bool = False
    tells_dimensions: bool = True
    tells_budgets: bool = True
    posts_released: bool = False
    takes_units_alone: bool = False

    @property
    def notice(self) -> str:
        """What everybody has to know who posts over this line; empty where postings reach the ledger."""
        if self.posts_journals:
            return ""
        return (
            f"{self.product.upper()} takes no journals from us: each is handed over as a document, which is released "
            "when it was handed over, and confirmed only when somebody, or the endpoint, says that it was posted."
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A delta window, both ends inclusive, aware. `since` None asks for everything up to `until`."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class FieldUpdate:
    """New values of an ERP record's fields, by the ERP's own field names."""

    kind: Kind
    key: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Whether one update of a batch was taken; `refusal` is the ERP's own text, empty where it was."""

    key: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class DimensionValue:
    """An account or a cost center that exists. `posting` tells whether entries may name it, `begins` and `ends` are its
    first and last day where the ERP tells any. `cost_centers` are those that an account goes with, None for any.
    """

    code: str
    description: str
    active: bool
    posting: bool = True
    requires_project: bool = False
    begins: date | None = None
    ends: date | None = None
    cost_centers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """The ERP's own words about one line of a journal."""

    sequence: int
    message: str


@dataclass(frozen=True, slots=True)
class LedgerExtract:
    """Ledger lines by the reference that they carry. `unread` are references of which a line could not be read.

    `searched` is False where the ERP refuses to search by the beginning of a reference.
    """

    lines: Mapping[str, tuple[SeenLine, ...]]
    unread: frozenset[str] = frozenset()
    searched: bool = True


class Erp(Protocol):
    """A CloudSuite product line. Every method may raise `Transient`, `RateLimited`, `Unauthorized` or `Malformed`."""

    @property
    def capabilities(self) -> Capabilities:
        """What this product line can do."""
        ...

    def changes(self, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        """Pages of records of one class that changed in the window."""
        ...

    def write(self, updates: Sequence[FieldUpdate]) -> tuple[WriteResult, ...]:
        """Write fields of records of one kind, in batches; one result each, in order. Repeating changes nothing."""
        ...

    def accounts(self) -> tuple[DimensionValue, ...]:
        """The GL accounts."""
        ...

    def cost_centers(self) -> tuple[DimensionValue, ...]:
        """The cost centers."""
        ...

    def entities(self) -> tuple[DimensionValue, ...]:
        """The accounting entities that there are; none where the ERP does not tell."""
        ...

    def periods(self, entity: str) -> tuple[Period, ...]:
        """The fiscal calendar of an entity, with its state where the ERP tells."""
        ...

    def missing_fields(self) -> tuple[str, ...]:
        """Fields of our field map that the ERP does not know: `Class.Field` each. Empty where all is well."""
        ...

    def sight(self, reference: str) -> Sighting:
        """Everything that the ERP shows under one reference: staging, results and GL detail. Reads only."""
        ...

    def ledger_under(self, prefix: str) -> LedgerExtract:
        """All ledger lines whose reference begins so, whoever entered them. Reads only."""
        ...

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """Put the lines with these sequence numbers into staging. Raises `Ambiguous`."""
        ...

    def validate(self, reference: str) -> None:
        """Have the ERP check the staged lines without posting (FSM's edit-only run). Raises `Ambiguous`."""
        ...

    def release(self, reference: str) -> None:
        """Turn staged lines into journal entries. Raises `Ambiguous`; success is read back, never assumed."""
        ...

    def post(self, entity: str) -> None:
        """Have the ERP post what is released in an entity, where `posts_released`. Raises `Ambiguous`, `Rejected`."""
        ...

    def roll_back(self, reference: str) -> None:
        """Take staged lines out again. Only before release. Raises `Ambiguous`."""
        ...
