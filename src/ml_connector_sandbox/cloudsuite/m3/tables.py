"""The tables of M3 that exports and customer-built lists read: columns by their four letters, rows from the books.

Physical columns carry the table's two letters before theirs. `CODING` is no table: it is what the customer's own list
of the coding of order lines shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ml_connector_sandbox.cloudsuite import entries, orders
from ml_connector_sandbox.cloudsuite.classes import TRUE, Row
from ml_connector_sandbox.cloudsuite.m3 import custom, names
from ml_connector_sandbox.cloudsuite.m3.batches import CREDIT, DIMENSIONS, state_code
from ml_connector_sandbox.cloudsuite.m3.execute import Values
from ml_connector_sandbox.cloudsuite.m3.kept import kept
from ml_connector_sandbox.cloudsuite.switches import flag, text
from ml_connector_sandbox.cloudsuite.tenant import Tenant

OPEN_STATUS, CLOSED_STATUS = "20", "85"
ACCOUNTS = ("AccountCode", "AccountingUnit", "Project", *DIMENSIONS.values())
"""The ledger's coding, in the order of `AIT1` to `AIT7`."""
CODING = ("GeneralLedgerChartAccount", "AccountingUnit", "Project", *DIMENSIONS.values())


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its prefix, what its rows are sorted by, its columns, and its rows."""

    prefix: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Callable[[Tenant], Iterator[Values]]

    def sorted(self, tenant: Tenant) -> list[Values]:
        """All rows by their key."""
        return sorted(self.rows(tenant), key=lambda row: tuple(_comparable(row[name]) for name in self.key))


def _comparable(value: str) -> tuple[int, str]:
    return (int(value), "") if value.isdigit() and len(value) < len("00000000") else (0, value)


def _heads(tenant: Tenant) -> Iterator[Values]:
    for row in tenant.tables[orders.HEADER].living():
        values = row.fields
        status = CLOSED_STATUS if values["Closed"] == TRUE else OPEN_STATUS
        yield {
            "CONO": names.COMPANY,
            "DIVI": names.DIVISIONS[values["Company"]],
            "PUNO": values["PurchaseOrder"],
            "SUNO": values["Vendor"],
            "BUYE": values["Buyer"],
            "PUDT": values["PurchaseOrderDate"],
            "CUCD": values["Currency"],
            "PUSL": status,
            "PUST": status,
            "ORTY": values["POCode"],
            "LMDT": names.changed(tenant, row),
        }


def _lines(tenant: Tenant) -> Iterator[Values]:
    projects = {
        row.key[:5]: row.fields["DistributionAccount.Project"]
        for row in tenant.tables[orders.DISTRIBUTION].living()
        if row.key[5] == "1"
    }
    for row in tenant.tables[orders.LINE].living():
        values = row.fields
        status = CLOSED_STATUS if values["Closed"] == TRUE else OPEN_STATUS
        yield {
            "CONO": names.COMPANY,
            "PUNO": values["PurchaseOrder"],
            "PNLI": values["LineNumber"],
            "PNLS": "0",
            "ITNO": values["Item"],
            "PITD": values["Description"],
            "ORQA": _shown(tenant, values["Quantity"]),
            "PUPR": _shown(tenant, values["EnteredUnitCost"]),
            "PUCD": "1",
            "PROJ": projects.get(row.key, ""),
            "PUSL": status,
            "PUST": status,
            "DWDT": values["LateDeliveryDate"],
            "LMDT": names.changed(tenant, row),
        }


def _coding(tenant: Tenant) -> Iterator[Values]:
    for row in tenant.tables[orders.DISTRIBUTION].living():
        values = row.fields
        company = values["DistributionAccount.ToAccountingEntity"] or values["Company"]
        yield {
            "CONO": names.COMPANY,
            "DIVI": names.DIVISIONS.get(company, ""),
            "PUNO": values["PurchaseOrder"],
            "PNLI": values["LineNumber"],
            "PNLS": "0",
            "DSEQ": values["DistributionSequence"],
            **{f"AIT{place}": values[f"DistributionAccount.{name}"] for place, name in enumerate(CODING, 1)},
            "DAMT": _shown(tenant, values["DistributionAmount"]),
            "DPCT": _shown(tenant, values["DistributionPercent"]),
            "DQTY": _shown(tenant, values["DistributionQuantity"]),
            "LMDT": names.changed(tenant, row),
        }


def _batch_heads(tenant: Tenant) -> Iterator[Values]:
    for (divi, key1), batch in kept(tenant).batches.items():
        yield {
            "CONO": names.COMPANY,
            "DIVI": divi,
            "KEY1": key1,
            "INTN": batch.head["INTN"],
            "DESC": batch.head["DESC"],
            "STAT": state_code(tenant, batch),
        }


def _batch_lines(tenant: Tenant) -> Iterator[Values]:
    for (divi, key1), batch in kept(tenant).batches.items():
        for line in batch.lines:
            known = {name: line.sent.get(name, "") for name in LINE_COLUMNS}
            yield {**known, "CONO": names.COMPANY, "DIVI": divi, "KEY1": key1, "MSGD": line.error}


LINE_COLUMNS = (
    "CONO", "DIVI", "KEY1", "LINE", "INRI", *(f"AIT{place}" for place in range(1, 8)), "ACQT", "CUCD", "CUAM", "DBCR",
    "ACDT", "VTXT", "EXN1", "EXI1", "EXN2", "EXI2", "MSGD",
)  # fmt: skip


def _ledger(tenant: Tenant) -> Iterator[Values]:
    for row in tenant.ledger.rows(entries.DETAIL):
        voucher = kept(tenant).vouchers.get(row.key[0])
        if voucher is None or row.deleted:
            continue
        fields, amount = row.fields, Decimal(row.fields["TransactionAmount"])
        signed = flag(tenant.switches, "m3_signed_amounts")
        yield {
            "CONO": names.COMPANY,
            "DIVI": names.DIVISIONS[fields["AccountingEntity"]],
            "YEA4": voucher.year,
            "JRNO": str(voucher.journal),
            "JSNO": str(voucher.place),
            "VONO": str(voucher.number),
            "VSER": "MLC",
            "ACDT": fields["PostingDate"],
            **{f"AIT{place}": fields.get(name, "") for place, name in enumerate(ACCOUNTS, 1)},
            "CUCD": fields["CurrencyCode"],
            "CUAM": _shown(tenant, str(amount if signed else abs(amount))),
            "DBCR": CREDIT if amount < 0 else "D",
            "ACQT": _shown(tenant, fields.get("UnitsAmount", "")),
            "VTXT": fields.get("Description", ""),
        }


def _ledger_info(tenant: Tenant) -> Iterator[Values]:
    for row in _ledger_rows(tenant):
        voucher = kept(tenant).vouchers[row.key[0]]
        for info_number, value in voucher.info.items():
            yield {
                "CONO": names.COMPANY,
                "DIVI": names.DIVISIONS[row.fields["AccountingEntity"]],
                "YEA4": voucher.year,
                "JRNO": str(voucher.journal),
                "JSNO": str(voucher.place),
                "GEXN": info_number,
                "GEXI": value,
            }


def _ledger_rows(tenant: Tenant) -> list[Row]:
    vouchers = kept(tenant).vouchers
    return [row for row in tenant.ledger.rows(entries.DETAIL) if row.key[0] in vouchers and not row.deleted]


def _shown(tenant: Tenant, number: str) -> str:
    """A number with the service user's decimal separator."""
    return number.replace(".", text(tenant.switches, "m3_decimal_separator"))


