"""The site's fields by our own names, found once a run by the id or the name that the connection gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ml_connector.errors import Misconfigured
from ml_connector.jira.port import FieldInfo, Jira

NUMBER = "number"


@dataclass(frozen=True, slots=True)
class SiteFields:
    """Which field of the site holds what."""

    by_name: Mapping[str, FieldInfo]

    def values(self, content: Mapping[str, object]) -> dict[str, object]:
        """Field values by field id, in the type that the site's field takes. Other parts of the content are left."""
        return {
            self.by_name[name].id: _typed(value, self.by_name[name])
            for name, value in content.items()
            if name in self.by_name
        }


def _typed(value: object, info: FieldInfo) -> object:
    if info.type != NUMBER:
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Misconfigured(
            f"Jira field {info.name} takes numbers, and {value!r} is none.",
            remedy="Map a text field under [jira.fields] in the connection.",
        ) from None


def site_fields(jira: Jira, field_names: Mapping[str, str]) -> SiteFields:
    """Look the connection's field names up on the site. Raises Misconfigured where one is unknown or not unique."""
    known = jira.fields() if field_names else ()
    found: dict[str, FieldInfo] = {}
    for ours, wanted in field_names.items():
        hits = [info for info in known if wanted in (info.id, info.name)]
        if len(hits) != 1:
            what = "has no field" if not hits else f"has {len(hits)} fields"
            raise Misconfigured(
                f"The Jira site {what} named {wanted!r}, which [jira.fields] names for {ours}.",
                remedy="Create the field in Jira or name another one; give its id where the name repeats.",
            )
        found[ours] = hits[0]
    return SiteFields(found)
