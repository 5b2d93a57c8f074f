"""The page about the connection file, the sample and the JSON Schema say what the model says."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator

from connection_files import FULL
from ml_connector.settings import schema

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "connection.md"

Keys = dict[str, str]
"""Dotted keys with their defaults, as the page writes them; names of one's own are `*`."""


def model_keys() -> Keys:
    """Every key of the model that holds a value."""
    whole = schema()
    return dict(_leaves(whole, whole, ""))


def _leaves(whole: dict[str, Any], node: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for name, child in node["properties"].items():
        yield from _child(whole, child, f"{at}.{name}".lstrip("."), required=name in node.get("required", ()))


def _child(whole: dict[str, Any], child: dict[str, Any], at: str, *, required: bool) -> Iterator[tuple[str, str]]:
    resolved = whole["$defs"][child["$ref"].rsplit("/")[-1]] if "$ref" in child else child
    inside = resolved.get("items", {})
    named = resolved.get("patternProperties")
    if "properties" in resolved:
        yield from _leaves(whole, resolved, at)
    elif named:
        yield from _child(whole, next(iter(named.values())), f"{at}.*", required=required)
    elif "$ref" in inside:
        yield from _child(whole, inside, at, required=required)
    else:
        yield at, _default(child, at, required=required)


def _default(child: dict[str, Any], at: str, *, required: bool) -> str:
    if required:
        return "required"
    absent = at.endswith("*") or child["default"] is None
    return "none" if absent else f"`{json.dumps(child['default'])}`"


def documented() -> Keys:
    """Every key of the page's tables with its last column."""
    rows = re.findall(r"(?m)^\| `([^`]+)` \|(?:.*)\| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"))
    return {re.sub(r"\b[A-Z]{2,}\b", "*", key): default for key, default in rows}


def test_the_page_documents_every_key_with_its_default() -> None:
    """No key is undocumented, none is documented that does not exist, and each default is the true one."""
    keys = model_keys()
    assert len(keys) > 60
    assert documented() == keys


def test_the_page_gives_each_key_a_meaning_and_a_unit() -> None:
    """Each row says what the key means and in which unit or values."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for row in rows:
        _, key, meaning, unit, _, _ = [cell.strip() for cell in row.split("|")]
        assert meaning.endswith("."), key
        assert unit, key


def test_the_page_names_the_limits_of_whole_numbers() -> None:
    """A limit of the model is a limit of the page."""
    whole = schema()
    page = PAGE.read_text(encoding="utf-8")
    for table in whole["$defs"].values():  # type: ignore[attr-defined]  # a schema is nested dictionaries
        for name, key in table["properties"].items():
            number = next((part for part in (key, *key.get("anyOf", ())) if part.get("type") == "integer"), None)
            if number:
                limits = f"{number['minimum']}–{number['maximum']}"
                assert re.search(rf"(?m)^\| `[a-z0-9_.]*{name}` .*\b{limits} \|", page), name


def test_the_sample_shows_every_key() -> None:
    """A person who reads the sample has seen every key there is."""
    shown = set(_paths(tomllib.loads(FULL), ""))
    assert {re.sub(r"\.\*", "", key) for key in model_keys()} == {_named(path) for path in shown}


def _paths(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{at}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from _paths(item, at)
    else:
        yield at


def _named(path: str) -> str:
    """The path without names of one's own."""
    codes = "PurchaseOrder|PrmAccountingEntityOption|LaborDistribution"
    own = rf"\.(1000|2000|CAPITAL|Hold|Done|{codes}|number|order|used_percent)(?=\.|$)"
    return re.sub(own, "", path)


def test_the_schema_describes_every_key_and_takes_the_sample() -> None:
    """The JSON Schema is a valid one, has words for each key, and accepts what loads."""
    whole = schema()
    OAS31Validator.check_schema(whole)
    OAS31Validator(whole).validate(json.loads(json.dumps(tomllib.loads(FULL), default=str)))
    for table in (whole, *whole["$defs"].values()):  # type: ignore[attr-defined]  # a schema is nested dictionaries
        for name, key in table["properties"].items():
            assert key.get("description") or "$ref" in key, name


def test_the_schema_lists_the_products_of_the_caller() -> None:
    """Editors offer the product lines that this installation has."""
    product = schema(("fsm", "m3"))["$defs"]["CloudSuite"]["properties"]["product"]  # type: ignore[index]  # as above
    assert product["enum"] == ["fsm", "m3"]
