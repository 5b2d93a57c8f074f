"""Customer rules: conditions in CEL (https://cel.dev), checked at reading, asked before hours are costed.

- `text`: the words of a condition, and what may not stand in one
- `cel`: compiling and asking one
- `book`: all rules of a connection, the default pack among them
"""

from __future__ import annotations

from ml_connector.rules.book import Rulebook, in_force, rulebook, rules_version, slips

__all__ = ["Rulebook", "in_force", "rulebook", "rules_version", "slips"]
