"""The table of contents: every command by its panel of `--help`, in the order in which a newcomer meets them.

It names modules and imports none, so that `--help` and `--version` wait for no database and no vendor."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command or group: `place` is its module in `cli/` and its name there, `line` what `--help` says of it."""

    name: str
    panel: str
    place: str
    line: str


TRY = "Try it, with no account at either vendor"
SET_UP = "Set up"
DAILY = "Daily: read, propose, approve, post"
DECISIONS = "Decisions on what is held or posted"
BOOKS = "Books: look things up"
CLOSING = "Going live and closing a period"
UPKEEP = "Upkeep: mapping, rates, people, database"

CONTENTS = (
    Entry("demo", TRY, "play:demo", "Tell the whole story on two simulated vendors."),
    Entry("sandbox", TRY, "play:sandbox", "Serve a simulated Jira and a simulated CloudSuite until stopped."),
    Entry("init", SET_UP, "onboard:init", "Make an installation; --guided asks for all of this panel."),
    Entry("connect", SET_UP, "setup:connect_app", "Test credentials and store them, encrypted."),
    Entry("configure", SET_UP, "onboard:configure", "Pick entities, projects, fields and people; each is proposed."),
    Entry("setup", SET_UP, "provision:setup_app", "Make the custom fields that Jira lacks."),
    Entry("check", SET_UP, "setup:check", "Try every permission, field, period and clock; name a fix for each."),
    Entry("fit", SET_UP, "fitting:fit", "Report what maps, what does not, and how much money that is."),
    Entry("discover", SET_UP, "discovery:discover", "Read and keep what both vendors offer to choose from."),
    Entry("sync", DAILY, "work:sync", "Run the cycle once: write issues, propose postings, finish what was approved."),
    Entry("plan", DAILY, "work:plan", "Show every operation that would be written; writes none."),
    Entry("approve", DAILY, "work:approve", "Sign a plan by its hash, as a second person."),
    Entry("apply", DAILY, "work:apply", "Write exactly what a plan says, or nothing."),
    Entry("serve", DAILY, "work:serve", "Do the same on a schedule, with a status page, until stopped."),
    Entry("holds", DECISIONS, "books:holds_app", "The hold queue: everything that waits for a person."),
    Entry("attest", DECISIONS, "decisions:attest", "Attest that the hours of an order were worked."),
    Entry("recost", DECISIONS, "decisions:recost", "Show what posted hours would cost by today's rates, as a plan."),
    Entry("replay", DECISIONS, "decisions:replay", "Read hours again and work their orders off with the next run."),
    Entry("resolve", DECISIONS, "decisions:resolve", "State whether a posting in doubt reached the ledger."),
    Entry("confirm", DECISIONS, "decisions:confirm", "Confirm that documents handed over were posted (LN)."),
    Entry("undo", DECISIONS, "decisions:undo", "Show the plan that takes a whole batch out of the ledger."),
    Entry("give-back", DECISIONS, "decisions:give_back", "Let the hours of an undone batch be costed again."),
    Entry("ledger", BOOKS, "books:ledger", "List postings and how far each has come."),
    Entry("explain", BOOKS, "books:explain", "Say what an amount is made of, or where hours went."),
    Entry("budget", BOOKS, "books:budget", "Show authorized, committed, pending, actual and remaining."),
    Entry("findings", BOOKS, "books:findings", "List what a person should know or mend, with its remedy."),
    Entry("audit", BOOKS, "books:audit_app", "Prove the audit trail, or anchor it outside the database."),
    Entry("golive", CLOSING, "golive:golive_app", "Take over from postings by hand without posting twice."),
    Entry("accrue", CLOSING, "closing:accrue", "Show the plan that accrues hours not posted at the close."),
    Entry("reconcile", CLOSING, "closing:reconcile", "Tie out Jira's hours, our ledger and the general ledger."),
    Entry("mapping", UPKEEP, "changes:mapping_app", "Lint, compare, test, import and version the mapping."),
    Entry("promote", UPKEEP, "changes:promote", "Bring a connection's decisions from test to production."),
    Entry("rates", UPKEEP, "rates:rates_app", "List and import what an hour costs."),
    Entry("people", UPKEEP, "setup:people_app", "Who may approve and see rates; whose hours are not matched."),
    Entry("db", UPKEEP, "setup:db_app", "Bring the database to the program's version."),
)
