"""One suite for every Jira deployment over its sandbox. Goal: whoever uses the port cannot tell which Jira it is.

Each claim is about the port alone and is held against the sandbox's books. A deployment that has no sandbox, or whose
adapter does one of these things otherwise, is red.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_sites import PAST_THE_LAG, Site, site_of
from ml_connector.core.webhooks import Wanted, WebhookKind
from ml_connector.errors import Ambiguous, ConnectorError, Rejected, Unauthorized
from ml_connector.jira import registry
from ml_connector.jira.port import Created, FieldType, IssueDraft, IssueEdit, Jira, NotCreated
from ml_connector.wire import Request, Response

DRAFT = IssueDraft("PROC", "Task", "PO 4711", "Line one\n\nLine two", "mlc-1")
HOSTILE = (
    "h1. A *bold* _order_ {code}x{code} [a|http://b] !c.png! | -- ??d?? C:\\temp\\\\e &amp; :) (x)\n# f\n* g\n----"
)
FIELDS = ("labels", "status", "project", "issuetype")


@pytest.fixture(params=sorted(registry.DEPLOYMENTS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """Every deployment that has an adapter."""
    return site_of(request.param, tmp_path)


def drafts(count: int) -> list[IssueDraft]:
    """Issues to create, each with a marker of its own."""
    return [replace(DRAFT, summary=f"PO {number}", marker=f"mlc-{number}") for number in range(count)]


def test_we_are_told_from_everybody_else(site: Site) -> None:
    """Who we are is what our own hours are told by; the author of others' hours is their own."""
    issue = site.order()
    bot = site.world.jira.integration
    mine = site.world.jira.add_worklog(issue.id, bot, site.clock.now(), 60)
    theirs = site.log(issue, person=2)
    authors = {each.id: each.author for each in site.jira.worklogs([mine.id, theirs.id])}
    assert authors == {mine.id: site.jira.whoami(), theirs.id: site.world.jira.people_ids[2]}


# Issues


def test_fifty_issues_are_created_and_found_by_their_markers(site: Site) -> None:
    """One call makes them, in order; each is found by its label, with what the engine asks for."""
    outcomes = site.jira.create_issues(drafts(50))
    made = [each for each in outcomes if isinstance(each, Created)]
    assert [site.shown(each.id)["summary"] for each in made] == [f"PO {number}" for number in range(50)]
    found = list(site.jira.search('project in ("PROC") AND labels in ("mlc-7", "mlc-9") ORDER BY created ASC', FIELDS))
    assert [(each.id, each.labels) for each in found] == [(made[7].id, ("mlc-7",)), (made[9].id, ("mlc-9",))]
    assert {(each.project, each.type, each.status) for each in found} == {("PROC", "Task", "To Do")}


def test_a_refused_issue_does_not_stop_the_others(site: Site) -> None:
    """The refusal falls to the draft that it is about, in Jira's words."""
    first, second, third = site.jira.create_issues([DRAFT, replace(DRAFT, type="Nothing"), replace(DRAFT, summary="")])
    assert isinstance(first, Created)
    assert isinstance(second, NotCreated)
    assert isinstance(third, NotCreated)
    assert "type" in second.message
    assert "summary" in third.message


def test_creating_without_an_answer_is_in_doubt_and_found_by_the_marker(site: Site) -> None:
    """It is not sent again by itself, and what was made is there to be found."""
    site.world.faults.put([{"name": "lost_answer", "method": "POST", "path_holds": "/issue/bulk", "next": 1}])
    with pytest.raises(Ambiguous):
        site.jira.create_issues([DRAFT])
    assert len(list(site.jira.search('project in ("PROC") AND labels in ("mlc-1")', FIELDS))) == 1


def test_epics_can_be_created(site: Site) -> None:
    """Whatever the deployment wants of an epic beside what is asked for, the adapter gives."""
    (made,) = site.jira.create_issues([replace(DRAFT, project="DEL", type="Epic", summary="IT-2042 Website")])
    assert isinstance(made, Created), made
    assert site.shown(made.id)["summary"] == "IT-2042 Website"


