"""Making the custom fields that a connection shows orders in: first a preview, then each that lacks, once.

Found again by its name, a field is never made twice. Making one puts it on no screen: that is a person's to do, since a
screen may serve projects that have nothing to do with us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ml_connector.core.mapping import IssueMapping
from ml_connector.engine.lane import Lane
from ml_connector.engine.refusals import Place, screen_words
from ml_connector.errors import Ambiguous, Rejected
from ml_connector.jira.port import FieldInfo, FieldType, Screen

TYPES: Mapping[str, FieldType] = {
    "po_number": FieldType.TEXT,
    "vendor": FieldType.TEXT,
    "cost_center": FieldType.TEXT,
    "gl_account": FieldType.TEXT,
    "project": FieldType.TEXT,
    "authorized": FieldType.NUMBER,
    "remaining": FieldType.NUMBER,
}
"""What each of our fields holds."""
USUAL_NAMES: Mapping[str, str] = {
    "po_number": "PO Number",
    "vendor": "Vendor",
    "cost_center": "Cost Center",
    "gl_account": "GL Account",
    "project": "ERP Project",
    "authorized": "Authorized Amount",
    "remaining": "Budget Remaining",
}
"""What they are called where a connection does not say."""
OF_LINES = frozenset(TYPES) - {"remaining"}
OF_PROJECTS = frozenset({"project", "authorized", "remaining"})
"""What issues of lines and of projects show; those of orders show everything."""
FIELD_ID = re.compile(r"customfield_[0-9]+")


class State(StrEnum):
    """How a field of ours stands on the site."""

    LACKS = "lacks"
    CREATED = "created"
    EXISTS = "exists"
    UNFIT = "unfit"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


REMEDIES: Mapping[State, str] = {
    State.LACKS: "`ml-connector setup jira --apply` makes it.",
    State.UNFIT: "Name another field in [jira.fields]: its values would be refused.",
    State.REPEATED: "Give the id of the one that is meant in [jira.fields].",
    State.UNKNOWN: "Give the id or the name of a field that is there, or another name for one to make.",
}


@dataclass(frozen=True, slots=True)
class Provision:
    """One of our fields: what the connection calls it, and how it stands on the site. `off_screens` are the screens in
    words that it is not on: values for it are refused there.
    """

    ours: str
    name: str
    type: FieldType
    state: State
    id: str = ""
    off_screens: tuple[str, ...] = ()

    @property
    def remedy(self) -> str:
        """What to do, empty where all is well."""
        steps = [REMEDIES.get(self.state, "")]
        if self.off_screens:
            where = "; the ".join(self.off_screens)
            steps.append(f"An administrator of Jira adds it to the {where}.")
            if self.state is State.EXISTS:
                steps.append("Where it is there already, its context leaves the project out.")
        return " ".join(step for step in steps if step)


def preview(lane: Lane, names: Mapping[str, str]) -> tuple[Provision, ...]:
    """How the fields stand, by our own names and what they are to be called. Writes nothing."""
    known = lane.jira.fields()
    found = [_stands(ours, name, known) for ours, name in names.items()]
    wanted = [(place, _on_screen(lane, place), shown) for place, shown in places(lane.policy.mapping)] if found else []
    return tuple(
        replace(
            each,
            off_screens=tuple(
                screen_words(lane, place)
                for place, on_screen, shown in wanted
                if each.ours in shown
                if each.id not in on_screen
            ),
        )
        for each in found
    )


def _stands(ours: str, name: str, known: Sequence[FieldInfo]) -> Provision:
    hits = [each for each in known if name in (each.id, each.name)]
    wanted = Provision(ours, name, TYPES[ours], State.LACKS)
    if len(hits) > 1:
        return replace(wanted, state=State.REPEATED)
    if hits:
        state = State.EXISTS if hits[0].type == wanted.type else State.UNFIT
        return replace(wanted, state=state, id=hits[0].id)
    return replace(wanted, state=State.UNKNOWN) if FIELD_ID.fullmatch(name) else wanted


def places(mapping: IssueMapping) -> tuple[tuple[Place, frozenset[str]], ...]:
    """Where issues are made, and which of our fields they show there."""
    orders, projects = mapping.orders, mapping.projects
    found: dict[Place, frozenset[str]] = {}
    for key in orders.projects:
        if orders.line_issue_type:
            found[Place(key, orders.line_issue_type, Screen.CREATE)] = OF_LINES
        found[Place(key, orders.issue_type, Screen.CREATE)] = frozenset(TYPES)
    for issue_type in dict.fromkeys((projects.issue_type, *projects.types.values())):
        place = Place(projects.project, issue_type, Screen.CREATE)
        found[place] = found.get(place, frozenset()) | OF_PROJECTS
    return tuple(found.items())


def _on_screen(lane: Lane, place: Place) -> frozenset[str]:
    try:
        return frozenset(each.id for each in lane.jira.create_fields(place.project, place.issue_type))
    except Rejected:
        return frozenset()


def provide(lane: Lane, wanted: Sequence[Provision]) -> tuple[Provision, ...]:
    """Make those that lack, one call each. What was made is found by its name the next time, also after a stop.

    Raises Rejected where we may not make fields, Ambiguous where nobody knows whether one was made.
    """
    return tuple(_made(lane, each) if each.state is State.LACKS else each for each in wanted)


def _made(lane: Lane, wanted: Provision) -> Provision:
    lane.say(f"making the field {wanted.name}")
    try:
        made = lane.jira.create_field(wanted.name, wanted.type)
    except Rejected as error:
        raise Rejected(
            error.message,
            status=error.status,
            remedy="Making fields takes the permission Administer Jira, and for a token with scopes "
            f"manage:jira-configuration. Or have an administrator make {wanted.name} as a {wanted.type.name.lower()} "
            "field, and run this again.",
        ) from error
    except Ambiguous as error:
        raise Ambiguous(error.message, remedy="Run this again: a field that was made is found by its name.") from error
    return replace(wanted, state=State.CREATED, id=made.id)
