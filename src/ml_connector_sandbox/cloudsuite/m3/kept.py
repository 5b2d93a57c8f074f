"""What M3 keeps beside the books that all product lines share: journal batches, custom fields, voucher numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_connector_sandbox.cloudsuite.classes import Row
from ml_connector_sandbox.cloudsuite.tenant import Tenant

Key = tuple[str, str]
"""A division and a `KEY1`."""


@dataclass(slots=True)
class Line:
    """One line of a batch as it was sent, the row that it would become, and what the control found."""

    sent: Mapping[str, str]
    row: Row
    error: str = ""


@dataclass(slots=True)
class Batch:
    """A batch of GLS840. `state` is one of `batches.STATES`."""

    head: Mapping[str, str]
    state: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Voucher:
    """Where a ledger line stands in its journal, and its additional information by number."""

    year: str
    journal: int
    place: int
    number: int
    info: Mapping[str, str]


@dataclass(slots=True)
class Kept:
    """All of it. `custom` are the rows of CUGEX1 by file and first key; `vouchers` are by the id of the ledger line."""

    batches: dict[Key, Batch] = field(default_factory=dict)
    custom: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    vouchers: dict[str, Voucher] = field(default_factory=dict)
    journals: int = 0


def kept(tenant: Tenant) -> Kept:
    """What this tenant keeps."""
    found = tenant.kept.setdefault("m3", Kept())
    assert isinstance(found, Kept)
    return found
