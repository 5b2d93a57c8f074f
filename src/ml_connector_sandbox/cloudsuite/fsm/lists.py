"""The list service: `GET /classes/{class}/lists/{list}`, with filters, sort sets, pages and delta windows."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from ml_connector_sandbox.cloudsuite.classes import CLASSES, TRUE, BusinessClass, Field, Refused, Row
from ml_connector_sandbox.cloudsuite.fsm import filters
from ml_connector_sandbox.cloudsuite.reference import POSTING_SUBTYPE
from ml_connector_sandbox.cloudsuite.switches import flag, text
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request, Response, json_response

GENERIC = "_generic"
DEFAULT_LIMIT = 5
STAMP_DIGITS = 16
STAMP_STEP = timedelta(milliseconds=10)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
NOT_BUILT = ("_groupBy", "_aggregateOperation", "_aggregateColumn")
SPELLINGS = {"true": ("true", "false"), "1": ("1", "0"), "Yes": ("Yes", "No")}

# What a named list leaves out; a list that is not named here shows the whole class.
NAMED: dict[str, dict[str, str]] = {
    "DetailAccountList": {"AccountSubType": POSTING_SUBTYPE},
    "ChartAccountActivePostingSelect": {"AccountSubType": POSTING_SUBTYPE, "Active": TRUE},
    "PostingProjectsList": {"Active": TRUE},
    "PrimaryAccountingEntityList": {"Active": TRUE},
}

SortKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What a delta read asks for: rows changed from `start` on and before `end`; `initial` for `_fts=0`."""

    start: datetime
    end: datetime
    initial: bool

    def holds(self, row: Row) -> bool:
        """Whether the row changed in the window; a first load leaves out what is deleted."""
        return self.start <= row.updated < self.end and not (self.initial and row.deleted)

    def marker(self, row: Row) -> str:
        """Whether the row was added, changed or deleted in the window."""
        if row.deleted:
            return "deleted"
        return "added" if row.created >= self.start else "changed"


def answer(tenant: Tenant, request: Request, class_name: str, list_name: str) -> Response:
    """One page of a list. Raises `Refused`, which becomes HTTP 400."""
    business_class = known_class(class_name)
    _check(request, business_class, list_name)
    window = _window(tenant, request)
    rows = _selected(tenant, request, business_class, list_name, window)
    if request.one("_recordCountOnly") == "true":
        return json_response([{"_count": len(rows)}])
    page, links = _page(request, business_class, rows)
    render = _renderer(tenant, request, business_class, window)
    head: dict[str, object] = {"_count": len(page)}
    if request.one("_links") == "true" and links:
        head["_links"] = [{"rel": rel, "href": f"../lists/{list_name}?{query}"} for rel, query in links]
    return json_response([head, *({"_fields": render(row)} for row in page)])


def known_class(name: str) -> BusinessClass:
    """The business class of a name. Raises `Refused`."""
    if name not in CLASSES:
        raise Refused(f"Business class {name} does not exist")
    return CLASSES[name]


def _check(request: Request, business_class: BusinessClass, list_name: str) -> None:
    if list_name != GENERIC and list_name not in business_class.lists:
        raise Refused(f"List {list_name} is not defined for business class {business_class.name}")
    if list_name == GENERIC and not request.one("_fields"):
        raise Refused("_fields is required for the generic list")
    for name in NOT_BUILT:
        if request.one(name):
            raise Refused(f"{name} is not supported here")
    if request.one("_out", "JSON").upper() != "JSON":
        raise Refused("_out: only JSON is supported here")


def _selected(
    tenant: Tenant, request: Request, business_class: BusinessClass, list_name: str, window: Window | None
) -> list[Row]:
    """The rows that the filters, the named list and the window let through, in no particular order."""
    rows: Iterable[Row] = tenant.rows(business_class.name)
    rows = [row for row in rows if (window.holds(row) if window else not row.deleted)]
    for name, value in NAMED.get(list_name, {}).items():
        rows = [row for row in rows if row.fields[name] == value]
    if asked := request.one("_filter"):
        equal = filters.equality(business_class, asked)
        rows = [row for row in rows if filters.passes(equal, row)]
    if asked := request.one("_lplFilter"):
        compound = flag(tenant.switches, "fsm_compound_filters")
        expression = filters.expression(business_class, asked, compound=compound)
        rows = [row for row in rows if filters.passes(expression, row)]
    return list(rows)


