"""Jira's own OpenAPI document as a judge of requests and answers.

The document is the vendor's and not part of this project: tests read it from where MLC_JIRA_OPENAPI says, or from
`../shared/facts/` beside the checkout, and say so when they skip.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

VARIABLE = "MLC_JIRA_OPENAPI"
BESIDE = Path(__file__).parents[2] / "shared" / "facts" / "jira-openapi.json"
PREFIX = re.compile(r"^(/ex/jira/[^/]+)?(?=/rest/api/3/)")
BASE = "urn:jira"
ANYWHERE = frozenset({401, 403, 410, 415, 429})
"""No token, no scope, an operation that was removed, no JSON, a rate limit: told in prose or in the change log."""


class NotAsDocumented(AssertionError):
    """A request or an answer that the vendor's document does not allow."""


class OpenApi:
    """The document, with its operations by method and path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Make every path template matchable, those with fewer names first."""
        self.document = document
        self.registry = Registry().with_resource(BASE, DRAFT4.create_resource(document))
        self.judges: dict[str, Any] = {}
        templates = sorted(document["paths"], key=lambda path: path.count("{"))
        self.paths = [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in templates]

    def operation(self, method: str, url: str) -> tuple[str, Mapping[str, Any]] | None:
        """The template and the operation of a request; None outside of version 3."""
        path = PREFIX.sub("", urlsplit(url).path)
        if not path.startswith("/rest/api/3/"):
            return None
        for pattern, template in self.paths:
            found = self.document["paths"][template].get(method.lower())
            if found and pattern.fullmatch(path):
                return template, found
        raise NotAsDocumented(f"{method} {path} is not in the document")

    def known(self, method: str, url: str) -> bool:
        """Whether an operation is documented."""
        try:
            return self.operation(method, url) is not None
        except NotAsDocumented:
            return False

    def check_request(self, method: str, url: str, body: bytes | None) -> None:
        """The query has only names and kinds that are documented, and the body fits. Raises NotAsDocumented."""
        found = self.operation(method, url)
        if found is None:
            return
        template, operation = found
        place = f"{method} {template}"
        known = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "query"}
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        for name, value in query:
            if name not in known:
                raise NotAsDocumented(f"{place} has no query parameter {name}")
            if known[name]["schema"].get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
                raise NotAsDocumented(f"{place}: {name}={value} is no integer")
        missing = {name for name, each in known.items() if each.get("required")} - {name for name, _ in query}
        if missing:
            raise NotAsDocumented(f"{place} lacks {sorted(missing)}")
        wanted = operation.get("requestBody")
        if wanted is None and body:
            raise NotAsDocumented(f"{place} takes no body")
        if wanted is not None and (body or wanted.get("required")):
            pointer = f"/paths/{_escaped(template)}/{method.lower()}/requestBody/content/application~1json/schema"
            self._judge(place, pointer, json.loads(body or b"null"))

    def check_response(self, method: str, url: str, status: int, body: bytes) -> None:
        """The status is documented and the body fits what it documents. Raises NotAsDocumented.

        What is answered before an operation is reached (ANYWHERE, and 5xx) need not be documented with it.
        """
        found = self.operation(method, url)
        if found is None or status >= 500:
            return
        template, operation = found
        place = f"{method} {template} -> {status}"
        if status in ANYWHERE:
            return
        documented = operation["responses"].get(str(status))
        if documented is None:
            raise NotAsDocumented(f"{place} is not a documented status")
        schema = documented.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and not (status >= 400 and not body):
            pointer = (
                f"/paths/{_escaped(template)}/{method.lower()}/responses/{status}/content/application~1json/schema"
            )
            self._judge(place, pointer, json.loads(body or b"null"))

    def _judge(self, place: str, pointer: str, instance: object) -> None:
        judge = self.judges.get(pointer)
        if judge is None:
            judge = OAS30Validator({"$ref": f"{BASE}#{pointer}"}, registry=self.registry)
            self.judges[pointer] = judge
        for error in judge.iter_errors(instance):
            where = "/".join(str(part) for part in error.absolute_path)
            raise NotAsDocumented(f"{place}: {where}: {error.message[:500]}")


def _escaped(path: str) -> str:
    """A key in a JSON pointer within a URI fragment."""
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@cache
def load() -> OpenApi | None:
    """The vendor's document; None where it is not on this machine."""
    file = Path(os.environ.get(VARIABLE, BESIDE))
    return OpenApi(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def openapi_or_skip() -> OpenApi:
    """The vendor's document. Skips the test, saying why, where it is not on this machine."""
    found = load()
    if found is None:
        pytest.skip(f"Jira's OpenAPI document is not here; {VARIABLE} can name it")
    return found
