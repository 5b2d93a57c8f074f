"""LN: what is read over OData, and how a posting is handed over once. Goal: nothing guessed, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fsm_answers import REFERENCE, digits, journal
from ln_answers import CODED, ENDPOINT, adapter, names, recorded
from ml_connector.core.journal import Journal, Presence, presence
from ml_connector.core.records import Kind
from ml_connector.erp.ln import handover
from ml_connector.erp.ln.document import as_xml, document_of
from ml_connector.erp.ln.fields import field_map
from ml_connector.erp.ln.ln import Ln
from ml_connector.erp.ln.odata import ListRefused
from ml_connector.erp.port import Window
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured, Rejected, Transient
from ml_connector.wire import Request, Response
from stub_vendors import Script, answer

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
ALL = Window(None, NOON)
LATELY = Window(datetime(2026, 11, 18, 11, 55, tzinfo=UTC), NOON)
ONE = {"PurchaseOrder": "       P01", "OrderDate": "1970-01-01T00:00:00Z", "Status": "ns.Status'Canceled'"}


def page(*records: Mapping[str, object], **more: object) -> Response:
    """One answer of a set."""
    return answer({"value": list(records), **more})


def order(number: str) -> dict[str, object]:
    """An order of that number."""
    return {**ONE, "PurchaseOrder": number}


def sequences(of: Journal) -> tuple[int, ...]:
    """All of its lines."""
    return tuple(line.sequence for line in of.lines)


def silent(_request: Request) -> Response:
    """An LN that must not be asked."""
    raise AssertionError("LN was asked")


def test_keys_lose_their_blanks_and_the_empty_date_is_none(tmp_path: Path) -> None:
    """A padded number is the order's number; 1970 is no date; a status counts whether or not its type is written."""
    erp = adapter(Script([page(ONE)]), tmp_path)
    (row,) = next(iter(erp.changes(Kind.PURCHASE_ORDER, ALL)))
    assert (row.key, row.owner) == ("1000/P01", "1000/P01")
    assert (row.fields["ordered"], row.fields["closed"]) == ("", "true")


def test_a_line_carries_its_one_coding_and_its_sequence(tmp_path: Path) -> None:
    """A further sequence is a line of its own; a line that names no account has no coding at all."""
    line = {"PurchaseOrder": "P1", "Line": 10, "Sequence": 0, "OrderedQuantity": 2.5, "Price": 1e2, "Status": "Open"}
    coded = {**line, "Sequence": 2, "LedgerAccount": "612000", "Dimension1": "CC", "Project": "   PR1"}
    vendor = Script([page(line, coded), page(line, coded)])
    erp = adapter(vendor, tmp_path)
    lines = next(iter(erp.changes(Kind.ORDER_LINE, ALL)))
    assert [(row.key, row.fields["quantity"]) for row in lines] == [("1000/P1#10", "2.5"), ("1000/P1#10.2", "2.5")]
    (coding,) = next(iter(erp.changes(Kind.DISTRIBUTION, ALL)))
    assert (coding.key, coding.fields["line"], coding.fields["project"]) == ("1000/P1#10.2.1", "10.2", "PR1")


def test_each_company_is_asked_by_its_own_header(tmp_path: Path) -> None:
    """The same number in two companies is two orders."""
    vendor = Script([page(ONE), page(ONE)])
    erp = adapter(vendor, tmp_path, companies=("1000", "2000"))
    keys = [row.key for part in erp.changes(Kind.PURCHASE_ORDER, ALL) for row in part]
    assert keys == ["1000/P01", "2000/P01"]
    assert [request.headers["X-Infor-LnCompany"] for request in vendor.seen] == ["1000", "2000"]


def test_pages_follow_the_link_and_else_the_count(tmp_path: Path) -> None:
    """Of a link only the query counts; where there is none and the count says more, the next rows are asked for."""
    vendor = Script(
        [
            page(order("P1"), **{"@odata.nextLink": "https://elsewhere.test/x?$skip=1", "@odata.count": "3"}),
            page(order("P2"), **{"@odata.count": 3}),
            page(order("P3"), **{"@odata.count": 3}),
        ]
    )
    erp = adapter(vendor, tmp_path)
    assert [row.fields["number"] for part in erp.changes(Kind.PURCHASE_ORDER, ALL) for row in part] == [
        "P1",
        "P2",
        "P3",
    ]
    assert [request.url for request in vendor.seen] == ["/LN/lnapi/odata/tdapi.purPurchaseOrder/Orders"] * 3
    assert [dict(request.query).get("$skip") for request in vendor.seen] == [None, "1", "2"]


