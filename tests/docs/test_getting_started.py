"""The page that takes a newcomer to the first posting: its commands work as they stand, and its errors are told so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ml_connector.cli import app
from sandbox_process import Running, running

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parent.parent.parent / "docs/operating/getting-started.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE)
ERRORS = [
    (cells[2].strip("` "), int(cells[3]))
    for cells in ([cell.strip() for cell in line.strip("|\n ").split("|")] for line in PAGE.splitlines())
    if len(cells) == 4 and cells[3].isdigit()
]
"""What is said, and the exit code."""


class Shell:
    """A newcomer's terminal, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        """Nothing is set that the page does not set."""
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLC_", "JIRA_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        self.environ = {**kept, "PATH": path, "COLUMNS": "200"}

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """One script, as bash runs it; it ends with the first command that fails."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


APPROVES = "MLC_TOKEN=$(cat"
NOT_APPROVED = "is not approved"
TOO_EARLY = 'ml-connector apply --plan "$HASH" > early.log 2>&1 || echo "$?" > early.code\n'
"""Somebody applies the plan before it is approved."""

Step = Callable[["Newcomer"], Sequence[str]]
MISTAKES: Mapping[str, Step] = {
    "holds no installation.": lambda _: ["check", "--dir", "nowhere"],
    "--name must be 1 to 40 small letters, digits and hyphens": lambda _: ["init", "--dir", "b", "--name", "Acme Inc"],
    "--jira-url must begin with https:// or http://": lambda _: ["init", "--dir", "c", "--jira-url", "acme.example"],
    "which is not a public address, so it is not called.": lambda newcomer: [
        "connect", "cloudsuite", "--dir", newcomer.another("--jira-url", newcomer.url), "--ionapi", newcomer.ionapi,
    ],
    "cannot be read as text.": lambda _: ["connect", "cloudsuite", "--ionapi", "not-there.ionapi"],
    "no connection to": lambda newcomer: [
        "connect", "cloudsuite", "--ionapi",
        newcomer.wrote(re.sub(r"localhost:[0-9]+", "localhost:9", Path(newcomer.ionapi).read_text())),
    ],
    "There are no golden examples at": lambda _: ["mapping", "test"],
    "The .ionapi file is not JSON.": lambda newcomer: ["connect", "cloudsuite", "--ionapi", newcomer.wrote("{")],
    "Infor's token endpoint refused the service account's keys": lambda newcomer: [
        "connect", "cloudsuite", "--ionapi",
        newcomer.wrote(re.sub(r'"sask": "[^"]*"', '"sask": "wrong"', Path(newcomer.ionapi).read_text())),
    ],
    "Jira refuses the API token of": lambda _: ["connect", "jira", "--email", "nobody@acme.example"],
    "has no credentials for cloudsuite.": lambda newcomer: ["configure", "--yes", "--dir", newcomer.another()],
    "There is no NOPE; there is": lambda _: ["configure", "--yes", "--set", "orders_project=NOPE"],
    "Nothing is asked by": lambda _: ["configure", "--yes", "--set", "colour=red"],
    "is not a known key": lambda newcomer: ["check", "--dir", newcomer.mistyped()],
    "of something is unmapped.": lambda _: ["fit", "--gate", "1"],
    "There is no connection": lambda _: ["plan", "-c", "other"],
    "MLC_TOKEN is not set.": lambda _: ["approve", "123456789012", "--as", "controller"],
    "The token does not belong to": lambda newcomer: newcomer.holding(
        "x", "approve", "123456789012", "--as", "controller"
    ),
    "There is no plan of connection acme whose hash begins with": lambda newcomer: newcomer.holding(
        newcomer.token, "approve", "123456789012", "--as", "controller"
    ),
}  # fmt: skip
"""How each is made to happen: what the newcomer types last."""


class Newcomer:
    """Somebody who has walked the page, and goes on in the same directory."""

    def __init__(self, shell: Shell, sandbox: Running, environ: pytest.MonkeyPatch) -> None:
        """With the variables that the page sets."""
        self.directory, self.sandbox, self.environ = shell.directory, sandbox, environ
        self.url: str = sandbox.facts["jira"]["url"]
        self.ionapi: str = sandbox.facts["cloudsuite"]["ionapi"]
        self.token: str = (shell.directory / "controller.token").read_text().strip()
        environ.chdir(shell.directory)
        environ.setenv("MLC_HOME", str(shell.directory / "acme"))
        environ.setenv("JIRA_API_TOKEN", sandbox.facts["jira"]["api_token"])

    def types(self, *arguments: str) -> Result:
        """One command."""
        return CliRunner().invoke(app, list(arguments))

    def another(self, *options: str) -> str:
        """Another installation, just begun."""
        directory = str(self.directory / f"another{len(list(self.directory.iterdir()))}")
        assert self.types("init", "--dir", directory, *options).exit_code == 0
        return directory

    def mistyped(self) -> str:
        """One whose file holds a typing error."""
        directory = self.another()
        (file,) = Path(directory, "connections").iterdir()
        file.write_text(file.read_text().replace("\nproject = ", "\nprojekt = "))
        return directory

    def wrote(self, text: str) -> str:
        """A file with that text."""
        file = self.directory / "some.ionapi"
        file.write_text(text)
        return str(file)

    def holding(self, token: str, *arguments: str) -> Sequence[str]:
        """The same command with a token in the environment."""
        self.environ.setenv("MLC_TOKEN", token)
        return arguments


@pytest.fixture(scope="module")
def walked(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Shell, Running, subprocess.CompletedProcess[str]]]:
    """The page, walked from its top to its end, while its sandbox serves."""
    directory = tmp_path_factory.mktemp("newcomer")
    with running(directory / "sandbox") as sandbox:
        shell = Shell(directory)
        script = "\n".join(COMMANDS)
        assert APPROVES in script
        yield shell, sandbox, shell.run(script.replace(APPROVES, TOO_EARLY + APPROVES))


def test_the_page_ends_with_two_hours_in_the_general_ledger(
    walked: tuple[Shell, Running, subprocess.CompletedProcess[str]],
) -> None:
    """Every command of it works as it stands; the books say so."""
    shell, sandbox, done = walked
    assert done.returncode == 0, done.stdout + done.stderr
    lines = sandbox.control("GET", "/books/gl")
    assert sum(line["amount_minor"] for line in lines if line["account"] != "219900") == 17_000
    assert "All" in done.stdout
    assert "checks are well." in done.stdout
    assert "The books agree." in done.stdout
    assert (shell.directory / "fit.html").exists()
    for secret in ("JIRA_API_TOKEN", "sask"):
        assert secret not in done.stdout


def test_every_error_of_the_page_is_made_to_happen() -> None:
    """None is listed that is not tried."""
    assert {said for said, _ in ERRORS} == {*MISTAKES, NOT_APPROVED}


def test_a_plan_is_not_applied_before_it_is_approved(
    walked: tuple[Shell, Running, subprocess.CompletedProcess[str]],
) -> None:
    """Whoever tries is told so, as the page says."""
    told = (walked[0].directory / "early.log").read_text()
    code = int((walked[0].directory / "early.code").read_text())
    assert NOT_APPROVED in told
    assert (NOT_APPROVED, code) in ERRORS


@pytest.mark.parametrize(
    ("said", "code"), [each for each in ERRORS if each[0] != NOT_APPROVED], ids=lambda value: str(value)[:30]
)
def test_what_goes_wrong_is_told_as_the_page_says(
    walked: tuple[Shell, Running, subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    code: int,
) -> None:
    """With that exit code, in those words."""
    shell, sandbox, _ = walked
    newcomer = Newcomer(shell, sandbox, monkeypatch)
    found = newcomer.types(*MISTAKES[said](newcomer))
    assert (found.exit_code, said in found.output) == (code, True), found.output
