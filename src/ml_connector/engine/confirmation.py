"""People confirm what no look-up can tell: that documents which were handed over have been posted.

It is for product lines that take no journals. Where CloudSuite itself shows what was posted, it is read, not believed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from ml_connector.core.ledger import Posting, State
from ml_connector.engine.lane import Lane
from ml_connector.engine.proposal import APPROVER
from ml_connector.errors import Refused
from ml_connector.store import audit, postings
from ml_connector.store.principals import Principal

REFERENCE_COLUMN, VOUCHER_COLUMN = "reference", "voucher"
ROWS_MAX = 10_000
VOUCHER = re.compile(r"[^\x00-\x1f\x7f]{0,60}")
"""What LN calls the posting: any text on one line."""


def confirm(lane: Lane, vouchers: Mapping[str, str], who: Principal) -> int:
    """Mark documents as posted, each with LN's own voucher where it is known. All of them, or none.

    The lane must have been entered. Raises Refused for a person who is no approver, a line that tells it by itself, and
    a reference that was not handed over. One that is confirmed already stays so. Returns how many are new.
    """
    if APPROVER not in who.roles:
        raise Refused(f"{who.name} is not an approver.", remedy="Ask a person with the approver role.")
    if lane.erp.capabilities.posts_journals:
        raise Refused(
            "CloudSuite shows by itself what finance has posted.", remedy="`ml-connector sync --sweep` reads it."
        )
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        found = {reference: postings.find(tx, lane.name, reference) for reference in vouchers}
        handed_over = [_handed_over(reference, posting) for reference, posting in found.items()]
        fresh = [posting for posting in handed_over if posting.state is not State.CONFIRMED]
        for posting in fresh:
            postings.move(tx, posting.reference, State.CONFIRMED, at=now)
            facts = {"by": who.name, "voucher": vouchers[posting.reference]}
            audit.append(tx, now, who.name, "posting_confirmed", posting.reference, facts)
    return len(fresh)


def _handed_over(reference: str, posting: Posting | None) -> Posting:
    if posting is None or posting.state not in (State.RELEASED, State.POSTED, State.CONFIRMED):
        stands = "not known" if posting is None else posting.state.value.replace("_", " ")
        raise Refused(f"{reference} is {stands}, and was not handed over.", remedy="See `ml-connector ledger`.")
    return posting


def vouchers_in(text: str) -> dict[str, str]:
    """Vouchers by reference, from CSV with a column `reference` and perhaps one `voucher`. Raises Refused."""
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise Refused(f"The file is not CSV: {error}.", remedy="Save it as CSV with a line of headings.") from None
    if not rows or REFERENCE_COLUMN not in rows[0] or len(rows) > ROWS_MAX:
        raise Refused(
            f"The file holds no column {REFERENCE_COLUMN}, no row, or more than {ROWS_MAX:,} rows.",
            remedy=f"Name the columns {REFERENCE_COLUMN} and {VOUCHER_COLUMN} in its first line.",
        )
    found: dict[str, str] = {}
    for line, row in enumerate(rows, 2):
        reference, voucher = ((row.get(name) or "").strip() for name in (REFERENCE_COLUMN, VOUCHER_COLUMN))
        if not reference or reference in found or not VOUCHER.fullmatch(voucher):
            raise Refused(
                f"Line {line} names no reference, one for the second time, or a voucher that is no short text.",
                remedy="Correct the line; nothing was confirmed.",
            )
        found[reference] = voucher
    return found
