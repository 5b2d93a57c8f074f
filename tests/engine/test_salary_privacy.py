"""What an hour of somebody costs. Goal: nobody reads it who may not, on any way that leads out of the product."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from litestar.testing import TestClient
from typer.testing import CliRunner

from engine.acme import PAST_THE_LAG, START, Acme, build
from ml_connector import bootstrap
from ml_connector.bootstrap import CLOUDSUITE, JIRA
from ml_connector.cli import app
from ml_connector.demo.connection import NAME
from ml_connector.store import findings as finding_store
from ml_connector.store import plans, principals
from ml_connector.store.principals import Principal
from ml_connector.web.app import status_app
from ml_connector.wire import Request

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
OLD, NEW, ASKED, IMPORTED = "96.537191", "97.318473", "98.417437", "99.713957"
SECRETS = (OLD, NEW, ASKED, IMPORTED)
RULE = """
[[rule]]
name = "dear"
when = "rate.amount > 90.0 && rate.amount + 0.0 < 1000.0"
then = "warn"
message = "An hour is dear"
remedy = "Look"
"""
EXAMPLES = """
[[order]]
name = "order"
entity = "1000"
number = "1"
currency = "USD"
line = [{number = "1", amount = "1000.00", coding = [{account = "612000"}]}]
[order.expect]

[[worklog]]
name = "an hour"
order = "order"
person = "712020:9"
day = 2026-10-01
hours = "1.5"
expect = {total = "1.00"}
"""
NOT_WALKED = {
    "demo": "shows made-up rates of its own",
    "sandbox": "is the vendors",
    "init": "makes a file that holds no rate",
    "serve": "is walked page by page",
    "connect cloudsuite": "stores credentials",
    "connect jira": "stores credentials",
    "connect jira-pat": "stores credentials",
    "connect jira-service": "stores credentials",
    "connect jira-oauth": "stores credentials",
    "people add": "makes principals",
    "people list": "lists principals",
    "db upgrade": "changes tables",
    "mapping schema": "knows no connection",
    "mapping facts": "knows no connection",
    "audit anchor": "tells a hash",
    "audit verify": "tells a number",
}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    """Hours posted by a rate that was corrected since, and an hour that waits; a manager who may approve, not see."""
    made = build(tmp_path_factory.mktemp("acme"), change=lambda text: text.replace("96.50", OLD) + RULE)
    made.sync()
    order = made.chargeable()
    issue = made.issue_of(f"{order['company']}/{order['number']}")
    made.log(issue, 7200, YESTERDAY)
    made.post()
    file = made.installed.home.connection_file(NAME)
    before = file.read_text(encoding="utf-8")
    (made.directory / "before.toml").write_text(before, encoding="utf-8")
    file.write_text(before.replace(OLD, NEW), encoding="utf-8")
    (made.directory / "asked.toml").write_text(before.replace(OLD, ASKED), encoding="utf-8")
    card = f"person,amount,currency,from\n{made.people[0]['account_id']},{IMPORTED},USD,2026-01-01\n"
    (made.directory / "card.csv").write_text(card, encoding="utf-8")
    (made.directory / "examples.toml").write_text(EXAMPLES, encoding="utf-8")
    (made.directory / "hand.csv").write_text("worklog,reference\n10002,JE-1\n", encoding="utf-8")
    key = "/".join(order[name] for name in ("company", "number", "release", "code"))
    opening = f"order,amount,as_of\n{key},100.00,2026-09-30\n"
    (made.directory / "opening.csv").write_text(opening, encoding="utf-8")
    finance = "entity,account,currency,amount\n1000,612000,USD,10.00\n"
    (made.directory / "finance.csv").write_text(finance, encoding="utf-8")
    made.restart()
    with made.installed.database.begin() as tx:
        token = principals.add(tx, Principal("manager", frozenset({"approver"})))
    (made.directory / "manager.token").write_text(token, encoding="utf-8")
    made.log(issue, 3600, YESTERDAY)
    made.clock.advance(PAST_THE_LAG)
    yield made
    made.installed.database.close()


@pytest.fixture
def token(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> str:
    """The manager's."""
    found = (acme.directory / "manager.token").read_text(encoding="utf-8")
    monkeypatch.setenv("MLC_TOKEN", found)
    monkeypatch.setattr(bootstrap, "open_installation", lambda _directory: acme.installed)
    return found


