"""What is wrong in a file of settings: where, what, and what to do about it. No problem repeats a value.

A value may be a secret that was pasted into the wrong line, so only keys are shown, and long ones are cut: an API token
can look like a key, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ml_connector.errors import Misconfigured
from ml_connector.settings.lines import Path

KEY_CHARACTERS_MAX = 40
KEY_CHARACTERS_SHOWN = 6


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that a person has to mend. `line` counts from 1, `key` is dotted and empty for a whole file.

    `column` counts characters from 1, and is 0 where the whole line is meant.
    """

    file: str
    line: int
    key: str
    what: str
    remedy: str
    column: int = 0

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}: {self.key + ': ' if self.key else ''}{self.what}. {self.remedy}"


class InvalidSettings(Misconfigured):
    """One or more files of settings cannot be used. `problems` lists everything that is wrong with them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def render_errors(error: InvalidSettings) -> str:
    """The problems as plain text, one a line: `file:line: key: what is wrong. What to do.`"""
    return error.message


def dotted(path: Path) -> str:
    """A path as one writes it in TOML. Positions in lists are left out: the line tells which one is meant."""
    return ".".join(shown(part) for part in path if isinstance(part, str))


def shown(key: str) -> str:
    """A key as one writes it in TOML, cut where it is too long to be one."""
    if len(key) > KEY_CHARACTERS_MAX:
        key = key[:KEY_CHARACTERS_SHOWN] + "…"
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=not key.isprintable())