def test_a_refusal_is_mended_by_what_an_administrator_changes(site: Site) -> None:
    """What was learned of a screen does not outlast the refusal that shows it wrong: the next attempt looks again."""
    draft = replace(DRAFT, project="DEL", type="Epic")
    fields = site.world.jira.fields
    epic_name = next((each for each in fields.values() if each.name == "Epic Name"), None)
    if epic_name is not None:
        fields[epic_name.id] = replace(epic_name, on_screen=False)
        (refused,) = site.jira.create_issues([draft])
        assert isinstance(refused, NotCreated)
        site.world.jira.put_on_screen(epic_name.id)
    assert isinstance(site.jira.create_issues([draft])[0], Created)


@pytest.mark.parametrize("kind", ["Sub-task", "Story"])
def test_what_is_below_an_issue_names_it_as_its_parent(site: Site, kind: str) -> None:
    """A sub-task below a task, a story below an epic: created so, and read so, by issues and by search."""
    above = replace(DRAFT, type="Task" if kind == "Sub-task" else "Epic")
    (parent,) = site.jira.create_issues([above])
    assert isinstance(parent, Created), parent
    (child,) = site.jira.create_issues([replace(DRAFT, type=kind, marker="mlc-2", parent=parent.id)])
    assert isinstance(child, Created), child
    (read,) = site.jira.issues([child.id], ("parent",))
    (found,) = site.jira.search('project in ("PROC") AND labels in ("mlc-2")', ("parent", "labels"))
    for issue in (read, found):
        shown = issue.fields["parent"]
        assert isinstance(shown, dict)
        assert shown["id"] == parent.id
    (top,) = site.jira.issues([parent.id], ("parent",))
    assert not top.fields.get("parent")


def test_texts_are_shown_as_they_were_meant(site: Site) -> None:
    """Nothing that the ERP says is taken for formatting, when created and when edited."""
    (made,) = site.jira.create_issues([replace(DRAFT, text=HOSTILE)])
    assert isinstance(made, Created)
    assert site.shown(made.id)["description_shown"] == HOSTILE
    site.jira.edit_issue(IssueEdit(made.id, text="Now *this*\n\nand that"))
    assert site.shown(made.id)["description_shown"] == "Now *this*\n\nand that"


def test_our_words_are_read_as_we_wrote_them(site: Site) -> None:
    """So that they are never taken for a person's; a remark is found again by what it says."""
    (made,) = site.jira.create_issues([replace(DRAFT, text=HOSTILE)])
    assert isinstance(made, Created)
    many = [made.id, *(site.order().id for _ in range(20))]
    for ids in ([made.id], many):
        read = {each.id: each.fields["description"] for each in site.jira.issues(ids, ("description",))}
        assert read[made.id] == HOSTILE
    site.jira.remark(made.id, "The order *grew*: a_b\n\nreference 0a1b2c")
    assert list(site.jira.remarks(made.id)) == ["The order *grew*: a_b\n\nreference 0a1b2c"]
    with pytest.raises(Rejected):
        list(site.jira.remarks("999999"))


def test_an_issue_is_put_under_another_epic(site: Site) -> None:
    """And reads so."""
    first, second = (site.jira.create_issues([replace(DRAFT, type="Epic", summary=name)])[0] for name in ("One", "Two"))
    assert isinstance(first, Created)
    assert isinstance(second, Created)
    (task,) = site.jira.create_issues([replace(DRAFT, parent=first.id)])
    assert isinstance(task, Created)
    site.jira.edit_issue(IssueEdit(task.id, parent=second.id))
    (read,) = site.jira.issues([task.id], ("parent",))
    shown = read.fields["parent"]
    assert isinstance(shown, dict)
    assert shown["id"] == second.id


