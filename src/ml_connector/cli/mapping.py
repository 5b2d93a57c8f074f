"""Working on a connection file: lint, diff, schema, facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ml_connector.cli.app import (
    As,
    AsJson,
    Directory,
    Name,
    installation,
    may_see_rates,
    out,
    principal,
    print_json,
    telling,
)
from ml_connector.core.rules import FACTS
from ml_connector.policy import slips
from ml_connector.rules import rules_version
from ml_connector.settings import Connection, load_unnamed, mapping_version, rates_version, schema, told_of
from ml_connector.settings.differences import Difference, differences
from ml_connector.settings.editing import HIDDEN
from ml_connector.settings.lints import doubts

HERE = Path()
DOUBTFUL = 1

mapping_app = typer.Typer(help="The mapping, the rates and the rules of a connection file.", no_args_is_help=True)


@mapping_app.command("lint")
@telling
def mapping_lint(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """Name what a connection file says that is allowed and yet hardly meant, with its line.

    Exit code 0 where nothing is, 1 where something is, 2 where the file cannot be used.

    Example: ml-connector mapping lint -c acme
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    found = told_of(installed.home.connection_file(chosen), doubts(installed.connections[chosen]))
    if json_:
        print_json([{"file": p.file, "line": p.line, "key": p.key, "what": p.what, "remedy": p.remedy} for p in found])
    else:
        for problem in found:
            out.print(str(problem), markup=False, soft_wrap=True)
        if not found:
            out.print("Nothing to say.")
    if found:
        raise typer.Exit(DOUBTFUL)


@mapping_app.command("diff")
@telling
def mapping_diff(
    before: Annotated[Path, typer.Argument(help="A connection file.")],
    after: Annotated[Path, typer.Argument(help="Another one, or a changed version.")],
    directory: Directory = HERE,
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Show what two connection files say differently, and whether it decides what hours cost.

    Rates, people, periods and rules are matched by whom and what they are for, wherever they stand. Amounts of rates
    show only to a principal with the rates role.

    Example: ml-connector mapping diff acme-2026.toml connections/acme.toml
    """
    old, new = load_unnamed(before, check=slips), load_unnamed(after, check=slips)
    allowed = bool(as_) and may_see_rates(principal(installation(directory), as_))
    found = [each if allowed else masked(each) for each in differences(old, new)]
    versions = {name: {"before": a, "after": b} for name, a, b in _versions(old, new)}
    if json_:
        rows = [{"key": each.key, "before": each.before, "after": each.after} for each in found]
        print_json({"differences": rows, "versions": versions})
        return
    out.print(differences_table(found) if found else "Both say the same.")
    moved = [name for name, version in versions.items() if version["before"] != version["after"]]
    out.print(f"What decides cost changes: {', '.join(moved)}." if moved else "Nothing of it decides what hours cost.")


def differences_table(found: Sequence[Difference]) -> Table:
    """What differs, key by key."""
    table = Table("Key", "Before", "After")
    for each in found:
        table.add_row(Text(each.key), _cell(each.before), _cell(each.after))
    return table


def masked(each: Difference) -> Difference:
    """The same without what an hour costs."""
    if not (each.key.startswith("rate[") and each.key.endswith(".amount")):
        return each
    before, after = (None if side is None else HIDDEN for side in (each.before, each.after))
    return Difference(each.key, before, after)


def _cell(value: str | None) -> Text:
    return Text("–" if value is None else value or '""')


def _versions(old: Connection, new: Connection) -> list[tuple[str, str, str]]:
    return [
        ("mapping", mapping_version(old), mapping_version(new)),
        ("rates", rates_version(old), rates_version(new)),
        ("rules", rules_version(old), rules_version(new)),
    ]


@mapping_app.command("schema")
@telling
def mapping_schema() -> None:
    """Print the JSON Schema of a connection file, for editors that complete and check TOML.

    Example: ml-connector mapping schema > connection.schema.json
    """
    print_json(schema())


@mapping_app.command("facts")
@telling
def mapping_facts(json_: AsJson = False) -> None:
    """List what rules can read of an entry, its order, its coding and its rate.

    Example: ml-connector mapping facts
    """
    if json_:
        print_json([{"fact": name, "meaning": fact.meaning} for name, fact in FACTS.items()])
        return
    table = Table("Fact", "Meaning")
    for name, fact in FACTS.items():
        table.add_row(name, Text(fact.meaning))
    out.print(table)
