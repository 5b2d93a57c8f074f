"""Journal rows and the ledger: clients enter rows in a journal, finance posts it, and its rows are ledger lines.

The names of IDOs and of the ledger's properties are those of public client code; those of a journal row are inferred.
A row that waits in a journal is a released line of the books: nothing stands between it and the ledger but finance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ml_connector_sandbox.cloudsuite import entries
from ml_connector_sandbox.cloudsuite.classes import Refused, Row
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Item, Property, Site, Values
from ml_connector_sandbox.cloudsuite.csi.sites import day, on, setting
from ml_connector_sandbox.cloudsuite.tenant import Tenant

REF_WIDTH = 30
JOURNAL, REF, SEQUENCE = "CsiJournal", "CsiRef", "CsiSeq"
"""What a line of the books keeps of the row that it was."""
NUMBERED = re.compile(r"(?P<reference>[^. ]+)\.(?P<sequence>[0-9]{1,6})(?: (?P<rest>.*))?")
"""How clients number the rows of one reference; any other Ref is a reference with CSI's own numbers."""

RATES = {"JPY": Decimal("0.0066"), "EUR": Decimal("1.08"), "GBP": Decimal("1.27")}
"""Exchange rates of the sites' own table, all to one currency; nobody posts by them here."""

UNIT_FIELDS = ("AccountingUnit", "Project", "FinanceDimension1", "FinanceDimension2")


def _lines(site: Site, *, posted: bool) -> list[Row]:
    return [
        row
        for row in site.tenant.ledger.rows(entries.DETAIL)
        if not row.deleted and row.fields["AccountingEntity"] == site.company and entries.is_posted(row) is posted
    ]


def _shared(site: Site, row: Row) -> dict[str, str]:
    """What a row of a journal and a line of the ledger have in common."""
    fields = row.fields
    amount, currency = Decimal(fields["TransactionAmount"]), fields["CurrencyCode"]
    own = amount if currency == site.currency else (amount * RATES.get(currency, Decimal(1))).quantize(Decimal("0.01"))
    return {
        "Acct": fields["AccountCode"],
        **{f"AcctUnit{n}": site.local.unit(fields.get(name, "")) for n, name in enumerate(UNIT_FIELDS, 1)},
        "TransDate": day(fields["PostingDate"]),
        "DomAmount": str(own),
        "ForAmount": str(amount),
        "CurrCode": currency,
        "Ref": fields[REF],
    }


def journal_items(site: Site) -> Iterator[Item]:
    """`SLJournals`: the rows that wait."""
    for row in _lines(site, posted=False):
        values = _shared(site, row)
        amount = Decimal(values["DomAmount"])
        columns = {"DebitAmount": str(max(amount, Decimal(0))), "CreditAmount": str(max(-amount, Decimal(0)))}
        own = {"Id": row.fields[JOURNAL], "Seq": row.fields[SEQUENCE]}
        yield Item(row.key, {**own, **values, **columns}, row.updated)


def ledger_items(site: Site) -> Iterator[Item]:
    """`SLLedgers`: what was posted."""
    for row in _lines(site, posted=True):
        year, _, month = row.fields["AccountingPeriod"].partition("-")
        control = {"ControlYear": year, "ControlPeriod": str(int(month or 0)), "TransNum": row.key[0]}
        yield Item(row.key, {"FromId": row.fields[JOURNAL], **_shared(site, row), **control}, row.updated)


def insert(site: Site, values: Values) -> tuple[str, ...]:
    """Enter one row. Nothing makes it unique. Raises `Refused` with what is wrong with it."""
    for name in ("Id", "Acct", "TransDate"):
        if not values.get(name):
            raise Refused(f"[{name}] must be specified.")
    if values["Id"] not in setting(site.tenant.switches, "csi_journal_ids").split(","):
        raise Refused(f"Journal [{values['Id']}] is not valid.")
    amount, currency = _amount(site, values)
    reference, sequence, rest = _named(site, values.get("Ref", ""))
    line = site.tenant.ledger.enter(
        {
            entries.GROUP: site.tenant.reference.group,
            entries.RUN_GROUP: reference,
            entries.SEQUENCE: sequence,
            "AccountingEntity": site.company,
            "AccountCode": values["Acct"],
            **{name: site.local.code(values.get(f"AcctUnit{n}", "")) for n, name in enumerate(UNIT_FIELDS, 1)},
            "PostingDate": values["TransDate"][:8],
            "CurrencyCode": currency,
            "TransactionAmount": str(amount),
            "Reference": rest,
        },
        {JOURNAL: values["Id"], REF: values.get("Ref", ""), SEQUENCE: sequence},
        any_period=not on(site.tenant.switches, "csi_closed_period_refused_at_entry"),
    )
    return line.key