def test_an_edit_writes_what_is_given_and_nothing_else(site: Site) -> None:
    """Numbers to the cent, texts as they are, and what people wrote stays; repeating it changes nothing."""
    issue = site.order("Theirs", description="Their words")
    number, text = site.field("Budget Remaining"), site.field("Vendor")
    edit = IssueEdit(issue.id, priority="High", fields={number: Decimal("90071992547.41"), text: "Müller & Söhne"})
    for _ in range(2):
        site.jira.edit_issue(edit)
    shown = site.shown(issue.id)
    assert (shown["summary"], shown["description"], shown["priority"]) == ("Theirs", "Their words", "High")
    assert Decimal(str(shown["fields"]["Budget Remaining"])) == Decimal("90071992547.41")
    assert shown["fields"]["Vendor"] == "Müller & Söhne"
    with pytest.raises(Rejected):
        site.jira.edit_issue(IssueEdit(issue.id, fields={site.field("Audit Note"): "x"}))


def test_a_property_is_there_with_the_issue_and_as_it_was_written_last(site: Site) -> None:
    """For machines: with a new issue from the first moment, and later as often as it is written."""
    key, first, then = "ml-connector.authorization", {"hours": None, "authorized": "10.00"}, {"hours": "4"}
    (made,) = site.jira.create_issues([replace(drafts(1)[0], properties={key: first})])
    assert isinstance(made, Created)
    assert site.shown(made.id)["properties"] == {key: first}
    for _ in range(2):
        site.jira.set_property(made.id, key, then)
    assert site.shown(made.id)["properties"] == {key: then}
    with pytest.raises(Rejected):
        site.jira.set_property("999999", key, then)


def test_an_issue_moves_to_a_status_where_the_workflow_leads_there(site: Site) -> None:
    """And it is said where it does not."""
    issue = site.order()
    assert site.jira.transition(issue.id, "Done")
    assert site.shown(issue.id)["status"] == "Done"
    assert not site.jira.transition(issue.id, "Nowhere")


@pytest.mark.parametrize("more", [0, 20])
def test_issues_are_read_past_the_index(site: Site, more: int) -> None:
    """One that the index has not got yet is not gone; one that is gone, or that we may not see, is missing: read alone
    and among many.
    """
    others = [site.order() for _ in range(more)]
    site.clock.advance(7200)
    site.world.switches.put({"jira_search_lag_seconds": 3600})
    there, moved, gone, hidden = site.order(), site.order(), site.order(), site.order(project="OPS")
    key = site.world.jira.move_issue(moved.key, "DEL")
    site.world.jira.delete_issue(gone.key)
    site.world.jira.hide_project("OPS", site.world.jira.integration)
    wanted = [there.id, moved.id, gone.id, hidden.id, "999999", *(each.id for each in others)]
    read = site.jira.issues(wanted, FIELDS)
    assert {(each.id, each.key, each.project) for each in read} == {
        (there.id, there.key, "PROC"),
        (moved.id, key, "DEL"),
        *((each.id, each.key, "PROC") for each in others),
    }
    assert there.id not in {each.id for each in site.jira.search('project in ("PROC")', FIELDS)}


def test_an_issue_that_is_gone_hides_no_other(site: Site) -> None:
    """Also where the server refuses to search for what does not exist."""
    for lenient in (True, False):
        site.world.switches.put({"jira_dc_unvalidated_search": lenient})
        gone, *there = (site.order().id for _ in range(20))
        site.world.jira.delete_issue(gone)
        assert [each.id for each in site.jira.issues([gone, *there], FIELDS)] == there


def test_a_search_is_read_to_its_end(site: Site) -> None:
    """Over as many pages as it takes, each issue once."""
    ids = [site.order(labels=["all"]).id for _ in range(1203)]
    found = [each.id for each in site.jira.search('project in ("PROC") AND labels in ("all") ORDER BY created', FIELDS)]
    assert sorted(found, key=int) == ids


def test_a_query_that_makes_no_sense_is_refused(site: Site) -> None:
    """So is one that names a project which we may not see: the engine then leaves that one out."""
    for jql in ("nonsense ~~ 1", 'project in ("NOWHERE")'):
        with pytest.raises(Rejected):
            list(site.jira.search(jql, FIELDS))


