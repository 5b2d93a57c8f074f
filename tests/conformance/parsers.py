"""Every parser of every product line, with a recorded answer of the shape that it reads. One entry each.

A parser here takes a whole answer and gives what the port gives: a value, or one of our errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import csi_answers
import fsm_answers
import ln_answers
import m3_answers
from ml_connector.core.records import Kind
from ml_connector.erp.csi.answers import refusal
from ml_connector.erp.csi.journals import method_failure
from ml_connector.erp.csi.metadata import parse_names
from ml_connector.erp.fsm.answers import parse_batch, refusal_text, refused
from ml_connector.erp.fsm.fields import field_map
from ml_connector.erp.fsm.fsm import Fsm
from ml_connector.erp.fsm.metadata import parse_fields
from ml_connector.erp.ion import parse_ionapi, parse_token
from ml_connector.erp.ln.document import from_xml
from ml_connector.erp.ln.handover import Endpoint
from ml_connector.erp.ln.ln import Ln
from ml_connector.erp.ln.metadata import parse_properties
from ml_connector.erp.ln.odata import refusal_text as ln_refusal_text
from ml_connector.erp.m3.answers import parse_results
from ml_connector.erp.port import Erp, Window
from ml_connector.wire import Request, Response, Safety

RECORDED = Path(__file__).parents[1] / "erp" / "recorded"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
WINDOW = Window(None, NOON)
DELTA = Window(NOON, NOON)
ASKED = Request("asked", "GET", "/asked", Safety.READ)


@dataclass(frozen=True, slots=True)
class Parser:
    """What reads an answer, and a recorded answer that it reads without an error (a file below `recorded/`)."""

    read: Callable[[Response], object]
    recorded: str


def over(make: Callable[[Callable[[Request], Response]], Erp], ask: Callable[[Erp], object]) -> Callable[..., object]:
    """An adapter's method as a parser: the vendor gives the same answer to all that it asks."""
    return lambda response: ask(make(lambda _request: response))


def _fsm(send: Callable[[Request], Response]) -> Fsm:
    return Fsm(send, "ACME", ("1000", "2000"), field_map({}, fsm_answers.EXTRA), fsm_answers.digits)


def _ln(send: Callable[[Request], Response]) -> Ln:
    return ln_answers.adapter(send, Path("/nonexistent"), endpoint=ln_answers.ENDPOINT)


def _m3(operation: str, ask: Callable[[Erp], object], **others: str) -> Callable[[Response], object]:
    """A method of M3's adapter: one operation is answered so, and the tables of `others` are as recorded."""

    def read(response: Response) -> object:
        known = {f"m3.read.{table}": m3_answers.recorded(name) for table, name in others.items()}
        return ask(m3_answers.adapter({**known, operation: response})[0])

    return read


def _csi(ido: str, ask: Callable[[Erp], object], **others: str) -> Callable[[Response], object]:
    """A method of CSI's adapter: one IDO is answered so, those of `others` as recorded, and the rest is empty."""

    def read(response: Response) -> object:
        known = {name: csi_answers.recorded(file) for name, file in others.items()}
        return ask(csi_answers.site_of({**known, ido: response}))

    return read


