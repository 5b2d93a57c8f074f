"""Parsers are total: for any answer a value or one of our errors, never another exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.parsers import PARSERS, RECORDED, Parser
from ml_connector.erp.registry import PRODUCTS
from ml_connector.errors import ConnectorError, InvariantBroken
from ml_connector.wire import Response

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["", " ", "1e5", "-", "20260230", "99999999", "NaN", "٣", "1970-01-01T00:00:00Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 400, 404, 409, 412, 422, 428])


def _read(parser: Parser, response: Response) -> None:
    """Let everything through that is neither a value nor an error about the vendor."""
    try:
        parser.read(response)
    except InvariantBroken:
        raise
    except ConnectorError:
        return


def _recorded(parser: Parser) -> bytes:
    return (RECORDED / parser.recorded).read_bytes()


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a document, the document itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _places(part, (*path, name))


def _changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The document with something else in one place."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", PARSERS)
def test_a_recorded_answer_is_read(name: str) -> None:
    """The fixture is one that the parser understands: what follows is about answers that differ from it."""
    PARSERS[name].read(Response(200, {}, _recorded(PARSERS[name])))


@pytest.mark.parametrize("name", PARSERS)
@given(body=st.binary(max_size=200), status=STATUSES)
def test_any_bytes(name: str, body: bytes, status: int) -> None:
    """No answer at all, or that of something else."""
    _read(PARSERS[name], Response(status, {}, body))


@pytest.mark.parametrize("name", PARSERS)
@given(value=JSON, status=STATUSES)
def test_any_json(name: str, value: Any, status: int) -> None:
    """JSON of another shape."""
    _read(PARSERS[name], Response(status, {}, json.dumps(value).encode()))


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data(), status=STATUSES)
def test_a_recorded_answer_with_something_else_in_one_place(name: str, data: st.DataObject, status: int) -> None:
    """The right shape, and one value that nobody expects there."""
    body = _recorded(PARSERS[name])
    changed = _another_value(body, data) if PARSERS[name].recorded.endswith(".json") else _another_part(body, data)
    _read(PARSERS[name], Response(status, {}, changed))


def _another_value(body: bytes, data: st.DataObject) -> bytes:
    document = json.loads(body)
    path = data.draw(st.sampled_from(list(_places(document))))
    return json.dumps(_changed(document, path, data.draw(JSON)), ensure_ascii=False).encode()


def _another_part(body: bytes, data: st.DataObject) -> bytes:
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))))
    return body[:start] + data.draw(st.text(max_size=20)).encode("utf-8", "replace") + body[end:]


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_recorded_answer_that_breaks_off(name: str, data: st.DataObject) -> None:
    """The connection ended in the middle, and nobody noticed."""
    body = _recorded(PARSERS[name])
    _read(PARSERS[name], Response(200, {}, body[: data.draw(st.integers(0, len(body)))]))


def test_every_product_line_has_its_parsers_here() -> None:
    """A new line without fuzzed parsers is red."""
    assert {name.partition(".")[0] for name in PARSERS} == {"ion", *PRODUCTS}
