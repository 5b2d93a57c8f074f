"""Recorded answers of an M3 tenant, and an adapter over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fsm_answers import digits
from ml_connector.core.records import Kind
from ml_connector.erp.m3.journals import STATES
from ml_connector.erp.m3.m3 import M3
from ml_connector.erp.m3.setup import Labels, Setup
from ml_connector.erp.m3.tables import Tables, tables
from ml_connector.wire import Request, Response

RECORDED = Path(__file__).parent / "erp" / "recorded" / "m3"
EXTRA = {Kind.PURCHASE_ORDER: ("A030", "A130"), Kind.PROJECT: ("A030",)}
SETUP = Setup(
    company="100",
    divisions={"1000": "AAA", "2000": "BBB"},
    interface="MLCONNECTOR",
    info_number="001",
    issue_info_number="002",
    project_table="MPROJE",
    dimensions={"account": 1, "cost_center": 2, "project": 3, "dimension:1": 4},
    coding_list="LstMLCODING",
    commitment_item="COMMIT",
    states=STATES,
)
MAPPED = replace(SETUP, coding_list="", coding={"IT-2041": Labels("612000", "IT-DEV")})
LISTED = {"CODING": "LstMLCODING"}
NOTHING = b'{"results":[{"transaction":"Select","records":[]}]}'

Answer = Response | Callable[[Request], Response]


def recorded(name: str) -> Response:
    """An answer from a file."""
    return Response(200, {}, (RECORDED / f"{name}.json").read_bytes())


def failed(message: str = "Not found") -> Response:
    """One transaction that failed, inside 200."""
    return results({"errorMessage": message, "errorCode": "X", "records": []})


def done(count: int = 1) -> Response:
    """So many transactions that succeeded and tell nothing."""
    return results(*({"records": []} for _ in range(count)))


def results(*found: Mapping[str, Any]) -> Response:
    """An envelope."""
    failures = sum("errorMessage" in each for each in found)
    body = {"results": list(found), "nrOfFailedTransactions": failures}
    return Response(200, {}, json.dumps(body).encode())


def export(header: str, *rows: str) -> Response:
    """An export's lines."""
    return results({"records": [{"REPL": line} for line in (header, *rows)]})


def in_state(code: str) -> Response:
    """The head of a batch with that status."""
    return export("FHCONO^FHDIVI^FHKEY1^FHSTAT", f"100^AAA^MLC-AAAAAAAAAAA^{code}")


@dataclass(slots=True)
class Vendor:
    """Answers by operation, a list of them one after the other; what nobody answers is empty."""

    answers: dict[str, Answer | list[Answer]]
    seen: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """The answer to what is asked."""
        self.seen.append(request)
        found = self.answers.get(request.operation, Response(200, {}, NOTHING))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, Response) else found(request)

    def asked(self, operation: str) -> list[Request]:
        """The calls of one operation."""
        return [request for request in self.seen if request.operation == operation]

    def query(self, operation: str, place: int = 0) -> str:
        """The SQL of an export."""
        return dict(self.asked(operation)[place].query)["QERY"]

    def sent(self, operation: str) -> list[tuple[str, dict[str, str]]]:
        """The transactions of the bulk calls of one operation."""
        bodies = [json.loads(request.body or b"") for request in self.asked(operation)]
        return [(each["transaction"], each["record"]) for body in bodies for each in body["transactions"]]


def adapter(
    answers: dict[str, Answer | list[Answer]] | None = None,
    setup: Setup = SETUP,
    layout: Tables | None = None,
    page_rows: int = 1000,
) -> tuple[M3, Vendor]:
    """An adapter whose tenant answers so."""
    vendor = Vendor(answers or {})
    layout = layout or tables({}, lists=LISTED if setup.coding_list else {})
    return M3(vendor, setup, layout, EXTRA, digits, page_rows=page_rows, batch_rows=2), vendor


def posted() -> dict[str, Answer | list[Answer]]:
    """A tenant that holds the journal of `fsm_answers` as an updated batch and its voucher."""
    return {
        "m3.read.FGLINH": in_state("90"),
        "m3.read.FGLINF": recorded("batch-lines"),
        "m3.read.FGLEDX": recorded("ledger-info"),
        "m3.read.FGLEDG": recorded("ledger"),
    }
