"""Guided set-up: init, configure. Here is only what asks and prints; what is proposed is in `onboarding`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ml_connector import bootstrap, credentials
from ml_connector.bootstrap import Installation
from ml_connector.cli.app import AsJson, Directory, Name, installation, out, print_json, say, telling
from ml_connector.errors import ConnectorError, Refused
from ml_connector.jira.grants import App
from ml_connector.onboarding import service
from ml_connector.onboarding.names import Employee, match_people
from ml_connector.onboarding.offer import Offer
from ml_connector.onboarding.questions import FIRST, SECOND, Answers, Question, Suggestion
from ml_connector.settings.files import load_table

HERE = Path()
LEAVE_OUT = "-"
CHOICES_SHOWN_MAX = 12
NEXT = "Next: `ml-connector check`, then `ml-connector fit`."
TOKEN_VARIABLE, SECRET_VARIABLE = "JIRA_API_TOKEN", "JIRA_CLIENT_SECRET"
METHODS = ("token", "scoped", "service", "oauth")
Ask = Callable[[Question, Suggestion], str]


@telling
def init(
    directory: Directory = HERE,
    name: Annotated[str, typer.Option(help="Name of the first connection.")] = "acme",
    jira_url: Annotated[str, typer.Option(help="Address of the Jira site, to begin the file with.")] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Private or local host that may be called; may be repeated.")
    ] = None,
    ca_file: Annotated[str, typer.Option(help="PEM file with the authorities to trust.")] = "",
    guided: Annotated[bool, typer.Option("--guided", help="Ask for everything up to a connection that works.")] = False,
) -> None:
    """Make an installation: a key for secrets (mode 0600), a database, and a first connection file.

    With --guided, both credentials are asked for, tried and stored, and the rest is picked from what is found.

    Example: ml-connector init --dir /srv/ml-connector --name acme --guided
    """
    if guided and not jira_url:
        jira_url = typer.prompt("Address of the Jira site, as in https://your-site.atlassian.net")
    begun = bootstrap.Begun(jira_url, tuple(allow_host or ()), ca_file)
    for line in bootstrap.create_installation(directory, name, begun):
        out.print(line, markup=False, soft_wrap=True)
    if not guided:
        out.print("Next: `ml-connector connect cloudsuite --ionapi FILE`, `connect jira --email …`, then `configure`.")
        return
    installed = installation(directory)
    _connect_cloudsuite(installed, name)
    if _connect_jira(installed, name):
        _configure(installed, name, {}, (), yes=False)


def _connect_cloudsuite(installed: Installation, name: str) -> None:
    """Ask for the file until one works."""

    def once() -> None:
        file = Path(typer.prompt("Path of the .ionapi file")).expanduser()
        out.print(f"CloudSuite answers: {credentials.connect_cloudsuite(installed, name, file)}. Stored.", markup=False)

    _until_well(once)


def _connect_jira(installed: Installation, name: str) -> bool:
    """Ask how to sign in until it works; False where somebody has to agree in a browser first."""
    method = typer.prompt(f"How to sign in to Jira ({', '.join(METHODS)})", default=METHODS[0])
    if method == "oauth":
        out.print(
            "Run `ml-connector connect jira-oauth`, `serve` while somebody agrees, then `ml-connector configure`."
        )
        return False

    def once() -> None:
        if method == "service":
            client = typer.prompt("Client id")
            found = credentials.connect_service(installed, name, App(client, _secret("Client secret", SECRET_VARIABLE)))
        else:
            email = typer.prompt("E-mail of the integration user")
            token = _secret("API token", TOKEN_VARIABLE)
            found = credentials.connect_token(installed, name, email, token, scoped=method == "scoped")
        out.print(f"Jira answers: signed in as account {found.account}. Stored.", markup=False)

    _until_well(once)
    return True


def _secret(words: str, variable: str) -> str:
    """What a variable holds, else what is typed without being shown."""
    return os.environ.get(variable) or str(typer.prompt(words, hide_input=True))


def _until_well(once: Callable[[], None]) -> None:
    while True:
        try:
            once()
        except ConnectorError as error:
            out.print(error.message, style="bold red", markup=False)
            out.print(error.remedy, markup=False)
            if not typer.confirm("Try again?", default=True):
                raise
        else:
            return


@telling
def configure(
    directory: Directory = HERE,
    connection: Name = "",
    answers: Annotated[
        Path | None, typer.Option(help='TOML file with answers, KEY = "value" each; what it lacks is asked.')
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="An answer as KEY=VALUE; may be repeated.")] = None,
    employees: Annotated[
        Path | None, typer.Option(help="CSV of employees (employee, name, role, entity), matched to people by name.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is proposed.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Print the file, and save nothing.")] = False,
    json_: AsJson = False,
) -> None:
    """Pick entities, Jira projects, issue types, fields, accounts and people from what both systems offer; save them.

    Each question shows a proposal: by names, or by what issues hold already. An answer of `-` leaves something out.
    What the file says otherwise stays, remarks too. Needs stored credentials (`connect`). Writes to neither system.

    Example: ml-connector configure -c acme --yes --set "rates=85.00 USD" --employees employees.csv
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    given = {**(_read_answers(answers) if answers else {}), **_assigned(set_ or ())}
    service.refuse_unknown(given)
    listed = service.read_employees(employees) if employees else ()
    _configure(installed, chosen, given, listed, yes=yes or json_, preview=preview, as_json=json_)