def _named(site: Site, ref: str) -> tuple[str, str, str]:
    """Reference, sequence number and the text behind them."""
    if found := NUMBERED.fullmatch(ref):
        return found["reference"], found["sequence"], found["rest"] or ""
    return ref or "(none)", str(len(site.tenant.ledger.rows(entries.DETAIL)) + 1), ""


def _amount(site: Site, values: Values) -> tuple[Decimal, str]:
    """The signed amount and its currency: in the site's own, or the foreign amount that comes with a currency."""
    currency = values.get("CurrCode") or site.currency
    if currency != site.currency:
        text = values.get("ForAmount", "")
    elif setting(site.tenant.switches, "csi_journal_amounts") == "columns":
        debit, credit = values.get("DebitAmount", ""), values.get("CreditAmount", "")
        text = str(Decimal(debit or 0) - Decimal(credit or 0)) if debit or credit else ""
    else:
        text = values.get("DomAmount", "")
    if not text:
        raise Refused("The amount must be specified.")
    return Decimal(text), currency


def delete(site: Site, item: Item) -> None:
    """Take a row out of its journal."""
    site.tenant.ledger.withdraw(item.key)


def postable(tenant: Tenant, due: Sequence[Row]) -> list[Row]:
    """The rows of those journals that can be posted: CSI posts a journal as a whole, or not."""
    journals: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in due:
        journals[row.fields["AccountingEntity"], row.fields[JOURNAL]].append(row)
    return [row for rows in journals.values() if not _wrong(tenant, rows) for row in rows]


def _wrong(tenant: Tenant, rows: Sequence[Row]) -> str:
    """Why a journal cannot be posted; empty where it can."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.fields["CurrencyCode"]] += entries.amount(row)
        period = tenant.reference.period(row.fields["AccountingEntity"], entries.day(row.fields["PostingDate"]))
        if period is None or not period.open:
            return "The period of a transaction is closed."
    if any(sums.values()) and not on(tenant.switches, "csi_posts_unbalanced"):
        return "The journal is out of balance."
    return ""


def post(site: Site, journal: str) -> str:
    """Post one journal of a site by a client's call. Returns what is wrong, empty where it was posted."""
    rows = [row for row in _lines(site, posted=False) if row.fields[JOURNAL] == journal]
    wrong = _wrong(site.tenant, rows)
    if not wrong:
        site.tenant.ledger.post_released(site.company, only=lambda row: row.fields[JOURNAL] == journal)
    return wrong


_UNITS = tuple(Property(f"AcctUnit{n}", writable=True) for n in range(1, 5))
_AMOUNTS = tuple(Property(name, "number", 24, writable=True) for name in ("DomAmount", "ForAmount"))

JOURNALS = Ido(
    "SLJournals",
    "journal",
    (
        Property("Id", width=12, writable=True),
        Property("Seq", "number"),
        Property("Acct", width=12, writable=True),
        *_UNITS,
        Property("TransDate", "date", writable=True),
        *_AMOUNTS,
        *(Property(name, "number", 24, writable=True) for name in ("DebitAmount", "CreditAmount")),
        Property("CurrCode", width=3, writable=True),
        Property("Ref", width=REF_WIDTH, writable=True),
    ),
    journal_items,
    insert=insert,
    delete=delete,
    hidden=lambda site: (
        frozenset()
        if setting(site.tenant.switches, "csi_journal_amounts") == "columns"
        else frozenset({"DebitAmount", "CreditAmount"})
    ),
)
LEDGERS = Ido(
    "SLLedgers",
    "ledger",
    (
        *(Property(name) for name in ("FromId", "Acct", "AcctUnit1", "AcctUnit2", "AcctUnit3", "AcctUnit4")),
        *(Property(name) for name in ("CurrCode", "Ref", "ControlYear", "ControlPeriod")),
        Property("TransDate", "date"),
        *(Property(name, "number") for name in ("DomAmount", "ForAmount", "TransNum")),
    ),
    ledger_items,
)
