"""What both vendors have to choose from, as discovery tells it, by code and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Snapshot = Mapping[str, Any]
"""What `engine.discovery` reads of one vendor."""
TEXT_TYPES, AMOUNT_TYPES = frozenset({"string"}), frozenset({"string", "number"})


@dataclass(frozen=True, slots=True)
class Offer:
    """Both snapshots, the enterprise groups, and how often a site's field held what one of ours would.

    `groups` is None for a product line that has no enterprise groups.
    """

    jira: Snapshot
    cloudsuite: Snapshot
    groups: tuple[str, ...] | None = None
    examples: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def entities(self) -> dict[str, str]:
        """Active entities."""
        return _active(self.cloudsuite.get("entities", ()))

    @property
    def accounts(self) -> dict[str, str]:
        """Accounts that entries may name."""
        return _active(each for each in self.cloudsuite.get("accounts", ()) if each["posting"])

    @property
    def cost_centers(self) -> dict[str, str]:
        """Active cost centers."""
        return _active(self.cloudsuite.get("cost_centers", ()))

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies of the projects: where labor is likely to be charged."""
        return tuple(sorted({each["currency"] for each in self.cloudsuite.get("projects", ()) if each["currency"]}))

    @property
    def jira_projects(self) -> dict[str, str]:
        """Jira projects that can be written to."""
        return {each["key"]: each["name"] for each in self.jira.get("projects", ()) if not each["archived"]}

    @property
    def statuses(self) -> tuple[str, ...]:
        """Statuses of the site."""
        return tuple(self.jira.get("statuses", ()))

    @property
    def users(self) -> dict[str, str]:
        """People of the projects that were looked at, without ourselves."""
        ours = self.jira.get("account", "")
        found = self.jira.get("users", ())
        return {each["account_id"]: each["name"] for each in found if each["active"] and each["account_id"] != ours}

    def issue_types(self, project: str) -> tuple[str, ...]:
        """Issue types of a Jira project, sub-tasks among them."""
        return tuple(each["name"] for each in self._types(project))

    def screen(self, project: str, issue_type: str) -> dict[str, str]:
        """Custom fields on the create screen, by id: their names."""
        return {
            each["id"]: each["name"]
            for found in self._types(project)
            if found["name"] == issue_type
            for each in found["fields"]
            if each["id"].startswith("customfield_")
        }

    def custom_fields(self, types: frozenset[str]) -> dict[str, str]:
        """Custom fields of the site of these types, by id: their names."""
        found = self.jira.get("fields", ())
        return {each["id"]: each["name"] for each in found if each["custom"] and each["type"] in types}

    def _types(self, project: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(
            found
            for each in self.jira.get("projects", ())
            if each["key"] == project
            for found in each.get("issue_types", ())
        )


def _active(values: Any) -> dict[str, str]:
    return {each["code"]: each["description"] for each in values if each["active"]}
