"""The daily commands: plan, approve, apply, sync, sweep, serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
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
from ml_connector.credentials import connected
from ml_connector.engine import proposal
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_all
from ml_connector.engine.poll import poll
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.sync import Outcome
from ml_connector.engine.whatif import what_if
from ml_connector.errors import Refused
from ml_connector.policy import cost_policy, currency_digits
from ml_connector.rules import rules_version
from ml_connector.settings import Connection, mapping_version, rates_version
from ml_connector.web.impact import impact_view
from ml_connector.web.tables import HASH_WIDTH, findings_table, plan_view

HERE = Path()
DAY = ["%Y-%m-%d"]
LOCAL = "local"
"""Who prepares a plan when no principal is named."""

Hash = Annotated[str, typer.Argument(help="Hash of a plan, or enough of its beginning.")]


def lane_of(installed: Installation, connection: str, *, quiet: bool) -> Lane:
    """The lane of a command; it tells its progress unless the answer is for machines."""
    return installed.lane(connection, say=(lambda _message: None) if quiet else say)


@telling
def plan(
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    with_: Annotated[
        Path | None, typer.Option("--with", help="What a past period would cost by this mapping or rate card.")
    ] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First day of that period.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last day of that period.")] = None,
    period: Annotated[str, typer.Option(help="That period: a month as YYYY-MM, or one that is declared.")] = "",
    json_: AsJson = False,
) -> None:
    """Read both sides and show every operation that would be written, without writing any.

    The plan is kept under its hash, for `approve` and `apply`. Rates show only to a principal with the rates role.

    With `--with`, nothing is read from the vendors and nothing is kept: the hours that we hold are costed by the
    connection as FILE changes it (a whole connection, some of its tables, or rates as CSV), and each line that would
    differ from what is posted, or would be, is shown with the total difference.

    Example: ml-connector plan --json > plan.json

    Example: ml-connector plan --with raised-rates.toml --period 2026-10
    """
    installed = installation(directory)
    who = principal(installed, as_)
    if with_ is not None:
        _show_impact(installed, connection, with_, _span(first, last, period), as_json=json_)
        return
    if first or last or period:
        raise Refused("A period is only asked for together with --with.", remedy="Name a FILE with --with.")
    lane = lane_of(installed, connection, quiet=json_)

    def make() -> Document:
        poll(lane)
        made = plan_all(lane)
        if made.operations:
            proposal.keep(lane, made, who.name if who else LOCAL)
        return plan_document(made, currency_digits, rates=may_see_rates(who))

    show_plan(recorded(lane, make), as_json=json_, notice=lane.erp.capabilities.notice)


@dataclass(frozen=True, slots=True)
class _Span:
    """The days that are asked about: from one to another, a month, or a period of the connection's own calendar."""

    first: date
    last: date
    period: str = ""

    def holds(self, connection: Connection, entity: str, day: date) -> bool:
        """Whether a day of an entity's books is one of them."""
        if not self.period or PERIOD.fullmatch(self.period):
            return self.first <= day <= self.last
        return any(
            each.begins <= day <= each.ends
            for each in connection.period
            if each.entity == entity and each.name == self.period
        )


def _span(first: datetime | None, last: datetime | None, period: str) -> _Span:
    if period and (first or last):
        raise Refused("A period and days exclude each other.", remedy="Name one of them.")
    if PERIOD.fullmatch(period):
        begins = date.fromisoformat(f"{period}-01")
        after = (begins + timedelta(days=31)).replace(day=1)
        return _Span(begins, after - timedelta(days=1), period)
    return _Span(first.date() if first else date.min, last.date() if last else date.max, period)


def _show_impact(installed: Installation, name: str, file: Path, span: _Span, *, as_json: bool) -> None:
    lane = installed.lane(name)
    connection = installed.connections[lane.name]
    if span.period and not PERIOD.fullmatch(span.period) and span.period not in {p.name for p in connection.period}:
        raise Refused(
            f"Connection {lane.name} declares no period {span.period}.",
            remedy="Name a month as YYYY-MM, a [[period]] of the connection, or days with --from and --to.",
        )
    changed = installed.changed(lane.name, file)
    document: Document = {
        "with": str(file),
        "as_of": installed.last_read(lane.name),
        "mapping_version": {"before": mapping_version(connection), "after": mapping_version(changed)},
        "rates_version": {"before": rates_version(connection), "after": rates_version(changed)},
        "rules_version": {"before": rules_version(connection), "after": rules_version(changed)},
        **what_if(lane, cost_policy(changed), partial(span.holds, connection)),
    }
    if as_json:
        print_json(document)
    else:
        out.print(impact_view(document))
        out.print("Nothing was read from the vendors, and nothing is kept.")


def show_plan(document: Document, *, as_json: bool, notice: str = "") -> None:
    """A plan, and what to do with it. `notice` is what has to be known of how this line posts."""
    if as_json:
        print_json({**document, **({"notice": notice} if notice else {})})
        return
    out.print(plan_view(document))
    if notice and document["totals"]:
        out.print(notice)
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
    err.print(f"Serving {', '.join(installed.connections)}; status page on http://{host}:{port}/")
    serve_installation(installed, host, port, anchor or (), partial(connected, installed))
