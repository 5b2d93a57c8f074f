"""Issues. Goal: each outcome of a batch belongs to the issue it is about, and money goes out digit by digit."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.errors import Ambiguous, Malformed, Misconfigured, Rejected, Unauthorized
from ml_connector.jira import issues
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.documents import document, plain_text
from ml_connector.jira.issues import FETCH_MAX
from ml_connector.jira.port import Created, IssueDraft, IssueEdit, NotCreated
from ml_connector.wire import Response, Safety
from stub_vendors import Script, answer

DRAFT = IssueDraft("PROC", "Task", "PO 4711", "Line one\n\nLine two", "mlc-po-1000-4711", fields={"customfield_1": "x"})
CREATE = issues.create_request([DRAFT])


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_each_outcome_of_a_batch_falls_to_its_own_issue(refused: list[bool]) -> None:
    """Jira names the refused by place and lists the created in order: together they account for every draft."""
    made = [{"id": str(place), "key": f"PROC-{place}"} for place, bad in enumerate(refused) if not bad]
    errors = [
        {"failedElementNumber": place, "status": 400, "elementErrors": {"errors": {"summary": f"no {place}"}}}
        for place, bad in enumerate(refused)
        if bad
    ]
    status = 201 if made else 400
    outcomes = issues.parse_created(CREATE, answer({"issues": made, "errors": errors}, status), len(refused))
    assert outcomes == tuple(
        NotCreated(f"summary: no {place}", ("summary",)) if bad else Created(str(place), f"PROC-{place}")
        for place, bad in enumerate(refused)
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, {"issues": [{"id": "1", "key": "PROC-1"}], "errors": []}),
        (201, {"issues": [], "errors": [{"failedElementNumber": 7}]}),
        (201, {}),
        (201, "<html>"),
        (400, {"issues": [{"id": "1", "key": "PROC-1"}], "errors": []}),
    ],
)
def test_an_answer_that_does_not_add_up_is_in_doubt(status: int, body: object) -> None:
    """Something may have been created: it is looked up by its marker, and never taken for failed or done."""
    with pytest.raises(Ambiguous):
        issues.parse_created(CREATE, answer(body, status), 2)


def test_a_batch_that_is_refused_whole_has_created_nothing() -> None:
    """A 400 that names nobody refuses all with its words."""
    refused = answer({"errorMessages": ["The project is archived."], "errors": {}}, 400)
    assert issues.parse_created(CREATE, refused, 2) == (NotCreated("The project is archived."),) * 2


def test_creating_is_never_repeated_by_itself() -> None:
    """Jira has no idempotency key; edits and transitions may be repeated."""
    assert CREATE.safety is Safety.ONCE
    assert issues.edit_request(IssueEdit("1", summary="x")).safety is Safety.REPEATABLE


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15))
def test_decimals_go_out_digit_by_digit(amount: Decimal) -> None:
    """Never through a float: a budget of 90071992547409.93 stays that."""
    body = issues.edit_request(IssueEdit("1", fields={"customfield_1": amount})).body or b""
    sent = json.loads(body, parse_float=Decimal, parse_int=Decimal)["fields"]["customfield_1"]
    assert sent == amount


def test_a_property_goes_out_as_it_is_and_with_the_issue_where_that_is_new() -> None:
    """Its key is part of the address, whatever it holds; a created issue has it from the first moment."""
    value = {"version": 1, "hours": None}
    request = issues.property_request("10", "a b/c", value)
    assert (request.method, request.url) == ("PUT", "/rest/api/3/issue/10/properties/a%20b%2Fc")
    assert json.loads(request.body or b"") == value
    (update,) = json.loads(issues.create_request([replace(DRAFT, properties={"k": value})]).body or b"")["issueUpdates"]
    assert update["properties"] == [{"key": "k", "value": value}]
    assert "properties" not in json.loads(CREATE.body or b"")["issueUpdates"][0]


def test_what_is_not_given_is_not_sent() -> None:
    """An edit leaves alone what people may have written."""
    body = json.loads(issues.edit_request(IssueEdit("1", fields={"customfield_1": None})).body or b"")
    assert body == {"fields": {"customfield_1": None}}


def test_search_follows_tokens_and_stops_at_the_last() -> None:
    """Also where the last page still carries a token, and where no flag is given at all."""
    pages = [
        answer({"issues": [{"id": "1", "key": "A-1"}], "nextPageToken": "t1"}),
        answer({"issues": [{"id": "2", "key": "A-2"}], "nextPageToken": "t2", "isLast": True}),
    ]
    vendor = Script(pages)
    assert [issue.key for issue in JiraCloud(vendor).search("project = A", ["status"])] == ["A-1", "A-2"]
    assert [json.loads(request.body or b"").get("nextPageToken") for request in vendor.seen] == [None, "t1"]


def test_a_search_that_goes_in_circles_is_stopped() -> None:
    """The same token twice is an error and not a loop."""
    page = answer({"issues": [], "nextPageToken": "same"})
    with pytest.raises(Malformed, match="just read"):
        list(JiraCloud(Script([page, page])).search("project = A", []))


def test_issues_are_fetched_by_the_hundred() -> None:
    """250 ids are three calls."""
    vendor = Script([answer({"issues": []})] * 3)
    JiraCloud(vendor).issues([str(number) for number in range(250)], ["status"])
    assert [len(json.loads(each.body or b"")["issueIdsOrKeys"]) for each in vendor.seen] == [FETCH_MAX, FETCH_MAX, 50]


def test_a_status_without_a_way_to_it_is_told() -> None:
    """The workflow decides; nothing is sent where it offers none."""
    vendor = Script([answer({"transitions": [{"id": "31", "to": {"name": "Done"}}]})])
    assert not JiraCloud(vendor).transition("1", "Cancelled")
    assert len(vendor.seen) == 1


@given(st.text(max_size=300))
def test_a_description_comes_back_as_it_went(text: str) -> None:
    """Paragraphs and line ends survive; only surrounding blank lines do not."""
    whole = "\n\n".join(part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())
    assert plain_text(document(text)) == whole.strip()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda deeper: (
            st.lists(deeper) | st.dictionaries(st.sampled_from(["type", "content", "text", "attrs"]), deeper)
        ),
    )
)
def test_any_document_has_a_text(value: object) -> None:
    """People's descriptions hold tables, panels and mentions: reading one never fails."""
    assert isinstance(plain_text(value), str)


@given(st.binary(max_size=200), st.sampled_from([200, 201, 400, 401, 403, 404, 410]))
def test_no_answer_breaks_a_reader(body: bytes, status: int) -> None:
    """Whatever arrives is read, or is one of our errors."""
    for read in (issues.parse_search, issues.parse_fetch, issues.parse_transitions):
        try:
            read(CREATE, Response(status, {}, body))
        except (Malformed, Misconfigured, Rejected, Unauthorized) as error:
            assert error.message.startswith(CREATE.operation)  # noqa: PT017 - most bytes are refused
    try:
        assert len(issues.parse_created(CREATE, Response(status, {}, body), 2)) == 2
    except (Ambiguous, Misconfigured, Rejected, Unauthorized) as error:
        assert error.message.startswith(CREATE.operation)  # noqa: PT017 - the same
