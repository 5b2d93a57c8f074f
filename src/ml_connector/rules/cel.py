"""Compiling and asking conditions, by Google's CEL for C++ (https://github.com/cel-expr/cel-python).

Its parser refuses more than 32 nested levels, its checker knows the type of every fact, its patterns are RE2's, and
without macros it has no loops: a condition ends within its bound whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from functools import cache

from cel_expr_python import cel

from ml_connector.core.rules import FACTS, TEXT_CHARACTERS_MAX, Value
from ml_connector.rules.text import dear_patterns

FUNCTIONS = (
    "!_", "_&&_", "_||_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_",
    "-_",    "@in", "size", "contains", "startsWith", "endsWith", "matches", "int", "double",
)  # fmt: skip
"""All that a condition can do. Macros (`exists`, `map`, …) are loops, and left out."""

_ENVIRONMENT = """\
name: rules
stdlib:
  disable_macros: true
  include_functions:
"""
_TYPES = {str: cel.Type.STRING, bool: cel.Type.BOOL, int: cel.Type.INT, Fraction: cel.Type.DOUBLE}
_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_WORDS_MAX = 160

Mistake = tuple[int | None, str, str]
"""Where in a condition (characters from 0, None for all of it), what is wrong, and what to do."""


class Unreadable(ValueError):
    """A condition that cannot be asked. `mistakes` are all that is known to be wrong."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(what for _, what, _ in mistakes))


@cache
def _environment() -> cel.Env:
    functions = "".join(f'    - name: "{name}"\n' for name in FUNCTIONS)
    variables = {name: _TYPES[type(fact.empty)] for name, fact in FACTS.items()}
    return cel.NewEnv(config=cel.NewEnvConfigFromYaml(_ENVIRONMENT + functions), variables=variables)


def compiled(when: str) -> cel.Expression:
    """A condition, ready to be asked. Raises Unreadable."""
    mistakes: list[Mistake] = list(dear_patterns(when))
    try:
        condition = _environment().compile(when)
    except RuntimeError as error:
        raise Unreadable([*_mistakes(str(error), when), *mistakes]) from None
    except TypeError:  # the binding's word for text that is not UTF-8
        raise Unreadable([(None, "holds a character that is not Unicode", "Take it out.")]) from None
    if condition.return_type() != cel.Type.BOOL:
        remedy = "Compare it with something, as in worklog.hours > 12.0."
        mistakes.append((0, "is no condition: it is neither true nor false", remedy))
    if mistakes:
        raise Unreadable(mistakes)
    return condition


def compiled_together(whens: Sequence[str]) -> cel.Expression:
    """Conditions that compile by themselves, as one list. Raises Unreadable where that nests too deeply."""
    try:
        return _environment().compile("[" + ",\n".join(f"{when}\n" for when in whens) + "]")
    except RuntimeError as error:
        raise Unreadable(list(_mistakes(str(error), ""))) from None


def asked_together(conditions: cel.Expression, facts: Mapping[str, str | int | bool | float]) -> list[bool] | None:
    """Which of the conditions hold, or None where one of them cannot be told."""
    answer = conditions.eval(data=facts)
    return None if answer.type() == cel.Type.ERROR else answer.plain_value()


def asked(condition: cel.Expression, facts: Mapping[str, str | int | bool | float]) -> bool | str:
    """Whether a condition holds, or in words why that cannot be told."""
    answer = condition.eval(data=facts)
    if answer.type() == cel.Type.BOOL:
        return bool(answer.value())
    return str(answer.value()).partition(": ")[2] or "no answer"


def plain(value: Value) -> str | int | bool | float:
    """A fact as CEL takes it. The nearest double of an exact number compares like it, up to 15 digits."""
    if isinstance(value, Fraction):
        return float(value)
    return value[:TEXT_CHARACTERS_MAX] if isinstance(value, str) else value


def _mistakes(told: str, when: str) -> Iterator[Mistake]:
    found = _PLACE.findall(told)
    for line, column, words in found:
        yield (_offset(when, int(line), int(column)), *_words(words))
    if not found:
        yield None, "is nested too deeply", "Split it into several rules."


def _offset(when: str, line: int, column: int) -> int | None:
    """CEL counts lines and code points from 1, and says -1 where it means the whole."""
    if line < 1 or column < 1:
        return None
    before = when.split("\n")[: line - 1]
    return min(sum(len(each) + 1 for each in before) + column - 1, max(len(when) - 1, 0))


def _words(told: str) -> tuple[str, str]:
    unknown = re.match(r"undeclared reference to '([^']*)'", told)
    if unknown:
        return _unknown(unknown[1])
    overload = re.search(r"applied to '\((.*)\)'", told)
    if overload:
        kinds = overload[1].replace("double", "decimal number").replace("int", "whole number").replace("string", "text")
        remedy = "Write a decimal point in numbers that are compared with one, as in 8.0; put text in quotes."
        return f"cannot do this with {kinds}", remedy
    if "recursion" in told:
        return "is nested too deeply", "Split it into several rules."
    if told.startswith("Syntax error"):
        return "does not read on from here", "Look for a missing operator, quote or bracket."
    return f"is refused: {told[:_WORDS_MAX]}", "Correct it here."


def _unknown(name: str) -> tuple[str, str]:
    shown = name if len(name) <= 40 else name[:6] + "…"  # noqa: PLR2004 - as settings.problems shows keys
    near = get_close_matches(name, [*FACTS, *FUNCTIONS], n=1)
    remedy = f"Did you mean {near[0]}?" if near else "`ml-connector mapping facts` lists what rules can read."
    return f"names {shown}, which rules do not know", remedy
