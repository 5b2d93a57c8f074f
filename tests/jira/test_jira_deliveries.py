"""Webhook deliveries. Goal: nobody but Jira is heard, and no bytes do worse than to be refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hook_deliveries import CLIENT, SIGNING, issue_event, part, signed, token, worklog_event
from ml_connector.errors import Malformed
from ml_connector.jira.deliveries import (
    OTHER_EVENT,
    Delivery,
    Proof,
    Refusal,
    Secrets,
    Verified,
    parse,
    verify,
)

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRETS = Secrets(CLIENT, SIGNING)
BODY = worklog_event("10066", "10014")
FRESH = {"iss": "app", "iat": AT, "exp": AT + 180}
FIRST, OTHER = 32, 127
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}


def test_the_vendors_own_example_of_a_signature_is_taken() -> None:
    """Atlassian's published test vector."""
    headers = {"X-Hub-Signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"}
    secrets = Secrets(signature="It's a Secret to Everybody")
    assert verify(headers, b"Hello World!", secrets, NOW) == Verified(Proof.BODY)


def test_a_signature_proves_the_body_and_a_token_the_sender_alone() -> None:
    """What a token came with may be anybody's."""
    assert verify(signed(BODY), BODY, SECRETS, NOW) == Verified(Proof.BODY)
    assert verify(bearer(token(FRESH)), BODY, SECRETS, NOW) == Verified(Proof.SENDER)


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "bearer", "jwt"])
def test_both_names_of_the_scheme_are_understood(scheme: str) -> None:
    """Atlassian's pages use both."""
    assert verify({"authorization": f"{scheme} {token(FRESH)}"}, BODY, SECRETS, NOW) == Verified(Proof.SENDER)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_body_keeps_its_signature(place: int, flip: int) -> None:
    """One bit is enough."""
    changed = BODY[:place] + bytes([BODY[place] ^ flip]) + BODY[place + 1 :]
    assert isinstance(verify(signed(BODY), changed, SECRETS, NOW), Refusal)


@given(st.integers(0, len(token(FRESH)) - 1), st.characters(min_codepoint=FIRST, max_codepoint=OTHER))
def test_no_changed_letter_of_a_token_keeps_its_signature(place: int, letter: str) -> None:
    """Not even one that a careless reader of base64 would ignore."""
    good = token(FRESH)
    changed = good[:place] + letter + good[place + 1 :]
    verdict = verify(bearer(changed), BODY, SECRETS, NOW)
    assert isinstance(verdict, Verified) == (changed == good)


@given(st.integers(0, len(token(FRESH)) - 1))
def test_no_truncated_token_is_taken(length: int) -> None:
    """Nor one without its signature."""
    assert isinstance(verify(bearer(token(FRESH)[:length]), BODY, SECRETS, NOW), Refusal)


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS384", "HS512", "hs256", "RS256", "ES256", None, 5])
def test_no_other_algorithm_is_taken_even_where_the_signature_holds(name: object) -> None:
    """The head of a token is the sender's to write; which algorithm counts is ours to say."""
    assert isinstance(verify(bearer(token(FRESH, head={"alg": name})), BODY, SECRETS, NOW), Refusal)
    unsigned = f"{part({'alg': name})}.{part(FRESH)}."
    assert isinstance(verify(bearer(unsigned), BODY, SECRETS, NOW), Refusal)


def test_a_token_with_a_rule_that_we_do_not_know_is_refused() -> None:
    """RFC 7515: who does not understand a critical header must not accept the token."""
    head = {"alg": "HS256", "crit": ["b64"], "b64": False}
    assert isinstance(verify(bearer(token(FRESH, head=head)), BODY, SECRETS, NOW), Refusal)


@pytest.mark.parametrize(
    ("claims", "taken"),
    [
        ({"exp": AT - 59}, True),
        ({"exp": AT - 60}, False),
        ({"exp": AT + 180, "iat": AT + 60}, True),
        ({"exp": AT + 180, "iat": AT + 61}, False),
        ({"exp": AT + 180, "nbf": AT + 61}, False),
        ({"exp": AT + 180.5, "iat": AT - 0.5}, True),
        ({"iat": AT}, False),
        ({"exp": str(AT + 180)}, False),
        ({"exp": True}, False),
        ({"exp": None}, False),
        ({"exp": AT + 180, "iat": "now"}, False),
    ],
)
def test_a_token_holds_for_its_own_time_give_or_take_a_minute(claims: dict[str, object], *, taken: bool) -> None:
    """One that does not say until when never holds."""
    assert isinstance(verify(bearer(token(claims)), BODY, SECRETS, NOW), Verified) == taken


def test_a_secret_that_was_never_set_opens_no_door() -> None:
    """Anybody can sign with an empty secret."""
    assert isinstance(verify(signed(BODY, ""), BODY, Secrets(), NOW), Refusal)
    assert isinstance(verify(bearer(token(FRESH, "")), BODY, Secrets(), NOW), Refusal)


def test_one_secret_does_not_stand_for_the_other() -> None:
    """A good token does not mend a bad signature, and each kind has its own secret."""
    assert isinstance(verify(signed(BODY, CLIENT), BODY, SECRETS, NOW), Refusal)
    assert isinstance(verify(bearer(token(FRESH, SIGNING)), BODY, SECRETS, NOW), Refusal)
    both = {**signed(BODY, "wrong"), **bearer(token(FRESH))}
    assert isinstance(verify(both, BODY, SECRETS, NOW), Refusal)


