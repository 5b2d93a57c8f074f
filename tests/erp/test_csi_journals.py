"""Rows of a journal that finance posts. Goal: found again by their reference, sent once, byte by byte the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_answers import BERLIN, EXTRA, MAIN, REFERENCE, adapter, attempted, journal, recorded
from ml_connector.core.journal import Presence, presence
from ml_connector.core.records import Coding, Kind
from ml_connector.erp.csi.answers import refusal
from ml_connector.erp.csi.csi import Csi
from ml_connector.erp.csi.fields import field_map
from ml_connector.erp.csi.journals import REF_WIDTH, method_failure, ref
from ml_connector.erp.csi.orders import UnitCodes
from ml_connector.erp.csi.updates import insert_request, update_request
from ml_connector.erp.port import FieldUpdate, RowRefusal, WriteResult
from ml_connector.errors import (
    Ambiguous,
    ConnectorError,
    InvariantBroken,
    Malformed,
    Misconfigured,
    RateLimited,
    Rejected,
    Transient,
)
from ml_connector.wire import Request, Response, Safety
from stub_vendors import answer

NONE = ("nothing", "nothing")
"""Neither in a journal nor in the ledger."""
COLUMNS = {"SLJournals": {"debit": "DebitAmount", "credit": "CreditAmount"}}


def properties(request: Request) -> dict[str, str]:
    """What one change sets."""
    (change,) = json.loads(request.body or b"")["Changes"]
    assert all(each["Modified"] is True for each in change["Properties"])
    return {each["Name"]: each["Value"] for each in change["Properties"]}


def test_each_line_is_one_request_with_its_coding_amount_and_reference() -> None:
    """Field notes say that a site processes the first change of a request alone."""
    erp, vendor = adapter(*NONE, "taken", "taken")
    assert erp.stage(journal(dimensions=(("3", "NYC"),)), (1, 2)) == ()
    debit, credit = vendor.seen[2:]
    assert (debit.method, debit.url, debit.safety) == (
        "POST",
        "/CSI/IDORequestService/ido/update/SLJournals",
        Safety.ONCE,
    )
    assert debit.headers["X-Infor-MongooseConfig"] == "ACME_TST_MAIN"
    assert properties(debit) == {
        "Id": "MLC",
        "Acct": "612000",
        "AcctUnit1": "ITDV",
        "AcctUnit2": "2041",
        "AcctUnit3": "NYC",
        "TransDate": "20261005 00:00:00",
        "DomAmount": "1200.00",
        "Ref": "MLC-AAAAAAAAAAA.1 PROC-7",
    }
    assert properties(credit) == {
        "Id": "MLC",
        "Acct": "219900",
        "TransDate": "20261005 00:00:00",
        "DomAmount": "-1200.00",
        "Ref": "MLC-AAAAAAAAAAA.2",
    }
    assert json.loads(debit.body or b"")["Changes"][0]["Action"] == 1


def test_a_foreign_amount_is_sent_as_such() -> None:
    """CSI converts it by its own table; we send what the order is in."""
    erp, vendor = adapter(*NONE, "taken", "taken")
    erp.stage(journal("JPY", minor=11250), (1, 2))
    sent = properties(vendor.seen[2])
    assert (sent["ForAmount"], sent["CurrCode"], "DomAmount" in sent) == ("11250", "JPY", False)


def test_a_site_with_two_columns_gets_debits_and_credits() -> None:
    """Neither is ever negative."""
    erp, vendor = adapter(*NONE, "taken", "taken", fields=field_map(COLUMNS, EXTRA))
    erp.stage(journal(), (1, 2))
    debit, credit = map(properties, vendor.seen[2:])
    assert (debit["DebitAmount"], credit["CreditAmount"]) == ("1200.00", "1200.00")
    assert not {"DomAmount", "CreditAmount"} & debit.keys()


@given(st.integers(1, 9999), st.text(st.characters(codec="ascii", categories=("Lu", "Nd")), max_size=40))
def test_the_reference_fits_and_finds_its_line(sequence: int, key: str) -> None:
    """Reference and number are whole whatever the issue is called; only its key is cut."""
    line = replace(journal().lines[0], sequence=sequence, issue_key=key)
    text = ref("MLCX-AAAAAAAAAAA", line)
    assert len(text) <= REF_WIDTH
    assert text.startswith(f"MLCX-AAAAAAAAAAA.{sequence}")


@pytest.mark.parametrize("reference", ["", "%", "MLC%", "mlc-a", "MLC-A' OR '1'='1", "A" * 30])
def test_nothing_is_searched_or_entered_under_what_is_no_reference_of_ours(reference: str) -> None:
    """It could be everybody's."""
    erp, vendor = adapter()
    for call in (erp.sight, erp.validate, erp.release, erp.roll_back):
        with pytest.raises(InvariantBroken):
            call(reference)
    assert vendor.seen == []


