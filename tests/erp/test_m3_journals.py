"""Journals in M3: entered once, controlled, updated, marked, and read back by our reference alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fsm_answers import REFERENCE, journal
from m3_answers import MAPPED, SETUP, Answer, adapter, done, export, failed, in_state, posted, recorded, results
from ml_connector.core.journal import Presence, presence
from ml_connector.core.money import Money
from ml_connector.core.records import Coding
from ml_connector.errors import Ambiguous, InvariantBroken, Malformed, Misconfigured, RateLimited, Rejected, Transient
from ml_connector.wire import Request, Response, Safety

ENTERED, CHECKING, CHECKED, ERROR, UPDATING, UPDATED = ("10", "15", "20", "30", "80", "90")
LINES = recorded("batch-lines")


def test_a_batch_is_begun_and_its_lines_are_added() -> None:
    """Head and lines by POST, two lines a call; each line carries reference, number and document to be found by."""
    erp, vendor = adapter({"m3.stage.head": done(), "m3.stage": [done(2), done(1)]})
    assert erp.stage(journal(3), (1, 2, 3)) == ()
    assert vendor.sent("m3.stage.head") == [
        (
            "AddBatchHead",
            {"CONO": "100", "KEY1": REFERENCE, "INTN": "MLCONNECTOR", "DESC": f"Labor {REFERENCE}"},
        )
    ]
    first, _, last = (record for _, record in vendor.sent("m3.stage"))
    assert first == {
        "KEY1": REFERENCE,
        "LINE": "1",
        "INRI": "I1",
        "AIT1": "612000",
        "AIT2": "IT-DEV",
        "AIT3": "IT-2041",
        "AIT4": "EU",
        "ACQT": "16",
        "CUCD": "USD",
        "CUAM": "1200.00",
        "ACDT": "20261005",
        "VTXT": "Labor, PO 4500012/10",
        "EXN1": "001",
        "EXI1": f"{REFERENCE}/1 DOC1-1",
        "EXN2": "002",
        "EXI2": "PROC-7",
    }
    assert (last["CUAM"], last["EXI1"]) == ("-2400.00", f"{REFERENCE}/3")
    assert {"ACQT", "EXN2", "AIT2"} & last.keys() == set()


def test_writes_go_once_and_never_in_an_address() -> None:
    """Every call of GLS840MI is a POST that nothing below the posting engine repeats."""
    erp, vendor = adapter({"m3.stage.head": done(), "m3.stage": done(2)})
    erp.stage(journal(), (1, 2))
    writes = [request for request in vendor.seen if request.method == "POST"]
    assert len(writes) == 2
    for request in writes:
        assert request.safety is Safety.ONCE
        assert REFERENCE not in request.target
        assert dict(request.query)["divi"] == "AAA"


def test_the_same_lines_are_the_same_bytes() -> None:
    """A resend is byte-identical."""
    bodies = []
    for _ in range(2):
        erp, vendor = adapter({"m3.stage.head": done(), "m3.stage": done(2)})
        erp.stage(journal(), (1, 2))
        bodies.append([request.body for request in vendor.seen])
    assert bodies[0] == bodies[1]


def test_a_batch_that_is_there_is_completed() -> None:
    """No second head, and only the lines that are asked for."""
    erp, vendor = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.stage": done()})
    assert erp.stage(journal(), (2,)) == ()
    assert vendor.asked("m3.stage.head") == []
    assert [record["LINE"] for _, record in vendor.sent("m3.stage")] == ["2"]


def test_lines_that_are_refused_are_told_by_their_number() -> None:
    """Some are taken, some are not: HTTP 200 says nothing about either."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.stage": recorded("bulk")})
    [refusal] = erp.stage(journal(), (1, 2))
    assert (refusal.sequence, refusal.message) == (2, "Line 2 already exists")


def test_a_head_that_is_refused_rejects_the_journal() -> None:
    """In M3's words, and no line is sent."""
    erp, vendor = adapter({"m3.stage.head": failed("Interface X does not exist")})
    with pytest.raises(Rejected, match="Interface X does not exist"):
        erp.stage(journal(), (1, 2))
    assert vendor.asked("m3.stage") == []


