"""What a connection file says that is allowed and yet hardly meant: each with its place and a way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from ml_connector.settings.connection import Connection, Rate
from ml_connector.settings.files import Slip

DELETED = "unknown"
"""The account id under which Jira may show hours of somebody whose account was deleted."""

Lint = Callable[[Connection], Iterator[Slip]]


def doubts(connection: Connection) -> Iterator[Slip]:
    """Everything that a person should look at once more."""
    for lint in LINTS:
        yield from lint(connection)


def people_without_rate(connection: Connection) -> Iterator[Slip]:
    """Hours of somebody whom no rate is for are held."""
    if any(rate.scope == ("", "", "", "") or rate.cost_center for rate in connection.rate):
        return
    named = {rate.person for rate in connection.rate} | {rate.role for rate in connection.rate if not rate.project}
    for index, person in enumerate(connection.person):
        if not {person.account_id, person.employee, person.role} & (named - {""}):
            yield Slip(("person", index), "has no rate, so that their hours are held", "Add a [[rate]] for them.")


def people_whom_jira_no_longer_names(connection: Connection) -> Iterator[Slip]:
    """Hours of every account that was deleted would be this person's."""
    for index, person in enumerate(connection.person):
        if person.account_id == DELETED:
            what = "is what Jira shows for any account that was deleted"
            yield Slip(("person", index, "account_id"), what, "Name an account, or take the person out.")


def roles_that_nobody_has(connection: Connection) -> Iterator[Slip]:
    """A misspelled role costs people the next wider rate."""
    roles = {person.role for person in connection.person}
    for index, rate in enumerate(connection.rate):
        if rate.role and rate.role not in roles:
            yield Slip(("rate", index, "role"), "is the role of nobody", "Correct it, or take the rate out.")


def rates_agreed_afterwards(connection: Connection) -> Iterator[Slip]:
    """A rate that was agreed after its first day costs hours anew that may be posted."""
    for index, rate in enumerate(connection.rate):
        if rate.known_since and rate.known_since > rate.effective:
            what = "lies after the first day that the rate is for: posted hours would cost something else"
            yield Slip(("rate", index, "known_since"), what, "See with `ml-connector recost` what it changes.")


def rates_that_start_late(connection: Connection) -> Iterator[Slip]:
    """Hours before the first rate of a scope cost a wider rate, or are held."""
    first_day = connection.post_from
    if first_day is None:
        return
    numbered = sorted(enumerate(connection.rate), key=lambda pair: (_of(pair[1]), pair[1].effective))
    for _, group in groupby(numbered, key=lambda pair: _of(pair[1])):
        index, rate = next(group)
        if rate.effective > first_day:
            what = "is the first day of this rate, and hours are posted from post_from on"
            yield Slip(("rate", index, "from"), what, "Add a rate for the days before, if they are to cost the same.")


def _of(rate: Rate) -> tuple[str, ...]:
    return (*rate.scope, rate.currency)


def rates_that_repeat(connection: Connection) -> Iterator[Slip]:
    """A rate that says what the one before it said."""
    numbered = sorted(enumerate(connection.rate), key=lambda pair: (_of(pair[1]), pair[1].effective))
    for _, group in groupby(numbered, key=lambda pair: _of(pair[1])):
        before: Rate | None = None
        for index, rate in group:
            if before is not None and before.amount == rate.amount:
                what = "is what the rate before it amounts to"
                yield Slip(("rate", index, "amount"), what, "Take the rate out, or correct it.")
            before = rate


def entities_that_nobody_names(connection: Connection) -> Iterator[Slip]:
    """A credit side that is never used."""
    used = {*connection.cloudsuite.entities, *(person.entity for person in connection.person)}
    for entity in connection.clearing:
        if entity not in used:
            yield Slip(("clearing", entity), "is for an entity that nothing names", "Take it out, or name the entity.")


def default_project_without_use(connection: Connection) -> Iterator[Slip]:
    """A default project that orders without a project are not counted on."""
    if connection.default_project and connection.unprojected == "skip":
        what = 'is not used, because unprojected is "skip"'
        yield Slip(("default_project",), what, 'Set unprojected = "default_project", or take it out.')


def exchange_rates_without_use(connection: Connection) -> Iterator[Slip]:
    """An exchange rate from a currency that no rate is in."""
    known = {rate.currency for rate in connection.rate}
    for index, exchange in enumerate(connection.exchange_rate):
        if exchange.base not in known:
            yield Slip(("exchange_rate", index, "base"), "is the currency of no rate", "Take it out, or add a rate.")


def threshold_without_order(connection: Connection) -> Iterator[Slip]:
    """Nothing is posted before a cut-over date is set."""
    if connection.post_from is None and connection.posting.approval.automatic_below is not None:
        what = "lets postings pass, but post_from is not set and nothing is posted"
        yield Slip(("posting", "approval", "automatic_below"), what, "Set post_from.")


def rules_without_example(connection: Connection) -> Iterator[Slip]:
    """A rule that nobody has tried."""
    for index, rule in enumerate(connection.rule):
        told = {example.fires for example in rule.example}
        if told != {True, False}:
            what = "has no example of both: where it fires, and where it does not"
            yield Slip(("rule", index), what, "Add a [[rule.example]] for each.")


LINTS: tuple[Lint, ...] = (
    people_without_rate,
    people_whom_jira_no_longer_names,
    roles_that_nobody_has,
    rates_agreed_afterwards,
    rates_that_start_late,
    rates_that_repeat,
    entities_that_nobody_names,
    default_project_without_use,
    exchange_rates_without_use,
    threshold_without_order,
    rules_without_example,
)
