"""Guided set-up on the simulated vendors: from credentials to a first posting, whatever is answered."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from engine.acme import CLOUDSUITE_URL, JIRA_URL, START, Acme, build, opened
from ml_connector.cli import app, onboard
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.settings import load_connection, sample
from ml_connector.store.tables import audit
from ml_connector_sandbox.jira.schema import PLUGIN

RATES = "rates=85.00 USD, 78.00 EUR"
OWN = "# Agreed with finance.\n"


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    """An installation with credentials, whose connection file is still the sample."""
    made = build(tmp_path, change=lambda _demo: sample(NAME, jira_url=JIRA_URL))
    monkeypatch.setattr(onboard, "installation", lambda _directory: made.installed)
    yield made
    made.installed.database.close()


def file_of(acme: Acme) -> Path:
    """The connection file."""
    return acme.installed.home.connection_file(NAME)


def configure(*options: str, typed: str | None = None) -> tuple[int, str]:
    """The command: its exit code and what it printed."""
    found = CliRunner().invoke(app, ["configure", *options], input=typed)
    return found.exit_code, found.output


def test_what_is_proposed_passes_the_doctor_and_posts(fresh: Acme) -> None:
    """Nobody answers anything but the rates; every check is green, and an hour reaches the general ledger."""
    code, output = configure("--yes", "--set", RATES)
    assert code == 0, output
    assert fresh.writes() == []
    fresh.restart()
    lane, observed = fresh.installed.watched_lane(NAME)
    assert [each for each in check(lane, observed) if not each.ok] == []
    fresh.sync()
    order = fresh.chargeable()
    fresh.log(fresh.issue_of(f"{order['company']}/{order['number']}"), 3600, START.date() - timedelta(days=1))
    fresh.post()
    assert sum(line["amount_minor"] for line in fresh.gl() if line["account"] != "219900") == 8500
    fresh.check_ledger()


def test_remarks_and_own_keys_stay(fresh: Acme) -> None:
    """What was not asked is not touched, and a second time changes nothing."""
    text = file_of(fresh).read_text(encoding="utf-8").replace("[posting]\n", f"[posting]\n{OWN}lines_max = 50\n")
    file_of(fresh).write_text(text, encoding="utf-8")
    assert configure("--yes", "--set", RATES)[0] == 0
    once = file_of(fresh).read_text(encoding="utf-8")
    assert OWN in once
    assert load_connection(file_of(fresh)).posting.lines_max == 50
    fresh.restart()
    assert configure("--yes", "--set", RATES)[0] == 0
    assert file_of(fresh).read_text(encoding="utf-8") == once


def test_who_is_asked_may_answer_otherwise_and_is_told_of_mistakes(fresh: Acme) -> None:
    """An empty line takes the proposal, a dash leaves out, and what does not exist is asked again."""
    typed = ["", "1000", "NOPE", "OPS", ""]  # group, entities, Jira project (twice), projects
    typed += ["", "", "", "-", "", "-"]  # entities' projects, types, no closed status, PO number, no vendor
    code, output = configure("--set", RATES, typed="\n".join(typed) + "\n" * 15)
    assert code == 0, output
    assert "There is no NOPE; there is" in output
    found = load_connection(file_of(fresh))
    assert (found.cloudsuite.entities, found.jira.orders.project) == (("1000",), "OPS")
    assert (found.jira.orders.closed_status, found.jira.fields.po_number, found.jira.fields.vendor) == (
        "",
        "PO Number",
        "",
    )
    assert set(found.clearing) == {"1000"}


def test_a_preview_saves_nothing(fresh: Acme) -> None:
    """It prints the very file that would be saved."""
    before = file_of(fresh).read_text(encoding="utf-8")
    answer = CliRunner().invoke(app, ["configure", "--yes", "--preview", "--set", RATES])
    assert file_of(fresh).read_text(encoding="utf-8") == before
    assert configure("--yes", "--set", RATES)[0] == 0
    assert file_of(fresh).read_text(encoding="utf-8") == answer.stdout


def test_what_an_hour_costs_stands_in_the_file_alone(fresh: Acme) -> None:
    """Neither the audit trail nor a later preview tells it to those who may not see rates."""
    assert configure("--yes", "--set", RATES)[0] == 0
    amount = RATES.removeprefix("rates=").split()[0]
    assert amount in file_of(fresh).read_text(encoding="utf-8")
    fresh.restart()
    again = CliRunner().invoke(app, ["configure", "--yes", "--preview"])
    assert again.exit_code == 0, again.output
    assert f'"{amount}"' not in "".join(line for line in again.stdout.splitlines() if not line.startswith("#"))
    with fresh.installed.database.read() as tx:
        assert amount not in str(tx.execute(select(audit)).all())


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--set", "colour=red"), 4, "Nothing is asked by colour"),
        (("--set", "rates"), 4, "is no KEY=VALUE"),
        (("--set", "rates=cheap"), 2, "write it as 85.00 USD"),
        (("--set", "entities=9999"), 2, "There is no 9999"),
        (("--set", "orders_project="), 2, "orders_project"),
        (("--set", "orders_type=Saga"), 2, "There is no Saga"),
        (("--set", "field.vendor=Colour"), 2, "field.vendor"),
        (("--set", "clearing_account=610000"), 2, "clearing_account"),
        (("--set", "post_from=soon"), 2, "2026-01-31"),
        (("--set", "time_zone=Mars"), 2, "no time zone"),
        (("--set", "entity_projects=1000=NOPE"), 2, "NOPE"),
        (("--set", "field.vendor=PO Number"), 2, "jira.fields"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_nothing_is_saved(
    fresh: Acme, options: tuple[str, ...], code: int, said: str
) -> None:
    """Wherever it comes from, and with the way out."""
    before = file_of(fresh).read_text(encoding="utf-8")
    found = configure("--yes", *options)
    assert (found[0], said in found[1]) == (code, True), found
    assert file_of(fresh).read_text(encoding="utf-8") == before


def test_answers_come_from_a_file_and_employees_from_a_list(fresh: Acme, tmp_path: Path) -> None:
    """For who sets up without being asked; who is matched to nobody is named."""
    answers, employees = tmp_path / "answers.toml", tmp_path / "employees.csv"
    answers.write_text('entities = "1000"\n[field]\nvendor = ""\n', encoding="utf-8")
    employees.write_text("employee,name,role\nE7,Krüger Zoë,developer\nE8,Nobody Known,\n", encoding="utf-8")
    code, output = configure("--yes", "--answers", str(answers), "--employees", str(employees))
    assert code == 0, output
    found = load_connection(file_of(fresh))
    zoe = next(person for person in found.person if person.name == "Zoë Krüger")
    assert (zoe.employee, zoe.role, found.jira.fields.vendor) == ("E7", "developer", "")
    assert "no single employee is called Paolo Ricci" in output
    assert "there is no [[rate]]" in output
    fresh.restart()
    told = CliRunner().invoke(app, ["configure", "--yes", "--json", "--set", RATES])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["open_ends"] == [], told.output


@pytest.mark.parametrize(
    ("content", "said"),
    [("employee,colour\n1,A\n", ":1: name: is missing"), ("employee,name\n1,A\n2,\n", ":3: name: is empty")],
)
def test_a_list_of_employees_is_refused_with_its_row(fresh: Acme, tmp_path: Path, content: str, said: str) -> None:
    """A column that lacks, and a cell that is empty."""
    del fresh
    employees = tmp_path / "employees.csv"
    employees.write_text(content, encoding="utf-8")
    code, output = configure("--yes", "--employees", str(employees))
    assert (code, said in output.replace("\n", "")) == (2, True), output


def test_a_field_is_proposed_by_what_issues_hold_already(fresh: Acme) -> None:
    """A field of another name that holds numbers of purchase orders."""
    site = fresh.world.jira
    for field in [each for each in site.fields.values() if each.name == "PO Number"]:
        del site.fields[field.id]
    reference = site.add_field("Referenz", f"{PLUGIN}:textfield")
    for order in fresh.orders(closed=False)[:4]:
        fields = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": "By hand"}
        body = {"fields": {**fields, reference.id: order["number"]}}
        assert fresh.as_person(fresh.people[0], "POST", "/issue", body).status == 201
    code, output = configure("--yes", "--set", "entities=1000, 2000")
    assert code == 0, output
    assert load_connection(file_of(fresh)).jira.fields.po_number == "Referenz"


def test_init_guided_asks_its_way_to_a_connection_that_works(
    fresh: Acme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path and a wrong token are told and asked again; no secret is shown or stored before it was tried."""
    home, ionapi = tmp_path / "new", tmp_path / "acme.ionapi"
    ionapi.write_text(json.dumps(fresh.world.cloudsuite.ionapi(CLOUDSUITE_URL)), encoding="utf-8")
    monkeypatch.setattr(onboard, "installation", lambda where: opened(where, fresh.clock, fresh.world, fresh))
    monkeypatch.delenv("JIRA_API_TOKEN", raising=False)
    known = fresh.world.jira.credentials()
    typed = [JIRA_URL, str(tmp_path / "not-there"), "y", str(ionapi), "token"]
    typed += [known["email"], "not-this-one", "y", known["email"], known["api_token"]]
    answer = CliRunner().invoke(
        app, ["init", "--dir", str(home), "--name", "new", "--guided"], input="\n".join(typed) + "\n" * 30
    )
    assert answer.exit_code == 0, answer.output
    assert "Saved:" in answer.output
    for secret in (known["api_token"], "not-this-one", str(json.loads(ionapi.read_text())["sask"])):
        assert secret not in answer.output
    assert (
        tomllib.loads((home / "connections/new.toml").read_text(encoding="utf-8"))["jira"]["orders"]["project"]
        == "PROC"
    )


def test_init_refuses_what_no_connection_can_be(tmp_path: Path) -> None:
    """A name or an address that cannot be used is told with the way out, and no file is left."""
    for options in (("--name", "Bad Name"), ("--jira-url", "acme.atlassian.net"), ("--jira-url", "https://a.b/path")):
        answer = CliRunner().invoke(app, ["init", "--dir", str(tmp_path / "x"), *options])
        assert answer.exit_code == 2, answer.output
        assert not list((tmp_path / "x/connections").iterdir())