def _page(request: Request, business_class: BusinessClass, rows: list[Row]) -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows of one page and its links. Pages go by the sort values of the last row: nothing slips between."""
    fields = _sort_fields(request, business_class)
    ordered = sorted(((_sort_key(fields, row), row) for row in rows), key=_first)
    limit = _limit(request)
    back = request.one("_paging") == "PREVIOUS"
    if request.one("_paging"):
        edge = _edge(fields, request.one("_position"))
        ordered = [pair for pair in ordered if (pair[0] < edge if back else pair[0] > edge)]
    page = [row for _, row in (ordered[-limit:] if back else ordered[:limit])]
    links = []
    if page and (back or len(ordered) > limit):
        links.append(("next", _query(request, "NEXT", fields, page[-1])))
    if page and request.one("_paging") and (not back or len(ordered) > limit):
        links.append(("previous", _query(request, "PREVIOUS", fields, page[0])))
    return page, links


def _first(pair: tuple[SortKey, Row]) -> SortKey:
    return pair[0]


def _limit(request: Request) -> int:
    asked = request.one("_limit", str(DEFAULT_LIMIT))
    if not asked.isdigit() or int(asked) < 1:
        raise Refused(f"_limit: {asked} is not a positive number")
    return int(asked)


def _sort_fields(request: Request, business_class: BusinessClass) -> list[Field]:
    """The fields of the set, then the key, so that no two rows are equal."""
    name = request.one("_setName")
    if name and name not in business_class.sets:
        raise Refused(f"Set {name} is not defined for business class {business_class.name}")
    names = (*business_class.sets.get(name, ()), *business_class.key)
    return [business_class.fields[each] for each in dict.fromkeys(names)]


def _sort_key(fields: list[Field], row: Row) -> SortKey:
    return tuple(filters.comparable(field, row.fields.get(field.name, "")) for field in fields)


def _query(request: Request, paging: str, fields: list[Field], row: Row) -> str:
    kept = [(name, value) for name, value in request.query if name not in ("_paging", "_position")]
    values = json.dumps([row.fields.get(field.name, "") for field in fields])
    position = urlsafe_b64encode(values.encode()).decode().rstrip("=")
    return urlencode([*kept, ("_paging", paging), ("_position", position)])


def _edge(fields: list[Field], position: str) -> SortKey:
    try:
        values = json.loads(urlsafe_b64decode(position + "=" * (-len(position) % 4)))
        return tuple(filters.comparable(field, value) for field, value in zip(fields, values, strict=True))
    except (ValueError, TypeError) as broken:
        raise Refused("_paging: follow the link of the page before") from broken


def _window(tenant: Tenant, request: Request) -> Window | None:
    if not request.one("_fts") and not request.one("_tts"):
        return None
    if not flag(tenant.switches, "fsm_delta_reads"):
        raise Refused("_fts and _tts are not supported for this list")
    initial = request.one("_fts", "0").strip("0") == ""
    start = EARLIEST if initial else _instant(request.one("_fts"))
    end = _instant(request.one("_tts")) + STAMP_STEP if request.one("_tts") else LATEST
    return Window(start, end, initial)


def _instant(stamp: str) -> datetime:
    """An instant from YYYYMMDDHHMMSSFF in UTC; FF are hundredths of a second."""
    refusal = f"{stamp} is not a timestamp of the form YYYYMMDDHHMMSSFF"
    if len(stamp) != STAMP_DIGITS or not (stamp.isascii() and stamp.isdigit()):
        raise Refused(refusal)
    try:
        seconds = datetime.fromisoformat(f"{stamp[:8]}T{stamp[8:14]}").replace(tzinfo=UTC)
    except ValueError as broken:
        raise Refused(refusal) from broken
    return seconds + STAMP_STEP * int(stamp[14:])


def _renderer(
    tenant: Tenant, request: Request, business_class: BusinessClass, window: Window | None
) -> Callable[[Row], Mapping[str, str]]:
    """How a row is shown: under the names that were asked for, with the delta marker before them."""
    asked = _asked(tenant, request.one("_fields") or "_all", business_class)
    marker = text(tenant.switches, "fsm_delta_marker")
    spelling = _spelling(tenant)
    translated = _translations(business_class, spelling, states=request.one("_returnFieldState") == "true")

    def render(row: Row) -> Mapping[str, str]:
        shown = {name: row.fields.get(field, "") for name, field in asked}
        for name, field in asked:
            if field in translated:
                shown[name] = translated[field].get(shown[name], shown[name])
        return {marker: window.marker(row), **shown} if window else shown

    return render


def _asked(tenant: Tenant, names: str, business_class: BusinessClass) -> list[tuple[str, str]]:
    """Pairs of the name asked for and the field meant."""
    pairs: list[tuple[str, str]] = []
    for name in names.split(","):
        if name.strip() == "_all":
            pairs += [(each, each) for each in business_class.fields]
            continue
        field = filters.known_field(business_class, name)
        if field.name != name.strip() and not flag(tenant.switches, "fsm_prefixed_field_names"):
            raise Refused(f"Field {name} is not defined for business class {business_class.name}")
        pairs.append((name.strip(), field.name))
    return pairs


def _spelling(tenant: Tenant) -> tuple[str, str]:
    word = text(tenant.switches, "fsm_boolean_spelling")
    if word not in SPELLINGS:
        raise Refused(f"The switch fsm_boolean_spelling takes one of {', '.join(SPELLINGS)}, not {word}")
    return SPELLINGS[word]


def _translations(
    business_class: BusinessClass, spelling: tuple[str, str], *, states: bool
) -> dict[str, dict[str, str]]:
    booleans = dict(zip(SPELLINGS["true"], spelling, strict=True))
    found = {each.name: booleans for each in business_class.fields.values() if each.type == "boolean"}
    if states:
        found |= {each.name: dict(each.states) for each in business_class.fields.values() if each.states}
    return found


def shown(tenant: Tenant, business_class: BusinessClass, row: Row) -> dict[str, str]:
    """One record in full, as `Find` gives it."""
    spelling = _spelling(tenant)
    translated = _translations(business_class, spelling, states=False)
    values = {name: row.fields.get(name, "") for name in business_class.fields}
    return {name: translated.get(name, {}).get(value, value) for name, value in values.items()}
