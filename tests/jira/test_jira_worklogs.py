"""Reading hours. Goal: every spelling that Jira has is read exactly, and nothing else is read as if it were one."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.records import UNKNOWN_ACCOUNT
from ml_connector.errors import Malformed, Misconfigured, Rejected, Unauthorized
from ml_connector.jira import worklogs
from ml_connector.jira.answers import from_millis, instant, refusal_text, to_millis
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.worklogs import LIST_MAX
from ml_connector.wire import Request, Response, Safety
from stub_vendors import Script, answer

READ = worklogs.updated_request(datetime(2026, 11, 16, tzinfo=UTC))
ENTRY = {
    "id": "10045",
    "issueId": "10002",
    "author": {"accountId": "5b10"},
    "updateAuthor": {"accountId": "5b11"},
    "started": "2026-11-16T23:30:00.000-0330",
    "created": "2026-11-17T08:00:00.123+0000",
    "updated": "2026-11-17T08:05:00.456+0000",
    "timeSpentSeconds": 5400,
    "comment": {"type": "doc"},
    "visibility": {"type": "role"},
}
INSTANTS = st.integers(0, 7_000_000_000_000).map(from_millis)
"""From 1970 to 2191, to the millisecond that Jira tells."""
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def spelled(at: datetime, offset: timezone, how: str) -> str | int:
    """One instant as one of Jira's endpoints would spell it."""
    if how == "millis":
        return to_millis(at)
    if how == "zulu":
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = at.astimezone(offset).isoformat(timespec="milliseconds")
    return text if how == "colon" else text[:-3] + text[-2:]


@given(INSTANTS, OFFSETS, st.sampled_from(["colon", "plain", "zulu", "millis"]))
def test_an_instant_is_the_same_in_every_spelling(at: datetime, offset: timezone, how: str) -> None:
    """Offsets with and without a colon, `Z`, and milliseconds name one instant; the writer's offset is kept."""
    read = instant(spelled(at, offset, how))
    assert read == at
    if how in ("colon", "plain"):
        assert read.utcoffset() == offset.utcoffset(None)


@given(INSTANTS)
def test_a_cursor_survives_the_way_there_and_back(at: datetime) -> None:
    """A page must start just where the last one ended: a millisecond off loses hours or loops."""
    assert from_millis(to_millis(at)) == at


@given(st.text(max_size=40))
def test_text_that_is_no_time_is_refused(text: str) -> None:
    """Never guessed: it is an aware instant, or an error."""
    with contextlib.suppress(ValueError):
        assert instant(text).tzinfo is not None


def test_an_entry_is_read_whole() -> None:
    """Who, when with the offset it was written in, how long; and who last touched it."""
    (entry,) = worklogs.parse_list(READ, answer([ENTRY]))
    assert (entry.id, entry.issue_id, entry.author, entry.updater) == ("10045", "10002", "5b10", "5b11")
    assert entry.started.isoformat() == "2026-11-16T23:30:00-03:30"
    assert (entry.seconds, entry.updated) == (5400, datetime(2026, 11, 17, 8, 5, 0, 456000, tzinfo=UTC))


def test_ids_may_be_numbers_and_authors_may_be_gone() -> None:
    """As in other endpoints, and as for a user who was erased."""
    odd = {**ENTRY, "id": 10045, "issueId": 10002, "author": None, "updateAuthor": None}
    (entry,) = worklogs.parse_list(READ, answer([odd]))
    assert (entry.id, entry.issue_id, entry.author, entry.updater) == (
        "10045",
        "10002",
        UNKNOWN_ACCOUNT,
        UNKNOWN_ACCOUNT,
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"started": "yesterday"},
        {"started": "2026-11-16T09:00:00.000"},
        {"timeSpentSeconds": "3600"},
        {"timeSpentSeconds": 3600.5},
        {"id": None},
        {"updated": 10**18},
    ],
)
def test_an_entry_that_cannot_be_understood_is_no_entry(broken: dict[str, object]) -> None:
    """Hours with a part missing or of another kind are never costed."""
    with pytest.raises(Malformed):
        worklogs.parse_list(READ, answer([{**ENTRY, **broken}]))


def test_a_feed_gives_its_own_cursor() -> None:
    """`until` is the server's word; ids are text with us."""
    feed = {"since": 1, "until": 1_763_280_000_123, "lastPage": True, "values": [{"worklogId": 7, "updatedTime": 5}]}
    page = worklogs.parse_feed(READ, answer(feed))
    assert (page.until, page.last) == (from_millis(1_763_280_000_123), True)
    assert [(each.worklog_id, to_millis(each.at)) for each in page.changes] == [("7", 5)]


@given(st.binary(max_size=200), st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 410, 413]))
def test_no_answer_breaks_a_reader(body: bytes, status: int) -> None:
    """Whatever arrives is read, or is one of our errors with the operation's name."""
    for read in (worklogs.parse_feed, worklogs.parse_list, worklogs.parse_issue_page):
        try:
            read(READ, Response(status, {}, body))
        except (Malformed, Misconfigured, Rejected, Unauthorized) as error:
            assert error.message.startswith(READ.operation)  # noqa: PT017 - most bytes are refused, a few may be read


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists))
def test_no_json_breaks_the_words_of_a_refusal(value: object) -> None:
    """They are one line, cut, whatever shape the refusal has."""
    for shape in (value, {"errorMessages": value}, {"errors": value}, {"errors": {"summary": value}}):
        words = refusal_text(json.dumps(shape).encode())
        assert words
        assert "\n" not in words


def test_a_web_page_is_never_quoted() -> None:
    """The HTML of a proxy or of a rate limit says nothing that a person could use."""
    assert refusal_text(b"<html><body>Too many requests</body></html>") == "no reason given"


def test_many_ids_are_asked_for_by_the_thousand_and_each_once() -> None:
    """2,500 ids with doubles are three calls."""
    vendor = Script([answer([]), answer([]), answer([])])
    JiraCloud(vendor).worklogs([str(number % 2_500) for number in range(5_000)])
    asked = [json.loads(request.body or b"")["ids"] for request in vendor.seen]
    assert [len(each) for each in asked] == [LIST_MAX, LIST_MAX, 500]
    assert len({each for part in asked for each in part}) == 2_500
    assert all(request.safety is Safety.READ for request in vendor.seen)


def test_the_hours_of_an_issue_are_read_to_their_total() -> None:
    """Jira may answer fewer than were asked for; the count goes on from what came."""

    def page(request: Request) -> Response:
        start = int(dict(request.query)["startAt"])
        found = [{**ENTRY, "id": str(number)} for number in range(start, min(start + 3, 8))]
        return answer({"worklogs": found, "total": 8, "startAt": start, "maxResults": 3})

    found = list(JiraCloud(Script([page] * 3)).issue_worklogs("10002"))
    assert [entry.id for entry in found] == [str(number) for number in range(8)]


def test_a_list_that_never_ends_is_stopped() -> None:
    """An empty page ends it, whatever the total claims."""
    empty = answer({"worklogs": [], "total": 99})
    assert list(JiraCloud(Script([empty])).issue_worklogs("10002")) == []
