"""GLS840MI: batches are entered, controlled and updated by jobs, and become vouchers as a whole or not at all."""

from __future__ import annotations

import pickle

import pytest

from sandbox_m3 import KEY, Play

ENTERED, CHECKING, CHECKED, ERROR, UPDATING, UPDATED = "10", "15", "20", "30", "80", "90"


@pytest.fixture
def play() -> Play:
    """A new world whose CloudSuite is M3."""
    return Play()


def test_a_batch_becomes_a_posted_voucher(play: Play) -> None:
    """Two jobs, each of which takes its time; the lines carry our reference where the ledger is searched."""
    assert play.batch("12.50", "-12.50") == ["", "", ""]
    assert play.state() == ENTERED
    assert play.job("CtrlBatch", seconds=0.5) == ""
    assert play.state() == CHECKING
    play.clock.advance(1)
    assert play.state() == CHECKED
    assert play.job("UpdBatch", seconds=0.5) == ""
    assert (play.state(), play.control("GET", "/books/gl")) == (UPDATING, [])
    play.clock.advance(1)
    lines = play.control("GET", "/books/gl")
    assert play.state() == UPDATED
    assert [(line["reference"], line["sequence"], line["amount_minor"], line["status"]) for line in lines] == [
        (KEY, 1, 1250, "posted"),
        (KEY, 2, -1250, "posted"),
    ]
    info = play.select(f"EGJRNO,EGJSNO,EGGEXI from FGLEDX where EGGEXN = '001' and EGGEXI like '{KEY}/%'")
    assert info == [["1", "1", f"{KEY}/1 DOC-1"], ["1", "2", f"{KEY}/2 DOC-2"]]
    assert play.select("EGAIT1,EGCUAM,EGDBCR from FGLEDG where EGJRNO = 1") == [
        ["219900", "12.50", "D"],
        ["219900", "-12.50", "C"],
    ]
    vouchers = play.records("GLS200MI", "LstVouchersByDt", "DIVI=AAA&FRDT=20261101&TODT=20261130")
    query = f"DIVI=AAA&YEA4=2026&VONO={vouchers[0]['VONO']}"
    assert play.records("GLS200MI", "LstVoucherLines", query) == vouchers


def test_a_job_is_done_though_nobody_asks_m3(play: Play) -> None:
    """The books show what a job has done by then, also after the world was kept and loaded again."""
    play.batch("1.00", "-1.00")
    play.job("UpdBatch", seconds=0)
    play.world = pickle.loads(pickle.dumps(play.world))
    play.world.advance(2)
    assert len(play.control("GET", "/books/gl")) == 2


@pytest.mark.parametrize(
    ("amounts", "more", "said"),
    [
        (("1.00", "-2.00"), {}, "out of balance"),
        (("1.00", "-1.00"), {"ACDT": "20250105"}, "closed"),
        (("1.00", "-1.00"), {"AIT1": "999999"}, "does not exist"),
        (("1.00", "-1.00"), {"AIT2": "LEGACY"}, "inactive"),
        (("1.00", "-1.00"), {"AIT1": "613000"}, "requires a project"),
    ],
)
def test_a_faulty_batch_goes_nowhere(play: Play, amounts: tuple[str, ...], more: dict[str, str], said: str) -> None:
    """The control says why at the lines, and an update comes to the same."""
    assert play.batch(*amounts, **more) == ["", "", ""]
    for job in ("CtrlBatch", "UpdBatch"):
        assert play.job(job) == ""
        assert play.state() == ERROR
        [[message], *_] = play.select(f"FLMSGD from FGLINF where FLKEY1 = '{KEY}'")
        assert said in message
    assert play.control("GET", "/books/gl") == []


def test_keys_are_unique(play: Play) -> None:
    """A second head under the same key and a second line under the same number are refused; a fault takes them."""
    play.batch("1.00", "-1.00")
    assert play.batch("1.00") == [f"Key value {KEY} already exists", "Line 1 already exists"]
    play.strike("keys_not_enforced", probability=1.0)
    assert play.batch("1.00") == ["", ""]
    assert len(play.select(f"FLLINE from FGLINF where FLKEY1 = '{KEY}'")) == 3


def test_lines_fail_for_themselves(play: Play) -> None:
    """A bulk request may be taken in part."""
    play.batch("1.00")
    play.strike("partial_batch", next=1)
    assert play.batch("1.00", "2.00", key="MLC-TEST0000002") == [
        "The record is in use by another job",
        "Key value MLC-TEST0000002 does not exist",
        "Key value MLC-TEST0000002 does not exist",
    ]


def test_nothing_is_done_to_a_batch_at_work_or_posted(play: Play) -> None:
    """Neither lines nor jobs are taken then."""
    play.batch("1.00", "-1.00")
    play.job("UpdBatch", seconds=0)
    assert "being processed" in play.job("CtrlBatch")
    assert "has been updated" in play.job("UpdBatch")
    assert "has been updated" in play.batch("1.00")[1]
    assert len(play.control("GET", "/books/gl")) == 2


def test_a_line_after_the_control_asks_for_another(play: Play) -> None:
    """What was controlled is no longer what would be posted."""
    play.batch("1.00", "-1.00")
    play.job("CtrlBatch")
    line = {"KEY1": KEY, "LINE": "9", "INRI": "I1", "AIT1": "219900", "CUCD": "USD", "ACDT": "20261105", "CUAM": "1"}
    assert play.errors("GLS840MI", ("AddBatchLineFld", line)) == [""]
    assert play.state() == ENTERED


@pytest.mark.parametrize(
    "wrong",
    [
        {"AIT1": "12345678901"},
        {"EXI1": "X" * 46},
        {"LINE": "one"},
        {"CUAM": "1,00"},
        {"ACDT": "2026-11-05"},
        {"KEY1": "MLC-NOTHING"},
    ],
)
def test_what_does_not_fit_is_refused_at_once(play: Play, wrong: dict[str, str]) -> None:
    """Widths, numbers and dates are judged when a line is added."""
    play.batch()
    line = {"KEY1": KEY, "LINE": "1", "INRI": "I1", "AIT1": "219900", "CUCD": "USD", "ACDT": "20261105", "CUAM": "1"}
    assert play.errors("GLS840MI", ("AddBatchLineFld", {**line, **wrong})) != [""]


def test_the_service_user_may_write_decimals_otherwise(play: Play) -> None:
    """With a comma, a point is no separator; unsigned amounts have their side beside them."""
    play.control("PUT", "/switches", {"m3_decimal_separator": ",", "m3_signed_amounts": False})
    assert play.batch("1.50")[1] != ""
    assert play.batch("1,50", "-1,50", key="MLC-TEST0000002") == ["", "", ""]
    play.job("UpdBatch", key="MLC-TEST0000002")
    assert [line["amount_minor"] for line in play.control("GET", "/books/gl")] == [150, -150]
    assert play.select("EGCUAM,EGDBCR from FGLEDG") == [["1,50", "D"], ["1,50", "C"]]


def test_a_job_need_not_show(play: Play) -> None:
    """A tenant's batch may look untouched until a job is done."""
    play.control("PUT", "/switches", {"m3_jobs_show": False})
    play.batch("1.00", "-1.00")
    play.job("CtrlBatch", seconds=0)
    assert play.state() == ENTERED
    play.clock.advance(2)
    assert play.state() == CHECKED
