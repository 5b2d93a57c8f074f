"""Proposals by names that are alike: fields, people, projects, accounts. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

ALIKE_MIN = 0.86
"""From this likeness on, of 1, a name is taken to be meant: one letter in seven may differ."""
UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "þ": "th", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and an accent."""

FIELD_NAMES: Mapping[str, tuple[str, ...]] = {
    "po_number": ("po number", "purchase order", "purchase order number", "po", "po no", "order number"),
    "vendor": ("vendor", "supplier", "vendor name", "supplier name"),
    "cost_center": ("cost center", "cost centre", "accounting unit", "department"),
    "gl_account": ("gl account", "general ledger account", "account", "gl code"),
    "project": ("erp project", "cloudsuite project", "finance project", "project code", "project number"),
    "authorized": ("authorized amount", "authorised amount", "po amount", "order amount", "order value", "authorized"),
    "remaining": ("budget remaining", "remaining budget", "remaining amount", "remaining", "open amount"),
}
"""What customers call the fields that we fill."""
ORDER_PROJECTS = ("procurement", "purchasing", "purchase orders", "proc", "purch", "po")
PROJECT_PROJECTS = ("delivery", "projects", "portfolio", "delivery projects", "del", "proj")
CLEARING_ACCOUNTS = ("labor clearing", "labour clearing", "labor absorption", "labour absorption", "payroll clearing")
CLOSED_STATUSES = ("done", "closed", "resolved", "complete", "completed")
ORDER_TYPES = ("purchase order", "order", "task", "work order")
PROJECT_TYPES = ("project", "epic", "initiative")


def plain(text: str) -> str:
    """A name without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(UNDECOMPOSED)
    letters = unicodedata.normalize("NFKD", folded).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", kept))


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1."""
    return SequenceMatcher(None, plain(one), plain(other)).ratio()


def best(wanted: Sequence[str], offered: Mapping[str, str]) -> str:
    """The code whose name is most like one of those wanted, the first wanted ones first; empty where none is."""
    for name in wanted:
        scores = {code: likeness(name, words) for code, words in offered.items()}
        close = {code: score for code, score in scores.items() if score >= ALIKE_MIN}
        if close:
            return max(close, key=lambda code: (close[code], code))
    return next((code for name in wanted for code, words in offered.items() if name in plain(words).split()), "")


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody in the books of CloudSuite's side, as a list of employees tells."""

    employee: str
    name: str
    role: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """Accounts by their employee, and those whom no single employee is like."""

    employees: Mapping[str, Employee]
    strangers: tuple[str, ...]


def match_people(accounts: Mapping[str, str], employees: Iterable[Employee]) -> Matched:
    """Accounts, by id and name, to employees of the same name, in whatever order its parts stand.

    A name that two accounts or two employees share matches nobody: who is meant is for a person to say.
    """
    by_name: dict[str, list[Employee]] = {}
    for employee in employees:
        by_name.setdefault(_parts(employee.name), []).append(employee)
    bearers: dict[str, list[str]] = {}
    for account, name in accounts.items():
        bearers.setdefault(_parts(name), []).append(account)
    found = {
        ids[0]: by_name[name][0] for name, ids in bearers.items() if len(ids) == 1 and len(by_name.get(name, ())) == 1
    }
    return Matched(found, tuple(sorted(set(accounts) - set(found))))


def _parts(name: str) -> str:
    return " ".join(sorted(plain(name).split()))


def project_of_entity(entity: str, description: str, jira_projects: Mapping[str, str]) -> str:
    """The Jira project that is named after an entity; empty where none or several are."""
    hits = [
        key
        for key, name in jira_projects.items()
        if plain(entity) in plain(f"{key} {name}").split() or (description and plain(description) in plain(name))
    ]
    return hits[0] if len(hits) == 1 else ""
