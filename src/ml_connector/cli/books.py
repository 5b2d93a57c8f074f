"""Reading our books: ledger, explain, budget, findings, holds, audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ml_connector.bootstrap import anchor_place
from ml_connector.cli.app import (
    PERIOD,
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
from ml_connector.core.document import plan_document
from ml_connector.core.ledger import State
from ml_connector.engine.anchors import anchor, read_anchors
from ml_connector.engine.explain import explain as explain_subject
from ml_connector.engine.holding import queue
from ml_connector.engine.planning import plan_all
from ml_connector.engine.release import release
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits
from ml_connector.rules import in_force
from ml_connector.store import audit, holds, keys, postings
from ml_connector.store import findings as finding_store
from ml_connector.store.postings import Wanted
from ml_connector.web.tables import budgets_table, explanation, findings_table, holds_table, ledger_table

HERE = Path()
BROKEN = 1

holds_app = typer.Typer(help="The hold queue: everything that waits for a person.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@telling
def ledger(
    directory: Directory = HERE,
    connection: Name = "",
    state: Annotated[list[State] | None, typer.Option(help="Only postings in this state; may be repeated.")] = None,
    entity: Annotated[str, typer.Option(help="Only postings of this entity.")] = "",
    order: Annotated[str, typer.Option(help="Only postings that charge this purchase order.")] = "",
    worklog: Annotated[str, typer.Option(help="Only postings that hold this worklog.")] = "",
    plan: Annotated[str, typer.Option(help="Only postings of this plan, by the beginning of its hash.")] = "",
    period: Annotated[str, typer.Option(help="Only postings into this month.", metavar="YYYY-MM")] = "",
    json_: AsJson = False,
) -> None:
    """List postings and how far each has come.

    Example: ml-connector ledger --state in_doubt --period 2026-11
    """
    if period and not PERIOD.fullmatch(period):
        raise Refused(f"{period!r} is no period.", remedy="Name a month as YYYY-MM, for example 2026-11.")
    wanted = Wanted(tuple(state or ()), entity, order, worklog, plan, period)
    installed = installation(directory)
    with installed.database.read() as tx:
        listed = postings.listing(tx, installed.choose(connection), currency_digits, wanted)
    rows = [posting.document() for posting in listed]
    if json_:
        print_json(rows)
    else:
        out.print(ledger_table(rows))


@telling
def explain(
    subject: Annotated[
        str, typer.Argument(help="A reference (MLC-…), a line of it (MLC-…/3), or the id of a worklog.")
    ],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
    json_: AsJson = False,
) -> None:
    """Say what an amount is made of (hours, rate rule, mapping, plan, approver, issue, order), or where hours went.

    Example: ml-connector explain MLC-7QK2M4ZRTPA/3
    """
    installed = installation(directory)
    rates = may_see_rates(principal(installed, as_))
    with installed.database.read() as tx:
        chosen = installed.choose(connection)
        names = {person.account_id: person.name for person in installed.connections[chosen].person}
        document = explain_subject(tx, chosen, subject, currency_digits, names, rates=rates)
    if json_:
        print_json(document)
    else:
        out.print(explanation(document))


@telling
def budget(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """Show authorized, committed, pending, actual and remaining of every order and project, from the last reading.

    Example: ml-connector budget -c acme
    """
    installed = installation(directory)
    lane = installed.lane(connection)
    document = plan_document(plan_all(lane), currency_digits)
    as_of = installed.last_read(lane.name)
    if json_:
        print_json({"as_of": as_of, "budgets": document["budgets"]})
    else:
        out.print(budgets_table(document["budgets"], as_of))  # type: ignore[arg-type] # a list of documents


@telling
def findings(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """List what a person should know or mend, with the remedy of each.

    Example: ml-connector findings
    """
    installed = installation(directory)
    with installed.database.read() as tx:
        rows = [
            item.document(currency_digits) for item in finding_store.open_findings(tx, installed.choose(connection))
        ]
    if json_:
        print_json(rows)
    else:
        out.print(findings_table(rows))


@holds_app.command("list")
@telling
def holds_list(directory: Directory = HERE, connection: Name = "", json_: AsJson = False) -> None:
    """List everything that waits for a person: why, whose it is, since when, and how much money waits with it.

    Example: ml-connector holds list
    """
    installed = installation(directory)
    with installed.database.read() as tx:
        waiting = queue(tx, installed.choose(connection))
    rows = [item.document(currency_digits, installed.clock.now()) for item in waiting]
    if json_:
        print_json(rows)
    elif rows:
        out.print(holds_table(rows))
    else:
        out.print("Nothing is held.")


@holds_app.command("release")
@telling
def holds_release(
    worklog: Annotated[str, typer.Argument(help="Id of the worklog.")],
    directory: Directory = HERE,
    connection: Name = "",
    as_: As = "",
) -> None:
    """Let a worklog be planned again, after the cause of its refusal is mended, or although a rule holds it.

    A release from a rule counts for these very hours: where they change, the rule is asked anew.

    Example: ml-connector holds release 10066
    """
    installed = installation(directory)
    who = principal(installed, as_)
    chosen = installed.choose(connection)
    now, actor = installed.clock.now(), who.name if who else "local"
    settings = installed.connections[chosen]
    releasable = {rule.name for rule in in_force(settings) if rule.then == "hold"}
    with installed.database.begin() as tx:
        rules = release(tx, chosen, worklog, releasable, ZoneInfo(settings.time_zone), actor, now)
        if not holds.release(tx, chosen, worklog) and not rules:
            raise Refused(f"Worklog {worklog} is not held.", remedy="See `ml-connector holds list`.")
        keys.add(tx, chosen, installed.keys_of_worklog(tx, chosen, worklog), now)
        audit.append(tx, now, actor, "hold_released", f"worklog {worklog}", {})
    out.print(f"Worklog {worklog} is planned again with the next run.")


@audit_app.command("anchor")
@telling
def audit_anchor(
    place: Annotated[str, typer.Argument(help="A file, a webhook (https://…) or a mailbox (mailto:…).")],
    directory: Directory = HERE,
    json_: AsJson = False,
) -> None:
    """Tell the head of the audit chain to a place that whoever owns the database cannot change.

    Run it daily, onto another machine or a medium that is written once; `serve --anchor PLACE` does it by itself.
    Mails go by MLC_SMTP_URL (smtp://user:password@host:587), a webhook is shown MLC_ANCHOR_TOKEN.

    Example: ml-connector audit anchor /mnt/audit/anchors.jsonl
    """
    installed = installation(directory)
    where = anchor_place(installed, place)
    head = anchor(installed.database, where, installed.clock.now())
    if json_:
        print_json({"seq": head.seq, "hash": head.hash} if head else None)
    else:
        out.print(f"Row {head.seq} is anchored: {where.name}." if head else "There is nothing to anchor yet.")


@audit_app.command("verify")
@telling
def audit_verify(
    directory: Directory = HERE,
    anchors: Annotated[
        Path | None, typer.Option("--anchors", help="Also hold the chain against the heads in this file.")
    ] = None,
    json_: AsJson = False,
) -> None:
    """Prove that no row of the audit trail was changed, removed or put in, or name the first that was.

    Exit code 0 where the chain holds, 1 where it is broken.

    Example: ml-connector audit verify --anchors /mnt/audit/anchors.jsonl
    """
    kept = [] if anchors is None else read_anchors(anchors)
    with installation(directory).database.read() as tx:
        broken = audit.verify(tx)
        lacking = audit.lacks(tx, kept)
        count = audit.count(tx)
    if broken is None and lacking is not None:
        broken = lacking.seq
    if json_:
        print_json({"rows": count, "first_broken": broken, "anchors": len(kept)})
    elif lacking is not None and broken == lacking.seq:
        out.print(f"Row {broken} is not what was anchored: the chain was made anew, or cut off.")
    elif broken is None:
        out.print(f"The chain of {count} rows holds.")
    else:
        out.print(f"Row {broken} is the first of {count} that does not fit the chain.")
    if broken is not None:
        raise typer.Exit(BROKEN)
