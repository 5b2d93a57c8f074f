"""What is known of the vendors' limits, for all processes: documents by tenant and scope, which `net` understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from ml_connector.store.database import Database, upsert
from ml_connector.store.tables import paces

Document = dict[str, Any]

OURS = select(paces.c.scope, paces.c.document).where(paces.c.tenant == bindparam("ours"))
ONE = select(paces.c.document).where(paces.c.tenant == bindparam("ours"), paces.c.scope == bindparam("one"))


@dataclass(frozen=True, slots=True)
class PaceBook:
    """The documents of one tenant."""

    database: Database
    tenant: str

    def read(self) -> Mapping[str, Document]:
        """All, by scope."""
        with self.database.read() as tx:
            return {row.scope: row.document for row in tx.execute(OURS, {"ours": self.tenant})}

    def change(self, scope: str, how: Callable[[Document | None], Document]) -> None:
        """Put another in the place of one. Processes take turns."""
        with self.database.begin() as tx:
            after = how(tx.scalar(ONE, {"ours": self.tenant, "one": scope}))
            upsert(tx, paces, [{"tenant": self.tenant, "scope": scope, "document": after}])
