"""The command line: one function a command, each with an example, JSON for machines and an exit code that tells."""

from __future__ import annotations

import typer

from ml_connector.cli import (
    books,
    changes,
    closing,
    decisions,
    discovery,
    fitting,
    golive,
    mapping,
    onboard,
    play,
    provision,
    rates,
    setup,
    work,
)
from ml_connector.cli.app import log_to_stderr

app = typer.Typer(
    name="ml-connector",
    help="Keeps Infor CloudSuite and Jira in step, and is right about money.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    play.demo,
    play.sandbox,
    onboard.init,
    onboard.configure,
    setup.check,
    discovery.discover,
    fitting.fit,
    work.plan,
    work.approve,
    work.apply,
    work.sync,
    decisions.attest,
    decisions.recost,
    decisions.replay,
    decisions.resolve,
    decisions.confirm,
    decisions.undo,
    decisions.give_back,
    work.serve,
    books.ledger,
    books.explain,
    books.budget,
    books.findings,
    closing.accrue,
    closing.reconcile,
    changes.promote,
):
    app.command()(command)
for name, group in (
    ("connect", setup.connect_app),
    ("setup", provision.setup_app),
    ("people", setup.people_app),
    ("holds", books.holds_app),
    ("golive", golive.golive_app),
    ("mapping", mapping.mapping_app),
    ("rates", rates.rates_app),
    ("audit", books.audit_app),
    ("db", setup.db_app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line."""
    log_to_stderr()
    app()
