"""What pydantic and tomllib find, in an operator's words, with the remedy. Values are never repeated."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ml_connector.settings.connection import Connection
from ml_connector.settings.lines import Path
from ml_connector.settings.values import FLAW

Flaw = tuple[Path, str, str]
"""Where, what is wrong (the end of a sentence that begins with the key), and what to do."""

SAMPLE = "Compare the line with the sample that `ml-connector init` writes."
_SECRET = re.compile(r"secret|passw|token|credential|api_?key|private|saak|sask|^ci$|^cs$", re.IGNORECASE)

_TABLE = ("must be a table", "Write its keys below a [header] of this name.")
_TYPES = {
    "string_type": ("must be text", 'Put it in double quotes, as in "text".'),
    "int_type": ("must be a whole number", "Write digits only, without quotes and decimal point."),
    "date_type": ("must be a date", "Write a TOML date without quotes and time, as in 2026-01-31."),
    "tuple_type": ("must be a list", "Put it in square brackets, or begin each item with a [[header]] of this name."),
    "mapping_type": _TABLE,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "too_short": ("must not be empty", "Give at least one."),
}

_TWICE = ("names a key or table for the second time", "Keep one of the two, with all of its keys in one place.")
_CHARACTER = ("holds a character that may not stand there", "Close the quotes on the same line; write \\ as \\\\.")
_SYNTAX = {
    "Cannot": _TWICE,
    "Duplicate": _TWICE,
    "Invalid value": ("holds a value that is not TOML", "Put text in double quotes; a date looks like 2026-01-31."),
    "Invalid date": ("holds a date that does not exist", "Write it as year-month-day, as in 2026-01-31."),
    "Invalid statement": ("begins with something that is no key", "Put a # before a remark."),
    "Invalid initial": ("begins with something that is no key", "Put keys with other characters in quotes."),
    "Expected '='": ("has no = after the key", 'Write key = "value", or put a # before a remark.'),
    "Expected newline": ("goes on after the value", "Give each key a line of its own; put a # before a remark."),
    "Expected ']": ("holds a header that is not closed", "Write [table] or [[list]]."),
    "Unclosed": ("holds a list or table that is not closed", "Add the missing bracket or comma."),
    "Unterminated": ("holds text that is not closed", "Add the missing quotes."),
    "Expected": ("holds text that is not closed", "Add the missing quotes."),
    "Unescaped": _CHARACTER,
    "Illegal character": _CHARACTER,
    "Found invalid": _CHARACTER,
    "Escaped character": _CHARACTER,
    "Invalid hex": _CHARACTER,
}
"""How tomllib's messages begin. Its own words are not passed on: they can repeat keys that are pasted secrets."""


def flaws_of(error: ValidationError, root: type[BaseModel] = Connection) -> list[Flaw]:
    """Everything that pydantic found, in words. `root` is what the file is read as."""
    return [_flaw(details, root) for details in error.errors(include_url=False, include_input=False)]


def syntax_flaw(error: ValueError) -> tuple[str, str]:
    """What is wrong with a line that is no TOML, and what to do."""
    for beginning, words in _SYNTAX.items():
        if str(error).startswith(beginning):
            return words
    return "holds what no TOML reader takes", SAMPLE


def syntax_line(error: ValueError, text: str) -> int:
    """The line that tomllib names; the last one where it says that the text ends too early."""
    found = re.search(r"\(at line (\d+), column \d+\)$", str(error))
    return int(found[1]) if found else text.rstrip("\n").count("\n") + 1


def _flaw(details: ErrorDetails, root: type[BaseModel]) -> Flaw:
    path, context = details["loc"], details.get("ctx", {})
    match details["type"]:
        case "missing":
            return path, "is missing", _addition(path, root)
        case "extra_forbidden":
            return path, "is not a known key", _known_instead(path, root)
        case kind:
            return _place(path), *_refusal(kind, context)


def _refusal(kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    """What is wrong with a value, and what to do."""
    match kind:
        case "literal_error":
            choices = str(context["expected"]).replace("'", '"')
            return f"must be {choices}", "Write it just so, in double quotes."
        case "greater_than_equal":
            return "is too small", f"Write a whole number of at least {context['ge']}."
        case "less_than_equal":
            return "is too large", f"Write a whole number of at most {context['le']}."
        case _ if kind == FLAW:
            return str(context["what"]), str(context["remedy"])
        case _:
            return _TYPES.get(kind, ("is not understood", SAMPLE))


def _place(path: Path) -> Path:
    """Where a reader looks: pydantic adds a step to the path of a mapping's key that is wrong."""
    return path[:-1] if path[-1:] == ("[key]",) else path


def _addition(path: Path, root: type[BaseModel]) -> str:
    section = _section(path[:-1], root)
    meaning = next((field.description for name, field in _fields(section) if name == path[-1]), None)
    return f"Add it: {meaning}" if meaning else "Add it."


def _known_instead(path: Path, root: type[BaseModel]) -> str:
    key = str(path[-1])
    if _SECRET.search(key):
        return "Secrets are never kept in this file: take it out and store it with `ml-connector connect`."
    known = [name for name, _ in _fields(_section(path[:-1], root))]
    near = get_close_matches(key, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."


def _fields(section: type[BaseModel]) -> list[tuple[str, typing.Any]]:
    """The keys of a section as the file names them, with pydantic's `FieldInfo`, which has no public generic type."""
    return [(field.alias or name, field) for name, field in section.model_fields.items()]


def _section(path: Path, root: type[BaseModel]) -> type[BaseModel]:
    """The model of the table at a path."""
    section = root
    steps = iter(path)
    for step in steps:
        section, inside = _model_in(section.model_fields[str(step)].annotation)
        if inside:
            next(steps, None)  # the position in the list, or the key of the mapping
    return section


def _model_in(annotation: object) -> tuple[type[BaseModel], bool]:
    """The section that an annotation holds, and whether it holds it in a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    models = [part for part in typing.get_args(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
    return models[0], True
