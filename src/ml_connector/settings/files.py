"""Reading connection files: all of what is wrong at once, or a frozen connection."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ml_connector.errors import Misconfigured
from ml_connector.settings import lines
from ml_connector.settings.connection import PRODUCTS, Connection
from ml_connector.settings.problems import InvalidSettings, Problem, dotted
from ml_connector.settings.relations import Raw, broken_relations
from ml_connector.settings.wording import SAMPLE, Flaw, flaws_of, syntax_flaw, syntax_line

FILE_BYTES_MAX = 1_000_000
"""A larger file is no connection: 1 MB holds some ten thousand rates."""


@dataclass(frozen=True, slots=True)
class Home:
    """The directory of one installation, and the address of its database where that is not a file in it."""

    directory: Path
    database: str = ""

    @property
    def connections(self) -> Path:
        """Directory of the connection files."""
        return self.directory / "connections"

    @property
    def key_file(self) -> Path:
        """File of the master key that secrets are encrypted under."""
        return self.directory / "key"

    @property
    def database_file(self) -> Path:
        """File of the embedded database."""
        return self.directory / "ml-connector.db"

    @property
    def database_url(self) -> str:
        """The database, as SQLAlchemy takes it: the embedded one, unless another is named."""
        return self.database or f"sqlite:///{self.database_file.absolute()}"

    def documents(self, name: str) -> Path:
        """Directory of the postings of one connection that are handed over as documents."""
        return self.directory / "documents" / name

    def connection_file(self, name: str) -> Path:
        """File of one connection."""
        return self.connections / f"{name}.toml"


@dataclass(frozen=True, slots=True)
class Slip:
    """Something wrong at a character of a value, `at` (from 0), or with the whole of it where that is None."""

    path: lines.Path
    what: str
    remedy: str
    at: int | None = None


Check = Callable[[Connection], Iterable[Slip]]
"""What else a connection that reads well has to fulfil, told by whoever knows."""


def nothing_else(_connection: Connection) -> Iterable[Slip]:
    """No further condition."""
    return ()


def load_connection(path: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else) -> Connection:
    """Read one file. Raises InvalidSettings with everything that is wrong, Misconfigured where it cannot be read."""
    loaded = _read(path, products, check)
    if isinstance(loaded, Connection):
        return loaded
    raise InvalidSettings(loaded)


def load_unnamed(path: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else) -> Connection:
    """Read a file that may be called otherwise than its connection: a draft, or an older version."""
    text, raw = _text(path), _raw(path)
    loaded = [raw] if isinstance(raw, Problem) else _check(path, str(text), raw, products, check, stem="")
    if isinstance(loaded, Connection):
        return loaded
    raise InvalidSettings(loaded)


def told_of(path: Path, slips: Iterable[Slip]) -> list[Problem]:
    """Slips of a file that reads well, with their lines."""
    text = str(_text(path))
    found = lines.find_lines(text)
    return sorted(_slip(path, text, slip, found) for slip in slips)


def load_changed(
    base: Path, change: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """A connection with some of it replaced by another file: tables key by key, lists as a whole, its name never.

    The other file may be a whole connection, or hold nothing but a list of rates. Raises as `load_connection`; what is
    wrong is told of the other file.
    """
    load_connection(base, products=products, check=check)
    text, before, after = _text(change), _raw(base), _raw(change)
    if isinstance(after, Problem) or isinstance(before, Problem):
        raise InvalidSettings([each for each in (after, before) if isinstance(each, Problem)])
    merged = {**_merged(before, after), "name": before["name"]}
    loaded = _check(change, str(text), merged, products, check, stem="")
    if isinstance(loaded, Connection):
        return loaded
    raise InvalidSettings(loaded)


def _raw(path: Path) -> Raw | Problem:
    text = _text(path)
    try:
        return _parsed(path, text) if isinstance(text, str) else text
    except RecursionError:
        return Problem(str(path), 1, "", "nests brackets too deeply to be read", SAMPLE)


def _merged(before: Raw, after: Raw) -> Raw:
    merged = dict(before)
    for key, value in after.items():
        own = merged.get(key)
        merged[key] = _merged(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return merged


def load_connections(
    directory: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> tuple[Connection, ...]:
    """Read every `*.toml` of a directory, by name. Raises as `load_connection`, with the problems of all files."""
    if not directory.is_dir():
        raise Misconfigured(f"{directory} is not a directory.", remedy="Make it with `ml-connector init`.")
    loaded = [_read(path, products, check) for path in sorted(directory.glob("*.toml"))]
    problems = [problem for each in loaded if not isinstance(each, Connection) for problem in each]
    if problems:
        raise InvalidSettings(problems)
    return tuple(each for each in loaded if isinstance(each, Connection))


def _read(path: Path, products: tuple[str, ...], check: Check) -> Connection | list[Problem]:
    text, raw = _text(path), _raw(path)
    return [raw] if isinstance(raw, Problem) else _check(path, str(text), raw, products, check, stem=path.stem)


def _parsed(path: Path, text: str) -> Raw | Problem:
    try:
        return _tables(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return Problem(str(path), syntax_line(error, text), "", *syntax_flaw(error))
    except ValueError:  # Python's own refusal of numbers with thousands of digits
        return Problem(str(path), 1, "", "holds a number with too many digits to be read", SAMPLE)


def _text(path: Path) -> str | Problem:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        remedy = "Check the name and the permissions, or make the file with `ml-connector init`."
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.", remedy=remedy) from None
    if len(content) > FILE_BYTES_MAX:
        return Problem(str(path), 1, "", f"is longer than {FILE_BYTES_MAX} bytes", "Split it into several connections.")
    try:
        return content.decode("utf-8-sig")  # editors on Windows put a mark in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(str(path), line, "", "is not UTF-8", "Save the file again in this encoding.")


def _check(
    path: Path, text: str, raw: Raw, products: tuple[str, ...], check: Check, *, stem: str
) -> Connection | list[Problem]:
    flaws: list[Flaw] = []
    connection: Connection | None = None
    try:
        connection = Connection.model_validate(raw)
    except ValidationError as error:
        flaws = flaws_of(error)
    known = {where for where, _, _ in flaws}
    found = lines.find_lines(text)
    flaws += [flaw for flaw in _all_relations(stem, raw, products, found) if flaw[0] not in known]
    if connection and not flaws:
        return [_slip(path, text, slip, found) for slip in check(connection)] or connection
    return [
        Problem(str(path), lines.line_of(where, found), dotted(where), what, remedy) for where, what, remedy in flaws
    ]


def _slip(path: Path, text: str, slip: Slip, found: dict[lines.Path, int]) -> Problem:
    words = slip.what, slip.remedy
    begins = lines.find_values(text).get(slip.path)
    if slip.at is None or begins is None:
        return Problem(str(path), lines.line_of(slip.path, found), dotted(slip.path), *words)
    at = lines.offset_in_text(text, begins, slip.at)
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Problem(str(path), text.count("\n", 0, at) + 1, dotted(slip.path), *words, column)


def _all_relations(stem: str, raw: Raw, products: tuple[str, ...], found: dict[lines.Path, int]) -> Iterator[Flaw]:
    if stem and isinstance(raw.get("name"), str) and raw["name"] != stem:
        yield (
            ("name",),
            "differs from the name of the file",
            "Make both the same: the name is how commands find the file.",
        )
    yield from broken_relations(raw, products, lambda where: lines.line_of(where, found))


def _tables(raw: Raw) -> Raw:
    return {key: _frozen_lists(item) for key, item in raw.items()}


def _frozen_lists(value: object) -> object:
    """Tuples for lists, so that nothing of a connection can be changed by accident."""
    if isinstance(value, dict):
        return _tables(value)
    return tuple(_frozen_lists(item) for item in value) if isinstance(value, list) else value
