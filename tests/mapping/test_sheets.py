"""The lists of a mapping as CSV: they come back to the letter, and a wrong row changes nothing."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connection_files import FULL
from ml_connector.mapping.sheets import SHEETS, exported, imported
from ml_connector.settings import Connection, InvalidSettings
from ml_connector.settings.files import read_text
from ml_connector.settings.lints import doubts

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", min_codepoint=32), min_size=1, max_size=12)
KEYS = st.text(st.characters(min_codepoint=65, max_codepoint=90), min_size=2, max_size=6)


def connection_of(text: str) -> Connection:
    """What a text reads as."""
    return read_text(Path("acme.toml"), text)


def brought_back(name: str, sheet: str, text: str) -> str:
    """A text with a CSV in it."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "sheet.csv"
        file.write_text(sheet, encoding="utf-8", newline="")
        return imported(SHEETS[name], file, text)


@pytest.mark.parametrize("name", SHEETS)
def test_what_was_exported_changes_nothing_when_it_comes_back(name: str) -> None:
    """Not a letter of the file, remarks among them."""
    assert brought_back(name, exported(SHEETS[name], connection_of(FULL)), FULL) == FULL


PERSON = st.fixed_dictionaries(
    {"name": WORDS, "employee": st.just("") | WORDS, "role": st.just("") | WORDS, "left": st.none() | st.dates()}
)


@given(st.dictionaries(WORDS, PERSON, max_size=4))
def test_any_people_come_back_as_they_were(people: dict[str, dict[str, object]]) -> None:
    """Names with quotes, commas, formulas and blanks around them; from a list into a file that held another."""
    rows = [{"account_id": account, "entity": "", **person} for account, person in people.items()]
    sheet = io.StringIO()
    base = connection_of(FULL)
    wanted = base.model_copy(update={"person": tuple(_person(row) for row in rows)})
    sheet.write(exported(SHEETS["people"], wanted))
    of_nobody = _without(_without(FULL, "# Cost of an hour, in quotes", "# The fiscal calendar"), *ON_CALL)
    text = brought_back("people", sheet.getvalue(), of_nobody)
    assert exported(SHEETS["people"], connection_of(text)) == sheet.getvalue()


ON_CALL = "# Who is on call when.", "# Multiples of the rate."


def _without(text: str, first: str, following: str) -> str:
    """A file without the part from one remark to another: what names people of its list."""
    return text[: text.index(first)] + text[text.index(following) :]


def _person(row: dict[str, object]) -> object:
    person_type = Connection.model_fields["person"].annotation.__args__[0]  # type: ignore[union-attr] # tuple[Person, ...]
    return person_type.model_validate({key: value for key, value in row.items() if value})


@given(st.dictionaries(WORDS, KEYS, max_size=5))
def test_any_map_comes_back_as_it_was(types: dict[str, str]) -> None:
    """Keys of any letters, into a file that held others, or none."""
    base = connection_of(FULL)
    projects = base.jira.projects.model_copy(update={"types": types})
    wanted = base.model_copy(update={"jira": base.jira.model_copy(update={"projects": projects})})
    sheet = exported(SHEETS["types"], wanted)
    text = brought_back("types", sheet, FULL)
    assert connection_of(text).jira.projects.types == types
    assert exported(SHEETS["types"], connection_of(text)) == sheet


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    """Whatever a person is called."""
    person = _person({"account_id": "1", "name": "=HYPERLINK(0)", "role": "+1"})
    sheet = exported(SHEETS["people"], connection_of(FULL).model_copy(update={"person": (person,)}))
    cells = [cell for row in csv.reader(io.StringIO(sheet)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_person_who_stays_keeps_remarks_and_one_who_is_gone_leaves() -> None:
    """Only what differs is touched."""
    text = FULL.replace("[[person]]\n", "[[person]] # since the merger\n", 1)
    sheet = exported(SHEETS["people"], connection_of(text)).replace("Engineer", "Architect")
    changed = brought_back("people", sheet + "new:1,New Colleague,,Engineer,,2026-12-24\r\n", text)
    assert "[[person]] # since the merger\n" in changed
    people = connection_of(changed).person
    assert [(person.name, person.role) for person in people] == [
        ("Anna Example", "Architect"),
        ("New Colleague", "Engineer"),
    ]
    assert people[1].left == date(2026, 12, 24)
    gone = brought_back("people", "account_id,name\r\nnew:1,New Colleague\r\n", changed)
    with pytest.raises(InvalidSettings, match="names nobody"):
        connection_of(gone)  # her rate would be left over
    assert "since the merger" not in gone


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("account_id,name\n1,A\n1,B\n", ":3: account_id: is the same as on line 2"),
        ("account_id,name,left\n1,A,soon\n", ":2: left: is no day"),
        ("account_id,name\n1,\n", ":2: name: is empty"),
        ("account_id,colour\n1,A\n", ":1: colour: is a column that is not read"),
        ("name\nA\n", ":1: account_id: is missing"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(rows: str, said: str) -> None:
    """With the column and what to do."""
    with pytest.raises(InvalidSettings) as found:
        brought_back("people", rows, FULL)
    assert said in str(found.value)


def test_the_sample_is_no_worse_for_going_round() -> None:
    """Its doubts are the same before and after."""
    text = brought_back("people", exported(SHEETS["people"], connection_of(FULL)), FULL)
    assert list(doubts(connection_of(text))) == list(doubts(connection_of(FULL)))
