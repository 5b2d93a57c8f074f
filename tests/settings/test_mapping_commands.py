"""Work on connection files. Goal: what is hardly meant is named with its line, and a diff shows what matters only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connection_files import written
from ml_connector.cli import app
from ml_connector.core.rules import FACTS
from ml_connector.settings import load_connection, schema
from ml_connector.settings.differences import Difference, differences
from ml_connector.settings.lints import LINTS, doubts

SCHEMA = Path(__file__).parents[2] / "docs" / "connection.schema.json"
PLAIN = """\
name = "acme"
post_from = 2026-01-01

[cloudsuite]
enterprise_group = "ACME"
entities = ["1000"]

[jira]
url = "https://acme.atlassian.net"

[jira.orders]
project = "PROC"

[jira.projects]
project = "PROJ"

[clearing.1000]
account = "219900"

[[person]]
account_id = "712020:0a1b2c3d"
name = "A"
employee = "10042"
role = "Engineer"
entity = "1000"

[[rate]]
amount = "85.00"
currency = "USD"
from = 2026-01-01
"""
RULE = """
[[rule]]
name = "big"
when = "order.used_percent > 100.0"
then = "hold"
message = "Long"
remedy = "Ask"
owner = "project manager"
"""
CLEARING = '\n[clearing.3000]\naccount = "219900"\n'
ROLE = '\n[[rate]]\nrole = "Enginer"\namount = "90"\ncurrency = "USD"\nfrom = 2026-01-01\n'
AGAIN = '\n[[rate]]\namount = "85.0"\ncurrency = "USD"\nfrom = 2026-02-01\n'
LATE = '\n[[rate]]\nperson = "10042"\namount = "90"\ncurrency = "USD"\nfrom = 2026-03-01\n'
AFTERWARDS = AGAIN.replace('"85.0"', '"86.0"').replace("[[rate]]", "[[rate]]\nknown_since = 2026-05-01")
EXCHANGE = '\n[[exchange_rate]]\nbase = "EUR"\nquote = "USD"\nrate = "1.08"\nfrom = 2026-01-01\nsource = "Treasury"\n'
OTHER = '[[person]]\naccount_id = "7"\nname = "B"\nemployee = "7"\nentity = "1000"\n\n[[rate]]\nperson = "7"'
UNUSED = 'default_project = "P"\nunprojected = "skip"\n'
DOUBTFUL = {
    "people_without_rate": (PLAIN.replace("[[rate]]", OTHER), "person"),
    "people_whom_jira_no_longer_names": (PLAIN.replace("712020:0a1b2c3d", "unknown"), "person.account_id"),
    "roles_that_nobody_has": (PLAIN + ROLE, "rate.role"),
    "rates_agreed_afterwards": (PLAIN + AFTERWARDS, "rate.known_since"),
    "rates_that_start_late": (PLAIN + LATE, "rate.from"),
    "rates_that_repeat": (PLAIN + AGAIN, "rate.amount"),
    "entities_that_nobody_names": (PLAIN + CLEARING, "clearing.3000"),
    "default_project_without_use": (PLAIN.replace("post_from", UNUSED + "post_from"), "default_project"),
    "exchange_rates_without_use": (PLAIN + EXCHANGE, "exchange_rate.base"),
    "threshold_without_order": (
        PLAIN.replace("post_from = 2026-01-01\n", "") + '\n[posting.approval]\nautomatic_below = "500"\n',
        "posting.approval.automatic_below",
    ),
    "rules_without_example": (PLAIN + RULE, "rule"),
}


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.__name__)
def test_each_doubt_is_told_of_the_file_that_gives_rise_to_it(tmp_path: Path, lint: object) -> None:
    """And of no other line of it."""
    text, _key = DOUBTFUL[getattr(lint, "__name__", "")]
    assert [slip for each in LINTS if each is lint for slip in each(load_connection(written(tmp_path, text)))]


def test_nothing_is_said_about_a_file_that_is_meant(tmp_path: Path) -> None:
    """Silence is worth something."""
    assert list(doubts(load_connection(written(tmp_path, PLAIN)))) == []


@pytest.mark.parametrize("name", DOUBTFUL)
def test_the_command_names_line_key_and_remedy(tmp_path: Path, name: str) -> None:
    """So that an editor can jump there, and a build can fail."""
    text, key = DOUBTFUL[name]
    runner = CliRunner()
    assert runner.invoke(app, ["init", "--dir", str(tmp_path)]).exit_code == 0
    written(tmp_path / "connections", text)
    result = runner.invoke(app, ["mapping", "lint", "--dir", str(tmp_path), "--json"])
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    assert any(each["key"].startswith(key) and each["line"] and each["remedy"] for each in found), found


def test_order_and_notation_are_no_difference(tmp_path: Path) -> None:
    """Tables are matched by what they are for, amounts by what they are worth."""
    before = load_connection(written(tmp_path, PLAIN + LATE))
    head, rate = PLAIN.split("[[rate]]")
    after = load_connection(written(tmp_path, head + LATE + "\n[[rate]]" + rate.replace("85.00", "85")))
    assert differences(before, after) == ()


def test_a_difference_names_whom_it_is_for(tmp_path: Path) -> None:
    """A rate that rose, a person who came."""
    before = load_connection(written(tmp_path, PLAIN + LATE))
    after = load_connection(written(tmp_path, PLAIN + LATE.replace('"90"', '"95"')))
    assert differences(before, after) == (Difference("rate[10042 USD from 2026-03-01].amount", "90", "95"),)


def test_the_diff_tells_whether_it_decides_cost(tmp_path: Path) -> None:
    """A schedule does not, a rate does."""
    runner = CliRunner()
    one = written(tmp_path, PLAIN, "one")
    slower = written(tmp_path, PLAIN + "\n[schedule]\ninterval_seconds = 600\n", "two")
    dearer = written(tmp_path, PLAIN.replace("85.00", "86.00"), "three")
    told = runner.invoke(app, ["mapping", "diff", str(one), str(slower)])
    assert (told.exit_code, "Nothing of it decides what hours cost." in told.output) == (0, True), told.output
    told = runner.invoke(app, ["mapping", "diff", str(one), str(dearer)])
    assert "What decides cost changes: mapping, rates." in told.output


def test_the_published_schema_is_the_models() -> None:
    """Printed by the command, and kept in the docs for editors that take it from there."""
    printed = CliRunner().invoke(app, ["mapping", "schema"])
    assert json.loads(printed.stdout) == schema() == json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_every_fact_is_listed() -> None:
    """What rules can read of."""
    printed = CliRunner().invoke(app, ["mapping", "facts", "--json"])
    assert {each["fact"] for each in json.loads(printed.stdout)} == set(FACTS)
