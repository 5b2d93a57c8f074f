"""Every command is documented, shows an example, and nothing is documented that does not exist."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ml_connector.cli import app
from ml_connector.cli.app import STOPPED, STOPPED_CODE, telling
from ml_connector.cli.contents import CONTENTS

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


def test_help_lists_every_command_once_in_its_panel() -> None:
    """A newcomer finds the way down the list: try, set up, daily, and the rest."""
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    panels = list(dict.fromkeys(entry.panel for entry in CONTENTS))
    assert [told.index(panel) for panel in panels] == sorted(told.index(panel) for panel in panels)
    assert {name.split()[0] for name in COMMANDS} == {entry.name for entry in CONTENTS}
    for entry in CONTENTS:
        assert re.search(rf"{entry.name} +{re.escape(entry.line)}", told), entry.name


def test_help_and_version_wait_for_no_database_and_no_vendor() -> None:
    """What is heavy is imported by the command that needs it."""
    heavy = ("sqlalchemy", "pydantic", "structlog", "urllib3", "ml_connector.bootstrap", "ml_connector.settings")
    script = f"import sys, ml_connector.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_version_tells_the_version_that_is_installed() -> None:
    """Whoever reports something can say of what."""
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"ml-connector {version('ml-connector')}\n")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_help_loses_words_to_markup(name: str) -> None:
    """`[[rate]]` would be shown as `[]`."""
    texts = [COMMANDS[name].help, *(getattr(each, "help", "") for each in COMMANDS[name].params)]
    assert not [text for text in texts if re.search(r"\[\[?[a-z]", text or "")]


def test_whoever_stops_a_command_is_told_what_becomes_of_what_was_begun(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in the middle of a posting is no reason to be afraid of the next run."""

    @telling
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as left:
        stopped()
    assert left.value.exit_code == STOPPED_CODE
    assert capsys.readouterr().err.strip() == STOPPED
