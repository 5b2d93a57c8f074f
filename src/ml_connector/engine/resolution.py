"""People decide what no look-up can: whether a posting in doubt reached the ledger.

What they state is held against what CloudSuite shows. That it is absent takes two of them: then it is sent again under
its reference, or, where CloudSuite has used that up, its hours are planned anew.
"""

from __future__ import annotations

from enum import StrEnum

from ml_connector.core.journal import Presence, Sighting, presence
from ml_connector.core.ledger import Posting, State
from ml_connector.engine.lane import Lane
from ml_connector.engine.proposal import APPROVER
from ml_connector.errors import Refused
from ml_connector.store import audit, keys, postings, statements
from ml_connector.store.principals import Principal

PEOPLE_FOR_ABSENT = 2
INTERFACED = frozenset({"released", "posted"})
"""What a staged row says that has become an entry, and will not become one again."""


class Verdict(StrEnum):
    """What a person states about a posting in doubt."""

    ABSENT = "absent"
    RELEASED = "released"


def resolve(lane: Lane, reference: str, verdict: Verdict, who: Principal) -> State:
    """Keep the statement, and move the posting where enough people agree. Returns where it stands then.

    Raises Refused where nothing is in doubt, the settle time has not passed, the person is no approver, or CloudSuite
    shows otherwise.
    """
    if APPROVER not in who.roles:
        raise Refused(f"{who.name} is not an approver.", remedy="Ask a person with the approver role.")
    with lane.database.read() as tx:
        posting = postings.find(tx, lane.name, reference)
    if posting is None or posting.state is not State.IN_DOUBT or posting.sent_at is None:
        stands = "not known" if posting is None else posting.state.value.replace("_", " ")
        raise Refused(f"{reference} is {stands}, and not in doubt.", remedy="See `ml-connector ledger`.")
    if lane.clock.now() < posting.sent_at + lane.policy.erp_settle:
        raise Refused(
            f"The settle time of {reference} has not passed.",
            remedy=f"CloudSuite may still be at it; try again {lane.policy.erp_settle} after its last call.",
        )
    sighting = lane.erp.sight(reference)
    _check(posting, verdict, sighting, finance_posts=lane.erp.capabilities.finance_posts)
    return _decide(lane, posting, verdict, who, used=bool(sighting.staged))


def _check(posting: Posting, verdict: Verdict, sighting: Sighting, *, finance_posts: bool) -> None:
    """What CloudSuite shows must not contradict what is stated."""
    lines = len(posting.lines)
    entries = sighting.entries(finance_posts=finance_posts)
    shown = presence(posting.journal.lines, entries, conclusive=sighting.conclusive)
    if verdict is Verdict.RELEASED and shown is not Presence.COMPLETE:
        raise Refused(
            f"CloudSuite's ledger does not show the {lines} lines of {posting.reference} as they were sent, but "
            f"{shown.value}.",
            remedy="Find out who changed them in CloudSuite, or state that it is absent where none is there.",
        )
    if verdict is Verdict.ABSENT and not sighting.conclusive:
        why = "is still at work on it" if sighting.working else "shows something under it that cannot be read"
        raise Refused(
            f"That {posting.reference} is absent cannot be held against CloudSuite, which {why}.",
            remedy="Try again once it is done, or have what stands under that reference corrected or deleted.",
        )
    waiting = [line for line in sighting.staged if line.status not in INTERFACED]
    if verdict is Verdict.ABSENT and (sighting.ledger or waiting):
        raise Refused(
            f"CloudSuite shows lines of {posting.reference}: {len(sighting.ledger)} in the ledger, "
            f"{len(waiting)} waiting in staging.",
            remedy="Delete what is staged under that reference, or state that it is released.",
        )


def _decide(lane: Lane, posting: Posting, verdict: Verdict, who: Principal, *, used: bool) -> State:
    """`used`: CloudSuite has interfaced rows under this reference, so that it will not take them again."""
    now = lane.clock.now()
    assert posting.sent_at is not None
    with lane.database.begin() as tx:
        lane.guard(tx)
        statements.state(tx, posting.reference, verdict, who.name, now)
        audit.append(tx, now, who.name, "posting_stated", posting.reference, {"verdict": verdict.value})
        agreed = statements.actors(tx, posting.reference, verdict, posting.sent_at)
        if verdict is Verdict.ABSENT and len(agreed) < PEOPLE_FOR_ABSENT:
            return posting.state
        absent = State.ROLLED_BACK if used else State.INTENDED
        state = State.RELEASED if verdict is Verdict.RELEASED else absent
        note = f"stated {verdict.value} by {', '.join(sorted(agreed))}"
        postings.move(tx, posting.reference, state, at=now, step=None, note=note, orphaned=False)
        audit.append(tx, now, who.name, f"posting_{state.value}", posting.reference, {"by": sorted(agreed)})
        orders = {f"purchase_order:{share.order}" for part in posting.lines for share in part.shares}
        keys.add(tx, lane.name, orders, now)
    return state
