"""The daily commands: plan, approve, apply, sync, sweep, serve."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ml_connector.bootstrap import Installation, serve_installation
from ml_connector.cli.app import (
    PERIOD,
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
from ml_connector.core.ledger import State
from ml_connector.engine import proposal
from ml_connector.engine.attestation import attest as attest_hours
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_all
from ml_connector.engine.poll import poll
from ml_connector.engine.recosting import recost as propose_recosting
from ml_connector.engine.replay import replay as replay_hours
from ml_connector.engine.resolution import Verdict
from ml_connector.engine.resolution import resolve as state_verdict
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.sync import Outcome
from ml_connector.engine.undo import give_back as give_back_batch
from ml_connector.engine.undo import undo as withdraw_batch
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.web.tables import HASH_WIDTH, findings_table, plan_view

HERE = Path()
LOCAL = "local"
"""Who prepares a plan when no principal is named."""

Hash = Annotated[str, typer.Argument(help="Hash of a plan, or enough of its beginning.")]


def _lane(installed: Installation, connection: str, *, quiet: bool) -> Lane:
    return installed.lane(connection, say=(lambda _message: None) if quiet else say)


@telling
def plan(directory: Directory = HERE, connection: Name = "", as_: As = "", json_: AsJson = False) -> None:
    """Read both sides and show every operation that would be written, without writing any.

    The plan is kept under its hash, for `approve` and `apply`. Rates show only to a principal with the rates role.

    Example: ml-connector plan --json > plan.json
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = _lane(installed, connection, quiet=json_)

    def make() -> Document:
        poll(lane)
        made = plan_all(lane)
        if made.operations:
            proposal.keep(lane, made, who.name if who else LOCAL)
        return plan_document(made, currency_digits, rates=may_see_rates(who))

    document = recorded(lane, make)
    if json_:
        print_json(document)
        return
    out.print(plan_view(document))
    _advise(document)