def test_a_resend_is_byte_identical() -> None:
    """Whatever was answered before."""
    bodies = []
    for _ in range(2):
        erp, vendor = adapter(*NONE, "taken", "taken")
        erp.stage(journal(), (1, 2))
        bodies.append([request.body for request in vendor.seen[2:]])
    assert bodies[0] == bodies[1]


def test_what_is_there_already_is_not_entered_again() -> None:
    """CSI would take it a second time, so that the adapter looks before it sends."""
    erp, vendor = adapter("journals", "nothing")
    assert erp.stage(journal(), (1, 2)) == ()
    assert len(vendor.seen) == 2
    erp, vendor = adapter("nothing", "ledger", "taken")
    erp.stage(journal(), (1, 2))
    assert [properties(request)["Ref"] for request in vendor.seen[2:]] == ["MLC-AAAAAAAAAAA.2"]


def test_a_refused_row_is_told_and_the_others_go_on() -> None:
    """In CSI's own words, under its number."""
    erp, _ = adapter(*NONE, "refused", "taken")
    refusals = erp.stage(journal(), (1, 2))
    assert refusals == (RowRefusal(1, "[Account] 699999 is obsolete as of 01/01/2020."),)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((Transient("no"),), Transient),
        ((RateLimited("wait"),), RateLimited),
        (("taken", Transient("no")), Ambiguous),
        (("taken", RateLimited("wait")), Ambiguous),
        ((answer([]),), Ambiguous),
        (("taken", Response(200, {}, b"<html>")), Ambiguous),
        (("privilege",), Misconfigured),
        ((answer({}, 404),), Misconfigured),
    ],
)
def test_what_an_answer_leaves_open_is_said(answers: tuple[object, ...], error: type[ConnectorError]) -> None:
    """Before the first row nothing was applied; after it a part was; an answer that is none leaves it open."""
    erp, _ = adapter(*NONE, *answers)  # type: ignore[arg-type] # answers of several kinds
    with pytest.raises(error):
        erp.stage(journal(), (1, 2))


def test_rows_that_wait_and_lines_of_the_ledger_are_told_apart() -> None:
    """Both complete in themselves; the state of each says where it is."""
    erp, vendor = adapter("journals", "nothing")
    seen = erp.sight(REFERENCE)
    assert presence(journal().lines, seen.staged) is Presence.COMPLETE
    assert ({line.status for line in seen.staged}, seen.ledger, seen.conclusive) == ({"waiting"}, (), True)
    assert [dict(request.query)["filter"] for request in vendor.seen] == ["Ref LIKE 'MLC-AAAAAAAAAAA.%'"] * 2


def test_a_row_that_moves_between_two_looks_is_one_row() -> None:
    """Finance posts after we looked at the journal and before we look at the ledger: the journal is read again."""
    erp, vendor = adapter("journals", "ledger", "nothing")
    seen = erp.sight(REFERENCE)
    assert (len(seen.staged), len(seen.ledger)) == (0, 1)
    assert [request.url.rpartition("/")[2] for request in vendor.seen] == ["SLJournals", "SLLedgers", "SLJournals"]


def test_a_row_that_stays_in_the_journal_beside_its_line_is_a_second_one() -> None:
    """It was posted, and entered again: that differs from what we meant."""
    erp, _ = adapter("journals", "ledger", "journals")
    seen = erp.sight(REFERENCE)
    assert presence(journal().lines, seen.entries(finance_posts=True)) is Presence.DIFFERS


