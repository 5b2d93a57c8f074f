"""The GL transaction interface. Goal: resends are byte-identical, and nothing acts on rows that are not ours."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm_answers import REFERENCE, adapter, digits, journal, recorded, refusal
from ml_connector.core.journal import Journal, Presence, RunResult, presence
from ml_connector.core.money import Money
from ml_connector.erp.fsm.fields import field_map
from ml_connector.erp.fsm.journals import OFF, hours
from ml_connector.erp.port import RowRefusal
from ml_connector.errors import (
    Ambiguous,
    InvariantBroken,
    Malformed,
    Misconfigured,
    RateLimited,
    Rejected,
    Transient,
)
from ml_connector.wire import Request, Response, Safety
from stub_vendors import answer

EMPTY = answer([{"_count": 0}])
TAKEN = answer([{"message": "created"}] * 2)


def sequences(of: Journal) -> tuple[int, ...]:
    """All sequence numbers."""
    return tuple(line.sequence for line in of.lines)


def taken(count: int) -> Response:
    """A batch that was taken."""
    return answer([{"message": "created"}] * count)


def staged_rows(request: Request) -> list[dict[str, str]]:
    """The rows of a staging request."""
    return [record["_fields"] for record in json.loads(request.body or b"")["_records"]]


def test_a_line_is_staged_with_its_key_its_coding_and_its_signed_amount() -> None:
    """All that the ERP needs, and our document and the issue key for those who read the ledger; no empty fields."""
    erp, vendor = adapter(TAKEN)
    assert erp.stage(journal(), (1, 2)) == ()
    (request,) = vendor.seen
    assert request.url == "/FSM/fsm/soap/classes/GLTransactionInterface/actions/CreateUnreleased/batch"
    assert (request.method, request.safety) == ("POST", Safety.ONCE)
    debit, credit = staged_rows(request)
    assert debit == {
        "FinanceEnterpriseGroup": "ACME",
        "GLTransactionInterface.RunGroup": REFERENCE,
        "GLTransactionInterface.SequenceNumber": "1",
        "AccountingEntity": "1000",
        "AccountingUnit": "IT-DEV",
        "AccountCode": "612000",
        "Project": "IT-2041",
        "PostingDate": "20261005",
        "TransactionDate": "20261003",
        "CurrencyCode": "USD",
        "TransactionAmount": "1200.00",
        "UnitsAmount": "16",
        "Reference": "PROC-7",
        "Description": "Labor, PO 4500012/10",
        "DocumentNumber": "DOC1-1",
        "System": "GL",
        "FinanceDimension1": "EU",
    }
    assert (credit["TransactionAmount"], "UnitsAmount" in credit, "Project" in credit) == ("-1200.00", False, False)


def test_labor_fields_stand_on_lines_with_hours_alone() -> None:
    """Constants of the connection, by FSM's names, beside the units; the credit line carries neither."""
    erp, vendor = adapter(TAKEN, labor_fields={"LaborDistribution": "1", "PayCode": "REG"})
    erp.stage(journal(), (1, 2))
    debit, credit = staged_rows(vendor.seen[0])
    assert (debit["LaborDistribution"], debit["PayCode"], debit["UnitsAmount"]) == ("1", "REG", "16")
    assert not {"LaborDistribution", "PayCode", "UnitsAmount"} & credit.keys()


def test_no_entity_is_never_posted() -> None:
    """FSM would take it for all of them."""
    erp, vendor = adapter()
    with pytest.raises(InvariantBroken):
        erp.post("")
    assert vendor.seen == []