def commands(group: Any, above: str = "") -> Iterator[str]:
    """All commands by their full name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def walks(acme: Acme) -> dict[str, list[list[str]]]:
    """Every command that could tell something, with words that make it tell."""
    line = next(line for line in acme.gl() if line["account"] != "219900")
    reference = str(line["reference"])
    worklogs = [str(each["id"]) for each in acme.control("GET", "/books/worklogs")]
    order = acme.chargeable()
    key = "/".join(order[name] for name in ("company", "number", "release", "code"))
    me, here = ["--as", "manager"], acme.directory
    return {
        "check": [[]],
        "plan": [[], me, ["--with", str(here / "asked.toml")], ["--with", str(here / "card.csv"), *me]],
        "sync": [[], ["--sweep", *me]],
        "approve": [["PLAN", *me]],
        "apply": [["--plan", "PLAN"]],
        "attest": [[key, f"{YESTERDAY:%Y-%m}", *me]],
        "recost": [[], [key, *me]],
        "replay": [[key, *me]],
        "resolve": [[reference, "released", *me]],
        "undo": [[reference, "--reason", "Look", *me]],
        "give-back": [[reference, *me]],
        "ledger": [[], ["--order", key]],
        "explain": [[reference], [f"{reference}/{line['sequence']}", *me], *([each, *me] for each in worklogs)],
        "budget": [[]],
        "findings": [[]],
        "accrue": [[f"{YESTERDAY:%Y-%m}", *me]],
        "reconcile": [[], ["--csv", str(here / "r.csv")], ["--html", str(here / "r.html")]],
        "holds list": [[]],
        "discover": [[]],
        "setup jira": [[]],
        "people unmatched": [[], me],
        "golive by-hand": [[str(here / "hand.csv"), *me]],
        "golive opening": [[str(here / "opening.csv"), *me]],
        "golive compare": [[str(here / "finance.csv"), "--period", f"{YESTERDAY:%Y-%m}"]],
        "golive show": [[]],
        "golive forget": [[worklogs[-1], *me]],
        "holds release": [[worklogs[0], *me]],
        "fit": [[], ["--html", str(here / "fit.html")]],
        "configure": [["--yes", "--preview"]],
        "confirm": [[reference, *me]],
        "mapping lint": [[]],
        "mapping test": [["--examples", str(here / "examples.toml")]],
        "mapping export": [["entities"], ["people", "--file", str(here / "people.csv")]],
        "mapping import": [["people", str(here / "people.csv"), *me]],
        "mapping record": [["--reason", "Look", *me]],
        "mapping history": [[]],
        "mapping show": [["1", *me], ["2"]],
        "promote": [[str(here / "asked.toml"), NAME, *me]],
        "mapping diff": [[str(here / "before.toml"), str(acme.installed.home.connection_file(NAME)), *me]],
        "rates list": [[], me, ["--csv", *me]],
        "rates import": [[str(here / "card.csv"), *me]],
    }


def told(acme: Acme, name: str, words: list[str]) -> Iterator[str]:
    """What a command says, as a table and as JSON, and its whole log."""
    plan = next(iter(sorted(waiting(acme))), "none")
    given = [plan if word == "PLAN" else word for word in words]
    as_json = [] if name in ("holds release", "golive forget", "mapping export", "mapping show") else [["--json"]]
    for more in ([], *as_json):
        with structlog.testing.capture_logs() as logs:
            done = CliRunner().invoke(app, [*name.split(), *given, *more, *directory(acme, name)], terminal_width=400)
        assert done.exit_code in (0, 1, 3, 4), (name, words, done.output, done.exception)
        yield done.stdout + done.stderr + json.dumps(logs, default=str)


def directory(acme: Acme, _name: str) -> list[str]:
    """Where the installation is."""
    return ["--dir", str(acme.directory)]


def waiting(acme: Acme) -> list[str]:
    """The plans that are proposed."""
    with acme.installed.database.read() as tx:
        return [kept.hash for kept in plans.by_state(tx, NAME, plans.PROPOSED)]


def test_no_command_tells_a_rate_to_whoever_may_not_see_it(acme: Acme, token: str) -> None:
    """Each command, by itself and as somebody without the rates role; nothing of it reaches a vendor either. Nor does
    any of them tell what we sign in with.
    """
    sent: list[str] = []
    acme.tap = lambda request: sent.append(_words(request))
    hidden = (*SECRETS, *credentials(acme), token)
    wanted = walks(acme)
    assert wanted.keys() | NOT_WALKED.keys() == set(commands(typer.main.get_command(app)))
    for name, ways in wanted.items():
        for words in ways:
            for text in told(acme, name, words):
                assert not [secret for secret in hidden if secret in text], (name, words)
    for file in ("r.csv", "r.html", "fit.html"):
        text = (acme.directory / file).read_text(encoding="utf-8")
        assert not any(secret in text for secret in SECRETS), file
    assert len(sent) > 100
    assert not any(secret in words for words in sent for secret in SECRETS)


def credentials(acme: Acme) -> list[str]:
    """What the installation signs in to both vendors with."""
    with acme.installed.database.read() as tx:
        kept = {name: acme.installed.vault.get(tx, NAME, name) or {} for name in acme.installed.vault.names(tx, NAME)}
    ionapi = json.loads(kept[CLOUDSUITE]["ionapi"])
    tokens = [value for name, fields in kept.items() if name not in (CLOUDSUITE, JIRA) for value in fields.values()]
    long = [value for value in tokens if len(value) > 30]
    return [ionapi["cs"], ionapi["saak"], ionapi["sask"], kept[JIRA]["api_token"], *long]


def _words(request: Request) -> str:
    return f"{request.url} {request.query} {(request.body or b'').decode(errors='replace')}"


def test_neither_pages_nor_findings_nor_the_vendors_books_hold_a_rate(acme: Acme, token: str) -> None:
    """The status page, what is open, every line of the ledger and every issue."""
    acme.log(str(acme.control("GET", "/books/worklogs")[0]["issue_key"]), 60, YESTERDAY)
    acme.sync()
    with TestClient(status_app(acme.installed.database, (NAME,), acme.installed.clock.now)) as client:
        pages = client.get("/").text
    with acme.installed.database.read() as tx:
        found = str(finding_store.open_findings(tx, NAME))
    assert "rule:dear" in found
    books = [acme.control("GET", f"/books/{name}") for name in ("gl", "issues", "orders")]
    for text in (pages, found, json.dumps(books)):
        assert not any(secret in text for secret in SECRETS)


def test_who_may_see_rates_sees_them(acme: Acme, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else the walk above would prove nothing."""
    with acme.installed.database.begin() as tx:
        monkeypatch.setenv("MLC_TOKEN", principals.add(tx, Principal("finance", frozenset({"rates"}))))
    me = ["--as", "finance", *directory(acme, "")]
    worklogs = [str(each["id"]) for each in acme.control("GET", "/books/worklogs")]
    assert OLD in CliRunner().invoke(app, ["explain", worklogs[0], *me]).stdout
    assert NEW in CliRunner().invoke(app, ["rates", "list", *me], terminal_width=400).stdout
    assert NEW in CliRunner().invoke(app, ["rates", "list", "--csv", *me]).stdout
    connection: Path = acme.installed.home.connection_file(NAME)
    diff = CliRunner().invoke(app, ["mapping", "diff", str(acme.directory / "before.toml"), str(connection), *me])
    assert OLD in diff.stdout
    assert OLD in CliRunner().invoke(app, ["mapping", "show", "1", *me]).stdout
    assert ASKED in CliRunner().invoke(app, ["promote", str(acme.directory / "asked.toml"), NAME, *me]).stdout
