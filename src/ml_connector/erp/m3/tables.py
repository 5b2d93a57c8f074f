"""Which column of which table of M3 holds what: our names to the columns' four letters, and to a tenant's own.

Physical columns carry two letters of their table before their four; some tenants are asked with them, some without.
`CODING` is no table: it is the customer's own list of the coding of order lines, built in CMS100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_connector.errors import Misconfigured

HEAD, LINE, CODING, CUSTOM = "MPHEAD", "MPLINE", "CODING", "CUGEX1"
BATCH, BATCH_LINE, LEDGER, LEDGER_INFO = "FGLINH", "FGLINF", "FGLEDG", "FGLEDX"

_DIMENSIONS = {f"ait{place}": f"AIT{place}" for place in range(1, 8)}

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    HEAD: {
        "company": "CONO",
        "number": "PUNO",
        "division": "DIVI",
        "vendor": "SUNO",
        "buyer": "BUYE",
        "ordered": "PUDT",
        "currency": "CUCD",
        "status": "PUSL",
        "type": "",
        "invoiced": "",
        "changed": "LMDT",
    },
    LINE: {
        "company": "CONO",
        "number": "PUNO",
        "line": "PNLI",
        "subline": "PNLS",
        "item": "ITNO",
        "quantity": "ORQA",
        "unit_cost": "PUPR",
        "cost_quantity": "PUCD",
        "project": "PROJ",
        "status": "PUSL",
        "changed": "LMDT",
        "description": "PITD",
    },
    CODING: {
        "number": "PUNO",
        "division": "DIVI",
        "line": "PNLI",
        "subline": "PNLS",
        "sequence": "DSEQ",
        **_DIMENSIONS,
        "amount": "DAMT",
        "percent": "DPCT",
        "quantity": "DQTY",
        "changed": "LMDT",
    },
    CUSTOM: {"company": "CONO", "file": "FILE", "key": "PK01"},
    BATCH: {"company": "CONO", "division": "DIVI", "reference": "KEY1", "state": "STAT"},
    # Lines of usage type 2 are kept apart from those of type 1.
    BATCH_LINE: {
        "company": "CONO",
        "division": "DIVI",
        "reference": "KEY1",
        "line": "LINE",
        **_DIMENSIONS,
        "quantity": "ACQT",
        "currency": "CUCD",
        "amount": "CUAM",
        "side": "DBCR",
        "date": "ACDT",
        "info": "EXI1",
        "error": "MSGD",
    },
    LEDGER: {
        "company": "CONO",
        "division": "DIVI",
        "year": "YEA4",
        "journal": "JRNO",
        "place": "JSNO",
        "date": "ACDT",
        **_DIMENSIONS,
        "quantity": "ACQT",
        "currency": "CUCD",
        "amount": "CUAM",
        "side": "DBCR",
    },
    LEDGER_INFO: {
        "company": "CONO",
        "division": "DIVI",
        "year": "YEA4",
        "journal": "JRNO",
        "place": "JSNO",
        "info_number": "GEXN",
        "info": "GEXI",
    },
}

PREFIXES: Mapping[str, str] = {
    HEAD: "IA", LINE: "IB", CUSTOM: "F1", BATCH: "FH", BATCH_LINE: "FL", LEDGER: "EG", LEDGER_INFO: "EG",
}  # fmt: skip
PREFIX_WIDTH = 2


@dataclass(frozen=True, slots=True)
class Tables:
    """The columns in force, and how tables are read: by export or, where a list is named, by a list of the customer's.

    `lists` are transactions of CMS100MI by table.
    """

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULTS)
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES)
    prefixed: bool = True
    lists: Mapping[str, str] = field(default_factory=dict)

    def of(self, table: str) -> Mapping[str, str]:
        """Our names to the columns of one table, without those that the tenant does not have."""
        return {ours: theirs for ours, theirs in self.columns[table].items() if theirs}

    def physical(self, table: str, column: str) -> str:
        """What a column is called in a query."""
        return f"{self.prefixes.get(table, '')}{column}" if self.prefixed else column


def tables(
    overrides: Mapping[str, Mapping[str, str]],
    *,
    prefixes: Mapping[str, str] | None = None,
    prefixed: bool = True,
    lists: Mapping[str, str] | None = None,
) -> Tables:
    """The defaults with a connection's `[cloudsuite.fields.TABLE]` over them; an empty name means no column.

    Raises Misconfigured for a table or a name that nothing reads.
    """
    for named in (overrides, prefixes or {}, lists or {}):
        for table in named:
            if table not in DEFAULTS:
                raise Misconfigured(
                    f"The connection names the table {table!r} of M3, which is not read.",
                    remedy=f"The tables are: {', '.join(DEFAULTS)}.",
                )
    for table, names in overrides.items():
        unknown = sorted(set(names) - set(DEFAULTS[table]))
        if unknown:
            raise Misconfigured(
                f"cloudsuite.fields.{table} names {unknown[0]!r}, which is not read.",
                remedy=f"The names are: {', '.join(DEFAULTS[table])}.",
            )
    columns = {table: {**names, **overrides.get(table, {})} for table, names in DEFAULTS.items()}
    return Tables(columns, {**PREFIXES, **(prefixes or {})}, prefixed, lists or {})