# Hours


def test_the_feed_of_changes_holds_the_last_minute_back_and_begins_where_it_is_told(site: Site) -> None:
    """`since` is part of the span; the cursor is the server's."""
    entry = site.log(site.order())
    assert site.jira.updated_worklogs(entry.updated).changes == ()
    site.clock.advance(PAST_THE_LAG)
    page = site.jira.updated_worklogs(entry.updated)
    assert [each.worklog_id for each in page.changes] == [entry.id]
    assert (page.until, page.last) == (entry.updated, True)
    assert site.jira.updated_worklogs(entry.updated + timedelta(milliseconds=1)).changes == ()


def test_hours_are_read_as_they_were_logged(site: Site) -> None:
    """Author, issue, seconds and times; the comment too, since the connection asks for it."""
    issue = site.order()
    entry = site.log(issue, 5400, person=1, comment="Poured concrete")
    (read,) = site.jira.worklogs([entry.id])
    assert (read.issue_id, read.author, read.seconds) == (issue.id, entry.author, 5400)
    assert (read.started, read.created, read.updated) == (entry.started, entry.created, entry.updated)
    assert read.comment == "Poured concrete"


def test_1500_entries_of_one_moment_are_none_too_many(site: Site) -> None:
    """The feed says that there are more, and reading the issue gives each of them once."""
    issue = site.order()
    ids = {site.log(issue, 60 + number).id for number in range(1500)}
    site.clock.advance(PAST_THE_LAG)
    page = site.jira.updated_worklogs(site.clock.now() - timedelta(hours=1))
    assert (len(page.changes), page.last) == (1000, False)
    read = [each.id for each in site.jira.issue_worklogs(issue.id)]
    assert len(read) == 1500
    assert set(read) == ids
    assert {each.id for each in site.jira.worklogs(sorted(ids))} == ids


def test_deleted_and_invisible_hours_are_told_apart(site: Site) -> None:
    """Both are missing when read by id; only the deleted ones stand in the feed of deletions."""
    deleted, hidden = site.log(site.order()), site.log(site.order(project="OPS"))
    site.world.jira.delete_worklog(deleted.id)
    site.world.jira.hide_project("OPS", site.world.jira.integration)
    site.clock.advance(PAST_THE_LAG)
    since = site.clock.now() - timedelta(hours=1)
    assert site.jira.worklogs([deleted.id, hidden.id]) == ()
    assert [each.worklog_id for each in site.jira.deleted_worklogs(since).changes] == [deleted.id]
    assert site.jira.updated_worklogs(since).changes == ()


def test_moved_hours_are_found_under_their_new_issue(site: Site) -> None:
    """By id they say where they are; their old issue no longer has them, and no deletion is told."""
    before, after = site.order(), site.order()
    entry = site.log(before)
    site.world.jira.move_worklog(entry.id, after.id)
    site.clock.advance(PAST_THE_LAG)
    assert [each.issue_id for each in site.jira.worklogs([entry.id])] == [after.id]
    assert list(site.jira.issue_worklogs(before.id)) == []
    assert [each.id for each in site.jira.issue_worklogs(after.id)] == [entry.id]
    assert site.jira.deleted_worklogs(site.clock.now() - timedelta(hours=1)).changes == ()


def test_hours_of_an_issue_that_is_gone_are_refused_and_not_empty(site: Site) -> None:
    """Nobody takes a missing issue for one without hours."""
    issue = site.order()
    site.log(issue)
    site.world.jira.delete_issue(issue.key)
    with pytest.raises(Rejected) as told:
        list(site.jira.issue_worklogs(issue.id))
    assert told.value.status == 404


# The site


