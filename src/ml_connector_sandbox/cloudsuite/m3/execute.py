"""The v2 interface: one transaction by GET, many of one program by POST, and failures inside HTTP 200.

Infor's generated API descriptions of the MI programs: the envelope, the standard query parameters, and the misspelled
counters. A bulk request is not transactional: each of its transactions succeeds or fails for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.m3 import names
from ml_connector_sandbox.cloudsuite.switches import number
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request, Response, json_response

Values = Mapping[str, str]
Records = Sequence[Values]

DATES = frozenset({"PUDT", "DWDT", "LMDT", "ACDT", "VFDT", "VTDT", "FDAT", "TDAT", "CHDA"})
FORMATS = {"YMD8": "%Y%m%d", "YMD6": "%y%m%d", "MDY6": "%m%d%y", "DMY6": "%d%m%y"}
PAD = 10
"""What a value is padded to where trailing blanks are asked for: a stand-in for each field's own width."""
TRUE = ("true", "1")


class Failed(Exception):
    """A transaction that M3 does not carry out: what it says, its code, and the field meant."""

    def __init__(self, message: str, field: str = "", code: str = "XRE0103") -> None:
        super().__init__(message)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction: its fields, its company and division, and how many records are wanted (0: all)."""

    values: Values
    cono: str
    divi: str
    maxrecs: int

    def one(self, name: str) -> str:
        """A field of the transaction, empty where it is not given."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a transaction does, and the fields that it cannot do without. `writes`: it changes something."""

    perform: Callable[[Tenant, Call], Records]
    mandatory: tuple[str, ...] = ()
    writes: bool = False


Programs = Mapping[str, Mapping[str, Transaction]]


@dataclass(frozen=True, slots=True)
class Shape:
    """How records are written: which columns, in which date format, with empty values or without."""

    columns: frozenset[str]
    dates: str
    exclude_empty: bool
    right_trim: bool

    def written(self, record: Values) -> dict[str, str]:
        """One record as it was asked for."""
        shown = {name: value for name, value in record.items() if not self.columns or name in self.columns}
        if self.dates != "YMD8":
            shown |= {name: _dated(shown[name], self.dates) for name in shown if name in DATES}
        if self.exclude_empty:
            shown = {name: value for name, value in shown.items() if value}
        return shown if self.right_trim else {name: value.ljust(PAD) for name, value in shown.items()}


def _dated(value: str, wanted: str) -> str:
    return f"{names.day(value):{FORMATS[wanted]}}" if value.strip("0") else value


def one(programs: Programs, tenant: Tenant, request: Request, program: str, transaction: str) -> Response:
    """Answer `GET …/execute/{program}/{transaction}`. Every transaction is a GET, those that write among them."""
    fields = {name: value for name, value in request.query if name.isupper()}
    call = _call(tenant, fields, dict(request.query), {})
    shape = _shape(dict(request.query), {}, request.one("returncols").split(","))
    return _envelope([_result(programs, tenant, program, transaction, call, shape)])


def bulk(programs: Programs, tenant: Tenant, request: Request) -> Response:
    """Answer `POST …/execute` with many transactions of one program. Raises `Refused` for a body that is none."""
    try:
        body = request.json()
    except ValueError as broken:
        raise Refused("The request body is not valid JSON") from broken
    transactions = body.get("transactions") if isinstance(body, dict) else None
    if not isinstance(transactions, list):
        raise Refused("transactions is required")
    query = dict(request.query)
    results = []
    for asked in transactions:
        record = {name: "" if value is None else str(value) for name, value in (asked.get("record") or {}).items()}
        call = _call(tenant, record, query, body)
        shape = _shape(query, body, asked.get("selectedColumns") or [])
        results.append(_result(programs, tenant, str(body.get("program")), str(asked.get("transaction")), call, shape))
    return _envelope(results)


def _call(tenant: Tenant, fields: Values, query: Values, body: Mapping[str, Any]) -> Call:
    most = query.get("maxrecs", "")
    return Call(
        values=fields,
        cono=fields.get("CONO") or str(query.get("cono") or body.get("cono") or names.COMPANY),
        divi=fields.get("DIVI") or str(query.get("divi") or body.get("divi") or ""),
        maxrecs=int(most) if most.isdigit() else number(tenant.switches, "m3_default_maxrecs"),
    )


def _shape(query: Values, body: Mapping[str, Any], columns: Sequence[str]) -> Shape:
    def on(name: str, in_body: str, default: str) -> bool:
        return str(query.get(name) or body.get(in_body, default)).lower() in TRUE

    return Shape(
        columns=frozenset(name for name in columns if name),
        dates=query.get("dateformat", "YMD8"),
        exclude_empty=on("excludeempty", "excludeEmptyValues", "false"),
        right_trim=on("righttrim", "rightTrim", "true"),
    )


def _result(
    programs: Programs, tenant: Tenant, program: str, transaction: str, call: Call, shape: Shape
) -> dict[str, Any]:
    try:
        records = _performed(programs, tenant, program, transaction, call)
    except Failed as failed:
        return _failure(transaction, str(failed), failed.field, failed.code)
    except Refused as refused:
        return _failure(transaction, str(refused), "", "XRE0104")
    shown = records[: call.maxrecs] if call.maxrecs else records
    return {"transaction": transaction, "records": [shape.written(record) for record in shown]}


def _performed(programs: Programs, tenant: Tenant, program: str, transaction: str, call: Call) -> Records:
    if call.cono != names.COMPANY:
        raise Failed(f"Company {call.cono} does not exist", "CONO")
    known = programs.get(program, {}).get(transaction)
    if known is None:
        raise Failed(f"Program {program} has no transaction {transaction}", code="MI00001")
    for name in known.mandatory:
        if not call.one(name):
            raise Failed(f"{name} must be entered", name, "WMANDAT")
    if known.writes and tenant.strikes("partial_batch"):
        raise Failed("The record is in use by another job")
    return known.perform(tenant, call)


def _failure(transaction: str, message: str, field: str, code: str) -> dict[str, Any]:
    return {
        "transaction": transaction,
        "errorMessage": message,
        "errorCode": code,
        "errorType": "ServerReturnedNOK",
        "errorField": field,
        "errorCfg": "",
        "notProcessed": False,
        "records": [],
    }


def _envelope(results: Sequence[dict[str, Any]]) -> Response:
    failed = sum("errorMessage" in result for result in results)
    return json_response(
        {
            "results": list(results),
            "wasTerminated": False,
            "terminationReason": "",
            "terminationErrorType": "",
            "nrOfSuccessfullTransactions": len(results) - failed,
            "nrOfFailedTransactions": failed,
            "nrOfNotProcessedTransactions": 0,
            "bulkJobId": "",
        }
    )