@given(st.integers(2, 130), st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_resend_is_byte_identical(count: int, currency: str) -> None:
    """The same journal gives the same requests on another machine, chunk by chunk; no line is left out or doubled."""
    of, batches = journal(count, currency), -(-count // 50)
    requests = []
    for _ in range(2):
        erp, vendor = adapter(*(taken(min(50, count - 50 * number)) for number in range(batches)))
        erp.stage(of, sequences(of))
        requests.append(vendor.seen)
    assert requests[0] == requests[1]
    rows = [row for request in requests[0] for row in staged_rows(request)]
    assert [int(row["GLTransactionInterface.SequenceNumber"]) for row in rows] == list(sequences(of))
    places = digits(currency)
    assert sum(Fraction(row["TransactionAmount"]) for row in rows) == 0
    assert all(len(row["TransactionAmount"].partition(".")[2]) == places for row in rows)


def test_a_part_is_completed_under_the_same_keys() -> None:
    """Only the lines that are missing are sent, each with its old sequence number and content."""
    erp, vendor = adapter(taken(4), taken(1))
    of = journal(4)
    erp.stage(of, sequences(of))
    erp.stage(of, (3,))
    assert staged_rows(vendor.seen[1]) == [staged_rows(vendor.seen[0])[2]]


def test_refused_rows_are_named() -> None:
    """Each refusal has its line's sequence number; a row that is there already is one of them."""
    erp, _ = adapter(recorded("batch"))
    assert erp.stage(journal(3), (1, 2, 3)) == (
        RowRefusal(2, "Record already exists"),
        RowRefusal(3, "Account 699999 is not active"),
    )


def test_a_batch_that_is_refused_as_a_whole_is_rejected() -> None:
    """Nothing was staged, in the ERP's words."""
    erp, _ = adapter(refusal())
    with pytest.raises(Rejected, match="Expected a logical operator"):
        erp.stage(journal(), (1, 2))


@pytest.mark.parametrize("status", [404, 405])
def test_an_interface_that_is_not_there_is_misconfigured(status: int) -> None:
    """A missing class or action is no matter of one journal."""
    erp, _ = adapter(refusal(status))
    with pytest.raises(Misconfigured):
        erp.stage(journal(), (1, 2))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'[{"message":"created"}]'])
def test_an_unreadable_success_is_ambiguous(body: bytes) -> None:
    """The batch was taken and nobody can say what of it: look before repeating."""
    erp, _ = adapter(Response(200, {}, body))
    with pytest.raises(Ambiguous):
        erp.stage(journal(), (1, 2))


@pytest.mark.parametrize("trouble", [Transient("no connection"), RateLimited("429", after=9)])
def test_trouble_after_the_first_batch_is_ambiguous(trouble: Exception) -> None:
    """That nothing was applied is true of the second batch, and not of the journal."""
    of = journal(60)
    erp, _ = adapter(taken(50), trouble)
    with pytest.raises(Ambiguous):
        erp.stage(of, sequences(of))
    erp, _ = adapter(trouble)
    with pytest.raises(Transient):
        erp.stage(of, sequences(of))


@pytest.mark.parametrize("reference", ["", " ", "*", "MLC-%", "MLC AAA", "mlc-a", 'MLC-"', "X" * 21, "M"])
def test_nothing_acts_without_a_reference_of_ours(reference: str) -> None:
    """The form operations select by run group alone: an empty or wild one reaches nobody."""
    erp, vendor = adapter()
    for act in (erp.validate, erp.release, erp.roll_back):
        with pytest.raises(InvariantBroken):
            act(reference)
    if reference:
        with pytest.raises(InvariantBroken):
            erp.stage(replace(journal(), reference=reference), (1, 2))
    assert vendor.seen == []


def form(act: str) -> Request:
    """The request of a form operation."""
    erp, vendor = adapter(answer({}))
    getattr(erp, act)(REFERENCE)
    return vendor.seen[0]


INTERFACE = "/FSM/fsm/soap/ldrest/GLTransactionInterface/InterfaceTransactions_InterfaceTransactionsForm_FormOperation"


def test_the_dry_run_only_edits() -> None:
    """The edit-only run may be repeated, and is asked for our run group alone."""
    request = form("validate")
    assert (request.method, request.url, request.safety) == ("GET", INTERFACE, Safety.REPEATABLE)
    assert dict(request.query) == {
        "PrmRunGroup": REFERENCE,
        "PrmEnterpriseGroup": "ACME",
        "PrmEditOnly": "true",
        "_cmAll": "true",
    }