@given(st.dictionaries(st.sampled_from(["Authorization", "X-Hub-Signature", "Other"]), st.text()), st.binary())
def test_no_headers_break_the_door(headers: dict[str, str], body: bytes) -> None:
    """Whatever they hold, it is a refusal."""
    assert isinstance(verify(headers, body, SECRETS, NOW), Refusal)


@given(JSON, JSON)
def test_no_token_that_we_did_sign_breaks_the_door(head: object, claims: object) -> None:
    """Even where head and claims are no objects at all."""
    told = f"{part(head)}.{part(claims)}"
    assert isinstance(verify(bearer(f"{told}.AAAA"), BODY, SECRETS, NOW), Refusal)
    properly = token(claims, head={"alg": "HS256"})  # type: ignore[arg-type] # on purpose
    verify(bearer(properly), BODY, SECRETS, NOW)


def test_nobody_sees_the_secrets() -> None:
    """Not in a log line, not in a reason."""
    assert CLIENT not in repr(SECRETS)
    assert SIGNING not in repr(SECRETS)
    assert SIGNING not in str(verify(signed(BODY, "wrong"), BODY, SECRETS, NOW))


def test_an_entrys_event_names_the_entry_and_its_issue_and_nothing_more() -> None:
    """No hours, no author and no comment come in by this door."""
    found = parse({"x-atlassian-webhook-identifier": "abc-1"}, BODY)
    assert found == Delivery(
        identifier="abc-1",
        event="worklog_created",
        worklog_ids=("10066",),
        worklogs_of=("10014",),
        at=datetime(2026, 9, 22, 18, 48, 35, 652000, tzinfo=UTC),
    )
    assert "144000" not in str(found)


def test_a_deletion_names_the_entry_that_is_said_to_be_gone() -> None:
    """It is to be looked for like any other."""
    found = parse({}, worklog_event("10066", "10014", "worklog_deleted"))
    assert (found.worklog_ids, found.deleted_ids) == (("10066",), ("10066",))


@pytest.mark.parametrize(
    ("more", "hours"),
    [
        ({}, False),
        ({"changelog": {"id": "1", "items": [{"field": "status", "from": "1", "to": "2"}]}}, False),
        ({"changelog": {"id": "1", "items": [{"field": "timespent", "from": None, "to": "3600"}]}}, True),
        ({"changelog": {"items": [{"field": "WorklogId", "fieldId": None, "to": "10066"}]}}, True),
        ({"issue_event_type_name": "issue_worklog_deleted"}, True),
        ({"issue_event_type_name": "issue_generic"}, False),
    ],
)
def test_an_issues_event_tells_whether_its_hours_changed(more: dict[str, Any], *, hours: bool) -> None:
    """Apps hear of hours in this way only, if at all."""
    found = parse({}, issue_event("10014", **more))
    assert (found.issue_ids, found.webhook_ids) == (("10014",), ("1000",))
    assert found.hours_of == (("10014",) if hours else ())


def test_an_event_about_something_else_names_nothing() -> None:
    """A comment, a sprint, a project, and whatever Atlassian thinks of next."""
    for event in ("comment_created", "sprint_started", "project_archived", "new:thing", ""):
        found = parse({}, issue_event("10014", event))
        assert (found.event, found.issue_ids, found.worklog_ids) == (OTHER_EVENT, (), ())


def test_each_attempt_to_deliver_has_one_name() -> None:
    """Jira's where it tells one that can be kept, else the body's."""
    plain = parse({}, BODY).identifier
    assert plain.startswith("sha256:")
    for odd in ("", " ", "x" * 201, "a\nb", "ünïcode"):
        assert parse({"X-Atlassian-Webhook-Identifier": odd}, BODY).identifier == plain
    assert parse({"X-Atlassian-Webhook-Identifier": "one"}, BODY).identifier == "one"


@given(st.binary(max_size=300))
def test_no_bytes_break_a_reader(body: bytes) -> None:
    """They are read, or are refused in words."""
    with pytest.raises(Malformed):
        parse({}, body)


@given(st.data())
def test_no_mutated_body_breaks_a_reader(data: st.DataObject) -> None:
    """Bytes changed, cut out and put in; parts of another kind."""
    body = data.draw(st.sampled_from([BODY, issue_event("10014", changelog={"items": [{"field": "timespent"}]})]))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 30)))
    read_or_refuse(body[:start] + data.draw(st.binary(max_size=30)) + body[end:])
    document = json.loads(body)
    place = data.draw(st.sampled_from(["worklog", "issue", "changelog", "timestamp", "matchedWebhookIds"]))
    read_or_refuse(json.dumps({**document, place: data.draw(JSON)}).encode())
    read_or_refuse(json.dumps({**document, place: {"id": data.draw(JSON), "issueId": data.draw(JSON)}}).encode())


def test_numbers_beyond_all_measure_are_no_ids() -> None:
    """Nor do they break anything."""
    for number in ("9" * 19, "9" * 5_000, "1e400", "-1", "1.5", "99999999999999999999999"):
        for place in (b'"10066"', b'"10014"', b"1790102915652"):
            read_or_refuse(BODY.replace(place, number.encode()))
    read_or_refuse(b"[" * 100_000)


def read_or_refuse(body: bytes) -> None:
    """What is named is an id; anything else is one of our errors."""
    try:
        found = parse({}, body)
    except Malformed:
        return
    named = (*found.issue_ids, *found.worklog_ids, *found.worklogs_of, *found.deleted_ids, *found.webhook_ids)
    assert all(each.isascii() and each.isdigit() and len(each) <= 18 for each in named)
