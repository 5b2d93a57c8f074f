"""Rates in a CSV file. Goal: every wrong line is named, what is right comes back as it went in, and nothing is lost."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ml_connector.bootstrap import create_installation, open_installation
from ml_connector.cli import app
from ml_connector.settings import InvalidSettings, load_changed, load_connection
from ml_connector.settings.connection import Rate
from ml_connector.settings.rate_sheet import COLUMNS, read_rates, sheet_text
from ml_connector.store import audit, principals
from ml_connector.store.principals import Principal
from settings.test_mapping_commands import PLAIN

HEAD = ",".join(COLUMNS)
NAMED = PLAIN.replace("[cloudsuite]\n", 'rates_file = "acme-rates.csv"\n\n[cloudsuite]\n', 1)
TEXTS = st.text(
    st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs", "Cc"]), max_size=20
)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
RATES = st.builds(
    lambda person, project, cents, places, effective, known: Rate.model_validate(
        {
            "person": person,
            "project": project,
            "amount": format(Decimal(cents).scaleb(-places), "f"),
            "currency": "USD",
            "from": effective,
            "known_since": known,
        }
    ),
    TEXTS.map(str.strip),
    TEXTS.map(str.strip),
    st.integers(1, 10**9),
    st.integers(0, 9),
    DAYS,
    st.none() | DAYS,
)


@given(st.lists(RATES, max_size=6))
def test_what_is_written_is_read_again_exactly(tmp_path_factory: pytest.TempPathFactory, rates: list[Rate]) -> None:
    """Every name, amount, digit and day; written again it is the same text."""
    text = sheet_text(rates)
    file = tmp_path_factory.getbasetemp() / "rates.csv"
    file.write_text(text, encoding="utf-8", newline="")
    sheet = read_rates(file)
    assert sheet.problems == ()
    again = [Rate.model_validate(rate) for rate in sheet.rates]
    assert again == rates
    assert sheet_text(again) == text


@pytest.mark.parametrize("role", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\uff1d1+1", "'x'"])
def test_no_cell_of_a_sheet_is_a_formula(tmp_path: Path, role: str) -> None:
    """A role, a project or a cost center can come from another system, and the sheet is opened by finance."""
    rate = Rate.model_validate({"role": role, "amount": "1.00", "currency": "USD", "from": date(2026, 1, 1)})
    text = sheet_text([rate])
    assert f",'{role}'," in text
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    assert read_rates(tmp_path / "rates.csv").rates[0]["role"] == role


ROW = "on line {0} of rates.csv is for the same scope, currency and day as the one on line"
WRONG: list[tuple[list[str], list[str]]] = [
    (
        ["person,sum"],
        [
            "1: amount: is missing from the header",
            "1: currency: is missing from the header",
            "1: from: is missing from the header",
            "1: sum: is a column that is not read",
        ],
    ),
    ([HEAD, ",,,,85.00,USD,31.01.2026,"], ["2: from: is no date"]),
    ([HEAD, ",,,,85.00,USD,2026-01-31,,"], ["2: has 9 cells, and the header 8"]),
    ([HEAD, ",,,,,USD,2026-01-31"], ["2: amount: is empty"]),
    (
        [HEAD, "", ",,,,0,USD,2026-01-31,", '"a', 'b",,,,1,USD,2026-01-31,'],
        ["3: amount: must be more than zero", "5: person: must be text"],
    ),
    ([HEAD, '"a,,,'], ["2: is not CSV"]),
    ([HEAD, "nobody,,,,1,USD,2026-01-31,"], ["2: person: names nobody in this file"]),
    ([HEAD, ",,,,1,USD,2026-02-01,", ",,,,2,USD,2026-02-01,"], [f"3: {ROW.format(3)} 2 of rates.csv"]),
    ([HEAD, ",,,,1,USD,2026-01-01,"], [f"2: {ROW.format(2)} 29."]),
    ([HEAD, ",,P1,CC,1,USD,2026-01-01,"], ["2: cost_center: must be alone in its rate"]),
]


@pytest.mark.parametrize(("lines", "said"), WRONG)
def test_what_is_wrong_is_told_at_its_line_and_column(tmp_path: Path, lines: list[str], said: list[str]) -> None:
    """All of it at once, and of the CSV file, not of the connection that names it."""
    (tmp_path / "acme.toml").write_text(NAMED.replace("acme-rates", "rates"), encoding="utf-8")
    (tmp_path / "rates.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as caught:
        load_connection(tmp_path / "acme.toml")
    told = [str(problem).removeprefix(f"{tmp_path}/rates.csv:") for problem in caught.value.problems]
    assert len(told) == len(said)
    assert all(line.startswith(begin) for line, begin in zip(told, said, strict=True)), told


def test_a_file_that_is_named_and_not_there_is_refused(tmp_path: Path) -> None:
    """Its hours would silently cost a wider rate."""
    (tmp_path / "acme.toml").write_text(NAMED, encoding="utf-8")
    with pytest.raises(InvalidSettings, match=r"acme\.toml:4: rates_file: names a file that is not there"):
        load_connection(tmp_path / "acme.toml")


def test_a_sheet_is_a_rate_card_for_what_if(tmp_path: Path) -> None:
    """It takes the place of all rates, and its mistakes are told of it."""
    (tmp_path / "acme.toml").write_text(PLAIN, encoding="utf-8")
    card = tmp_path / "card.csv"
    card.write_text("amount,currency,from\n99.00,USD,2026-01-01\n", encoding="utf-8")
    changed = load_changed(tmp_path / "acme.toml", card)
    assert [rate.amount for rate in changed.rate] == [Decimal(99)]
    card.write_text("amount,currency,from\n-1,USD,2026-01-01\n", encoding="utf-8")
    with pytest.raises(InvalidSettings, match=r"card\.csv:2: amount"):
        load_changed(tmp_path / "acme.toml", card)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a principal who may see rates, and one who may not."""
    create_installation(tmp_path, "acme")
    (tmp_path / "connections" / "acme.toml").write_text(PLAIN, encoding="utf-8")
    installed = open_installation(tmp_path)
    with installed.database.begin() as tx:
        token = principals.add(tx, Principal("controller", frozenset({"rates"})))
        principals.add(tx, Principal("manager", frozenset()))
    installed.database.close()
    monkeypatch.setenv("MLC_TOKEN", token)
    return tmp_path


