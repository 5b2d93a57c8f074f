"""Looking at both vendors, proposing answers, and saving a connection file that reads well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from ml_connector.bootstrap import Installation
from ml_connector.core.records import Kind
from ml_connector.engine import discovery
from ml_connector.engine.discovery import CLOUDSUITE, JIRA
from ml_connector.erp.port import Window
from ml_connector.errors import Misconfigured, Refused, Rejected
from ml_connector.mapping.change import put, text_of
from ml_connector.onboarding.draft import drafted
from ml_connector.onboarding.examples import field_hits
from ml_connector.onboarding.names import Employee, Matched, match_people
from ml_connector.onboarding.offer import Offer
from ml_connector.onboarding.questions import FIRST, SECOND, Answers, Question, complaints, listed
from ml_connector.settings import Connection
from ml_connector.settings.editing import without_amounts
from ml_connector.settings.sheets import read_sheet

EXAMPLES_MAX = 200
"""Issues that are read for examples."""
EXAMPLES_SPAN = timedelta(days=180)
EMPLOYEE_COLUMNS = ("employee", "name")
LOCAL = "local"
RATES = "rates"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written: which, who was matched, and what the file does not say yet."""

    file: Path
    matched: Matched
    open_ends: tuple[str, ...]


def first_look(installed: Installation, name: str, say: Say) -> Offer:
    """What the first questions are about: enterprise groups, entities, and the site's Jira projects."""
    say("asking CloudSuite for its entities")
    erp = installed.erp_of(name)
    entities = discovery.values(erp.entities())
    say("asking Jira for its projects, fields and statuses")
    jira = discovery.discover_jira(installed.jira_of(name), ())
    return Offer(jira, {"entities": entities}, installed.enterprise_groups(name))


def closer_look(installed: Installation, name: str, offer: Offer, answers: Answers, say: Say) -> Offer:
    """What the other questions are about, read for what was answered first; the snapshots are kept."""
    chosen = replace(installed, connections={**installed.connections, name: _answered(installed, name, answers)})
    now, erp, jira = installed.clock.now(), chosen.erp_of(name), chosen.jira_of(name)
    cloudsuite = discovery.discover_cloudsuite(erp, listed(answers["entities"]), now, say)
    projects = {answers["orders_project"], answers["projects_project"]}
    site = discovery.discover_jira(jira, projects, say)
    discovery.keep(installed.database, name, CLOUDSUITE, cloudsuite, installed.clock)
    discovery.keep(installed.database, name, JIRA, site, installed.clock)
    looked = Offer(site, {**cloudsuite, "today": now.date().isoformat()}, offer.groups)
    say("looking for examples in issues")
    return replace(looked, examples=_examples(chosen, name, looked, answers["orders_project"]))


def _answered(installed: Installation, name: str, answers: Answers) -> Connection:
    connection = installed.connections[name]
    changed: dict[str, object] = {"entities": listed(answers["entities"])}
    if answers.get("enterprise_group"):
        changed["enterprise_group"] = answers["enterprise_group"]
    return connection.model_copy(update={"cloudsuite": connection.cloudsuite.model_copy(update=changed)})


def _examples(installed: Installation, name: str, offer: Offer, project: str) -> dict[str, dict[str, int]]:
    """Which fields of the project's issues hold numbers, vendors and codings of orders already."""
    fields = sorted(offer.custom_fields(frozenset({"string"})))
    now = installed.clock.now()
    orders = next(iter(installed.erp_of(name).changes(Kind.PURCHASE_ORDER, Window(now - EXAMPLES_SPAN, now))), ())
    values = {
        "po_number": {row.fields.get("number", "") for row in orders} - {""},
        "vendor": {row.fields.get("vendor", "") for row in orders} - {""},
        "cost_center": set(offer.cost_centers),
        "gl_account": set(offer.accounts),
        "project": {each["number"] for each in offer.cloudsuite.get("projects", ())},
    }
    try:
        found = installed.jira_of(name).search(f'project = "{project}" ORDER BY created DESC', fields)
        issues = [issue for _, issue in zip(range(EXAMPLES_MAX), found, strict=False)]
    except Rejected:
        return {}
    return field_hits(issues, values)


def answered(questions: Sequence[Question], offer: Offer, given: Answers, before: Answers) -> dict[str, str]:
    """The answers to these questions where nobody is asked: what is given, else what is proposed."""
    answers = dict(before)
    for question in questions:
        value = given.get(question.key)
        if value is not None or question.asked(offer):
            answers[question.key] = question.suggest(offer, answers).value if value is None else value
    return answers


def refuse_unusable(questions: Iterable[Question], answers: Answers, offer: Offer) -> None:
    """Raises Misconfigured with everything that is missing or cannot be used."""
    wrong = list(complaints(questions, answers, offer))
    if wrong:
        told = "\n".join(f"{key}: {why}" for key, why in wrong)
        raise Misconfigured(told, remedy="Answer with --set KEY=VALUE, in an --answers file, or when asked.")


def known_keys() -> tuple[str, ...]:
    """Everything that can be answered."""
    return tuple(question.key for question in (*FIRST, *SECOND))


def refuse_unknown(given: Iterable[str]) -> None:
    """Raises Refused for a key that nothing is asked by."""
    unknown = sorted(set(given) - set(known_keys()))
    if unknown:
        raise Refused(f"Nothing is asked by {', '.join(unknown)}.", remedy=f"Keys: {', '.join(known_keys())}.")


def save(
    installed: Installation, name: str, offer: Offer, answers: Answers, employees: Iterable[Employee] = ()
) -> Saved:
    """Write the answers into the connection's file. Raises what is wrong with them, and then writes nothing."""
    refuse_unusable((*FIRST, *SECOND), answers, offer)
    matched = match_people(offer.users, employees)
    text = drafted(text_of(installed, name), answers, offer.users, matched)
    told = {key: value for key, value in answers.items() if key != RATES}  # whoever reads the trail may not see those
    changed = put(installed, name, text, LOCAL, "configured", {"answers": told})
    return Saved(installed.home.connection_file(name), matched, tuple(_open_ends(changed.connection)))


def preview(installed: Installation, name: str, offer: Offer, answers: Answers, matched: Matched) -> str:
    """The file as it would be written, without the amounts of the rates that it has already."""
    return drafted(without_amounts(text_of(installed, name)), answers, offer.users, matched)


def _open_ends(connection: Connection) -> Iterable[str]:
    if connection.post_from is None:
        yield "post_from is not set, so that nothing is posted yet."
    if not connection.rate:
        yield "there is no [[rate]], so that hours are held."
    if not connection.person:
        yield "there is no [[person]], so that hours cost the default rate."


def read_employees(path: Path) -> tuple[Employee, ...]:
    """A list of employees: CSV with employee and name, perhaps role and entity. Raises InvalidSettings by row."""
    return read_sheet(
        path,
        lambda row: Employee(row["employee"], row["name"], row["role"], row["entity"]),
        needed=EMPLOYEE_COLUMNS,
        optional=("role", "entity"),
    )