def _advise(document: Document) -> None:
    """What to do with a plan."""
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
    kept = proposal.approve(_lane(installed, connection, quiet=json_), plan_hash, who)
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
    lane = _lane(installed, connection, quiet=json_)
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
    lane = _lane(installed, connection, quiet=json_)
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
def attest(
    order: Annotated[str, typer.Argument(help="Purchase order, as `budget` names it.")],
    period: Annotated[str, typer.Argument(help="Period as YYYY-MM.", metavar="YYYY-MM")],
    as_: As,
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """Attest that the hours of an order in a period were worked, where the connection asks for it before posting.

    Nobody attests their own. Hours that change afterwards have to be attested again.

    Example: MLC_TOKEN=… ml-connector attest 1000/00045001/0000/STD 2026-11 --as manager
    """
    installed = installation(directory)
    who = principal(installed, as_)
    if who is None:
        raise Refused("An attestation needs a name.", remedy="Add --as NAME.")
    if not PERIOD.fullmatch(period):
        raise Refused(f"{period!r} is no period.", remedy="Name a month as YYYY-MM, for example 2026-11.")
    lane = _lane(installed, connection, quiet=json_)
    count = recorded(lane, lambda: attest_hours(lane, order, period, who))
    if json_:
        print_json({"order": order, "period": period, "worklogs": count})
    else:
        out.print(f"{count} worklogs of {order} in {period} attested by {who.name}.")


@telling
def recost(
    orders: Annotated[
        list[str] | None, typer.Argument(help="Purchase orders; all with posted hours where none.")
    ] = None,
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Show the plan that would cost posted hours by today's rates, mapping and coding, for a second person to accept.

    Example: ml-connector recost 1000/00045001/0000/STD
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = _lane(installed, connection, quiet=json_)
    actor = who.name if who else LOCAL
    made = recorded(lane, lambda: propose_recosting(lane, orders or (), actor))
    document = plan_document(made, currency_digits, rates=may_see_rates(who))
    if json_:
        print_json(document)
        return
    out.print(plan_view(document))
    _advise(document)


@telling
def replay(
    subject: Annotated[str, typer.Argument(help="An order, a reference, or the hash of a plan; or name days.")] = "",
    first: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of work.")] = None,
    last: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of work.")] = None,
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Read the hours of an order, a batch or some days again, and have their orders worked off with the next run.

    State is compared with state: however often it is done, nothing is posted twice.

    Example: ml-connector replay --first 2026-11-01 --last 2026-11-15
    """
    if bool(subject) == bool(first or last):
        raise Refused("It is not clear what to replay.", remedy="Name one subject, or days with --first and --last.")
    installed = installation(directory)
    who = principal(installed, as_)
    lane = _lane(installed, connection, quiet=json_)
    days = first.date() if first else None, last.date() if last else None
    queued = recorded(lane, lambda: replay_hours(lane, subject, *days, who.name if who else LOCAL))
    if json_:
        print_json({"queued": queued})
    else:
        out.print(f"{len(queued)} orders are worked off again with the next run.")


@telling
def resolve(
    reference: Annotated[str, typer.Argument(help="Reference of a posting in doubt.")],
    verdict: Annotated[Verdict, typer.Argument(help="What CloudSuite shows: it is released, or absent.")],
    as_: As,
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """State whether a posting in doubt reached the ledger, where no look-up can tell.

    It is held against what CloudSuite shows. That it is absent, and is sent again, takes two people.

    Example: MLC_TOKEN=… ml-connector resolve MLC-7QK2M4ZRTPA absent --as controller
    """
    installed = installation(directory)
    who = principal(installed, as_)
    if who is None:
        raise Refused("A statement needs a name.", remedy="Add --as NAME.")
    lane = _lane(installed, connection, quiet=json_)
    state = recorded(lane, lambda: state_verdict(lane, reference, verdict, who))
    if json_:
        print_json({"reference": reference, "state": state.value})
    elif state is State.IN_DOUBT:
        out.print(f"{reference}: kept. A second approver has to state the same.")
    else:
        out.print(f"{reference}: {state.value}; the next run goes on from there.")


@telling
def undo(
    subject: Annotated[str, typer.Argument(help="A reference (MLC-…), or the hash of a plan that was applied.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit trail.")],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Take a whole batch out of the ledger: show the plan that reverses it, to be approved and applied like any other.

    Its hours are withdrawn: they are not costed again until `give-back`.

    Example: ml-connector undo MLC-7QK2M4ZRTPA --reason "Posted with last year's rates"
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = _lane(installed, connection, quiet=json_)
    actor = who.name if who else LOCAL
    made = recorded(lane, lambda: withdraw_batch(lane, subject, actor, reason))
    document = plan_document(made, currency_digits, rates=may_see_rates(who))
    if json_:
        print_json(document)
        return
    out.print(plan_view(document))
    _advise(document)


@telling
def give_back(
    subject: Annotated[str, typer.Argument(help="What was undone: a reference, or the hash of a plan.")],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Let the hours of a batch that was undone be costed again, with the next run.

    Example: ml-connector give-back MLC-7QK2M4ZRTPA
    """
    installed = installation(directory)
    who = principal(installed, as_)
    lane = _lane(installed, connection, quiet=json_)
    count = recorded(lane, lambda: give_back_batch(lane, subject, who.name if who else LOCAL))
    if json_:
        print_json({"worklogs": count})
    else:
        out.print(f"{count} worklogs are costed again with the next run." if count else "None of it was withdrawn.")


@telling
def serve(
    directory: Directory = HERE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the status page.", min=1, max=65535)] = 8080,
    anchor: Annotated[Path | None, typer.Option(help="Append the head of the audit trail to this file, daily.")] = None,
) -> None:
    """Run every connection on its schedule, and show what was done on a status page, until stopped.

    Example: ml-connector serve --port 8080
    """
    installed = installation(directory)
    err.print(f"Serving {len(installed.connections)} connections; status page on http://{host}:{port}/")
    serve_installation(installed, host, port, anchor)