def test_pages_that_go_in_circles_are_noticed(tmp_path: Path) -> None:
    """The same page again is no progress."""
    erp = adapter(lambda _request: page(order("P1"), **{"@odata.nextLink": "x?$skip=1"}), tmp_path)
    with pytest.raises(Malformed):
        list(erp.changes(Kind.PURCHASE_ORDER, ALL))


def test_without_a_property_that_tells_of_changes_all_is_read(tmp_path: Path) -> None:
    """Nothing is filtered by a name that nobody gave."""
    vendor = Script([page(ONE)])
    list(adapter(vendor, tmp_path).changes(Kind.PURCHASE_ORDER, LATELY))
    assert "$filter" not in dict(vendor.seen[0].query)


def test_a_tenant_that_refuses_the_condition_is_read_whole(tmp_path: Path) -> None:
    """Once, and from then on without trying again; a refusal of the whole list is told."""
    vendor = Script([recorded("refusal.json", 400), page(ONE), page(ONE)])
    erp = adapter(vendor, tmp_path, changes=True)
    for _ in range(2):
        assert len([row for part in erp.changes(Kind.PURCHASE_ORDER, LATELY) for row in part]) == 1
    filters = [dict(request.query).get("$filter") for request in vendor.seen]
    assert filters == ["ChangeDate ge 2026-11-18T11:55:00Z", None, None]
    refusing = adapter(lambda _request: recorded("refusal.json", 404), tmp_path, changes=True)
    with pytest.raises(ListRefused, match="Switch to company 100 failed; Company 100 does not exist"):
        list(refusing.changes(Kind.PURCHASE_ORDER, LATELY))


def test_what_the_model_does_not_name_is_missing(tmp_path: Path) -> None:
    """And so is the account of a line while nobody has named its property."""
    erp = adapter(lambda _request: recorded("metadata.xml"), tmp_path)
    assert set(erp.missing_fields()) == {"Projects.StartDate", "Projects.FinishDate"}
    plain = Ln(lambda _request: recorded("metadata.xml"), ("1000",), field_map({}), digits, tmp_path)
    assert "Lines.account" in plain.missing_fields()


def test_names_that_do_not_exist_are_refused() -> None:
    """A slip in the field map is told before anything is asked."""
    assert names().of("Lines")["account"] == CODED["Lines"]["account"]
    for wrong in ({"Order": {"number": "x"}}, {"Orders": {"numbr": "x"}}, {"Orders": {"number": ""}}):
        with pytest.raises(Misconfigured):
            field_map(wrong)


def files(directory: Path) -> dict[str, list[str]]:
    """What lies where, without what is being written."""
    return {
        folder.name: sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
        for folder in sorted(directory.iterdir())
    }


def test_a_document_is_handed_over_by_one_rename_and_never_again(tmp_path: Path) -> None:
    """Prepared, then in the outbox; taken away from there, it stays handed over, whatever is called again."""
    erp, of = adapter(silent, tmp_path), journal()
    erp.stage(of, sequences(of))
    assert files(tmp_path) == {"archive": [f"{REFERENCE}.xml"], "prepared": [f"{REFERENCE}.xml"]}
    erp.release(REFERENCE)
    (taken,) = (tmp_path / "outbox").iterdir()
    assert taken.read_bytes() == as_xml(document_of(of, digits))
    taken.unlink()
    again: list[Callable[[], object]] = [
        lambda: erp.stage(of, sequences(of)),
        lambda: erp.release(REFERENCE),
        lambda: erp.roll_back(REFERENCE),
    ]
    for call in again:
        call()
    assert files(tmp_path) == {"archive": [f"{REFERENCE}.xml"], "outbox": [], "prepared": []}
    assert presence(of.lines, erp.sight(REFERENCE).ledger) is Presence.COMPLETE


