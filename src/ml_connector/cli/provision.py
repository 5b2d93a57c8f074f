"""Setting the vendors up for us: setup jira."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.cli.app import AsJson, Directory, Name, installation, out, print_json, say, telling
from ml_connector.engine.provision import USUAL_NAMES, Provision, State, preview, provide
from ml_connector.engine.run import recorded
from ml_connector.web.tables import provisions_table

HERE = Path()
UNFINISHED = 1
setup_app = typer.Typer(help="What has to be made at the vendors.", no_args_is_help=True)


@setup_app.command("jira")
@telling
def setup_jira(
    directory: Directory = HERE,
    connection: Name = "",
    all_: Annotated[
        bool, typer.Option("--all", help="Also the fields that the connection does not name, by their usual names.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Make the fields that lack; else they are shown.")] = False,
    json_: AsJson = False,
) -> None:
    """Show which custom fields of the connection the site lacks, and make them with --apply. Run twice, it makes none.

    A new field holds in all projects and is on no screen: an administrator puts it there, and this says on which. The
    fields are text and numbers, and need no options. Exit code 0 where all is well, 1 where something is left to do.

    Example: ml-connector setup jira --apply
    """
    lane = installation(directory).lane(connection, say=say)
    named = lane.policy.field_names
    wanted = {**(USUAL_NAMES if all_ else {}), **named}
    found = preview(lane, wanted)
    if apply:
        found = recorded(lane, lambda: provide(lane, found))
    _show(found, named, as_json=json_)
    if any(each.remedy for each in found):
        raise typer.Exit(UNFINISHED)


def _show(found: tuple[Provision, ...], named: dict[str, str], *, as_json: bool) -> None:
    documents = [
        {
            "field": each.ours,
            "name": each.name,
            "type": each.type.name.lower(),
            "state": each.state.value,
            "id": each.id,
            "not_on": list(each.off_screens),
            "remedy": each.remedy,
        }
        for each in found
    ]
    if as_json:
        print_json(documents)
        return
    out.print(provisions_table(documents))
    if not found:
        out.print("[jira.fields] names no field. `ml-connector setup jira --all` shows the usual ones.", markup=False)
    if any(each.state is State.LACKS for each in found):
        out.print("Nothing was made: `ml-connector setup jira --apply` does. A new field is on no screen yet.")
    new = [each for each in found if each.ours not in named]
    if new:
        out.print("For the connection file:")
        lines = ["[jira.fields]", *(f'{each.ours} = "{each.id or each.name}"' for each in new)]
        out.print("\n".join(lines), markup=False)
