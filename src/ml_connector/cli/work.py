"""The daily commands: plan, approve, apply, sync, sweep, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.bootstrap import Installation, serve_installation
from ml_connector.cli.app import (
    As,
    AsJson,
    Directory,
    Name,
    err,
    installation,
    may_see_rates,
    out,
    principal,
    print_json,
    say,
    telling,
)
from ml_connector.core.document import Document, finding_document, plan_document
from ml_connector.engine import proposal
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_all
from ml_connector.engine.poll import poll
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.sync import Outcome
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.web.tables import HASH_WIDTH, findings_table, plan_view

HERE = Path()
LOCAL = "local"
"""Who prepares a plan when no principal is named."""

Hash = Annotated[str, typer.Argument(help="Hash of a plan, or enough of its beginning.")]


def lane_of(installed: Installation, connection: str, *, quiet: bool) -> Lane:
    """The lane of a command; it tells its progress unless the answer is for machines."""
    return installed.lane(connection, say=(lambda _message: None) if quiet else say)


@telling
def plan(directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False) -> None:
    """Read both sides and show every operation that would be written, without writing any.

    The plan is kept under its hash, for `approve` and `apply`. Rates show only to a principal with the rates role.

    Example: ml-connector plan --json > plan.json
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=json_)

    def make() -> Document:
        poll(lane)
        made = plan_all(lane)
        if made.operations:
            proposal.keep(lane, made, who.name if who else LOCAL)
        return plan_document(made, currency_digits, rates=may_see_rates(who))

    show_plan(recorded(lane, make), as_json=json_)


def show_plan(document: Document, *, as_json: bool) -> None:
    """A plan, and what to do with it."""
    if as_json:
        print_json(document)
        return
    out.print(plan_view(document))
    short = str(document["hash"])[:HASH_WIDTH]
    if not document["operations"]:
        out.print("Nothing to do: both sides and our books agree.")
    elif document["totals"]:
        out.print(f"To post it: `ml-connector approve {short} --as NAME` by a second person,")
        out.print(f"then `ml-connector apply --plan {short}`.")
    else:
        out.print(f"To write it: `ml-connector apply --plan {short}`, or let `ml-connector sync` do it.")


@telling
def approve(
    plan_hash: Hash, as_: As, directory: Directory = HERE, connection: Name = "", json_: AsJson = False
) -> None:
    """Sign a plan: the next run, or `apply`, writes exactly what it says, or stops because the world moved.

    Nobody approves a plan that they prepared or that holds their own hours.

    Example: MLC_TOKEN=… ml-connector approve 3f9a01c2d4e5 --as controller
    """
    installed = installation(directory)
    who = principal(installed, as_)
    if who is None:
        raise Refused("An approval needs a name.", remedy="Add --as NAME.")
    kept = proposal.approve(lane_of(installed, connection, quiet=json_), plan_hash, who)
    if json_:
        print_json({"plan": kept.hash, "approved_by": who.name})
    else:
        out.print(f"Plan {kept.hash[:HASH_WIDTH]} approved by {who.name}.")
        out.print(f"To write it now: `ml-connector apply --plan {kept.hash[:HASH_WIDTH]}`; the next sync does it too.")


@telling
def apply(
    plan_hash: Annotated[str, typer.Option("--plan", help="Hash of the plan, or enough of its beginning.")],
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """Write exactly what a plan says, or nothing at all where something in it changed since.

    Example: ml-connector apply --plan 3f9a01c2d4e5
    """
    installed = installation(directory)
    lane = lane_of(installed, connection, quiet=json_)
    done = recorded(lane, lambda: proposal.apply(lane, plan_hash))
    document = {
        "plan": done.plan,
        "postings": {reference: state.value for reference, state in done.postings.items()},
        "findings": [finding_document(finding, currency_digits) for finding in done.findings],
    }
    if json_:
        print_json(document)
        return
    out.print(f"Plan {done.plan[:HASH_WIDTH]} applied.")
    _print_postings(document["postings"])
    if done.findings:
        out.print(findings_table(document["findings"]))  # type: ignore[arg-type] # a list of documents


def _print_postings(postings: object) -> None:
    assert isinstance(postings, dict)
    for reference, state in postings.items():
        out.print(f"  {reference}: {state.replace('_', ' ')}")


@telling
def sync(
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Also look for deleted and moved issues, and read back.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Run the cycle once: read both sides, write issues and fields, propose postings, finish what was approved.

    Example: ml-connector sync -c acme
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = lane_of(installed, connection, quiet=json_)
    outcome = run_lane(lane, sweeping=sweep, prepared_by=who.name if who else LOCAL)
    document = outcome_document(outcome)
    if json_:
        print_json(document)
    else:
        _print_outcome(outcome, document)


def outcome_document(outcome: Outcome) -> Document:
    """What a cycle did, as JSON."""
    return {
        "written": outcome.written,
        "proposal": outcome.proposal,
        "postings": {reference: state.value for reference, state in outcome.postings.items()},
        "findings": [finding_document(finding, currency_digits) for finding in outcome.findings],
    }


def _print_outcome(outcome: Outcome, document: Document) -> None:
    written = ", ".join(f"{count} × {name}" for name, count in outcome.written.items())
    out.print(f"Written: {written or 'nothing, both sides agree'}.")
    _print_postings(document["postings"])
    if outcome.proposal:
        out.print(f"Proposed for approval: plan {outcome.proposal[:HASH_WIDTH]}; see it with `ml-connector plan`.")
    if outcome.findings:
        out.print(findings_table(document["findings"]))  # type: ignore[arg-type] # a list of documents


@telling
def serve(
    directory: Directory = HERE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the status page.", min=1, max=65535)] = 8080,
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="Anchor the audit trail daily: in a file, a webhook or a mailbox; repeatable."),
    ] = None,
) -> None:
    """Run every connection on its schedule, and show what was done on a status page, until stopped.

    Example: ml-connector serve --port 8080
    """
    installed = installation(directory)
    err.print(f"Serving {len(installed.connections)} connections; status page on http://{host}:{port}/")
    serve_installation(installed, host, port, anchor or ())
