"""Recorded answers of an LN tenant, and an adapter over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fsm_answers import digits
from ml_connector.erp.ln.fields import FieldMap, field_map
from ml_connector.erp.ln.ln import Ln
from ml_connector.wire import Request, Response

RECORDED = Path(__file__).parent / "erp" / "recorded" / "ln"
CODED = {"Lines": {"account": "LedgerAccount", "cost_center": "Dimension1", "project": "Project"}}
CHANGES = {name: {"changed": "ChangeDate"} for name in ("Orders", "Projects")}
ENDPOINT = "/CustomerApi/journals"


def recorded(name: str, status: int = 200) -> Response:
    """An answer from a file."""
    return Response(status, {}, (RECORDED / name).read_bytes())


def names(*, changes: bool = False) -> FieldMap:
    """The map of a tenant that names the coding of its lines, and perhaps what tells of changes."""
    lines = {**CODED["Lines"], **({"changed": "ChangeDate"} if changes else {})}
    return field_map({"Lines": lines, **(CHANGES if changes else {})})


def adapter(
    send: Callable[[Request], Response],
    documents: Path,
    *,
    endpoint: str = "",
    changes: bool = False,
    companies: tuple[str, ...] = ("1000",),
    page_rows: int = 1000,
) -> Ln:
    """An adapter whose tenant answers as `send` does."""
    fields = names(changes=changes)
    return Ln(send, companies, fields, digits, documents, endpoint=endpoint, page_rows=page_rows)
