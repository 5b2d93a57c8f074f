"""How one customer's M3 is set up: what their finance and their administrators decided, from `[cloudsuite.m3]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_connector.erp.m3.answers import Scope

ACCOUNT, COST_CENTER, PROJECT = "account", "cost_center", "project"


@dataclass(frozen=True, slots=True)
class Labels:
    """A GL account and a cost center that a project's labor is posted to."""

    account: str
    cost_center: str


@dataclass(frozen=True, slots=True)
class Setup:
    """The customer's own choices.

    `divisions` are M3's by accounting entity. `dimensions` are the accounting dimensions (`AIT1` to `AIT7`) of our
    names: `account`, `cost_center`, `project`, `dimension:NAME`. `interface` is the template of GLS850, `info_number`
    and `issue_info_number` the additional information that carries our reference and, perhaps, the issue key.
    `coding` says where a project's labor goes where no list of the customer's tells the coding of order lines.
    `states` are our words for the codes of a batch.
    """

    company: str
    divisions: Mapping[str, str]
    interface: str
    info_number: str
    project_table: str
    dimensions: Mapping[str, int]
    issue_info_number: str = ""
    coding_list: str = ""
    coding: Mapping[str, Labels] = field(default_factory=dict)
    closed_status: str = "85"
    closed_project_status: str = "90"
    commitment_item: str = ""
    period_type: str = "1"
    separator: str = "."
    states: Mapping[str, str] = field(default_factory=dict)

    def scope(self, entity: str = "") -> Scope:
        """Where to call: in the company, or in the division of an entity."""
        return Scope(self.company, self.divisions[entity] if entity else "")

    def entity(self, division: str) -> str:
        """The accounting entity of a division; empty for a division that is not ours."""
        return next((entity for entity, divi in self.divisions.items() if divi == division), "")

    def number(self, text: str) -> str:
        """A number as the core reads it, from one with the service user's separator and perhaps its sign behind it."""
        plain = text.strip().replace(self.separator, ".")
        return f"-{plain[:-1]}" if plain.endswith("-") else plain

    def written(self, number: str) -> str:
        """A number as the service user writes it."""
        return number.replace(".", self.separator)