def test_the_site_says_what_it_is_made_of(site: Site) -> None:
    """Projects that we see, issue types, fields and those on a create screen, statuses."""
    site.world.jira.hide_project("OPS", site.world.jira.integration)
    assert {project.key for project in site.jira.projects()} == {"PROC", "DEL"}
    assert {"Task", "Epic", "Sub-task"} <= set(site.jira.issue_types("PROC"))
    with pytest.raises(Rejected):
        site.jira.issue_types("OPS")
    on_screen = {each.name: each for each in site.jira.create_fields("PROC", "Task")}
    assert on_screen["Summary"].required
    assert "PO Number" in on_screen
    assert on_screen["Priority"].options == ("Highest", "High", "Medium", "Low", "Lowest")
    assert on_screen["Budget Remaining"].type == "number"
    assert "Audit Note" not in on_screen
    assert site.jira.create_fields("PROC", "Nothing") == ()
    fields = {each.name: each for each in site.jira.fields()}
    assert (fields["Budget Remaining"].type, fields["Budget Remaining"].custom) == ("number", True)
    assert set(site.jira.statuses()) == {"To Do", "In Progress", "In Review", "Done"}


def test_what_was_said_on_an_issue_is_found_by_its_reference(site: Site) -> None:
    """Whatever signs are in it, in the order in which it was said."""
    issue = site.order()
    for word in ("first", "second"):
        site.jira.remark(issue.id, f"Amount: *10.00* -> [20.00] {{x}}\n\nml-connector, reference {word}")
    said = list(site.jira.remarks(issue.id))
    assert [text.rpartition(" ")[2] for text in said] == ["first", "second"]
    shown = site.world.jira.issue(issue.id).comments[0]
    assert "10.00" in str(shown)


def test_an_issue_is_put_under_an_epic(site: Site) -> None:
    """And read as below it, be the epic a parent or a field of its own."""
    story, epic = site.order(kind="Story"), site.order(kind="Epic")
    site.jira.edit_issue(IssueEdit(story.id, parent=epic.id))
    (found,) = site.jira.issues([story.id], ("parent",))
    assert found.fields["parent"]["id"] == epic.id  # type: ignore[index] # as Jira shows it


def test_people_to_choose_from_are_told_by_what_their_hours_carry(site: Site) -> None:
    """An account id, or the key that Data Center has in its place."""
    found = {each.account_id: each.name for each in site.jira.assignable("PROC")}
    assert set(site.world.jira.people_ids) <= found.keys()
    assert all(found.values())


def test_people_are_listed_as_their_hours_name_them(site: Site) -> None:
    """By who they are for good; a project that we do not see has none."""
    assert set(site.world.jira.people_ids) <= {each.account_id for each in site.jira.assignable("PROC")}
    with pytest.raises(Rejected):
        site.jira.assignable("NOWHERE")


def test_a_field_is_made_by_administrators_alone(site: Site) -> None:
    """It is there by its name then, and on no screen."""
    with pytest.raises(Rejected):
        site.jira.create_field("Funding", FieldType.TEXT)
    made = registry.open_jira(site.as_administrator(), site.connection).create_field("Funding", FieldType.TEXT)
    assert (made.name, made.type, made.custom) == ("Funding", "string", True)
    assert made.id in {each.id for each in site.jira.fields()}
    assert made.id not in {each.id for each in site.jira.create_fields("PROC", "Task")}


def test_what_we_may_do_is_told(site: Site) -> None:
    """What we hold, and what we do not."""
    held = site.jira.permissions("PROC", ("BROWSE_PROJECTS", "CREATE_ISSUES", "ADMINISTER_PROJECTS"))
    assert held == {"BROWSE_PROJECTS": True, "CREATE_ISSUES": True, "ADMINISTER_PROJECTS": False}


