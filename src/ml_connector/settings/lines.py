"""On which line a TOML file says something: `tomllib` reads values and forgets where they stood.

The text must have passed `tomllib` already, so this reads only as much of TOML's grammar (https://toml.io/en/v1.0.0) as
is needed to tell keys from values; it never judges.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]
"""Where a value stands: keys, and the positions (from 0) in lists and arrays of tables."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_CHARACTER = re.compile(r"(?:\\[ \t]*\r?\n\s*)*(?:\\u.{4}|\\U.{8}|\\.|\r\n|.)", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def find_lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every table, key and list item of a valid TOML text."""
    return _Scan(text).read()


def find_values(text: str) -> dict[Path, int]:
    """Where in a valid TOML text the value of each key and list item begins, as an offset."""
    scan = _Scan(text)
    scan.read()
    return scan.values


def offset_in_text(text: str, begins: int, index: int) -> int:
    """Where a character of a string's value stands in the file, for the string that begins at an offset."""
    quote = next(mark for mark in ('"""', "'''", '"', "'") if text.startswith(mark, begins))
    at = begins + len(quote)
    if len(quote) == 3:  # noqa: PLR2004 - three quotes: a line break right behind them does not count
        at += 2 if text.startswith("\r\n", at) else text.startswith("\n", at)
    for _ in range(index):
        if quote[0] == "'":
            at += 2 if text.startswith("\r\n", at) else 1
        else:
            at = _CHARACTER.match(text, at).end()  # type: ignore[union-attr]  # the text is valid TOML
    return at


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of a path or, where the file does not have it, of the nearest table around it; 1 at worst."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scan:
    """One pass over the text; `at` is the next character, `table` the header that keys now belong to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.table: Path = ()
        self.lines: dict[Path, int] = {}
        self.values: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}
        self.breaks = [found.start() for found in re.finditer("\n", text)]

    def read(self) -> dict[Path, int]:
        """The whole text, statement by statement."""
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.sees("["):
                self.header()
            else:
                self.pair(self.table)
            self.skip(_BLANK)
        return self.lines

    def header(self) -> None:
        """`[a.b]`, or `[[a.b]]` that opens the next item of an array of tables."""
        array = self.sees("[[")
        start = self.at
        self.at += 2 if array else 1
        path = self.inside_last_items(self.key())
        self.at = self.text.index("]", self.at) + (2 if array else 1)
        self.note(path, start)
        if array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, self.arrays[path])
        self.lines[path] = self.line(start)  # the header itself counts, even where a table below it came first
        self.table = path

    def inside_last_items(self, keys: list[str]) -> Path:
        """A header names an array of tables and means the item that was opened last."""
        path: Path = ()
        for key in keys:
            if path in self.arrays:
                path = (*path, self.arrays[path])
            path = (*path, key)
        return path

    def pair(self, table: Path) -> None:
        """`a.b = value`"""
        start = self.at
        path = (*table, *self.key())
        self.note(path, start)
        self.at = self.text.index("=", self.at) + 1
        self.skip(_SPACE)
        self.value(path)

    def key(self) -> list[str]:
        """The parts of a dotted key."""
        parts = []
        while True:
            self.skip(_SPACE)
            parts.append(self.key_part())
            self.skip(_SPACE)
            if not self.sees("."):
                return parts
            self.at += 1

    def key_part(self) -> str:
        """One part: bare, or in quotes, whose escapes `tomllib` knows how to read."""
        if not self.sees('"') and not self.sees("'"):
            return self.skip(_BARE_KEY)
        return str(tomllib.loads(f"key = {self.skip(_STRING)}")["key"])

    def value(self, path: Path) -> None:
        """Step over a value, and note where it begins and what is inside it."""
        self.values[path] = self.at
        if self.sees("["):
            self.array(path)
        elif self.sees("{"):
            self.inline_table(path)
        elif not self.skip(_STRING):
            self.skip(_SCALAR)

    def array(self, path: Path) -> None:
        """`[1, 2]`, perhaps over several lines."""
        index = 0
        self.open_or_next()
        while not self.sees("]"):
            self.note((*path, index), self.at)
            self.value((*path, index))
            index += 1
            self.skip(_BLANK)
            if self.sees(","):
                self.open_or_next()
        self.at += 1

    def inline_table(self, path: Path) -> None:
        """`{ a = 1, b = 2 }`"""
        self.open_or_next()
        while not self.sees("}"):
            self.pair(path)
            self.skip(_BLANK)
            if self.sees(","):
                self.open_or_next()
        self.at += 1

    def open_or_next(self) -> None:
        """Step over a bracket or comma and what is blank behind it."""
        self.at += 1
        self.skip(_BLANK)

    def note(self, path: Path, offset: int) -> None:
        """Keep the first line that names a path or what is around it: later ones only go on with it."""
        for length in range(len(path), 0, -1):
            self.lines.setdefault(path[:length], self.line(offset))

    def line(self, offset: int) -> int:
        """The line of a character."""
        return bisect_left(self.breaks, offset) + 1

    def sees(self, mark: str) -> bool:
        """Whether the next characters are these."""
        return self.text.startswith(mark, self.at)

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Step over what matches here, if anything does, and return it."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]