def run(home: Path, *words: str) -> tuple[int, str]:
    """A command's exit code and all that it said, without the blanks and breaks that depend on the terminal."""
    done = CliRunner().invoke(app, [words[0], words[1], *words[2:], "--dir", str(home)], terminal_width=200)
    return done.exit_code, "".join((done.stdout + done.stderr).split())


def sheet_of(home: Path) -> Path:
    """Where the rates go."""
    return home / "connections" / "acme-rates.csv"


def name_it(home: Path) -> None:
    """The connection file says that they count."""
    (home / "connections" / "acme.toml").write_text(NAMED, encoding="utf-8")


def test_rates_that_are_taken_in_count_and_come_out_again(home: Path) -> None:
    """Imported, named in the connection, listed as CSV, and taken in once more: nothing changes."""
    more = home / "more.csv"
    more.write_text("from,amount,currency,person\n2026-02-01,90.50,USD,10042\n", encoding="utf-8")
    code, said = run(home, "rates", "import", str(more), "--as", "controller")
    assert (
        code,
        "1ratesadded,0takenout;1inacme-rates.csv" in said,
        'rates_file="acme-rates.csv"' in said,
    ) == (0, True, True)
    name_it(home)
    assert [rate.amount for rate in load_connection(home / "connections" / "acme.toml").rate] == [
        Decimal(85),
        Decimal("90.50"),
    ]
    before = sheet_of(home).read_bytes()
    code, said = run(home, "rates", "import", str(sheet_of(home)), "--as", "controller")
    assert (code, "0ratesadded" in said, sheet_of(home).read_bytes()) == (0, True, before)
    listed = json.loads(
        CliRunner().invoke(app, ["rates", "list", "--json", "--as", "controller", "--dir", str(home)]).stdout
    )
    assert [(row["scope"], row["amount"]) for row in listed] == [("person", "90.50"), ("default", "85.00")]
    with open_installation(home).database.read() as tx:
        assert audit.verify(tx) is None
        assert audit.count(tx) == 2


def test_an_import_with_a_wrong_line_changes_nothing(home: Path) -> None:
    """Nor does one that says something else about a rate that is there: that is a correction, with a day of its own."""
    name_it(home)
    sheet_of(home).write_text(f"{HEAD}\n10042,,,,90.50,USD,2026-02-01,\n", encoding="utf-8")
    before = sheet_of(home).read_bytes()
    wrong = home / "wrong.csv"
    for line, told in (
        (",,,,1,USD,2026-13-01,", "wrong.csv:3:from:isnodate"),
        (",,,,1,USD,2026-12-01,", "wrong.csv:2:amount:isanotherthanthatofthesamerate"),
    ):
        wrong.write_text(f"{HEAD}\n10042,,,,95,USD,2026-02-01,\n{line}\n", encoding="utf-8")
        code, said = run(home, "rates", "import", str(wrong), "--as", "controller")
        assert (code, told in said) == (2, True), said
    assert sheet_of(home).read_bytes() == before
    wrong.write_text(f"{HEAD}\n10042,,,,95,USD,2026-02-01,2026-03-01\n", encoding="utf-8")
    assert run(home, "rates", "import", str(wrong), "--as", "controller")[0] == 0
    assert sheet_of(home).read_text(encoding="utf-8").count("10042") == 2
    assert not list(home.glob("connections/.*"))


def test_rates_are_neither_shown_to_nor_taken_in_by_others(home: Path) -> None:
    """Without the rates role there are scopes and days, and no amounts."""
    shown = CliRunner().invoke(app, ["rates", "list", "--json", "--dir", str(home)]).stdout
    assert "85" not in shown
    assert json.loads(shown)[0]["amount"] == "hidden"
    assert run(home, "rates", "list", "--csv")[0] == 4


def test_the_list_can_ask_what_counted_and_what_was_known(home: Path) -> None:
    """For a day of work as known on a day: the correction is not there before it was known."""
    name_it(home)
    sheet_of(home).write_text(f"{HEAD}\n,,,,95,USD,2026-01-01,2026-03-01\n", encoding="utf-8")
    ask = ["rates", "list", "--json", "--as", "controller", "--dir", str(home), "--on", "2026-02-01", "--known"]
    amounts = [
        json.loads(CliRunner().invoke(app, [*ask, day]).stdout)[0]["amount"] for day in ("2026-02-28", "2026-03-01")
    ]
    assert amounts == ["85.00", "95"]
