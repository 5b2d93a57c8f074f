"""Answers to a connection file: what was answered is set, and everything else stays as it stands, remarks too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tomlkit import TOMLDocument

from ml_connector.onboarding.names import Matched
from ml_connector.onboarding.questions import FIELD, NONE, Answers, listed, pairs
from ml_connector.settings.editing import append, edited, made, section


def drafted(text: str, answers: Answers, users: Mapping[str, str], matched: Matched) -> str:
    """The text of a connection file with the answers in it. `users` are names by account."""

    def change(document: TOMLDocument) -> None:
        _cloudsuite(document, answers)
        _jira(document, answers)
        _clearing(document, answers)
        document["time_zone"] = answers["time_zone"]
        if answers.get("post_from"):
            document["post_from"] = date.fromisoformat(answers["post_from"])
        if answers["people"] != NONE:
            _people(document, users, matched)
        _rates(document, answers)

    return edited(text, change)


def _cloudsuite(document: TOMLDocument, answers: Answers) -> None:
    table = section(document, "cloudsuite")
    if answers.get("enterprise_group"):
        table["enterprise_group"] = answers["enterprise_group"]
    table["entities"] = list(listed(answers["entities"]))


def _jira(document: TOMLDocument, answers: Answers) -> None:
    jira = section(document, "jira")
    orders, projects = section(jira, "orders"), section(jira, "projects")
    orders["project"], orders["issue_type"] = answers["orders_project"], answers["orders_type"]
    projects["project"], projects["issue_type"] = answers["projects_project"], answers["projects_type"]
    if answers.get("closed_status"):
        orders["closed_status"] = answers["closed_status"]
        projects["closed_status"] = answers["closed_status"]
    if answers.get("entity_projects"):
        orders["projects_by_entity"] = made(pairs(answers["entity_projects"]))
    chosen = {key.removeprefix(FIELD): value for key, value in answers.items() if key.startswith(FIELD) and value}
    if chosen:
        fields = section(jira, "fields")
        for ours, name in chosen.items():
            fields[ours] = name


def _clearing(document: TOMLDocument, answers: Answers) -> None:
    """A credit side for each entity; one that is there already keeps what it says beside the account."""
    table = section(document, "clearing")
    entities = listed(answers["entities"])
    for entity in [code for code in table if code not in entities]:
        del table[entity]
    for entity in entities:
        side = section(table, entity)
        side["account"] = answers["clearing_account"]
        if answers.get("clearing_cost_center"):
            side["cost_center"] = answers["clearing_cost_center"]


def _people(document: TOMLDocument, users: Mapping[str, str], matched: Matched) -> None:
    """Everybody who is not there yet, with their employee where one was found."""
    known = {str(each["account_id"]) for each in document.get("person", ())}
    for account, name in users.items():
        if account not in known:
            person: dict[str, str] = {"account_id": account, "name": name}
            employee = matched.employees.get(account)
            if employee is not None:
                more = {"employee": employee.employee, "role": employee.role, "entity": employee.entity}
                person |= {key: value for key, value in more.items() if value}
            append(document, "person", person)


def _rates(document: TOMLDocument, answers: Answers) -> None:
    """A default rate for each currency that has none yet."""
    scopes = {"person", "role", "project", "cost_center"}
    rated = {str(each["currency"]) for each in document.get("rate", ()) if not set(each) & scopes}
    first = answers.get("post_from") or ""
    for part in listed(answers.get("rates", "")):
        amount, currency = part.split()
        if currency not in rated and first:
            append(document, "rate", {"amount": amount, "currency": currency, "from": date.fromisoformat(first)})
