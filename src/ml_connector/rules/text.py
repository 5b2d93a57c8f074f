"""The words of a condition: which facts it reads, and what may not stand in one so that asking it stays cheap.

CEL without macros has no loops, so that the work of a condition is at most its length times that of its facts. The one
function that could be dear is `matches`: RE2 is linear in the text, but a counted repetition multiplies the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_connector.core.rules import FACTS

PATTERN_CHARACTERS_MAX = 100

_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*)"
    r'|(?P<text>[rRbB]{0,2}(?:"""(?:\\.|[^\\])*?"""'
    r"|'''(?:\\.|[^\\])*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_DEAR = re.compile(r"\{|\\[pPxXuU0-7]")
"""What may not stand in a pattern: counted repetitions, Unicode classes, and escapes that could hide either."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a condition. `kind` is `text`, `name` or `other`; `at` counts characters from 0."""

    kind: str
    text: str
    at: int


def tokens(when: str) -> list[Token]:
    """The words of a condition, without blanks and remarks."""
    found = ((str(each.lastgroup), each[0], each.start()) for each in _TOKEN.finditer(when))
    return [Token(*each) for each in found if each[0] != "blank"]


def reads(when: str) -> tuple[str, ...]:
    """The facts that a condition reads, each once, in the order of `FACTS`."""
    words = {re.sub(r"\s", "", token.text) for token in tokens(when) if token.kind == "name"}
    return tuple(name for name in FACTS if any(word == name or word.startswith(f"{name}.") for word in words))


def dear_patterns(when: str) -> Iterator[tuple[int, str, str]]:
    """Where a pattern could be dear, what is wrong with it, and what to do."""
    words = tokens(when)
    for index, token in enumerate(words):
        if token.kind != "name" or token.text.rpartition(".")[2].strip() != "matches":
            continue
        of_text = token.text != "matches" or (index and words[index - 1].text == ".")
        if of_text and _is_literal_call(words, index):
            yield from _dear(words[index + 2])
        else:
            yield (
                token.at,
                "asks matches for something that is not one pattern in quotes",
                'Write it as in worklog.comment.matches("^TRAVEL").',
            )


def _is_literal_call(words: list[Token], index: int) -> bool:
    after = words[index + 1 : index + 4]
    return [part.text for part in after[::2]] == ["(", ")"] and after[1].kind == "text"


def _dear(pattern: Token) -> Iterator[tuple[int, str, str]]:
    if len(pattern.text) > PATTERN_CHARACTERS_MAX:
        remedy = f"Keep it within {PATTERN_CHARACTERS_MAX} characters."
        yield pattern.at, "holds a pattern that is too long", remedy
    dear = _DEAR.search(pattern.text)
    if dear is not None:
        yield (
            pattern.at + dear.start(),
            "holds a counted repetition, a character class by property or a numeric escape",
            "Spell it out: they make a pattern slow.",
        )
