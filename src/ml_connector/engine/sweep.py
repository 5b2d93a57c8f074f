"""The slower rounds: what no feed tells. Issues that were deleted or moved, orders that are gone, entries since posted.

Runs on a schedule of its own, so that the ordinary cycle stays cheap.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ml_connector.core.journal import Presence, presence
from ml_connector.core.ledger import Posting, State
from ml_connector.core.records import Finding, Kind, Severity
from ml_connector.engine import sighted
from ml_connector.engine.census import census
from ml_connector.engine.drift import drift
from ml_connector.engine.lane import Lane
from ml_connector.engine.lineage import follow, read
from ml_connector.engine.poll import order_key
from ml_connector.engine.recosting import due
from ml_connector.engine.site import known_fields
from ml_connector.engine.world import charged_keys
from ml_connector.erp.port import Window
from ml_connector.errors import Ambiguous, Misconfigured, Rejected, Transient
from ml_connector.store import audit, bindings, erp_rows, keys, lineage, postings
from ml_connector.store import findings as finding_store

POSTED = "posted"
"""The status that an adapter gives to a ledger line that finance has posted."""


def sweep(lane: Lane) -> tuple[Finding, ...]:
    """One slow round. Returns what it found; open findings are replaced by these."""
    lane.say("looking for deleted and moved issues")
    sweep_issues(lane)
    sweep_lineage(lane)
    lane.say("reading the hours of the open periods again")
    census(lane)
    found = _archived(lane)
    lane.say("looking for purchase orders that are gone")
    found += sweep_erp(lane)
    lane.say("holding the coding of open orders against CloudSuite's dimensions")
    found += drift(lane)
    found += post_released(lane)
    lane.say("reading back what finance has posted")
    found += sweep_postings(lane)
    lane.say("holding posted cost against today's rates and coding")
    found += due(lane)
    with lane.database.begin() as tx:
        lane.guard(tx)
        finding_store.record(tx, lane.name, "sweep", found, lane.clock.now())
    return found


def sweep_issues(lane: Lane) -> None:
    """Read every bound issue by id, past the index: a person may have deleted or moved it."""
    with lane.database.read() as tx:
        bound = bindings.all_bound(tx, lane.name)
    take_issues(lane, bound)


def take_issues(lane: Lane, bound: Sequence[bindings.Binding]) -> None:
    """Read these issues by id, keep what became of them, and queue those that are gone or not as we knew them."""
    if not bound:
        return
    fields = known_fields(lane)
    found = lane.jira.issues([binding.issue_id for binding in bound], sighted.asked(fields))
    seen = {issue.id: issue for issue in found}
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        for binding in bound:
            issue = seen.get(binding.issue_id)
            if issue is None:
                bindings.gone(tx, lane.name, binding.kind, binding.erp_key)
            elif not sighted.take(tx, lane, binding, issue, fields):
                continue
            keys.add(tx, lane.name, [order_key(binding.kind, binding.erp_key)], now)


def _archived(lane: Lane) -> tuple[Finding, ...]:
    """A finding for each mapped Jira project that is archived: a search would only find nothing there."""
    mapped = lane.policy.mapping.jira_projects
    return tuple(
        Finding(
            "jira_project_archived",
            f"Jira project {project.key}",
            "It is archived: its issues can be read and not written, and searches do not find them.",
            "Restore it, or map another project in the connection. What was posted stays posted.",
            Severity.WARN,
        )
        for project in lane.jira.projects()
        if project.archived and project.key in mapped
    )


def sweep_lineage(lane: Lane) -> None:
    """Read again what lies below what: nobody tells of an issue that was put elsewhere. Orders on both sides are
    planned anew: hours go with their issue. Where hours are not inherited, all of it is forgotten.
    """
    with lane.database.read() as tx:
        known = lineage.everything(tx, lane.name)
        before = lineage.standing(tx, lane.name, known)
    if lane.policy.inherit:
        read(lane, known)
        follow(lane, known)
    with lane.database.begin() as tx:
        lane.guard(tx)
        if not lane.policy.inherit:
            lineage.forget(tx, lane.name)
        after = lineage.standing(tx, lane.name, known)
        moved = [each for each in known if before.get(each) != after.get(each)]
        touched = [found[each].binding for found in (before, after) for each in moved if each in found]
        keys.add(tx, lane.name, {order_key(each.kind, each.erp_key) for each in touched}, lane.clock.now())


def sweep_erp(lane: Lane) -> tuple[Finding, ...]:
    """List everything: what is not there any more was deleted, and no delta says so for certain.

    It also finds what deltas missed, whatever our clock or theirs did.
    """
    now = lane.clock.now()
    found: list[Finding] = []
    listed: set[str] = set()
    for kind in Kind:
        present = _list(lane, kind, now)
        if kind in (Kind.PURCHASE_ORDER, Kind.PROJECT):
            with lane.database.read() as tx:
                found += [_gone(kind, key) for key in sorted(erp_rows.absent(tx, lane.name, kind, present))]
            listed |= present
        else:
            _drop_parts(lane, kind, listed, present, now)
    return tuple(found)


def _list(lane: Lane, kind: Kind, now: datetime) -> set[str]:
    """Read all records of a kind, and return their keys."""
    present: set[str] = set()
    for page in lane.erp.changes(kind, Window(None, now)):
        present |= {row.key for row in page}
        owner_kind = Kind.PROJECT if kind is Kind.PROJECT else Kind.PURCHASE_ORDER
        with lane.database.begin() as tx:
            owners = erp_rows.take(tx, lane.name, page, now)
            keys.add(tx, lane.name, (order_key(owner_kind, owner) for owner in owners), now)
    return present


def _drop_parts(lane: Lane, kind: Kind, orders: Collection[str], present: Collection[str], now: datetime) -> None:
    """A line or distribution that is gone while its order is listed was deleted: an order is seen whole, or not."""
    with lane.database.read() as tx:
        held = erp_rows.held(tx, lane.name, kind)
    gone = {key: owner for key, owner in held.items() if key not in present and owner in orders}
    if gone:
        with lane.database.begin() as tx:
            erp_rows.drop(tx, lane.name, kind, gone.keys(), now)
            keys.add(tx, lane.name, {order_key(Kind.PURCHASE_ORDER, owner) for owner in gone.values()}, now)


def _gone(kind: Kind, key: str) -> Finding:
    return Finding(
        "record_gone",
        f"{kind.value.replace('_', ' ')} {key}",
        "CloudSuite does not list it any more.",
        "Check whether it was deleted or whether the service account lost access; its issue and cost stay as they are.",
        Severity.WARN,
    )


def post_released(lane: Lane) -> tuple[Finding, ...]:
    """Have the ERP post what we released, where the connection asks for that. What it refuses stays finance's to post.

    A lost answer needs no care: what was posted is read back, and the next round asks again for the rest.
    """
    if not lane.erp.capabilities.posts_released:
        return ()
    with lane.database.read() as tx:
        references = postings.by_states(tx, lane.name, (State.RELEASED,))
        entities = {postings.load(tx, lane.name, reference).entity for reference in references}
    found: list[Finding] = []
    for entity in sorted(entities):
        lane.say(f"having CloudSuite post the released entries of {entity}")
        try:
            lane.erp.post(entity)
        except (Ambiguous, Transient) as error:
            lane.say(error.message)
        except (Rejected, Misconfigured) as error:
            found.append(_not_posted(entity, error.message))
    return tuple(found)


def _not_posted(entity: str, why: str) -> Finding:
    return Finding(
        "posting_run_refused",
        f"entity {entity}",
        f"CloudSuite did not post what is released: {why}",
        "Correct [cloudsuite.fsm.posting] in the connection, or take it out and have finance post.",
        Severity.WARN,
    )


def sweep_postings(lane: Lane) -> tuple[Finding, ...]:
    """Read released journals back: posted by finance, or gone from the ledger."""
    with lane.database.read() as tx:
        references = postings.by_states(tx, lane.name, (State.RELEASED, State.POSTED))
        waiting = [postings.load(tx, lane.name, reference) for reference in references]
    return tuple(finding for posting in waiting if (finding := _read_back(lane, posting)) is not None)


def _read_back(lane: Lane, posting: Posting) -> Finding | None:
    sighting = lane.erp.sight(posting.reference)
    entries = sighting.entries(finance_posts=lane.erp.capabilities.finance_posts)
    there = presence(posting.journal.lines, entries, conclusive=sighting.conclusive)
    if there is Presence.COMPLETE:
        if all(line.status == POSTED for line in entries):
            _move(lane, posting, State.CONFIRMED)
        return None
    if there is Presence.ABSENT:
        _move(lane, posting, State.VANISHED)
    if there is Presence.UNKNOWN:
        return None
    return Finding(
        "posting_vanished" if there is Presence.ABSENT else "posting_differs",
        f"posting {posting.reference}",
        f"CloudSuite's ledger shows its lines as {there.value}; we released {len(posting.lines)} of them.",
        "Find out who changed it in CloudSuite. It is held and never posted again by itself.",
        owner="finance analyst",
        amount=posting.journal.gross,
    )


def _move(lane: Lane, posting: Posting, state: State) -> None:
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        postings.move(tx, posting.reference, state, at=now)
        audit.append(tx, now, lane.name, f"posting_{state.value}", posting.reference, {})
        keys.add(tx, lane.name, charged_keys(tx, lane, posting), now)
