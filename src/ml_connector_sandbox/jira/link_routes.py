"""Links over REST: between issues, and from an issue to things outside."""

from __future__ import annotations

from ml_connector_sandbox.jira.auth import READ, WRITE
from ml_connector_sandbox.jira.bodies import body, mapping
from ml_connector_sandbox.jira.issues import Issue, IssueLink, RemoteLink
from ml_connector_sandbox.jira.rendering import View, brief
from ml_connector_sandbox.jira.schema import LINK_KINDS
from ml_connector_sandbox.jira.site import Invalid, NotThere
from ml_connector_sandbox.wire import Request, Response, json_response


def link(view: View, request: Request) -> Response:
    """Link two issues: a link that there is already is reported made, and not made again."""
    asked = body(request)
    kind = mapping(asked.get("type"), "type")
    found = next((each for each in LINK_KINDS if kind.get("name") == each.name or kind.get("id") == each.id), None)
    if found is None:
        raise NotThere("No issue link type was found for the name or id given.")
    source, target = _end(view, asked, "inwardIssue"), _end(view, asked, "outwardIssue")
    view.site.link(found.name, source, target)
    return Response(201)


def _end(view: View, asked: dict[str, object], name: str) -> Issue:
    named = mapping(asked.get(name), name)
    issue = view.site.issue(str(named.get("key") or named.get("id") or ""), view.who)
    view.site.need(view.who, "LINK_ISSUES", issue.project)
    return issue


def _found(view: View, link: str) -> IssueLink:
    """A link whose issues the caller sees both. Raises NotThere."""
    found = view.site.links.get(link)
    if found is None or not all(
        view.site.sees(view.who, view.site.issues[end]) for end in (found.source, found.target)
    ):
        raise NotThere(f"No issue link with id '{link}' exists.")
    return found


def read(view: View, _request: Request, link: str) -> Response:
    """One link with both of its ends."""
    found = _found(view, link)
    ends = {"inwardIssue": brief(view, found.source), "outwardIssue": brief(view, found.target)}
    return json_response({**view.link(found), **ends})


def remove(view: View, _request: Request, link: str) -> Response:
    """Take a link away."""
    view.site.unlink(_found(view, link))
    return Response(204)


def remote_links(view: View, request: Request, issue: str) -> Response:
    """The links to things outside, or the one with a global id."""
    found = view.site.issue(issue, view.who)
    wanted = request.one("globalId")
    shown = [view.remote_link(found, each) for each in found.remote_links if wanted in ("", each.global_id)]
    if wanted and not shown:
        raise NotThere("No remote link with this global id.")
    return json_response(shown[0] if wanted else shown)


def write_remote_link(view: View, request: Request, issue: str) -> Response:
    """A link to something outside: one with the same global id is replaced."""
    found = view.site.issue(issue, view.who)
    view.site.need(view.who, "LINK_ISSUES", found.project)
    asked = body(request)
    target = mapping(asked.get("object"), "object")
    if not target.get("url") or not target.get("title"):
        raise Invalid(errors={"object": "The link needs a URL and a title."})
    global_id = str(asked.get("globalId") or "")
    former = next((each for each in found.remote_links if global_id and each.global_id == global_id), None)
    number = former.id if former else int(view.site.next_id("remote link"))
    relationship, summary = (str(part or "") for part in (asked.get("relationship"), target.get("summary")))
    made = RemoteLink(number, global_id, str(target["url"]), str(target["title"]), summary, relationship)
    found.remote_links = [*(each for each in found.remote_links if each is not former), made]
    shown = {"id": number, "self": f"{view.base}/issue/{found.id}/remotelink/{number}"}
    return json_response(shown, 200 if former else 201)


ROUTES = (
    ("POST", "/issueLink", WRITE, link),
    ("GET", "/issueLink/{link}", READ, read),
    ("DELETE", "/issueLink/{link}", WRITE, remove),
    ("GET", "/issue/{issue}/remotelink", READ, remote_links),
    ("POST", "/issue/{issue}/remotelink", WRITE, write_remote_link),
)
