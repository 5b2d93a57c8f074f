"""Finding issues by JQL. Goal: the part of it that clients use finds just what Jira would, and nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector_sandbox.jira.jql import JqlError, compile_jql
from sandbox_site import Client

KEYWORDS = ["!=", "AND", "OR", "NOT", "IN", "IS", "EMPTY", "ORDER", "BY"]
WORDS = st.sampled_from([*"()=<>~,", *KEYWORDS, "project", "PROC", '"a b"', "labels", "-1d"])


@pytest.fixture(scope="module")
def jira() -> Client:
    """Four issues, an hour apart, of which the tests only read."""
    client = Client()
    client.make("Audit the books", labels=["one", "both"], priority={"name": "High"})
    client.later(hours=1)
    client.make("Pay the auditors", labels=["two", "both"], priority={"name": "Low"})
    client.later(hours=1)
    client.make("Ship the goods", project={"key": "DEL"})
    client.later(hours=1)
    client.make("Store the goods", project={"key": "OPS"}, description=None)
    client.log("PROC-2", by=client.person())
    return client


def found(jira: Client, jql: str) -> list[str]:
    """Keys of the issues that a query finds, in its order."""
    answer = jira.call("POST", "/search/jql", {"jql": jql, "fields": ["key"]})
    assert answer.status == 200, answer.body
    issues: list[dict[str, Any]] = answer.json()["issues"]
    return [str(issue["key"]) for issue in issues]


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("project = PROC", ["PROC-2", "PROC-1"]),
        ("project = PROC ORDER BY key", ["PROC-1", "PROC-2"]),
        ("project IN (DEL, OPS) ORDER BY created ASC", ["DEL-1", "OPS-1"]),
        ('labels = "one"', ["PROC-1"]),
        ("labels IN (one, two) ORDER BY priority DESC", ["PROC-1", "PROC-2"]),
        ("labels = both AND labels = two", ["PROC-2"]),
        ("labels NOT IN (one) ORDER BY key", ["PROC-2"]),
        ("labels IS EMPTY ORDER BY key", ["DEL-1", "OPS-1"]),
        ("labels IS NOT EMPTY ORDER BY key", ["PROC-1", "PROC-2"]),
        ("labels = one OR project = OPS ORDER BY key", ["OPS-1", "PROC-1"]),
        ("(labels = one OR labels = two) AND NOT key = PROC-1", ["PROC-2"]),
        ("summary ~ goods AND project != DEL", ["OPS-1"]),
        ("text ~ audit* ORDER BY key", ["PROC-1", "PROC-2"]),
        ("key IN (PROC-1, OPS-1) ORDER BY key", ["OPS-1", "PROC-1"]),
        ("issuekey = proc-1", ["PROC-1"]),
        ("status = 'To Do' AND statusCategory != Done ORDER BY key", ["DEL-1", "OPS-1", "PROC-1", "PROC-2"]),
        ("project = PROC AND created >= -150m", ["PROC-2"]),
        ("created > '2026-11-20 11:00' ORDER BY key", ["DEL-1", "OPS-1"]),
        ("updated >= -1m", ["PROC-2", "OPS-1"]),
        ("worklogDate = 2026-11-19", []),
        ("worklogDate >= 2026-11-19 AND worklogDate < 2026-11-20", ["PROC-2"]),
        ("assignee IS EMPTY AND reporter = currentUser() AND priority = High", ["PROC-1"]),
    ],
)
def test_a_query_finds_what_it_says(jira: Client, jql: str, keys: list[str]) -> None:
    """By project, label, key, text, status and time, combined and ordered; the newest first where no order is asked."""
    assert sorted(found(jira, jql)) == sorted(keys)
    if "ORDER BY" in jql:
        assert found(jira, jql) == keys


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("nonsense = 1", "Field 'nonsense' does not exist"),
        ("project PROC", "Expecting operator"),
        ("project = ", "Expecting either a value"),
        ("project = PROC AND", "Expecting a field name"),
        ("project IN (PROC", "Expecting ')'"),
        ("created > someday", "Date value 'someday' is invalid"),
        ("project = PROC labels = one", "Expecting either 'OR' or 'AND'"),
        ("labels IS full", "Expecting EMPTY"),
        ("= PROC", "Expecting a field name"),
    ],
)
def test_nonsense_is_refused_in_jiras_words(jira: Client, jql: str, words: str) -> None:
    """With 400, and a message that says where."""
    answer = jira.call("POST", "/search/jql", {"jql": jql})
    assert answer.status == 400
    assert words in " ".join(answer.json()["errorMessages"])


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    """A query never breaks the server."""
    try:
        compile_jql(text, {})
    except JqlError as error:
        assert str(error)  # noqa: PT017 - a few texts are queries