def test_a_row_that_cannot_be_read_leaves_the_look_open() -> None:
    """Unknown never sends again."""
    body = json.loads(recorded("journals").body)
    body["Items"][0]["DomAmount"] = "many"
    erp, _ = adapter(answer(body), "nothing")
    assert erp.sight(REFERENCE).conclusive is False


def test_everything_under_our_prefix_is_found_with_what_others_put_there() -> None:
    """In journals and ledger; a foreign amount is in its own currency; a Ref without a number is told as unread."""
    erp, _ = adapter("nothing", "ledger")
    found = erp.ledger_under("MLC-")
    assert {name: [line.amount for line in lines] for name, lines in found.lines.items()} == {
        "MLC-AAAAAAAAAAA": [journal().lines[0].amount],
        "MLC-BBBBBBBBBBB": [journal("JPY", minor=11250).lines[0].amount],
    }
    assert found.unread == {"MLC-BY-HAND"}
    erp, _ = adapter("illegal-filter")
    assert erp.ledger_under("MLC-").searched is False


def test_a_filter_that_was_not_applied_is_not_believed() -> None:
    """Rows of others that come along are left out."""
    erp, _ = adapter("journals", "ledger")
    seen = erp.sight("MLC-CCCCCCCCCCC")
    assert (seen.staged, seen.ledger) == ((), ())


def test_rows_are_taken_out_by_the_ids_they_were_read_under() -> None:
    """One request each; a reference without rows sends none."""
    erp, vendor = adapter("journals", "taken", "taken")
    erp.roll_back(REFERENCE)
    changes = [json.loads(request.body or b"")["Changes"][0] for request in vendor.seen[1:]]
    assert [change["Action"] for change in changes] == [4, 4]
    assert all(change["ItemId"].startswith("PBT=[journal]") for change in changes)
    erp, vendor = adapter("nothing")
    erp.roll_back(REFERENCE)
    assert len(vendor.seen) == 1


def test_a_method_posts_the_journal_or_says_why_not() -> None:
    """It returns 0, or another number and words; without a method there is nothing to call."""
    erp, vendor = adapter("journals", "journals", "posted", post_method="PostJournalSp")
    erp.release(REFERENCE)
    assert dict(vendor.seen[2].query) == {"method": "PostJournalSp"}
    assert (json.loads(vendor.seen[2].body or b""), vendor.seen[2].safety) == (["MLC", ""], Safety.ONCE)
    erp, _ = adapter("journals", "journals", "not-posted", post_method="PostJournalSp")
    with pytest.raises(Rejected, match="out of balance"):
        erp.release(REFERENCE)
    erp, vendor = adapter()
    erp.release(REFERENCE)
    assert vendor.seen == []


def test_only_sites_that_hold_our_rows_post() -> None:
    """Another site's journal of the same id is another journal."""
    answers = ("nothing", "journals", "journals", "posted")
    erp, vendor = adapter(*answers, post_method="PostJournalSp", sites=(BERLIN, MAIN))
    erp.release(REFERENCE)
    assert vendor.seen[-1].headers["X-Infor-MongooseConfig"] == "ACME_TST_MAIN"


def test_a_journal_that_holds_another_posting_in_part_waits() -> None:
    """CSI posts it as a whole, and the answer to a row of another posting may still be on its way."""
    whole = json.loads(recorded("journals").body)
    part = {**whole["Items"][0], "Ref": "MLC-BBBBBBBBBBB.1 PROC-8"}
    erp, vendor = adapter("journals", answer({**whole, "Items": [*whole["Items"], part]}), post_method="PostJournalSp")
    with pytest.raises(Transient, match="MLC-BBBBBBBBBBB in part"):
        erp.release(REFERENCE)
    assert [request.method for request in vendor.seen] == ["GET", "GET"]


def test_what_finance_posts_is_declared() -> None:
    """Without a method, a journal that is complete waits for finance; nothing in CSI is unique."""
    able = adapter()[0].capabilities
    assert (able.finance_posts, able.keeps_keys_unique, able.records_runs) == (True, False, False)
    assert adapter(post_method="PostJournalSp")[0].capabilities.finance_posts is False


