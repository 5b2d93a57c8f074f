"""Both vendors' switches: what no vendor page settles, each with a default."""

from __future__ import annotations

from ml_connector_sandbox.cloudsuite.switches import DEFAULTS as CLOUDSUITE
from ml_connector_sandbox.jira.switches import DEFAULTS as JIRA


class UnknownSwitch(Exception):
    """A name that is no switch, or a value of another kind than its default."""


class Switches(dict[str, object]):
    """The switches in force, by name. Both vendors read from this very object."""

    def __init__(self) -> None:
        """All at their defaults."""
        super().__init__({**JIRA, **CLOUDSUITE})

    def put(self, document: dict[str, object]) -> None:
        """Change some switches. Raises UnknownSwitch, and then changes none."""
        for name, value in document.items():
            if name not in self:
                raise UnknownSwitch(f"there is no switch {name}; there are {', '.join(sorted(self))}")
            if type(self[name]) is not type(value):
                raise UnknownSwitch(f"{name} takes values like {self[name]!r}")
        self.update(document)