@pytest.mark.parametrize("stop", range(6))
def test_a_stop_at_any_write_leaves_it_prepared_or_handed_over(
    tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails at its nth use: the document is absent, prepared or handed over, and another run ends it."""
    of, erp, calls = journal(), adapter(silent, tmp_path), 0
    real = handover._synced

    def failing(directory: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise OSError(28, "No space left on device")
        real(directory)

    monkeypatch.setattr(handover, "_synced", failing)
    for _ in range(2):
        for step in (lambda: erp.stage(of, sequences(of)), lambda: erp.release(REFERENCE)):
            sighting = erp.sight(REFERENCE)
            assert Presence.COMPLETE in (
                presence(of.lines, sighting.staged),
                presence(of.lines, sighting.ledger),
            ) or not (sighting.staged or sighting.ledger)
            try:
                step()
            except (Transient, OSError):
                break
    assert presence(of.lines, erp.sight(REFERENCE).ledger) is Presence.COMPLETE
    assert files(tmp_path)["outbox"] == [f"{REFERENCE}.xml"]


def test_a_document_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    """Neither handed over nor taken for the journal: the look-up is not conclusive, and a person has to see to it."""
    erp, of = adapter(silent, tmp_path), journal()
    erp.stage(of, sequences(of))
    file = tmp_path / "archive" / f"{REFERENCE}.xml"
    file.write_bytes(file.read_bytes().replace(b"1200.00", b"1300.00"))
    assert not erp.sight(REFERENCE).conclusive
    with pytest.raises(Malformed):
        erp.validate(REFERENCE)
    assert erp.ledger_under("MLC-").unread == frozenset({REFERENCE})


def test_another_document_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """One reference has one content, before and after it was handed over."""
    erp = adapter(silent, tmp_path)
    first, other = journal(), journal(3)
    erp.stage(first, sequences(first))
    assert {refusal.sequence for refusal in erp.stage(other, sequences(other))} == {1, 2, 3}
    erp.release(REFERENCE)
    assert len(erp.stage(other, sequences(other))) == 3


@pytest.mark.parametrize("name", ["", "../MLC-AAAAAAAAAAA", "mlc-a", "MLC/AAAA", "A" * 60])
def test_only_references_of_ours_name_files(tmp_path: Path, name: str) -> None:
    """Nothing outside the directory is read, written or removed."""
    with pytest.raises(InvariantBroken):
        adapter(silent, tmp_path).release(name)


class Journals:
    """A customer's endpoint that keeps what it takes."""

    def __init__(self, *, status: str = "received", errors: dict[str, str] | None = None) -> None:
        """It says this of everything that it took."""
        self.taken: dict[str, bytes] = {}
        self.posts = 0
        self.told = {"status": status, "errors": errors or {}}

    def __call__(self, request: Request) -> Response:
        """Take a document once by its reference, or show one."""
        if request.method == "POST":
            self.posts += 1
            self.taken.setdefault(request.headers["Idempotency-Key"], request.body or b"")
            return Response(201, {}, b"")
        body = self.taken.get(request.url.rpartition("/")[2])
        return Response(404, {}, b"") if body is None else answer({**json.loads(body), **self.told})


def test_an_endpoint_takes_a_document_once(tmp_path: Path) -> None:
    """It is looked up before it is sent, and shows what it took line by line."""
    journals, of = Journals(), journal()
    erp = adapter(journals, tmp_path, endpoint=ENDPOINT)
    erp.stage(of, sequences(of))
    assert presence(of.lines, erp.sight(REFERENCE).staged) is Presence.COMPLETE
    erp.release(REFERENCE)
    erp.release(REFERENCE)
    assert journals.posts == 1
    sighting = erp.sight(REFERENCE)
    assert presence(of.lines, sighting.ledger) is Presence.COMPLETE
    assert {line.status for line in sighting.ledger} == {"released"}
    journals.told["status"] = "Posted"
    assert {line.status for line in erp.sight(REFERENCE).ledger} == {"posted"}


@pytest.mark.parametrize(("errors", "named"), [({"1": "Project is closed"}, [1]), ({}, [1, 2])])
def test_a_refused_document_names_its_lines(tmp_path: Path, errors: dict[str, str], named: Sequence[int]) -> None:
    """Those with a reason of their own; all of them where the endpoint gives none. It can be given up then."""
    erp, of = adapter(Journals(status="refused", errors=errors), tmp_path, endpoint=ENDPOINT), journal()
    erp.stage(of, sequences(of))
    erp.release(REFERENCE)
    sighting = erp.sight(REFERENCE)
    assert [line.sequence for line in sighting.staged if line.error] == list(named)
    assert (sighting.ledger, [run.failed for run in sighting.results]) == ((), [2])
    erp.roll_back(REFERENCE)
    assert erp.sight(REFERENCE).staged == ()


REFUSALS: dict[int, type[Exception]] = {400: Rejected, 422: Rejected, 403: Misconfigured, 404: Misconfigured}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_of_the_endpoint_is_about_the_document_or_about_us(tmp_path: Path, status: int) -> None:
    """Content is held; an address or a right is for the administrator."""

    def send(request: Request) -> Response:
        return Response(404, {}, b"") if request.method == "GET" else Response(status, {}, b"{}")

    erp, of = adapter(send, tmp_path, endpoint=ENDPOINT), journal()
    erp.stage(of, sequences(of))
    with pytest.raises(REFUSALS[status]):
        erp.release(REFERENCE)


def test_another_document_under_our_reference_is_not_ours(tmp_path: Path) -> None:
    """An endpoint that shows something else is not believed."""
    send: Callable[[Request], Response] = lambda _request: recorded("document.json")  # noqa: E731 - one answer
    erp = adapter(send, tmp_path, endpoint=ENDPOINT)
    assert erp.sight("MLC-BBBBBBBBBBB").conclusive is False
    assert erp.sight(REFERENCE).conclusive
