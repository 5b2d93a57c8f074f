"""Pages for people: the site's projects and issues, and a form to log hours on an issue as anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from html import escape
from urllib.parse import parse_qsl

from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.rendering import duration
from ml_connector_sandbox.jira.schema import STATUSES
from ml_connector_sandbox.jira.site import Invalid, JiraSite, NotThere, TooMany
from ml_connector_sandbox.jira.worklogs import Worklog
from ml_connector_sandbox.wire import Request, Response, Router, html_response

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#172b4d}
a{color:#0c66e4}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #dfe1e6;vertical-align:top}
th{font-weight:600;color:#44546f}td.n{text-align:right;font-variant-numeric:tabular-nums}
header{border-bottom:2px solid #0c66e4;margin-bottom:1rem;padding-bottom:.4rem}.quiet{color:#626f86}
form.inline{display:inline}input,select,button{font:inherit;padding:.2rem .4rem}
fieldset{border:1px solid #dfe1e6;border-radius:6px;margin:0 0 1.5rem;padding:.8rem 1rem}
label{display:inline-block;margin-right:1rem}.error{background:#ffeceb;padding:.5rem .8rem;border-radius:6px}
"""


def add_pages(router: Router, site: JiraSite) -> None:
    """Add the pages."""
    pages: tuple[tuple[str, str, Callable[..., Response]], ...] = (
        ("GET", "/", home),
        ("GET", "/projects/{key}", project_page),
        ("GET", "/browse/{key}", issue_page),
        ("POST", "/browse/{key}/log", log_hours),
        ("POST", "/browse/{key}/worklogs/{worklog}/change", change_hours),
        ("POST", "/browse/{key}/worklogs/{worklog}/delete", delete_hours),
        ("POST", "/browse/{key}/status", change_status),
    )
    for method, path, handler in pages:
        router.add(method, path, partial(_shown, site, handler))


def _shown(site: JiraSite, handler: Callable[..., Response], request: Request, **names: str) -> Response:
    try:
        return handler(site, request, **names)
    except NotThere as error:
        return _page("Not found", f"<p>{escape(str(error))}</p>", 404)
    except (Invalid, TooMany, ValueError) as error:
        back = f'<p><a href="/browse/{escape(names.get("key", ""))}">Back</a></p>'
        return _page("That did not work", f'<p class="error">{escape(str(error))}</p>{back}', 400)


