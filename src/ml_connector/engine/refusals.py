"""Why Jira refused an issue: told by what its create screen holds, since its words come in the user's own language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ml_connector.core.records import Finding, Kind
from ml_connector.engine.lane import Lane
from ml_connector.errors import Rejected, Unauthorized
from ml_connector.jira.port import CreateField, Screen


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue is written: its Jira project, its type, and whether it is made or changed."""

    project: str
    issue_type: str
    when: Screen


@dataclass(slots=True)
class Refusals:
    """Explains the refusals of one round of writing; what a screen holds is asked once for all of them."""

    lane: Lane
    screens: dict[Place, Mapping[str, CreateField]] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)

    def finding(
        self, kind: Kind, erp_key: str, place: Place, message: str, named: Collection[str], sent: Collection[str] = ()
    ) -> Finding:
        """The finding for an issue that Jira would not take. `named` are the fields that Jira named, `sent` those that
        we filled.
        """
        subject = f"{kind.value.replace('_', ' ')} {erp_key}"
        on_screen = self._fields(place) if named else {}
        lacking = [on_screen[each] for each in named if each in on_screen and on_screen[each].required]
        lacking = [each for each in lacking if each.id not in sent]
        if lacking:
            return _required(subject, place, lacking)
        missing = [each for each in named if on_screen and each not in on_screen]
        if missing:
            return _off_screen(subject, place, self._named(missing), self._screen(place))
        return refused(kind, erp_key, message)

    def _fields(self, place: Place) -> Mapping[str, CreateField]:
        if place not in self.screens:
            try:
                found = self.lane.jira.create_fields(place.project, place.issue_type)
            except Rejected:
                found = ()
            self.screens[place] = {each.id: each for each in found}
        return self.screens[place]

    def _named(self, missing: Collection[str]) -> list[str]:
        names = {each.id: each.name for each in self.lane.jira.fields()}
        return [f"{names[each]} ({each})" if each in names else each for each in missing]

    def _screen(self, place: Place) -> str:
        if place not in self.names:
            self.names[place] = screen_words(self.lane, place)
        return self.names[place]


def screen_words(lane: Lane, place: Place) -> str:
    """A screen in words, by its name where Jira tells it to us."""
    try:
        name = lane.jira.screen(place.project, place.issue_type, place.when)
    except (Rejected, Unauthorized):
        name = ""
    words = f"{place.when.value} screen of {place.issue_type} in {place.project}"
    return f"{words} ({name})" if name else words


def _off_screen(subject: str, place: Place, missing: list[str], screen: str) -> Finding:
    return Finding(
        "field_not_on_screen",
        subject,
        f"Jira refused its {place.issue_type} in {place.project}: {', '.join(missing)} cannot be set, since it is "
        f"not on the {screen}.",
        "An administrator of Jira adds the field to that screen, or to the field's context for the project; or take it "
        "out of [jira.fields].",
        owner="administrator of Jira",
    )


def _required(subject: str, place: Place, lacking: list[CreateField]) -> Finding:
    names = ", ".join(f"{each.name} ({each.id})" for each in lacking)
    return Finding(
        "field_required",
        subject,
        f"Jira refused its {place.issue_type} in {place.project}: the project asks for {names}, "
        "which we do not fill in.",
        "An administrator of Jira gives the field a default value or makes it optional there; or choose another issue "
        "type or Jira project.",
        owner="administrator of Jira",
    )


def refused(kind: Kind, erp_key: str, message: str) -> Finding:
    """The finding for an issue that Jira would not take, in Jira's words."""
    return Finding(
        "issue_refused",
        f"{kind.value.replace('_', ' ')} {erp_key}",
        f"Jira refused its issue: {message}",
        "Correct the mapping, the screen or the required fields named; it is tried again with the next run.",
    )