ORDER = answer({"Items": [{"PoNum": "      4711", "_ItemId": "PBT=[po] po.DT=[a] po.ID=[1]"}], "Success": True})
LATER = answer({"Items": [{"PoNum": "      4711", "_ItemId": "PBT=[po] po.DT=[b] po.ID=[1]"}], "Success": True})
UPDATE = FieldUpdate(Kind.PURCHASE_ORDER, "1000/4711", (("Uf_JiraKey", "PROC-7"),))


def test_a_field_is_written_under_the_id_that_was_just_read() -> None:
    """Which carries the row's last moment, so that nobody's change is overwritten unseen."""
    erp, vendor = adapter(ORDER, "taken")
    assert erp.write([UPDATE]) == (WriteResult("1000/4711"),)
    change = json.loads(vendor.seen[1].body or b"")["Changes"][0]
    assert (change["Action"], change["ItemId"], change["UpdateLocking"]) == (2, "PBT=[po] po.DT=[a] po.ID=[1]", 1)
    assert (properties(vendor.seen[1]), vendor.seen[1].safety) == ({"Uf_JiraKey": "PROC-7"}, Safety.REPEATABLE)
    assert dict(vendor.seen[0].query)["filter"] == "PoNum IN ('4711', '      4711')"


def test_a_record_that_somebody_changed_meanwhile_is_read_and_written_again() -> None:
    """Once under its new id; where the id stayed, the refusal was for something else and is told."""
    erp, vendor = adapter(ORDER, "modified", LATER, "taken")
    assert erp.write([UPDATE]) == (WriteResult("1000/4711"),)
    assert len(vendor.seen) == 4
    erp, vendor = adapter(ORDER, "modified", ORDER)
    assert erp.write([UPDATE]) == (WriteResult("1000/4711", "Record was modified by another user."),)


def test_a_record_that_is_not_there_is_told_by_its_key() -> None:
    """And the next one is written all the same."""
    erp, _ = adapter("nothing", ORDER, "taken")
    first, second = erp.write([FieldUpdate(Kind.PURCHASE_ORDER, "1000/9", UPDATE.values), UPDATE])
    assert (first.key, bool(first.refusal), second.refusal) == ("1000/9", True, "")


def test_unit_codes_hold_what_the_connection_says() -> None:
    """Cost center and project where finance keeps them, other dimensions by their number, and nothing else."""
    units = UnitCodes(3, 1)
    coding = Coding("1000", "612000", "ITDV", "2041", (("2", "NYC"), ("4", "CORE")))
    values = units.values(coding)
    assert values == {"account": "612000", "unit1": "2041", "unit2": "NYC", "unit3": "ITDV", "unit4": "CORE"}
    assert units.coding("1000", values) == coding
    with pytest.raises(InvariantBroken, match="no unit code"):
        units.values(Coding("1000", "612000", dimensions=(("7", "X"),)))


BODIES = st.one_of(
    st.binary(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["Success", "Message", "ReturnValue", "Parameters"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
ONCE = insert_request("csi.stage", MAIN, "SLJournals", {"Id": "MLC"})
REPEATABLE = update_request("csi.update.SLPos", MAIN, "SLPos", "", {"Uf_JiraKey": "PROC-7"})


@given(BODIES, st.sampled_from([200, 201, 301, 400, 404, 422]), st.sampled_from([ONCE, REPEATABLE]))
def test_every_answer_to_a_change_is_words_or_an_error_of_ours(body: bytes, status: int, request: Request) -> None:
    """What must not be repeated is in doubt where its answer is none; what may be, is malformed."""
    response = Response(status, {}, body)
    parsers: list[Callable[[Request, Response], str]] = [refusal, method_failure]
    for parse in parsers:
        found = attempted(lambda parse=parse: parse(request, response))  # type: ignore[misc] # bound by its default
        assert isinstance(found, str | ConnectorError)
        assert not isinstance(found, Malformed) or request.safety is Safety.REPEATABLE


def test_a_journal_of_an_entity_without_a_site_is_ours_to_answer_for() -> None:
    """It cannot be planned, so that it must not be sent anywhere."""
    erp: Csi = adapter(sites=(BERLIN,))[0]
    with pytest.raises(InvariantBroken, match="no site"):
        erp.stage(journal(), (1,))