def _page(title: str, content: str, status: int = 200) -> Response:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    top = '<header><a href="/">Jira sandbox</a> <span class="quiet">a simulation, not Atlassian\'s</span></header>'
    body = f"{top}<h1>{escape(title)}</h1>{content}"
    return html_response(
        f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>', status
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are markup already."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _link(issue: Issue) -> str:
    return f'<a href="/browse/{escape(issue.key)}">{escape(issue.key)}</a>'


def home(site: JiraSite, _request: Request) -> Response:
    """The projects."""
    rows = [
        (
            f'<a href="/projects/{escape(each.key)}">{escape(each.name)}</a>',
            each.key,
            str(len(site.issues_of(each.key))),
        )
        for each in site.projects()
    ]
    return _page(f"{site.name}: projects", _table(("Project", "Key", "Issues"), rows))


def project_page(site: JiraSite, _request: Request, key: str) -> Response:
    """The issues of a project."""
    project = site.project(key)
    rows = [
        (_link(issue), escape(issue.type), escape(issue.summary), escape(issue.status), _spent(site, issue))
        for issue in site.issues_of(project.key)
    ]
    content = _table(("Key", "Type", "Summary", "Status", "Logged"), rows) if rows else "<p>No issues yet.</p>"
    return _page(project.name, content)


def _spent(site: JiraSite, issue: Issue) -> str:
    seconds = site.worklogs.spent(issue.id)
    return duration(seconds, site.switches) if seconds else ""


def issue_page(site: JiraSite, _request: Request, key: str) -> Response:
    """One issue: its fields, its hours, and forms to log, change and delete them."""
    issue = site.issue(key)
    facts = [("Project", issue.project), ("Type", issue.type), ("Priority", issue.priority)]
    facts += [(site.fields[name].name, _plain(value)) for name, value in issue.values.items()]
    facts += [("Labels", " ".join(issue.labels))]
    table = _table(("Field", "Value"), [(escape(name), escape(value)) for name, value in facts])
    text = "".join(f"<p>{escape(part)}</p>" for part in issue.description.split("\n\n") if part)
    title = f"{issue.key} {issue.summary}"
    hours = f"<h2>Hours: {_spent(site, issue) or 'none yet'}</h2>{_hours(site, issue)}{_log_form(site, issue)}"
    return _page(title, f"{_status_form(issue)}{text}{table}{hours}")


def _plain(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float | int) else str(value)


def _status_form(issue: Issue) -> str:
    options = "".join(
        f"<option{' selected' if each.name == issue.status else ''}>{escape(each.name)}</option>" for each in STATUSES
    )
    picker = f'<label>Status <select name="status">{options}</select></label>'
    return f'<form method="post" action="/browse/{issue.key}/status">{picker}<button>Change</button></form>'


def _hours(site: JiraSite, issue: Issue) -> str:
    rows = [
        (
            escape(site.accounts[entry.author].name),
            f"{entry.started:%Y-%m-%d %H:%M %z}",
            _change_form(issue, entry),
            escape(entry.comment),
            _delete_form(issue, entry),
        )
        for entry in site.worklogs.live(issue.id)
    ]
    return _table(("Who", "Started", "Minutes", "Remark", ""), rows) if rows else ""


def _change_form(issue: Issue, entry: Worklog) -> str:
    box = f'<input type="number" name="minutes" min="1" value="{entry.seconds // 60}" aria-label="Minutes" size="5">'
    action = f"/browse/{issue.key}/worklogs/{entry.id}/change"
    return f'<form class="inline" method="post" action="{action}">{box} <button>Save</button></form>'


def _delete_form(issue: Issue, entry: Worklog) -> str:
    action = f"/browse/{issue.key}/worklogs/{entry.id}/delete"
    return f'<form class="inline" method="post" action="{action}"><button>Delete</button></form>'


def _log_form(site: JiraSite, issue: Issue) -> str:
    people = "".join(f'<option value="{escape(who.account_id)}">{escape(who.name)}</option>' for who in site.people())
    now = f"{site.clock.now():%Y-%m-%dT%H:%M}"
    return (
        f'<form method="post" action="/browse/{issue.key}/log"><fieldset><legend>Log hours</legend>'
        f'<label>Who <select name="person">{people}</select></label>'
        f'<label>Started (UTC) <input type="datetime-local" name="started" value="{now}" required></label>'
        '<label>Minutes <input type="number" name="minutes" min="1" value="60" required></label>'
        '<label>Remark <input name="comment" maxlength="200"></label><button>Log</button></fieldset></form>'
    )


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace")))


def _back(key: str) -> Response:
    return Response(303, b"", {"Location": f"/browse/{key}"})


def log_hours(site: JiraSite, request: Request, key: str) -> Response:
    """Log hours as the person picked. Raises NotThere, Invalid, ValueError."""
    issue, asked = site.issue(key), _form(request)
    who = site.person(asked.get("person", ""))
    started = datetime.fromisoformat(asked.get("started", "")).replace(tzinfo=UTC)
    site.add_worklog(issue.id, who.account_id, started, int(asked.get("minutes", "0")) * 60, asked.get("comment", ""))
    return _back(issue.key)


def change_hours(site: JiraSite, request: Request, key: str, worklog: str) -> Response:
    """Change an entry's hours, as its author. Raises NotThere, Invalid, ValueError."""
    entry = site.worklog(worklog)
    site.update_worklog(entry.id, entry.author, seconds=int(_form(request).get("minutes", "0")) * 60)
    return _back(site.issue(key).key)


def delete_hours(site: JiraSite, _request: Request, key: str, worklog: str) -> Response:
    """Delete an entry. Raises NotThere."""
    site.delete_worklog(worklog)
    return _back(site.issue(key).key)


def change_status(site: JiraSite, request: Request, key: str) -> Response:
    """Bring an issue to another status. Raises NotThere, Invalid."""
    issue = site.issue(key)
    site.transition(issue.id, _form(request).get("status", ""), site.people_ids[0])
    return _back(issue.key)