def test_a_coding_that_m3_cannot_hold_is_refused_before_anything_is_sent() -> None:
    """A dimension of more than ten letters, or one that the connection places nowhere."""
    wide, unknown = Coding("1000", "612000", "A-LONG-CENTER"), Coding("1000", "612000", "", "", (("9", "X"),))
    for coding, said in ((wide, "A-LONG-CENTER"), (unknown, "dimension:9")):
        plain = journal()
        first, last = plain.lines
        erp, vendor = adapter()
        [refusal] = erp.stage(replace(plain, lines=(replace(first, coding=coding), last)), (1, 2))
        assert refusal.sequence == 1
        assert said in refusal.message
        assert vendor.seen == []


def _raise(error: Exception) -> Answer:
    def answer(_request: Request) -> Response:
        raise error

    return answer


def test_lines_that_nobody_answers_for_are_ambiguous() -> None:
    """The head may be there, so that `nothing was applied` is not true of the journal."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.stage": _raise(RateLimited("wait"))})
    with pytest.raises(Ambiguous):
        erp.stage(journal(), (1, 2))
    erp, _ = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.stage": Response(200, {}, b"<html>")})
    with pytest.raises(Ambiguous):
        erp.stage(journal(), (1, 2))


@pytest.mark.parametrize(
    ("state", "calls"), [(ENTERED, 1), (CHECKING, 0), (CHECKED, 0), (ERROR, 0), (UPDATING, 0), (UPDATED, 0)]
)
def test_a_batch_is_controlled_once(state: str, calls: int) -> None:
    """What has been controlled, or is at work, is left alone."""
    erp, vendor = adapter({"m3.read.FGLINH": in_state(state), "m3.validate": done()})
    erp.validate(REFERENCE)
    assert vendor.sent("m3.validate") == [("CtrlBatch", {"CONO": "100", "KEY1": REFERENCE})] * calls


@pytest.mark.parametrize(
    ("state", "error"),
    [(ENTERED, Transient), (CHECKING, Transient), (ERROR, Rejected), (CHECKED, None), (UPDATED, None)],
)
def test_only_a_controlled_batch_is_updated(state: str, error: type[Exception] | None) -> None:
    """Before that it is not yet time, after an error never, and once updated there is nothing to do."""
    erp, vendor = adapter({"m3.read.FGLINH": in_state(state), "m3.release": done()})
    if error is None:
        erp.release(REFERENCE)
    else:
        with pytest.raises(error):
            erp.release(REFERENCE)
    assert len(vendor.asked("m3.release")) == (state == CHECKED)


def test_a_job_that_has_begun_meanwhile_is_begun() -> None:
    """M3 refuses a second one; where the batch has moved on, that is what was wanted."""
    erp, _ = adapter({"m3.read.FGLINH": [in_state(CHECKED), in_state(UPDATING)], "m3.release": failed("in process")})
    erp.release(REFERENCE)
    erp, _ = adapter({"m3.read.FGLINH": in_state(CHECKED), "m3.release": failed("no authority")})
    with pytest.raises(Rejected, match="no authority"):
        erp.release(REFERENCE)


def test_jobs_need_a_batch() -> None:
    """Without one there is nothing to do anything to."""
    erp, _ = adapter()
    for call in (erp.validate, erp.release):
        with pytest.raises(Rejected):
            call(REFERENCE)
    erp.roll_back(REFERENCE)


def test_an_updated_batch_is_read_back_from_its_voucher() -> None:
    """Staging and ledger are the journal line by line, a result counts them, and every value has been compared."""
    of = _recorded_journal()
    erp, vendor = adapter(posted())
    sighting = erp.sight(REFERENCE)
    assert presence(of, sighting.ledger) is Presence.COMPLETE
    assert presence(of, sighting.staged) is Presence.COMPLETE
    assert [(run.complete, run.passed, run.failed) for run in sighting.results] == [(True, 2, 0)]
    assert {line.status for line in sighting.ledger} == {"posted"}
    assert [line.seconds for line in sighting.ledger] == [57_600, None]
    assert (sighting.conclusive, sighting.working) == (True, False)
    assert vendor.query("m3.read.FGLEDX").endswith(f"EGGEXN = '001' and EGGEXI like '{REFERENCE}/%'")
    assert vendor.query("m3.read.FGLEDG").endswith("EGDIVI = 'AAA' and EGYEA4 = 2026 and EGJRNO in (7)")


def _recorded_journal() -> tuple:  # type: ignore[type-arg] # two lines
    first, last = journal().lines
    return (replace(first, coding=replace(first.coding, dimensions=(("1", "EU"),))), last)


def test_a_batch_that_waits_is_staged_and_nothing_more() -> None:
    """No result, no ledger line."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(CHECKED), "m3.read.FGLINF": LINES})
    sighting = erp.sight(REFERENCE)
    assert presence(_recorded_journal(), sighting.staged) is Presence.COMPLETE
    assert (sighting.ledger, sighting.results, sighting.conclusive) == ((), (), True)


