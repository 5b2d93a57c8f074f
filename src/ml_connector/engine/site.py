"""The site's fields by our own names, found once a run by the id or the name that the connection gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from ml_connector.core.records import Issue
from ml_connector.engine.lane import Lane
from ml_connector.errors import Misconfigured
from ml_connector.jira.port import FieldInfo, Jira
from ml_connector.store import snapshots

NUMBER = "number"
OWN = {"summary": "summary", "description": "text", "priority": "priority"}
"""Fields of Jira's own that we write, by their ids, and our names for them."""
KNOWN_FOR = timedelta(days=1)
"""How long ids of fields are relied on for reading: for writing they are looked up anew."""
LOOKED_UP = "jira_fields"
"""The snapshot that holds which field is which."""


@dataclass(frozen=True, slots=True)
class SiteFields:
    """Which field of the site holds what."""

    by_name: Mapping[str, FieldInfo]

    @property
    def ids(self) -> tuple[str, ...]:
        """What to ask an issue for, to see all that we write."""
        return (*OWN, *sorted(info.id for info in self.by_name.values()))

    def seen(self, issue: Issue) -> dict[str, object]:
        """What an issue reads, by our own names; what was not asked for lacks."""
        named = {**OWN, **{info.id: name for name, info in self.by_name.items()}}
        return {named[each]: _plain(value) for each, value in issue.fields.items() if each in named}

    def values(self, content: Mapping[str, object]) -> dict[str, object]:
        """Field values by field id, in the type that the site's field takes. Other parts of the content are left."""
        return {
            self.by_name[name].id: _typed(value, self.by_name[name])
            for name, value in content.items()
            if name in self.by_name
        }


def _plain(value: object) -> str:
    """A field's value as text: that of a choice is its name, and an amount has no exponent."""
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("value") or "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(Decimal(str(value)), "f")
    return "" if value is None else str(value)


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


def known_fields(lane: Lane) -> SiteFields:
    """The same as last looked up, so that a run with nothing to write need not ask. A name that is not there is left
    out: whoever writes is told of it.
    """
    now, names = lane.clock.now(), lane.policy.field_names
    with lane.database.read() as tx:
        kept = snapshots.find(tx, lane.name, LOOKED_UP)
    if kept is None or kept.read_at + KNOWN_FOR <= now or kept.document["names"] != names:
        return _look_up(lane)
    return SiteFields({name: FieldInfo(**info) for name, info in kept.document["fields"].items()})


def _look_up(lane: Lane) -> SiteFields:
    known = lane.jira.fields() if lane.policy.field_names else ()
    hits = {
        ours: [info for info in known if wanted in (info.id, info.name)]
        for ours, wanted in lane.policy.field_names.items()
    }
    found = {ours: infos[0] for ours, infos in hits.items() if len(infos) == 1}
    document = {
        "names": dict(lane.policy.field_names),
        "fields": {ours: asdict(info) for ours, info in found.items()},
    }
    with lane.database.begin() as tx:
        snapshots.keep(tx, lane.name, LOOKED_UP, document, lane.clock.now())
    return SiteFields(found)