def test_a_webhook_of_an_administrator_is_made_once_changed_and_removed(site: Site) -> None:
    """Listed as it was wanted, its secret never told, and refused to others."""
    wanted = Wanted(
        WebhookKind.ADMIN,
        "ml-connector acme",
        "https://c.test/x",
        frozenset({"worklog_created"}),
        'project IN ("PROC")',
    )
    with pytest.raises(Rejected):
        registry.open_webhooks(site.send, WebhookKind.ADMIN, "secret").register(wanted)
    port = registry.open_webhooks(site.as_administrator(), WebhookKind.ADMIN, "secret")
    made = port.register(wanted)
    assert (made.name, made.url, made.events, made.jql) == (wanted.name, wanted.url, wanted.events, wanted.jql)
    assert made.expires is None
    other = replace(wanted, events=frozenset({"worklog_created", "worklog_deleted"}))
    assert port.rewrite(made, other).events == other.events
    assert [each.id for each in port.listed()] == [made.id]
    assert "secret" not in repr(port.listed())
    port.remove(made)
    port.remove(made)
    assert port.listed() == ()


# What goes wrong


def test_dead_credentials_are_told_from_everything_else(site: Site) -> None:
    """Whoever signs in with them is told so, and not that there is nothing to see."""
    for who in site.world.jira.accounts.values():
        who.api_token = "another"
    with pytest.raises(Unauthorized):
        site.jira.projects()


@pytest.mark.parametrize("fault", ["rate_limited_json", "rate_limited_html", "server_error_before_commit"])
def test_a_read_is_tried_again(site: Site, fault: str) -> None:
    """Whatever the refusal looks like."""
    site.world.faults.put([{"name": fault, "next": 2}])
    assert "PROC" in {project.key for project in site.jira.projects()}


def test_refusals_are_in_jiras_own_words(site: Site) -> None:
    """They name the field that it is about."""
    with pytest.raises(Rejected, match="priority"):
        site.jira.edit_issue(IssueEdit(site.order().id, priority="Purple"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "key",
                    "name",
                    "fields",
                    "issues",
                    "values",
                    "worklogs",
                    "total",
                    "until",
                    "errors",
                    "issueTypes",
                ]
            )
            | st.text(max_size=6),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
STATUSES = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 409, 413, 422])


PAST = datetime(2026, 11, 17, tzinfo=UTC)
QUESTIONS: tuple[Callable[[Jira], object], ...] = (
    lambda jira: jira.whoami(),
    lambda jira: jira.updated_worklogs(PAST),
    lambda jira: jira.worklogs(["1"]),
    lambda jira: list(jira.issue_worklogs("1")),
    lambda jira: list(jira.search("x = 1", ("parent",))),
    lambda jira: jira.issues(["1", "2"], ("parent", "status")),
    lambda jira: jira.create_issues([DRAFT, replace(DRAFT, parent="7", type="Story")]),
    lambda jira: jira.edit_issue(IssueEdit("1", text="x")),
    lambda jira: jira.transition("1", "Done"),
    lambda jira: jira.projects(),
    lambda jira: jira.create_fields("PROC", "Task"),
    lambda jira: jira.fields(),
    lambda jira: jira.statuses(),
    lambda jira: jira.permissions("PROC", ("A",)),
    lambda jira: jira.edit_issue(IssueEdit("1", parent="2")),
    lambda jira: jira.remark("1", "x"),
    lambda jira: list(jira.remarks("1")),
    lambda jira: jira.assignable("PROC"),
    lambda jira: jira.create_field("x", FieldType.NUMBER),
)
COMMENTS_WANTED = SimpleNamespace(jira=SimpleNamespace(comments=True))
"""All that an adapter looks at of a connection."""


@pytest.mark.parametrize("deployment", sorted(registry.DEPLOYMENTS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers=st.lists(st.tuples(STATUSES, BODIES), min_size=1, max_size=4), question=st.sampled_from(QUESTIONS))
def test_any_answer_is_a_value_or_one_of_our_errors(
    deployment: str, answers: list[tuple[int, bytes]], question: Callable[[Jira], object]
) -> None:
    """Whatever a server, or a proxy before it, may say."""
    told = iter(answers * 3)

    def send(_request: Request) -> Response:
        status, body = next(told, (404, b""))
        return Response(status, {}, body)

    jira = registry.DEPLOYMENTS[deployment](send, COMMENTS_WANTED)  # type: ignore[arg-type]
    with suppress(ConnectorError):
        question(jira)
