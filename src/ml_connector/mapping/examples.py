"""Golden examples: orders, projects and hours, each with what has to come of it. Kept by the customer, in TOML.

A key that `expect` does not name may come out as it likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from ml_connector.settings.section import Section
from ml_connector.settings.values import Amount, Currency, OptionalText, PositiveAmount, Text


class ExpectedIssue(Section):
    """The issue that a record has to become."""

    jira_project: Text | None = None
    """Jira project of the issue."""
    issue_type: Text | None = None
    """Its type."""
    summary: Text | None = None
    """Its summary."""
    priority: OptionalText | None = None
    """Its priority; empty for none."""
    status: OptionalText | None = None
    """The status that it is moved to; empty for none."""
    fields: Mapping[Text, OptionalText] = {}
    """What `[jira.fields]` show, by our names; amounts as text."""


class ExampleCoding(Section):
    """Where a part of a line is charged."""

    account: Text
    """GL account."""
    cost_center: OptionalText = ""
    """Cost center."""
    project: OptionalText = ""
    """Project of the ERP."""
    entity: OptionalText = ""
    """Entity that is charged; empty for the order's own."""
    percent: PositiveAmount | None = None
    """Part of the line; absent, all of it."""


class ExampleLine(Section):
    """A line of an order."""

    number: Text = "1"
    """Its number."""
    description: OptionalText = ""
    """What it is for."""
    amount: Amount
    """What it authorizes, in major units of the order's currency."""
    closed: bool = False
    """Whether it is closed."""
    coding: tuple[ExampleCoding, ...] = ()
    """Where it is charged."""


class ExampleOrder(Section):
    """A purchase order, and the issue that it has to become."""

    name: Text
    """What the example is called; hours name their order by it."""
    entity: Text
    """Its entity."""
    number: Text = "4500000001"
    """Its number."""
    vendor: OptionalText = ""
    """Its vendor."""
    description: OptionalText = ""
    """What it is for."""
    currency: Currency
    """Its currency."""
    closed: bool = False
    """Whether it is closed."""
    begins: date | None = None
    """First day of its validity."""
    ends: date | None = None
    """Last day of its validity."""
    line: Annotated[tuple[ExampleLine, ...], Field(min_length=1)]
    """Its lines."""
    expect: ExpectedIssue = ExpectedIssue()
    """The issue that it has to become."""


class ExampleProject(Section):
    """A project of the ERP, and the issue that it has to become."""

    name: Text
    """What the example is called."""
    number: Text
    """Its number."""
    description: OptionalText = ""
    """What it is for."""
    type: OptionalText = ""
    """Its type."""
    status: OptionalText = ""
    """Its status."""
    active: bool = True
    """Whether it is active."""
    currency: Currency
    """Its currency."""
    budget: Amount
    """Its budget, in major units of the currency."""
    expect: ExpectedIssue = ExpectedIssue()
    """The issue that it has to become."""


class ExpectedLine(Section):
    """A part of the cost, on one coding."""

    account: Text
    """GL account."""
    cost_center: OptionalText = ""
    """Cost center."""
    project: OptionalText = ""
    """Project of the ERP."""
    amount: Amount
    """Cost, in major units of the order's currency."""


class ExpectedCost(Section):
    """What the hours have to cost, or what has to hold them."""

    held: Text | None = None
    """Code of the finding that holds them, as in `no_rate` or `rule:weekend`; then nothing else is asked."""
    total: Amount | None = None
    """Cost of all of it, in major units of the order's currency."""
    rate: Text | None = None
    """What decided the rate, as `explain` shows it: `person`, `role × project`, `default`."""
    posted_on: date | None = None
    """Posting date."""
    warns: tuple[Text, ...] | None = None
    """Codes of the warnings about them, in any order."""
    line: tuple[ExpectedLine, ...] | None = None
    """Where it is charged, in any order."""


class ExampleHours(Section):
    """Hours on an order, and what they have to cost."""

    name: Text
    """What the example is called."""
    order: Text
    """Name of the `[[order]]` of this file that they are on."""
    order_line: OptionalText = ""
    """Line of the order that they are on; empty for the whole order."""
    person: Text
    """Account id or employee number of a person of the connection; anybody else is a stranger."""
    day: date
    """Day of work."""
    hours: PositiveAmount
    """How many."""
    expect: ExpectedCost
    """What they have to cost."""


class Examples(Section):
    """All examples of a connection."""

    order: tuple[ExampleOrder, ...] = ()
    """Purchase orders."""
    project: tuple[ExampleProject, ...] = ()
    """Projects of the ERP."""
    worklog: tuple[ExampleHours, ...] = ()
    """Hours."""