def test_a_release_is_all_or_nothing_and_bypasses_no_check() -> None:
    """Partial update, every bypass and the moving of errors are sent as off; it goes out once, although it is a GET."""
    request = form("release")
    query = dict(request.query)
    assert (request.method, request.url, request.safety) == ("GET", INTERFACE, Safety.ONCE)
    assert (query["PrmRunGroup"], query["PrmEditOnly"], query["PrmEditAndInterface"]) == (REFERENCE, "false", "true")
    assert {query[name] for name in OFF} == {"false"}
    assert {"PrmPartialUpdate", "PrmMoveErrorsToNewRunGroup", "PrmByPassAccountCode"} <= set(OFF)


def test_a_roll_back_deletes_one_run_group() -> None:
    """It names our run group, and goes out once."""
    request = form("roll_back")
    assert request.url.endswith("/DeleteAllTransactionsForRunGroup_DeleteAllTransactionsForRunGroupForm_FormOperation")
    assert (dict(request.query)["PrmRunGroup"], request.safety) == (REFERENCE, Safety.ONCE)


@pytest.mark.parametrize("act", ["validate", "release", "roll_back"])
def test_a_refused_operation_is_rejected_in_the_erps_words(act: str) -> None:
    """A 400 is about this journal; a 404 is about the tenant."""
    erp, _ = adapter(refusal(), refusal(404))
    with pytest.raises(Rejected, match="logical operator"):
        getattr(erp, act)(REFERENCE)
    with pytest.raises(Misconfigured):
        getattr(erp, act)(REFERENCE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(57_600, "16"), (9_000, "2.5"), (1, "0.0003"), (-1_200, "-0.3333"), (36, "0.01"), (3_600_000, "1000")],
)
def test_units_are_hours(seconds: int, text: str) -> None:
    """To four places, without idle zeros, with the sign of the line."""
    assert hours(seconds) == text


@given(st.integers(-10_000_000, 10_000_000))
def test_units_are_within_a_second(seconds: int) -> None:
    """What is rounded off is less than a second, so that the seconds can be told from the units."""
    assert round(Fraction(hours(seconds)) * 3600) == seconds


def test_a_look_reads_staging_results_and_ledger_in_that_order() -> None:
    """Rows move from staging to the ledger: looked at in this order, none is missed by both looks."""
    erp, vendor = adapter(EMPTY, EMPTY, EMPTY)
    erp.sight(REFERENCE)
    assert [request.operation for request in vendor.seen] == [
        "fsm.list.GLTransactionInterface",
        "fsm.list.GLTransactionInterfaceResult",
        "fsm.list.GLTransactionDetail",
    ]
    assert {dict(request.query)["_lplFilter"] for request in vendor.seen} == {f'RunGroup = "{REFERENCE}"'}


def test_rows_are_seen_under_our_reference_alone() -> None:
    """Staged lines with the ERP's complaint on one line; another run group's row is left out, filter or no filter."""
    erp, _ = adapter(recorded("staging"), recorded("results"), EMPTY)
    seen = erp.sight(REFERENCE)
    assert seen.conclusive
    assert seen.ledger == ()
    assert [(line.sequence, line.amount, line.error) for line in seen.staged] == [
        (1, Money(120000, "USD"), "Period is closed"),
        (2, Money(-120000, "USD"), ""),
    ]
    assert seen.staged[0].posting_date == date(2026, 10, 5)
    assert seen.results == (
        RunResult(17, complete=False, passed=0, failed=2),
        RunResult(18, complete=True, passed=2, failed=0),
    )
    assert seen.newest_result == 18


def test_nothing_there_is_a_conclusive_nothing() -> None:
    """Three empty lists say absent."""
    erp, _ = adapter(EMPTY, EMPTY, EMPTY)
    seen = erp.sight(REFERENCE)
    assert (seen.staged, seen.ledger, seen.results, seen.conclusive) == ((), (), (), True)