_ORDER = ("CONO", "PUNO")
_AITS = tuple(f"AIT{place}" for place in range(1, 8))

TABLES: dict[str, Table] = {
    "MPHEAD": Table(
        "IA", _ORDER, ("CONO", "DIVI", "PUNO", "SUNO", "BUYE", "PUDT", "CUCD", "PUSL", "PUST", "ORTY", "LMDT"), _heads
    ),
    "MPLINE": Table(
        "IB",
        (*_ORDER, "PNLI", "PNLS"),
        (
            "CONO",
            "PUNO",
            "PNLI",
            "PNLS",
            "ITNO",
            "PITD",
            "ORQA",
            "PUPR",
            "PUCD",
            "PROJ",
            "PUSL",
            "PUST",
            "DWDT",
            "LMDT",
        ),
        _lines,
    ),
    "CODING": Table(
        "C1",
        (*_ORDER, "PNLI", "PNLS", "DSEQ"),
        ("CONO", "DIVI", "PUNO", "PNLI", "PNLS", "DSEQ", *_AITS, "DAMT", "DPCT", "DQTY", "LMDT"),
        _coding,
    ),
    "CUGEX1": Table("F1", ("FILE", "PK01"), ("CONO", "FILE", "PK01", *custom.FIELDS, "LMDT"), custom.rows),
    "FGLINH": Table("FH", ("DIVI", "KEY1"), ("CONO", "DIVI", "KEY1", "INTN", "DESC", "STAT"), _batch_heads),
    "FGLINF": Table("FL", ("DIVI", "KEY1", "LINE"), LINE_COLUMNS, _batch_lines),
    "FGLEDG": Table(
        "EG",
        ("DIVI", "YEA4", "JRNO", "JSNO"),
        (
            "CONO",
            "DIVI",
            "YEA4",
            "JRNO",
            "JSNO",
            "VONO",
            "VSER",
            "ACDT",
            *_AITS,
            "CUCD",
            "CUAM",
            "DBCR",
            "ACQT",
            "VTXT",
        ),
        _ledger,
    ),
    "FGLEDX": Table(
        "EG",
        ("DIVI", "YEA4", "JRNO", "JSNO", "GEXN"),
        ("CONO", "DIVI", "YEA4", "JRNO", "JSNO", "GEXN", "GEXI"),
        _ledger_info,
    ),
}
VIEWS = frozenset({"CODING"})
"""Only a list of the customer's shows these."""