def test_errors_stand_at_their_lines() -> None:
    """In M3's words; a batch in error whose lines say nothing has an error at every line."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(ERROR), "m3.read.FGLINF": LINES})
    sighting = erp.sight(REFERENCE)
    assert [line.error for line in sighting.staged] == ["", "Account 219900 is blocked ^ ask finance"]
    assert [(run.complete, run.failed) for run in sighting.results] == [(False, 2)]
    silent = Response(200, {}, LINES.body.replace(b"Account 219900 is blocked ^ ask finance", b""))
    erp, _ = adapter({"m3.read.FGLINH": in_state(ERROR), "m3.read.FGLINF": silent})
    assert all("batch in error" in line.error for line in erp.sight(REFERENCE).staged)


@pytest.mark.parametrize("state", [CHECKING, UPDATING])
def test_a_batch_at_work_is_not_concluded_from(state: str) -> None:
    """What it shows may be half."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(state), "m3.read.FGLINF": LINES})
    sighting = erp.sight(REFERENCE)
    assert (sighting.working, sighting.conclusive) == (True, False)


def test_a_job_that_we_began_and_that_does_not_show_is_at_work() -> None:
    """Until the batch says otherwise, as far as this run goes."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.validate": done()})
    assert not erp.sight(REFERENCE).working
    erp.validate(REFERENCE)
    assert erp.sight(REFERENCE).working


def test_a_status_that_nobody_explained_stops_with_a_question() -> None:
    """Nothing is guessed about it."""
    erp, _ = adapter({"m3.read.FGLINH": in_state("42")})
    with pytest.raises(Misconfigured, match="42"):
        erp.sight(REFERENCE)
    with pytest.raises(Misconfigured):
        erp.release(REFERENCE)


def test_two_batches_under_one_key_are_malformed() -> None:
    """M3 says that the key is unique."""
    head = "100^AAA^MLC-AAAAAAAAAAA^20"
    erp, _ = adapter({"m3.read.FGLINH": export("FHCONO^FHDIVI^FHKEY1^FHSTAT", head, head.replace("AAA^M", "BBB^M"))})
    with pytest.raises(Malformed):
        erp.sight(REFERENCE)


def test_lines_that_differ_are_seen_to_differ() -> None:
    """Another amount, another day, another division: none of them is ours."""
    for ours, theirs in ((b"1200.00", b"1200.01"), (b"20261005", b"20261006"), (b"^IT-DEV^", b"^IT-OPS^")):
        changed = Response(200, {}, LINES.body.replace(ours, theirs))
        erp, _ = adapter({"m3.read.FGLINH": in_state(CHECKED), "m3.read.FGLINF": changed})
        assert presence(_recorded_journal(), erp.sight(REFERENCE).staged) is Presence.DIFFERS


@pytest.mark.parametrize(
    ("ours", "theirs"), [(b"^1200.00^", b"^much^"), (b"^USD^", b"^XXX^"), (b"20261005", b"2026-1-5")]
)
def test_a_ledger_line_that_cannot_be_read_makes_a_look_inconclusive(ours: bytes, theirs: bytes) -> None:
    """Half a look proves nothing; the reference is named as unread."""
    changed = Response(200, {}, recorded("ledger").body.replace(ours, theirs))
    erp, _ = adapter({**posted(), "m3.read.FGLEDG": changed})
    assert not erp.sight(REFERENCE).conclusive
    assert erp.ledger_under("MLC-").unread == {REFERENCE}


def test_an_information_without_its_line_makes_a_look_inconclusive() -> None:
    """The voucher is there and its line was not told."""
    erp, _ = adapter({**posted(), "m3.read.FGLEDG": results({"records": []})})
    assert not erp.sight(REFERENCE).conclusive


def test_the_ledger_is_searched_by_our_prefix() -> None:
    """Lines by their references; a tenant that refuses the search leaves it undone."""
    erp, _ = adapter(posted())
    found = erp.ledger_under("MLC-")
    assert {name: len(lines) for name, lines in found.lines.items()} == {REFERENCE: 2}
    erp, _ = adapter({"m3.read.FGLEDX": failed("not allowed")})
    assert not erp.ledger_under("MLC-").searched


def test_a_rolled_back_batch_can_never_be_posted() -> None:
    """A line that puts it out of balance says so; from then on nothing of it counts as staged."""
    erp, vendor = adapter({"m3.read.FGLINH": in_state(ERROR), "m3.read.FGLINF": LINES, "m3.roll_back": done()})
    erp.roll_back(REFERENCE)
    [(name, mark)] = vendor.sent("m3.roll_back")
    assert (name, mark["LINE"], mark["CUAM"]) == ("AddBatchLineFld", "9999999", "1")
    assert mark["VTXT"] == "ROLLED BACK - DELETE THIS BATCH"
    assert (mark["AIT1"], mark["AIT2"]) == ("612000", "IT-DEV")
    marked = json.loads(LINES.body)
    marked["results"][0]["records"].append(
        {"REPL": f"100^AAA^{REFERENCE}^9999999^612000^^^^^^^^USD^1^^20261005^{mark['EXI1']}^"}
    )
    lines = Response(200, {}, json.dumps(marked).encode())
    erp, vendor = adapter({"m3.read.FGLINH": in_state(ENTERED), "m3.read.FGLINF": lines})
    assert erp.sight(REFERENCE).staged == ()
    erp.roll_back(REFERENCE)
    assert vendor.asked("m3.roll_back") == []


def test_a_batch_at_work_is_not_rolled_back() -> None:
    """It is tried again later."""
    erp, _ = adapter({"m3.read.FGLINH": in_state(UPDATING)})
    with pytest.raises(Transient):
        erp.roll_back(REFERENCE)


def test_nothing_is_asked_under_what_is_no_reference_of_ours() -> None:
    """It would be put into queries and keys: 15 characters at the most, and none that mean something in SQL."""
    erp, vendor = adapter()
    for reference in ("", "MLC-ABCDEFGHIJKL", "MLC'--", "MLC-%", "mlc-abc"):
        with pytest.raises(InvariantBroken):
            erp.sight(reference)
    assert vendor.seen == []


def test_decimals_are_written_and_read_as_the_service_user_does() -> None:
    """With a comma both ways."""
    setup = replace(MAPPED, separator=",")
    erp, vendor = adapter({"m3.stage.head": done(), "m3.stage": done(2)}, setup=setup)
    erp.stage(journal(), (1, 2))
    assert [record["CUAM"] for _, record in vendor.sent("m3.stage")] == ["1200,00", "-1200,00"]
    lines = Response(200, {}, LINES.body.replace(b"1200.00", b"1200,00"))
    erp, _ = adapter({"m3.read.FGLINH": in_state(CHECKED), "m3.read.FGLINF": lines}, setup=setup)
    assert [line.amount for line in erp.sight(REFERENCE).staged] == [Money(120000, "USD"), Money(-120000, "USD")]


def test_what_m3_can_do_is_declared() -> None:
    """References are 15 characters wide, the width of KEY1."""
    erp, _ = adapter(setup=SETUP)
    can = erp.capabilities
    assert (can.product, can.reference_width, can.key_field_width, can.posts_journals) == ("m3", 15, 30, True)
