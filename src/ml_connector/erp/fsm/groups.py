"""The finance enterprise groups of a tenant, for who has still to choose one."""

from __future__ import annotations

from itertools import chain

from ml_connector.erp.fsm.lists import ListRefused, list_request, read_pages
from ml_connector.wire import Send

GROUP = "FinanceEnterpriseGroup"
GROUPS_MAX = 100


def enterprise_groups(send: Send) -> tuple[str, ...]:
    """Their names; none where the tenant does not list them (the class is documented, its list was never seen)."""
    try:
        pages = tuple(read_pages(send, list_request(GROUP, (GROUP,), GROUPS_MAX)))
    except ListRefused:
        return ()
    found = (record.fields.get(GROUP, "").strip() for record in chain.from_iterable(pages))
    return tuple(sorted({name for name in found if name}))
