"""Changing a mapping from the command line: versions with who and why, golden examples, promotion to production."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ml_connector.bootstrap import create_installation, open_installation
from ml_connector.cli import app
from ml_connector.settings import load_connection, sample
from ml_connector.store import audit

PEOPLE = "account_id,name,role\n1:a,Anna,developer\n1:b,Ben,tester\n"
RATE = '\n[[rate]]\namount = "100.00"\ncurrency = "USD"\nfrom = 2026-01-01\n'
Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with a test and a production connection."""
    create_installation(tmp_path, "test")
    create_installation(tmp_path, "production")
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """The command line on that installation."""

    def ran(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--dir", str(home)])

    return ran


def file(home: Path, name: str) -> Path:
    """A connection file."""
    return home / "connections" / f"{name}.toml"


def told(result: Result) -> object:
    """The JSON of a command."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_import_becomes_a_version_with_who_and_why(home: Path, run: Run) -> None:
    """The version before it is kept too, and the audit trail tells."""
    sheet = home / "people.csv"
    sheet.write_text(PEOPLE, encoding="utf-8")
    run("mapping", "import", "people", str(sheet), "-c", "test", "--reason", "November")
    assert [person.name for person in load_connection(file(home, "test")).person] == ["Anna", "Ben"]
    versions = told(run("mapping", "history", "-c", "test", "--json"))
    assert [(each["version"], each["author"], each["reason"]) for each in versions] == [  # type: ignore[attr-defined]
        (2, "local", "November"),
        (1, "file", "found on disk"),
    ]
    assert run("mapping", "show", "2", "-c", "test").stdout == file(home, "test").read_text(encoding="utf-8")
    assert run("mapping", "show", "1", "-c", "test").stdout == sample("test")
    installed = open_installation(home)
    with installed.database.read() as tx:
        assert audit.verify(tx) is None
        assert audit.count(tx) >= 1
    again = run("mapping", "import", "people", str(sheet), "-c", "test")
    assert "Nothing is said otherwise" in again.output
    assert len(told(run("mapping", "history", "-c", "test", "--json"))) == 2  # type: ignore[arg-type]


def test_what_somebody_edited_is_recorded_with_a_reason(home: Path, run: Run) -> None:
    """Once: what is the last version already is not kept again."""
    assert told(run("mapping", "record", "--reason", "first", "-c", "test", "--json")) == {"version": 1}
    assert told(run("mapping", "record", "--reason", "again", "-c", "test", "--json")) == {"version": None}
    file(home, "test").write_text(sample("test") + RATE, encoding="utf-8")
    assert told(run("mapping", "record", "--reason", "rates", "-c", "test", "--json")) == {"version": 2}
    versions = told(run("mapping", "history", "-c", "test", "--json"))
    assert len({each["rates_version"] for each in versions}) == 2  # type: ignore[attr-defined]
    assert run("mapping", "show", "7", "-c", "test").exit_code == 4


def test_an_import_that_would_not_read_well_changes_nothing(home: Path, run: Run) -> None:
    """A person whom a rate is for cannot be taken out by a sheet."""
    text = sample("test") + '\n[[person]]\naccount_id = "1:z"\nname = "Zoe"\n' + RATE + 'person = "1:z"\n'
    file(home, "test").write_text(text, encoding="utf-8")
    sheet = home / "people.csv"
    sheet.write_text(PEOPLE, encoding="utf-8")
    answer = run("mapping", "import", "people", str(sheet), "-c", "test")
    assert (answer.exit_code, "names nobody" in answer.output) == (2, True), answer.output
    assert file(home, "test").read_text(encoding="utf-8") == text
    assert run("mapping", "export", "colours", "-c", "test").exit_code == 4


def test_promotion_shows_a_difference_and_applies_it_by_its_hash(home: Path, run: Run) -> None:
    """Decisions move; addresses, cut-over date, prefix, hosts and name stay; both are on record."""
    decided = sample("test", jira_url="https://test.atlassian.net").replace("#grain", 'grain = "worklog"\n#grain')
    file(home, "test").write_text("post_from = 2026-11-01\n" + decided + RATE, encoding="utf-8")
    own = sample("production", jira_url="https://acme.atlassian.net", allowed_hosts=("erp.acme.example",))
    own = own.replace("#reference_prefix", 'reference_prefix = "ACM"\n#reference_prefix')
    file(home, "production").write_text("post_from = 2027-01-01\n" + own, encoding="utf-8")
    review = told(run("promote", "test", "production", "--json"))
    keys = [each["key"] for each in review["differences"]]  # type: ignore[index]
    assert keys == ["posting.grain", "rate[USD from 2026-01-01].amount", *keys[2:]]
    assert not [key for key in keys if key.startswith(("jira", "network", "post_from", "name"))]
    assert "grain" not in [
        line for line in file(home, "production").read_text().splitlines() if line.startswith("grain")
    ]
    given = review["hash"]  # type: ignore[index]
    assert run("promote", "test", "production", "--apply", given[:4]).exit_code == 4
    assert run("promote", "test", "production", "--apply", "0" * 64).exit_code == 3
    done = told(run("promote", "test", "production", "--apply", given[:12], "--json"))
    assert done["version"] == 2  # type: ignore[index]
    found = load_connection(file(home, "production"))
    assert (found.posting.grain, found.posting.reference_prefix, found.jira.url, found.post_from.isoformat()) == (  # type: ignore[union-attr]
        "worklog",
        "ACM",
        "https://acme.atlassian.net",
        "2027-01-01",
    )
    assert found.network.allowed_hosts == ("erp.acme.example",)
    assert "nothing to promote" in run("promote", "test", "production").output
    versions = told(run("mapping", "history", "-c", "production", "--json"))
    assert versions[0]["reason"] == "promoted from test"  # type: ignore[index]


def test_a_review_is_void_once_either_file_changes(home: Path, run: Run) -> None:
    """Nobody applies what nobody saw."""
    file(home, "test").write_text(sample("test") + RATE, encoding="utf-8")
    given = told(run("promote", "test", "production", "--json"))["hash"]  # type: ignore[index]
    file(home, "production").write_text(sample("production") + "\n# edited\n", encoding="utf-8")
    assert run("promote", "test", "production", "--apply", given).exit_code == 3
    assert not load_connection(file(home, "production")).rate


def test_a_field_by_its_id_is_to_be_looked_at(home: Path, run: Run) -> None:
    """Another site gives the id to another field."""
    text = sample("test").replace("#[jira.fields]\n", '[jira.fields]\nvendor = "customfield_10101"\n')
    file(home, "test").write_text(text, encoding="utf-8")
    review = told(run("promote", str(file(home, "test")), "production", "--json"))
    assert ["jira.fields.vendor" in each for each in review["warnings"]] == [True]  # type: ignore[index]


EXAMPLES = """
[[order]]
name = "consulting"
entity = "1000"
currency = "USD"
description = "Consulting"
[[order.line]]
amount = "1000.00"
[[order.line.coding]]
account = "612000"
cost_center = "IT"
project = "P-1"
percent = "75"
[[order.line.coding]]
account = "613000"
project = "P-2"
percent = "25"
[order.expect]
jira_project = "PROC"
issue_type = "Task"
summary = "PO 4500000001: Consulting"

[[project]]
name = "capital"
number = "P-1"
type = "CAPITAL"
currency = "USD"
budget = "5000.00"
expect = { jira_project = "PROJ", issue_type = "Epic" }

[[worklog]]
name = "two hours of a developer"
order = "consulting"
person = "1:a"
day = 2026-11-03
hours = "2"
[worklog.expect]
total = "200.00"
rate = "default"
posted_on = 2026-11-03
warns = []
[[worklog.expect.line]]
account = "612000"
cost_center = "IT"
project = "P-1"
amount = "150"
[[worklog.expect.line]]
account = "613000"
project = "P-2"
amount = "50.00"

[[worklog]]
name = "a day of thirty hours"
order = "consulting"
person = "1:a"
day = 2026-11-03
hours = "30"
expect = { held = "overfull_day" }
"""


@pytest.fixture
def examples(home: Path) -> Path:
    """Golden examples beside the test connection, which they hold for."""
    text = "post_from = 2026-01-01\n" + sample("test") + RATE
    file(home, "test").write_text(text, encoding="utf-8")
    path = home / "examples" / "test.toml"
    path.parent.mkdir()
    path.write_text(EXAMPLES, encoding="utf-8")
    return path


def test_examples_that_hold_are_counted(examples: Path, run: Run) -> None:
    """Exit code 0, for builds."""
    del examples
    answer = run("mapping", "test", "-c", "test")
    assert (answer.exit_code, "4 of 4 examples hold." in answer.output) == (0, True), answer.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('total = "200.00"', 'total = "210.00"', ("total", "210.00 USD", "200.00 USD")),
        ('issue_type = "Task"', 'issue_type = "Order"', ("issue_type", "Order", "Task")),
        (
            'amount = "150"',
            'amount = "149.99"',
            ("line", "612000 IT P-1 149.99; 613000 P-2 50.00", "612000 IT P-1 150.00"),
        ),
        ('rate = "default"', 'rate = "role"', ("rate", "role", "default")),
        ('held = "overfull_day"', 'held = "no_rate"', ("held", "no_rate", "overfull_day")),
        ("posted_on = 2026-11-03", "posted_on = 2026-12-01", ("posted_on", "2026-12-01", "2026-11-03")),
        ("warns = []", 'warns = ["rule:weekend"]', ("warns", "rule:weekend", "none")),
        (
            'expect = { held = "overfull_day" }',
            'expect = { total = "1" }',
            ("held", "nothing holds them", "overfull_day"),
        ),
        (
            'order = "consulting"\nperson = "1:a"\nday = 2026-11-03\nhours = "2"',
            'order = "x"\nperson = "1:a"\nday = 2026-11-03\nhours = "2"',
            ("order", "x", "no [[order]]"),
        ),
        ('issue_type = "Epic"', 'fields = { authorized = "1" }', ("fields.authorized", "1", "not mapped")),
    ],
)
def test_a_deviation_is_told_with_what_was_expected_and_found(
    examples: Path, run: Run, old: str, new: str, said: tuple[str, str, str]
) -> None:
    """Exit code 1, and the same for machines."""
    assert old in EXAMPLES
    examples.write_text(EXAMPLES.replace(old, new), encoding="utf-8")
    answer = run("mapping", "test", "-c", "test")
    assert answer.exit_code == 1, answer.output
    for words in said:
        assert words in answer.output
    trials = json.loads(run("mapping", "test", "-c", "test", "--json").stdout)
    assert sum(not trial["holds"] for trial in trials) == 1


def test_a_draft_is_tried_before_it_is_put_in_place(examples: Path, run: Run, tmp_path: Path) -> None:
    """By another connection file."""
    del examples
    draft = tmp_path / "draft.toml"
    draft.write_text("post_from = 2026-01-01\n" + sample("test") + RATE.replace("100.00", "90.00"), encoding="utf-8")
    assert "180.00 USD" in run("mapping", "test", "-c", "test", "--with", str(draft)).output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('hours = "2"', "hours = 2", ":36: worklog.hours: is a bare number"),
        ('total = "200.00"', 'totel = "200.00"', "Did you mean total?"),
        ('currency = "USD"\ndescription', "description", ":2: order.currency: is missing"),
        ("[[order.line]]", "[[order.line", "is not closed"),
    ],
)
def test_examples_that_cannot_be_read_are_told_by_line(examples: Path, run: Run, old: str, new: str, said: str) -> None:
    """As a connection file is."""
    examples.write_text(EXAMPLES.replace(old, new, 1), encoding="utf-8")
    answer = run("mapping", "test", "-c", "test")
    assert (answer.exit_code, said in answer.output) == (2, True), answer.output
