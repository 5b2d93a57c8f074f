"""What people decide: attest, recost, replay, resolve, undo, give back. `work` applies the plans that come of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

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
from ml_connector.cli.work import LOCAL, lane_of, show_plan
from ml_connector.core.document import plan_document
from ml_connector.core.ledger import State
from ml_connector.engine.attestation import attest as attest_hours
from ml_connector.engine.confirmation import confirm as confirm_documents
from ml_connector.engine.confirmation import vouchers_in
from ml_connector.engine.recosting import recost as propose_recosting
from ml_connector.engine.replay import replay as replay_hours
from ml_connector.engine.resolution import Verdict
from ml_connector.engine.resolution import resolve as state_verdict
from ml_connector.engine.run import recorded
from ml_connector.engine.undo import give_back as give_back_batch
from ml_connector.engine.undo import undo as withdraw_batch
from ml_connector.errors import Refused
from ml_connector.policy import currency_digits

HERE = Path()


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
    lane = lane_of(installed, connection, quiet=json_)
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
    lane = lane_of(installed, connection, quiet=json_)
    actor = who.name if who else LOCAL
    made = recorded(lane, lambda: propose_recosting(lane, orders or (), actor))
    document = plan_document(made, currency_digits, rates=may_see_rates(who))
    show_plan(document, as_json=json_, notice=lane.erp.capabilities.notice)


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
    lane = lane_of(installed, connection, quiet=json_)
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
    lane = lane_of(installed, connection, quiet=json_)
    state = recorded(lane, lambda: state_verdict(lane, reference, verdict, who))
    if json_:
        print_json({"reference": reference, "state": state.value})
    elif state is State.IN_DOUBT:
        out.print(f"{reference}: kept. A second approver has to state the same.")
    else:
        out.print(f"{reference}: {state.value}; the next run goes on from there.")


@telling
def confirm(
    as_: As,
    references: Annotated[list[str] | None, typer.Argument(help="References (MLC-…) of documents.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="CSV with the columns reference and voucher, as finance exports it.")
    ] = None,
    directory: Directory = HERE,
    connection: Name = "",
    json_: AsJson = False,
) -> None:
    """Confirm that documents which were handed over have been posted, for product lines that take no journals (LN).

    All of them are confirmed, or none. What is not confirmed stays open when a period closes.

    Example: MLC_TOKEN=… ml-connector confirm --file posted.csv --as controller
    """
    installed = installation(directory)
    who = principal(installed, as_)
    if who is None:
        raise Refused("A confirmation needs a name.", remedy="Add --as NAME.")
    named = dict.fromkeys(references or (), "")
    vouchers = {**named, **(vouchers_in(file.read_text(encoding="utf-8-sig")) if file is not None else {})}
    if not vouchers:
        raise Refused("Nothing was named to be confirmed.", remedy="Name references, or a file with --file.")
    lane = lane_of(installed, connection, quiet=json_)
    count = recorded(lane, lambda: confirm_documents(lane, vouchers, who))
    if json_:
        print_json({"confirmed": count, "named": len(vouchers)})
    else:
        out.print(f"{count} documents confirmed by {who.name}; {len(vouchers) - count} were before.")


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
    lane = lane_of(installed, connection, quiet=json_)
    actor = who.name if who else LOCAL
    made = recorded(lane, lambda: withdraw_batch(lane, subject, actor, reason))
    document = plan_document(made, currency_digits, rates=may_see_rates(who))
    show_plan(document, as_json=json_, notice=lane.erp.capabilities.notice)


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
    lane = lane_of(installed, connection, quiet=json_)
    count = recorded(lane, lambda: give_back_batch(lane, subject, who.name if who else LOCAL))
    if json_:
        print_json({"worklogs": count})
    else:
        out.print(f"{count} worklogs are costed again with the next run." if count else "None of it was withdrawn.")