PARSERS: Mapping[str, Parser] = {
    "ion.token": Parser(lambda response: parse_token(response, NOON), "token.json"),
    "ion.ionapi": Parser(
        lambda response: parse_ionapi(response.body.decode("utf-8", "replace")), "backend-service.ionapi.json"
    ),
    "fsm.orders": Parser(
        over(_fsm, lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, WINDOW))), "fsm/purchase-orders-2.json"
    ),
    "fsm.lines": Parser(over(_fsm, lambda erp: list(erp.changes(Kind.ORDER_LINE, WINDOW))), "fsm/lines.json"),
    "fsm.distributions": Parser(
        over(_fsm, lambda erp: list(erp.changes(Kind.DISTRIBUTION, WINDOW))), "fsm/distributions.json"
    ),
    "fsm.projects": Parser(over(_fsm, lambda erp: list(erp.changes(Kind.PROJECT, WINDOW))), "fsm/projects.json"),
    "fsm.sighting": Parser(over(_fsm, lambda erp: erp.sight(fsm_answers.REFERENCE)), "fsm/staging.json"),
    "fsm.ledger": Parser(over(_fsm, lambda erp: erp.ledger_under("MLC-")), "fsm/staging.json"),
    "fsm.accounts": Parser(over(_fsm, lambda erp: erp.accounts()), "fsm/accounts.json"),
    "fsm.cost_centers": Parser(over(_fsm, lambda erp: erp.cost_centers()), "fsm/cost-centers.json"),
    "fsm.periods": Parser(over(_fsm, lambda erp: erp.periods("1000")), "fsm/periods.json"),
    "fsm.fields": Parser(lambda response: parse_fields(ASKED, response), "fsm/fields.json"),
    "fsm.batch": Parser(lambda response: parse_batch(ASKED, response, 3), "fsm/batch.json"),
    "fsm.refusal": Parser(lambda response: (refused(ASKED, response), refusal_text(response)), "fsm/refusal.json"),
    "ln.orders": Parser(over(_ln, lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, WINDOW))), "ln/orders.json"),
    "ln.lines": Parser(over(_ln, lambda erp: list(erp.changes(Kind.ORDER_LINE, WINDOW))), "ln/lines.json"),
    "ln.codings": Parser(over(_ln, lambda erp: list(erp.changes(Kind.DISTRIBUTION, WINDOW))), "ln/lines.json"),
    "ln.projects": Parser(over(_ln, lambda erp: list(erp.changes(Kind.PROJECT, WINDOW))), "ln/projects.json"),
    "ln.model": Parser(lambda response: parse_properties(ASKED, response), "ln/metadata.xml"),
    "ln.refusal": Parser(ln_refusal_text, "ln/refusal.json"),
    "ln.sighting": Parser(over(_ln, lambda erp: erp.sight(fsm_answers.REFERENCE)), "ln/document.json"),
    "ln.look_up": Parser(
        lambda response: Endpoint(lambda _request: response, "/x").look(fsm_answers.REFERENCE), "ln/document.json"
    ),
    "ln.archive": Parser(lambda response: from_xml("a file", response.body), "ln/document.xml"),
    "m3.orders": Parser(
        _m3("m3.read.MPHEAD", lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, WINDOW))), "m3/heads.json"
    ),
    "m3.custom": Parser(
        _m3("m3.read.CUGEX1", lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, WINDOW)), MPHEAD="heads"),
        "m3/custom.json",
    ),
    "m3.lines": Parser(
        _m3("m3.read.MPLINE", lambda erp: list(erp.changes(Kind.ORDER_LINE, WINDOW)), MPHEAD="heads"), "m3/lines.json"
    ),
    "m3.coding": Parser(
        _m3("m3.read.CODING", lambda erp: list(erp.changes(Kind.DISTRIBUTION, WINDOW)), MPHEAD="heads"),
        "m3/coding.json",
    ),
    "m3.sighting": Parser(
        _m3("m3.read.FGLINF", lambda erp: erp.sight(fsm_answers.REFERENCE), FGLINH="batch"), "m3/batch-lines.json"
    ),
    "m3.state": Parser(_m3("m3.read.FGLINH", lambda erp: erp.sight(fsm_answers.REFERENCE)), "m3/batch.json"),
    "m3.ledger": Parser(
        _m3("m3.read.FGLEDG", lambda erp: erp.ledger_under("MLC-"), FGLEDX="ledger-info"), "m3/ledger.json"
    ),
    "m3.accounts": Parser(_m3("m3.CRS630MI.LstAccountID", lambda erp: erp.cost_centers()), "m3/codes.json"),
    "m3.periods": Parser(_m3("m3.CRS910MI.Select", lambda erp: erp.periods("1000")), "m3/periods.json"),
    "m3.fields": Parser(_m3("m3.EXPORTMI.LstFields", lambda erp: erp.missing_fields()), "m3/fields.json"),
    "m3.time": Parser(
        _m3("m3.GLS840MI.GetServerTime", lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, Window(NOON, NOON)))),
        "m3/server-time.json",
    ),
    "m3.bulk": Parser(lambda response: parse_results(ASKED, response, 2), "m3/bulk.json"),
    "csi.orders": Parser(
        _csi("SLPos", lambda erp: list(erp.changes(Kind.PURCHASE_ORDER, WINDOW))), "csi/orders-2.json"
    ),
    "csi.lines": Parser(_csi("SLPoItems", lambda erp: list(erp.changes(Kind.ORDER_LINE, WINDOW))), "csi/items.json"),
    "csi.parts": Parser(_csi("SLPoItems", lambda erp: list(erp.changes(Kind.ORDER_LINE, DELTA))), "csi/items.json"),
    "csi.distributions": Parser(
        _csi("SLPoItems", lambda erp: list(erp.changes(Kind.DISTRIBUTION, WINDOW))), "csi/items.json"
    ),
    "csi.projects": Parser(_csi("SLProjs", lambda erp: list(erp.changes(Kind.PROJECT, WINDOW))), "csi/projects.json"),
    "csi.accounts": Parser(_csi("SLCharts", lambda erp: erp.accounts()), "csi/accounts.json"),
    "csi.allowed": Parser(
        _csi(
            "SLChartUnitcd1s", lambda erp: (erp.accounts(), erp.cost_centers()), SLCharts="accounts", SLUnitcd1s="units"
        ),
        "csi/allowed.json",
    ),
    "csi.units": Parser(_csi("SLUnitcd1s", lambda erp: erp.cost_centers()), "csi/units.json"),
    "csi.periods": Parser(_csi("SLPeriods", lambda erp: erp.periods("1000")), "csi/periods.json"),
    "csi.sighting": Parser(_csi("SLJournals", lambda erp: erp.sight(csi_answers.REFERENCE)), "csi/journals.json"),
    "csi.ledger": Parser(_csi("SLLedgers", lambda erp: erp.ledger_under("MLC-")), "csi/ledger.json"),
    "csi.roll_back": Parser(_csi("SLJournals", lambda erp: erp.roll_back(csi_answers.REFERENCE)), "csi/nothing.json"),
    "csi.change": Parser(lambda response: refusal(ASKED, response), "csi/taken.json"),
    "csi.refusal": Parser(lambda response: refusal(replace(ASKED, safety=Safety.ONCE), response), "csi/refused.json"),
    "csi.method": Parser(lambda response: method_failure(ASKED, response), "csi/not-posted.json"),
    "csi.names": Parser(lambda response: parse_names(ASKED, response), "csi/names.json"),
}
