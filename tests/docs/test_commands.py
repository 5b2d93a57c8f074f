"""Every command is documented, shows an example, and nothing is documented that does not exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from ml_connector.cli import app

ROOT = Path(__file__).parent.parent.parent


def commands(group: Any, above: str = "") -> dict[str, Any]:
    """All commands by their full name."""
    found: dict[str, Any] = {}
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{above}{name} ")
        else:
            found[f"{above}{name}"] = command
    return found


COMMANDS = commands(typer.main.get_command(app))


def test_the_page_of_commands_lists_exactly_the_commands() -> None:
    """A user finds each command there, and each one there works."""
    text = (ROOT / "docs/operating/commands.md").read_text()
    listed = set(re.findall(r"^\| `([a-z -]+)` \|", text, re.MULTILINE))
    assert listed == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    """`--help` ends in a line that can be typed."""
    assert re.search(rf"Example: .*ml-connector {name}", COMMANDS[name].help or ""), name


def test_the_readme_names_only_commands_that_exist() -> None:
    """What a newcomer copies from the first page works."""
    text = (ROOT / "README.md").read_text()
    for line in re.findall(r"^ml-connector (.*?)(?:\s+#.*)?$", text, re.MULTILINE):
        words = line.split()
        assert words[0] in COMMANDS or " ".join(words[:2]) in COMMANDS, line
