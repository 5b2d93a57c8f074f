"""From test to production: one connection's decisions to another, as a difference that somebody reviews. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from ml_connector.core.journal import fingerprint
from ml_connector.settings import Connection
from ml_connector.settings.editing import section

OWN: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("post_from",),
    ("cloudsuite", "calls_per_minute"),
    ("jira", "url"),
    ("jira", "gateway_url"),
    ("jira", "sign_in_url"),
    ("jira", "webhook"),
    ("network",),
    ("posting", "reference_prefix"),
    ("posting", "earliest"),
    ("period",),
)
"""What each environment keeps for itself: its name and addresses, its quota, and what finance decides for its books.

Secrets are in no file.
"""
BY_ID = re.compile(r"customfield_[0-9]+")


@dataclass(frozen=True, slots=True)
class Promotion:
    """The text that would be put in place, and the hash of it and of what it takes the place of."""

    text: str
    hash: str


def promoted(source: str, target: str) -> Promotion:
    """The source's file with what the target keeps for itself. The hash changes with either file."""
    document, own = tomlkit.parse(source), tomlkit.parse(target)
    for path in OWN:
        _keep(document, own, path)
    text = tomlkit.dumps(document)
    return Promotion(text, fingerprint([target, text]))


def _keep(document: TOMLDocument, own: TOMLDocument, path: Sequence[str]) -> None:
    kept: Any = own
    for name in path:
        kept = kept.get(name) if hasattr(kept, "get") else None
        if kept is None:
            break
    parent: Any = document
    for name in path[:-1]:
        parent = section(parent, name)
    if kept is None:
        parent.pop(path[-1], None)
    else:
        parent[path[-1]] = kept


def doubts(connection: Connection) -> Iterator[str]:
    """What may mean something else on another site."""
    for name, value in connection.jira.fields.model_dump().items():
        if BY_ID.fullmatch(str(value)):
            yield f"jira.fields.{name} names a field by its id, which another Jira site gives to another field."
