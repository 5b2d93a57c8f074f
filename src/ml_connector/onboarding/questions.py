"""What is asked, in order, each with a proposal and with what there is to choose from. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import available_timezones

from ml_connector.onboarding import names
from ml_connector.onboarding.examples import best_by_example
from ml_connector.onboarding.offer import AMOUNT_TYPES, TEXT_TYPES, Offer

Answers = Mapping[str, str]
"""What was answered, by key: text each, lists with commas. Empty text is no answer, and leaves something out."""
NONE = "none"
"""Says that something that is proposed is not wanted."""
RATE = re.compile(r"[0-9]+(\.[0-9]+)? [A-Z]{3}")
FIELD = "field."


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would be answered, where it comes from, and what else there is: codes with their names."""

    value: str = ""
    why: str = ""
    choices: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to decide. `check` says what is wrong with an answer, and nothing where it can be used.

    `asked` tells whether there is anything to decide, as far as the product line goes.
    """

    key: str
    words: str
    suggest: Callable[[Offer, Answers], Suggestion]
    check: Callable[[str, Offer, Answers], str]
    required: bool = True
    asked: Callable[[Offer], bool] = lambda _offer: True


def listed(answer: str) -> tuple[str, ...]:
    """An answer that is a list."""
    return tuple(part.strip() for part in answer.split(",") if part.strip())


def pairs(answer: str) -> dict[str, str]:
    """An answer that is a list of CODE=VALUE."""
    split = (part.partition("=") for part in listed(answer))
    return {code.strip(): value.strip() for code, _, value in split}


def _among(choices: Callable[[Offer, Answers], Iterable[str]]) -> Callable[[str, Offer, Answers], str]:
    """An answer has to be one of these; where nothing is told, anything may be."""

    def check(value: str, offer: Offer, answers: Answers) -> str:
        known = tuple(choices(offer, answers))
        unknown = [part for part in listed(value) if part not in known]
        if not known or not unknown:
            return ""
        return f"There is no {', '.join(unknown)}; there is {', '.join(known)}."

    return check


def _groups(offer: Offer, _answers: Answers) -> Suggestion:
    groups = offer.groups or ()
    return Suggestion(groups[0] if len(groups) == 1 else "", "the only one", dict.fromkeys(groups, ""))


def _entities(offer: Offer, _answers: Answers) -> Suggestion:
    return Suggestion(", ".join(offer.entities), "all active ones", offer.entities)


def _jira_project(wanted: tuple[str, ...], other: str = "") -> Callable[[Offer, Answers], Suggestion]:
    def suggest(offer: Offer, answers: Answers) -> Suggestion:
        offered = {key: f"{key} {name}" for key, name in offer.jira_projects.items() if key != answers.get(other)}
        found = names.best(wanted, offer.jira_projects) or names.best(wanted, offered)
        only = next(iter(offered), "") if len(offered) == 1 else ""
        return Suggestion(found or only, "by its name" if found else "", offer.jira_projects)

    return suggest


def _projects_of_entities(offer: Offer, answers: Answers) -> Suggestion:
    found = {
        entity: names.project_of_entity(entity, offer.entities.get(entity, ""), offer.jira_projects)
        for entity in listed(answers["entities"])
    }
    named = {entity: key for entity, key in found.items() if key and key != answers["orders_project"]}
    value = ", ".join(f"{entity}={key}" for entity, key in named.items())
    return Suggestion(value, "named after the entity" if value else "", offer.jira_projects)


def _check_pairs(value: str, offer: Offer, answers: Answers) -> str:
    for entity, key in pairs(value).items():
        if entity not in listed(answers["entities"]):
            return f"{entity} is not among the entities {answers['entities']}."
        if key not in offer.jira_projects:
            return f"There is no Jira project {key}."
    return ""


def _type(project: str, wanted: tuple[str, ...]) -> Callable[[Offer, Answers], Suggestion]:
    def suggest(offer: Offer, answers: Answers) -> Suggestion:
        types = offer.issue_types(answers[project])
        return Suggestion(names.best(wanted, {each: each for each in types}), "by its name", dict.fromkeys(types, ""))

    return suggest


def _types_of(project: str) -> Callable[[Offer, Answers], Iterable[str]]:
    return lambda offer, answers: offer.issue_types(answers[project])


def _status(offer: Offer, _answers: Answers) -> Suggestion:
    found = names.best(names.CLOSED_STATUSES, {each: each for each in offer.statuses})
    return Suggestion(found, "by its name", dict.fromkeys(offer.statuses, ""))


def _field(ours: str) -> Callable[[Offer, Answers], Suggestion]:
    def suggest(offer: Offer, answers: Answers) -> Suggestion:
        offered = _fields_for(ours, offer, answers)
        by_example = best_by_example(offer.examples.get(ours, {}))
        taken = {value for key, value in answers.items() if key.startswith(FIELD)}
        if by_example in offered and offered[by_example] not in taken:
            return Suggestion(offered[by_example], "from what issues hold", dict.fromkeys(offered.values(), ""))
        free = {field: name for field, name in offered.items() if name not in taken}
        found = names.best(names.FIELD_NAMES[ours], free)
        return Suggestion(offered.get(found, ""), "by its name", dict.fromkeys(offered.values(), ""))

    return suggest


def _fields_for(ours: str, offer: Offer, answers: Answers) -> dict[str, str]:
    """The fields that could show this: of a type that fits, and on the create screen where one is told."""
    types = AMOUNT_TYPES if ours in ("authorized", "remaining") else TEXT_TYPES
    screen = offer.screen(answers["orders_project"], answers["orders_type"])
    return {field: name for field, name in offer.custom_fields(types).items() if not screen or field in screen}


def _check_field(ours: str) -> Callable[[str, Offer, Answers], str]:
    return _among(lambda offer, answers: _fields_for(ours, offer, answers).values())


def _clearing(offer: Offer, _answers: Answers) -> Suggestion:
    found = names.best(names.CLEARING_ACCOUNTS, offer.accounts)
    return Suggestion(found, "by its description" if found else "", offer.accounts)


def _nothing(choices: Callable[[Offer], Mapping[str, str]]) -> Callable[[Offer, Answers], Suggestion]:
    return lambda offer, _answers: Suggestion("", "", choices(offer))


def _post_from(offer: Offer, _answers: Answers) -> Suggestion:
    """The first day of the latest period that is open: what came before was booked by hand."""
    periods = offer.cloudsuite.get("periods", {})
    today = date.fromisoformat(str(offer.cloudsuite.get("today", date.min.isoformat())))
    begins = [
        each["begins"]
        for of_entity in periods.values()
        for each in of_entity
        if each["open"] is not False and each["begins"] <= today.isoformat() <= each["ends"]
    ]
    return Suggestion(max(begins, default=""), "the first day of the open period")


def _check_day(value: str, _offer: Offer, _answers: Answers) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"{value} is no day: write it as 2026-01-31."
    return ""


def _check_zone(value: str, _offer: Offer, _answers: Answers) -> str:
    return "" if value in available_timezones() else f"{value} is no time zone: name one such as Europe/Berlin."


def _check_rates(value: str, _offer: Offer, _answers: Answers) -> str:
    wrong = [part for part in listed(value) if not RATE.fullmatch(part)]
    return f"{wrong[0]} is no rate: write it as 85.00 USD." if wrong else ""


def _people(offer: Offer, _answers: Answers) -> Suggestion:
    return Suggestion("all", f"{len(offer.users)} people of the Jira projects", {"all": "", NONE: ""})


FIRST: tuple[Question, ...] = (
    Question(
        "enterprise_group",
        "Finance enterprise group",
        _groups,
        _among(lambda offer, _: offer.groups or ()),
        asked=lambda offer: offer.groups is not None,
    ),
    Question(
        "entities",
        "Accounting entities whose orders are handled",
        _entities,
        _among(lambda offer, _: offer.entities),
    ),
    Question(
        "orders_project",
        "Jira project for issues of purchase orders",
        _jira_project(names.ORDER_PROJECTS),
        _among(lambda offer, _: offer.jira_projects),
    ),
    Question(
        "projects_project",
        "Jira project for issues of CloudSuite's projects",
        _jira_project(names.PROJECT_PROJECTS, "orders_project"),
        _among(lambda offer, _: offer.jira_projects),
    ),
)
"""What has to be known before the rest can be looked at."""

FIELD_WORDS = {
    "po_number": "the purchase order's number",
    "vendor": "the vendor",
    "cost_center": "the cost center",
    "gl_account": "the GL account",
    "project": "CloudSuite's project",
    "authorized": "the authorized amount",
    "remaining": "the remaining budget",
}

SECOND: tuple[Question, ...] = (
    Question(
        "entity_projects",
        "Other Jira projects for orders of an entity, as ENTITY=KEY",
        _projects_of_entities,
        _check_pairs,
        required=False,
    ),
    Question(
        "orders_type",
        "Issue type of a purchase order",
        _type("orders_project", names.ORDER_TYPES),
        _among(_types_of("orders_project")),
    ),
    Question(
        "projects_type",
        "Issue type of a project",
        _type("projects_project", names.PROJECT_TYPES),
        _among(_types_of("projects_project")),
    ),
    Question(
        "closed_status",
        "Status of the issue once the order is closed",
        _status,
        _among(lambda offer, _: offer.statuses),
        required=False,
    ),
    *(
        Question(f"{FIELD}{ours}", f"Jira field that shows {words}", _field(ours), _check_field(ours), required=False)
        for ours, words in FIELD_WORDS.items()
    ),
    Question(
        "clearing_account",
        "GL account that labor cost is credited to",
        _clearing,
        _among(lambda offer, _: offer.accounts),
    ),
    Question(
        "clearing_cost_center",
        "Cost center of the credit line",
        _nothing(lambda offer: offer.cost_centers),
        _among(lambda offer, _: offer.cost_centers),
        required=False,
    ),
    Question("time_zone", "Time zone that decides the day of work", lambda *_: Suggestion("UTC"), _check_zone),
    Question("post_from", "Cut-over date: first day of work that is posted", _post_from, _check_day, required=False),
    Question(
        "rates",
        "Cost of an hour of anybody, for each currency of orders, as 85.00 USD",
        lambda *_: Suggestion(),
        _check_rates,
        required=False,
    ),
    Question("people", "People whose hours are costed", _people, _among(lambda *_: ("all", NONE))),
)
"""What is asked of what was then looked at."""


def complaints(questions: Iterable[Question], answers: Answers, offer: Offer) -> Iterator[tuple[str, str]]:
    """The key of each answer that is missing or cannot be used, and why."""
    for question in questions:
        value = answers.get(question.key, "")
        if not question.asked(offer):
            if value:
                yield question.key, "The connection's product line has none."
        elif not value:
            if question.required:
                yield question.key, f"{question.words}: nothing is answered, and nothing can be proposed."
        elif why := question.check(value, offer, answers):
            yield question.key, why
