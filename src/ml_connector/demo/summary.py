"""What the story came to, read from the vendors' books and held against the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from rich.table import Table

from ml_connector.demo.connection import CLEARING_ACCOUNT
from ml_connector.demo.oracle import Books, Bucket, expected
from ml_connector.demo.products import PRODUCTS
from ml_connector.demo.vendors import Vendors

DIFFERENCES_SHOWN_MAX = 10

Line = dict[str, Any]


def summarize(running: Vendors, post_from: date) -> dict[str, Any]:
    """The books' figures; amounts are minor units by currency. `agrees` tells whether they are what they must be."""
    lines = running.books("gl")
    labor = [line for line in lines if line["account"] != CLEARING_ACCOUNT]
    worklogs = running.books("worklogs")
    wanted = expected(_books(running, worklogs, post_from))
    differences = _differences(_buckets(labor), wanted)
    doubled = _doubled(lines)
    return {
        "issues": sum(not issue["deleted"] for issue in running.books("issues")),
        "worklogs": sum(not worklog["deleted"] for worklog in worklogs),
        "gl": {
            "total": _totals(labor),
            "released": _totals(line for line in labor if line["status"] == "released"),
            "posted": _totals(line for line in labor if line["status"] == "posted"),
            "oracle_total": _by_currency(wanted),
            "references": len({line["reference"] for line in lines}),
            "lines": len(lines),
            "doubled": doubled,
            "reversed": sum(line["amount_minor"] < 0 for line in labor),
            "unbalanced": _unbalanced(lines),
        },
        "calls": running.control("GET", "/calls"),
        "differences": differences[:DIFFERENCES_SHOWN_MAX],
        "agrees": not differences and not doubled and not _unbalanced(lines),
    }


def _books(running: Vendors, worklogs: list[dict[str, Any]], post_from: date) -> Books:
    dimensions = running.control("GET", "/books/dimensions")
    product = PRODUCTS[running.facts["cloudsuite"]["product"]]
    return Books(
        orders=product.shown(running.books("orders"), running.books("issues")),
        worklogs=worklogs,
        people=[person["account_id"] for person in running.facts["jira"]["people"]],
        active_cost_centers=frozenset(item["code"] for item in dimensions["cost_centers"] if item["active"]),
        active_accounts=frozenset(item["code"] for item in dimensions["accounts"] if item["active"]),
        post_from=post_from,
    )


def _buckets(labor: Iterable[Line]) -> Counter[Bucket]:
    found: Counter[Bucket] = Counter()
    for line in labor:
        where = (line["entity"], line["account"], line["cost_center"], line["project"])
        found[(*where, line["period"], line["currency"])] += line["amount_minor"]
    return Counter({bucket: minor for bucket, minor in found.items() if minor})


def _differences(found: Counter[Bucket], wanted: Counter[Bucket]) -> list[dict[str, Any]]:
    return [
        {"bucket": list(bucket), "gl": found[bucket], "oracle": wanted[bucket]}
        for bucket in sorted(found.keys() | wanted.keys())
        if found[bucket] != wanted[bucket]
    ]


def _totals(lines: Iterable[Line]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line["currency"]] += line["amount_minor"]
    return dict(sorted(sums.items()))


def _by_currency(buckets: Counter[Bucket]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for bucket, minor in buckets.items():
        sums[bucket[-1]] += minor
    return dict(sorted(sums.items()))


def _doubled(lines: Iterable[Line]) -> int:
    """Lines that stand in the ledger more than once under the same reference and number."""
    seen = Counter((line["reference"], line["sequence"]) for line in lines)
    return sum(count - 1 for count in seen.values())


def _unbalanced(lines: Iterable[Line]) -> int:
    """References whose lines do not sum to nothing per entity and currency."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        sums[line["reference"], line["entity"], line["currency"]] += line["amount_minor"]
    return sum(minor != 0 for minor in sums.values())


def books_table(summary: dict[str, Any]) -> Table:
    """The vendors' books beside the oracle, by currency."""
    gl = summary["gl"]
    title = f"The general ledger: {gl['lines']} lines under {gl['references']} references, {gl['doubled']} doubled"
    table = Table("Currency", title=title, title_justify="left")
    for name in ("Labor in the ledger", "Hours × rates", "Difference"):
        table.add_column(f"{name} (minor units)", justify="right")
    for currency in sorted(gl["total"].keys() | gl["oracle_total"].keys()):
        found, wanted = gl["total"].get(currency, 0), gl["oracle_total"].get(currency, 0)
        table.add_row(currency, f"{found:,}", f"{wanted:,}", f"{found - wanted:,}")
    return table