def _configure(
    installed: Installation,
    name: str,
    given: Answers,
    employees: Sequence[Employee],
    *,
    yes: bool,
    preview: bool = False,
    as_json: bool = False,
) -> None:
    offer = service.first_look(installed, name, say)
    ask = None if yes else _prompted
    answers = _answers(FIRST, offer, given, {}, ask)
    service.refuse_unusable(FIRST, answers, offer)
    offer = service.closer_look(installed, name, offer, answers, say)
    answers = _answers(SECOND, offer, given, answers, ask)
    if preview:
        service.refuse_unusable(SECOND, answers, offer)
        matched = match_people(offer.users, employees)
        typer.echo(service.preview(installed, name, offer, answers, matched), nl=False)
        return
    saved = service.save(installed, name, offer, answers, employees)
    if as_json:
        print_json({"file": str(saved.file), "answers": answers, "open_ends": list(saved.open_ends)})
    else:
        _tell(saved, offer, answers, employees)


def _answers(
    questions: Sequence[Question], offer: Offer, given: Answers, before: Answers, ask: Ask | None
) -> dict[str, str]:
    """What is given counts; the rest is asked, or taken as proposed where nobody is asked."""
    if ask is None:
        return service.answered(questions, offer, given, before)
    answers = dict(before)
    for question in questions:
        value = given.get(question.key)
        while value is None and question.asked(offer):
            typed = ask(question, question.suggest(offer, answers)).strip()
            wanted = "" if typed == LEAVE_OUT else typed
            why = question.check(wanted, offer, answers) if wanted else "It needs an answer." * question.required
            value = None if why else wanted
            if why:
                out.print(why, style="red", markup=False)
        if value is not None:
            answers[question.key] = value
    return answers


def _prompted(question: Question, suggestion: Suggestion) -> str:
    """Ask one question, with what there is to choose from."""
    choices = list((suggestion.choices or {}).items())
    for code, words in choices[:CHOICES_SHOWN_MAX]:
        out.print(f"    {code}  {words}", style="dim", markup=False)
    if len(choices) > CHOICES_SHOWN_MAX:
        out.print(f"    … and {len(choices) - CHOICES_SHOWN_MAX} more; `discover` lists them", style="dim")
    why = f" ({suggestion.why})" if suggestion.value and suggestion.why else ""
    return str(typer.prompt(f"{question.words}{why}", default=suggestion.value, show_default=bool(suggestion.value)))


def _tell(saved: service.Saved, offer: Offer, answers: Answers, employees: Sequence[Employee]) -> None:
    for key, value in answers.items():
        out.print(f"  {key.replace('_', ' ')}: {value or '(left out)'}", markup=False)
    if employees:
        out.print(f"  {len(saved.matched.employees)} of {len(offer.users)} people matched to employees by name.")
        for account in saved.matched.strangers:
            out.print(f"    no single employee is called {offer.users[account]}", markup=False)
    out.print(f"Saved: {saved.file}", markup=False, soft_wrap=True)
    for words in saved.open_ends:
        out.print(f"Still open: {words}", markup=False)
    out.print(NEXT)


def _assigned(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise Refused(f"{wrong[0]} is no KEY=VALUE.", remedy='For example `--set "rates=85.00 USD"`.')
    return {key.strip(): value.strip() for key, _, value in (pair.partition("=") for pair in pairs)}


def _read_answers(path: Path) -> Mapping[str, str]:
    """A flat TOML file of texts; a table `[field]` is taken apart into `field.NAME`."""
    read = load_table(path)
    flat = {key: value for key, value in read.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in read.items() if isinstance(value, dict)}
    flat |= {f"{table}.{key}": value for table, values in tables.items() for key, value in values.items()}
    return {key: value if isinstance(value, str) else str(value) for key, value in flat.items()}