@given(st.integers(2, 60), st.sampled_from(["USD", "JPY", "KWD"]))
def test_what_was_staged_is_recognised(count: int, currency: str) -> None:
    """Rows that the ERP shows as they were sent are the stored intent, to the last field that decides."""
    of = journal(count, currency)
    erp, vendor = adapter(*(taken(min(50, count - 50 * number)) for number in range(-(-count // 50))))
    erp.stage(of, sequences(of))
    shown = answer([{"_fields": row} for request in vendor.seen for row in staged_rows(request)])
    looking, _ = adapter(shown, EMPTY, EMPTY)
    assert presence(of.lines, looking.sight(REFERENCE).staged) is Presence.COMPLETE


@pytest.mark.parametrize(
    "broken",
    [
        {"TransactionAmount": "12,00"},
        {"TransactionAmount": "12.005"},
        {"TransactionAmount": ""},
        {"CurrencyCode": "XXX"},
        {"PostingDate": "soon"},
        {"GLTransactionInterface.SequenceNumber": "one"},
    ],
)
def test_a_row_that_cannot_be_read_makes_the_look_inconclusive(broken: dict[str, str]) -> None:
    """One unreadable row under our reference, and neither absent nor complete may be concluded."""
    elements = json.loads(recorded("staging").body)
    elements[1]["_fields"].update(broken)
    erp, _ = adapter(answer(elements), EMPTY, EMPTY)
    assert not erp.sight(REFERENCE).conclusive


def test_a_result_that_cannot_be_read_makes_the_look_inconclusive() -> None:
    """Counts that are no numbers prove nothing."""
    result = {"RunGroup": REFERENCE, "GLTransactionInterfaceResult": "1", "Status": "1", "PassedCount": "many"}
    erp, _ = adapter(EMPTY, answer([{"_fields": result}]), EMPTY)
    assert not erp.sight(REFERENCE).conclusive


def test_a_class_that_is_refused_is_told_before_anything_is_sent() -> None:
    """Posted detail is read under a field that a connection can name; without it the look ends before a write."""
    erp, _ = adapter(EMPTY, EMPTY, refusal())
    with pytest.raises(Misconfigured, match="GLTransactionDetail"):
        erp.sight(REFERENCE)


def test_posted_detail_is_found_by_the_field_that_a_connection_names() -> None:
    """A tenant whose detail carries our reference elsewhere is asked there."""
    fields = field_map({"GLTransactionDetail": {"filter": "OriginRunGroup", "reference": "OriginRunGroup"}})
    row = {
        "OriginRunGroup": REFERENCE, "SequenceNumber": "1", "AccountingEntity": "1000", "AccountCode": "612000",
        "PostingDate": "20261005", "CurrencyCode": "JPY", "TransactionAmount": "-5", "Status": "1",
    }  # fmt: skip
    erp, vendor = adapter(EMPTY, EMPTY, answer([{"_fields": row}]), fields=fields)
    (line,) = erp.sight(REFERENCE).ledger
    assert (line.amount, line.status) == (Money(-5, "JPY"), "released")
    assert dict(vendor.seen[2].query)["_lplFilter"] == f'OriginRunGroup = "{REFERENCE}"'


def test_a_reference_with_a_quote_is_never_looked_up() -> None:
    """It would widen the condition to other rows."""
    erp, vendor = adapter()
    with pytest.raises(InvariantBroken):
        erp.sight('MLC" or RunGroup <> "')
    assert vendor.seen == []


@given(st.lists(st.dictionaries(st.sampled_from(["RunGroup", "SequenceNumber", "TransactionAmount"]), st.text())))
def test_any_rows_are_seen_or_inconclusive(rows: list[dict[str, str]]) -> None:
    """Whatever values stand in the rows, a look ends."""
    ours = [{"_fields": {**row, "RunGroup": REFERENCE}} for row in rows]
    erp, _ = adapter(answer(ours), EMPTY, EMPTY)
    assert erp.sight(REFERENCE).conclusive == (not rows)


def test_a_look_that_is_cut_short_is_malformed() -> None:
    """Half an answer is no answer."""
    erp, _ = adapter(Response(200, {}, recorded("staging").body[:-20]))
    with pytest.raises(Malformed):
        erp.sight(REFERENCE)
