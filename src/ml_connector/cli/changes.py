"""Changing a mapping: export, import, test, record, history, show, promote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ml_connector.bootstrap import Installation
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
    write_file,
)
from ml_connector.cli.mapping import differences_table, mapping_app, masked
from ml_connector.errors import Drifted, Misconfigured, Refused
from ml_connector.mapping import change
from ml_connector.mapping.examples import Examples
from ml_connector.mapping.promotion import Promotion, doubts, promoted
from ml_connector.mapping.sheets import SHEETS, exported, imported
from ml_connector.mapping.trial import Trial, tried
from ml_connector.rules import slips
from ml_connector.settings import load_unnamed
from ml_connector.settings.differences import Difference, differences
from ml_connector.settings.editing import without_amounts
from ml_connector.settings.files import load_section, load_text, read_text
from ml_connector.store import mapping_versions
from ml_connector.store.mapping_versions import MappingVersion
from ml_connector.web.tables import HASH_WIDTH

HERE = Path()
LOCAL = "local"
DEVIATES = 1
MINUTE = len("2026-11-23T12:30")

What = Annotated[str, typer.Argument(help=f"Which list: {', '.join(SHEETS)}.")]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]


def _sheet(what: str) -> str:
    if what not in SHEETS:
        raise Refused(f"There is no list {what}.", remedy=f"Lists: {', '.join(SHEETS)}.")
    return what


def _author(installed: Installation, as_: str) -> str:
    who = principal(installed, as_)
    return who.name if who else LOCAL


@mapping_app.command("export")
@telling
def mapping_export(
    what: What,
    file: Annotated[Path | None, typer.Option(help="File to write; else standard output.")] = None,
    directory: Directory = HERE,
    connection: Name = "",
) -> None:
    """Write a list of the mapping as CSV: people, entities (Jira project of each), types or statuses of projects.

    `mapping import` reads it back to the letter.

    Example: ml-connector mapping export people --file people.csv
    """
    installed = installation(directory)
    text = exported(SHEETS[_sheet(what)], installed.connections[installed.choose(connection)])
    if file is None:
        typer.echo(text, nl=False)
    else:
        write_file(file, text)


@mapping_app.command("import")
@telling
def mapping_import(
    what: What,
    file: Annotated[Path, typer.Argument(help="CSV as `mapping export` writes it.")],
    reason: Reason = "imported",
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Put a list from a CSV in place of the connection's own. Rows that lack are taken out; all else stays.

    Either every row is right and the whole file reads well, or nothing changes.

    Example: ml-connector mapping import people people.csv --reason "new colleagues in November"
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    text = imported(SHEETS[_sheet(what)], file, change.text_of(installed, chosen))
    done = change.put(installed, chosen, text, _author(installed, as_), reason)
    _tell(done, rates=may_see_rates(principal(installed, as_)), as_json=json_)


def _shown(found: Sequence[Difference], *, rates: bool) -> list[Difference]:
    """Differences as somebody may see them."""
    return [each if rates else masked(each) for each in found]


def _tell(done: change.Change, *, rates: bool, as_json: bool) -> None:
    found = _shown(done.differences, rates=rates)
    if as_json:
        print_json({"version": done.number, "differences": _rows(found)})
        return
    out.print(differences_table(found) if found else "Nothing is said otherwise.")
    if done.number is not None:
        out.print(f"Kept as version {done.number}.")


def _rows(found: Sequence[Difference]) -> list[dict[str, str | None]]:
    return [{"key": each.key, "before": each.before, "after": each.after} for each in found]


@mapping_app.command("test")
@telling
def mapping_test(
    examples: Annotated[
        Path | None, typer.Option(help="File of examples; else examples/NAME.toml in the directory.")
    ] = None,
    with_: Annotated[Path | None, typer.Option("--with", help="Another connection file to try them by.")] = None,
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """Try golden examples: orders and hours with what has to come of them. Asks no vendor.

    Exit code 0 where all hold, 1 where one deviates.

    Example: ml-connector mapping test -c acme
    """
    installed = installation(directory)
    chosen = installed.choose(connection)
    by = load_unnamed(with_, check=slips) if with_ else installed.connections[chosen]
    file = examples or installed.home.examples_file(chosen)
    if not file.exists():
        raise Misconfigured(
            f"There are no golden examples at {file}.",
            remedy="Write some there, as docs/operating/mapping.md shows, or name their file with --examples.",
        )
    trials = tried(load_section(file, Examples), by)
    failed = [trial for trial in trials if not trial.holds]
    if json_:
        print_json([_trial(trial) for trial in trials])
    else:
        _print_trials(trials, failed)
    if failed:
        raise typer.Exit(DEVIATES)


def _trial(trial: Trial) -> dict[str, object]:
    deviations = [{"what": each.what, "expected": each.expected, "found": each.found} for each in trial.deviations]
    return {"kind": trial.kind, "name": trial.name, "holds": trial.holds, "deviations": deviations}


def _print_trials(trials: Sequence[Trial], failed: Sequence[Trial]) -> None:
    for trial in failed:
        out.print(f"{trial.kind} {trial.name}", style="bold red", markup=False)
        for each in trial.deviations:
            out.print(f"  {each.what}", markup=False)
            out.print(f"    expected: {each.expected}", style="green", markup=False)
            out.print(f"    found:    {each.found}", style="red", markup=False)
    out.print(f"{len(trials) - len(failed)} of {len(trials)} examples hold.")


@mapping_app.command("record")
@telling
def mapping_record(
    reason: Reason, directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False
) -> None:
    """Say who changed the connection file, and why: as it stands, it becomes a version.

    A version is kept without that, too, the first time that a changed file is worked by; its author is then `file`.

    Example: ml-connector mapping record --reason "rates of 2027, agreed by the controller"
    """
    installed = installation(directory)
    number = change.record(installed, installed.choose(connection), _author(installed, as_), reason)
    if json_:
        print_json({"version": number})
    else:
        out.print("It is the last version already." if number is None else f"Kept as version {number}.")


@mapping_app.command("history")
@telling
def mapping_history(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """List every version of a connection file that was worked by: when, who, why, and what ledger entries name it by.

    Example: ml-connector mapping history -c acme
    """
    installed = installation(directory)
    with installed.database.read() as tx:
        found = mapping_versions.history(tx, installed.choose(connection))
    if json_:
        print_json([_version(each) for each in found])
        return
    table = Table("#", "When", "Who", "Why", "Mapping", "Rates", "Rules")
    for each in found:
        hashes = each.hashes
        words = (each.author, each.reason, hashes.mapping, hashes.rates, hashes.rules)
        at = each.at.isoformat()[:MINUTE].replace("T", " ")
        table.add_row(str(each.number), at, *(Text(word) for word in words))
    out.print(table if found else "No version was kept yet.")


def _version(each: MappingVersion) -> dict[str, object]:
    hashes = each.hashes
    return {
        "version": each.number,
        "at": each.at.isoformat(),
        "author": each.author,
        "reason": each.reason,
        "mapping_version": hashes.mapping,
        "rates_version": hashes.rates,
        "rules_version": hashes.rules,
    }


@mapping_app.command("show")
@telling
def mapping_show(
    number: Annotated[int, typer.Argument(help="Number of a version, as `mapping history` lists it.")],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
) -> None:
    """Print a version of the connection file, to be read, compared with `mapping diff`, or put back.

    Amounts of rates show only to a principal with the rates role.

    Example: ml-connector mapping show 3 > acme-3.toml
    """
    installed = installation(directory)
    with installed.database.read() as tx:
        found = {each.number: each for each in mapping_versions.history(tx, installed.choose(connection))}
    if number not in found:
        raise Refused(f"There is no version {number}.", remedy="`ml-connector mapping history` lists them.")
    text = found[number].text
    typer.echo(text if may_see_rates(principal(installed, as_)) else without_amounts(text), nl=False)


@telling
def promote(
    source: Annotated[str, typer.Argument(help="A connection of this installation, or the file of another's.")],
    target: Annotated[str, typer.Argument(help="The connection that is to decide likewise.")],
    apply: Annotated[str, typer.Option(help="Hash of the difference that was reviewed: put it in place.")] = "",
    reason: Reason = "",
    directory: Directory = HERE,
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Bring a connection's decisions from test to production: first as a difference to review, then by its hash.

    Secrets are in no file; addresses, hosts, quota, webhook, name, reference prefix, cut-over date and fiscal calendar
    stay the target's own. Applying ends with code 3 where either file has changed since the review. Amounts of rates
    show only to a principal with the rates role.

    Example: ml-connector promote test production
    """
    installed = installation(directory)
    chosen = installed.choose(target)
    file = installed.home.connection_file(source) if source in installed.connections else Path(source)
    offered = load_unnamed(file, check=slips)
    promotion = promoted(load_text(file), change.text_of(installed, chosen))
    if apply:
        _refuse_unreviewed(apply, promotion)
        told = {"source": source, "hash": promotion.hash}
        why = reason or f"promoted from {source}"
        done = change.put(installed, chosen, promotion.text, _author(installed, as_), why, told)
        _tell(done, rates=may_see_rates(principal(installed, as_)), as_json=json_)
        return
    would_be = read_text(installed.home.connection_file(chosen), promotion.text, check=slips)
    found = _shown(differences(installed.connections[chosen], would_be), rates=may_see_rates(principal(installed, as_)))
    _review(found, list(doubts(offered)), promotion, as_json=json_)


def _refuse_unreviewed(given: str, promotion: Promotion) -> None:
    if len(given) < HASH_WIDTH:
        raise Refused("The hash is too short.", remedy=f"Give at least {HASH_WIDTH} characters of it.")
    if not promotion.hash.startswith(given):
        raise Drifted("What would be promoted is not what was reviewed.", remedy="Review it again, without --apply.")


def _review(found: Sequence[Difference], warnings: Sequence[str], promotion: Promotion, *, as_json: bool) -> None:
    if as_json:
        print_json({"hash": promotion.hash, "differences": _rows(found), "warnings": list(warnings)})
        return
    out.print(differences_table(found) if found else "Both decide the same: nothing to promote.")
    for warning in warnings:
        out.print(f"Look at this: {warning}", style="yellow", markup=False)
    if found:
        out.print(f"To put it in place: the same command with `--apply {promotion.hash[:HASH_WIDTH]}`.")
