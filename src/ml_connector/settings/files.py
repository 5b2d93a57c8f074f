"""Reading connection files: all of what is wrong at once, or a frozen connection."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ml_connector.errors import Misconfigured
from ml_connector.settings import lines
from ml_connector.settings.connection import Connection
from ml_connector.settings.problems import InvalidSettings, Problem, dotted
from ml_connector.settings.product_lines import PRODUCTS
from ml_connector.settings.rate_sheet import RateSheet, read_rates
from ml_connector.settings.raw import Raw
from ml_connector.settings.relations import broken_relations
from ml_connector.settings.wording import SAMPLE, Flaw, flaws_of, syntax_flaw, syntax_line

SectionT = TypeVar("SectionT", bound=BaseModel)
FILE_BYTES_MAX = 1_000_000
"""A larger file is no connection: 1 MB holds some ten thousand rates."""
KEY_PARTS_MAX = 32
"""Parts of a dotted key: the time and the memory that a parser takes grow with their square."""
_KEY_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_KEY_PART}\.[ \t]*+){{{KEY_PARTS_MAX}}}")
SHEET_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.csv"
"""What the file of rates beside a connection may be called; anything else is told by the check of the whole file."""


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

    def examples_file(self, name: str) -> Path:
        """File of the golden examples of one connection."""
        return self.directory / "examples" / f"{name}.toml"

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


@dataclass(frozen=True, slots=True)
class _Source:
    """A file as read: its text, its tables with the rates of its sheet behind its own, and where each stands."""

    path: Path
    text: str
    raw: Raw
    sheet: RateSheet | None = None
    stands: dict[lines.Path, int] = field(default_factory=dict)

    def place(self, where: lines.Path) -> tuple[str, int, str]:
        """File, line and key of a path."""
        row = self._row(where)
        if row is None or self.sheet is None:
            return str(self.path), lines.line_of(where, self.stands), dotted(where)
        return self.sheet.name, self.sheet.lines[row], dotted(where[2:])

    def line_of(self, where: lines.Path) -> str:
        """The line of a path as text, with its file where that is the sheet."""
        row = self._row(where)
        if row is None or self.sheet is None:
            return str(lines.line_of(where, self.stands))
        return f"{self.sheet.lines[row]} of {Path(self.sheet.name).name}"

    def _row(self, where: lines.Path) -> int | None:
        """Which rate of the sheet a path is about; None for everything else."""
        if self.sheet is None or where[:1] != ("rate",) or len(where) == 1:
            return None
        rates = self.raw.get("rate", ())
        row = int(where[1]) - (len(rates) - len(self.sheet.rates))
        return row if row >= 0 else None


def load_connection(path: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else) -> Connection:
    """Read one file. Raises InvalidSettings with everything that is wrong, Misconfigured where it cannot be read."""
    return _loaded(_source(path), products, check, stem=path.stem)


def load_with_sheet(
    path: Path, sheet: RateSheet, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """Read one file as it would be with these rates in its sheet. Raises as `load_connection`."""
    return _loaded(_source(path, sheet), products, check, stem=path.stem)


def _loaded(source: _Source | list[Problem], products: tuple[str, ...], check: Check, *, stem: str) -> Connection:
    loaded = source if isinstance(source, list) else _check(source, products, check, stem=stem)
    if isinstance(loaded, Connection):
        return loaded
    raise InvalidSettings(loaded)


def load_unnamed(path: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else) -> Connection:
    """Read a file that may be called otherwise than its connection: a draft, or an older version."""
    return _loaded(_source(path), products, check, stem="")


def load_section(path: Path, model: type[SectionT]) -> SectionT:
    """Read another file in the same manner. Raises InvalidSettings with everything wrong, Misconfigured without it."""
    text, raw = _text(path), load_table(path)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = lines.find_lines(str(text))
        flaws = flaws_of(error, model)
    raise InvalidSettings(
        Problem(str(path), lines.line_of(where, found), dotted(where), what, remedy) for where, what, remedy in flaws
    )


def load_table(path: Path) -> Raw:
    """What a TOML file holds, whatever it is. Raises InvalidSettings, or Misconfigured where it cannot be read."""
    raw = _raw(path)
    if isinstance(raw, Problem):
        raise InvalidSettings([raw])
    return raw


def load_text(path: Path) -> str:
    """The text of a file. Raises InvalidSettings, or Misconfigured where it cannot be read."""
    text = _text(path)
    if isinstance(text, Problem):
        raise InvalidSettings([text])
    return text


def read_text(
    path: Path, text: str, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """What a text would read as, told of `path`. Raises InvalidSettings with everything that is wrong."""
    raw = _parsed(path, text)
    source = [raw] if isinstance(raw, Problem) else _with_sheet(path, text, raw)
    return _loaded(source, products, check, stem="")


def told_of(path: Path, slips: Iterable[Slip]) -> list[Problem]:
    """Slips of a file that reads well, with their lines."""
    source = _source(path)
    return source if isinstance(source, list) else sorted(_slip(source, slip) for slip in slips)


def load_changed(
    base: Path, change: Path, *, products: tuple[str, ...] = PRODUCTS, check: Check = nothing_else
) -> Connection:
    """A connection with some of it replaced by another file: tables key by key, lists as a whole, its name never.

    The other file may be a whole connection, hold nothing but a list of rates, or be a sheet of rates (`.csv`), which
    takes the place of all rates. Raises as `load_connection`; what is wrong is told of the other file.
    """
    load_connection(base, products=products, check=check)
    before, after = _source(base), _card(change) if change.suffix == ".csv" else _source(change)
    if isinstance(after, list) or isinstance(before, list):
        raise InvalidSettings([problem for each in (after, before) if isinstance(each, list) for problem in each])
    merged = {**_merged(before.raw, after.raw), "name": before.raw["name"]}
    return _loaded(replace(after, raw=merged), products, check, stem="")


def _source(path: Path, sheet: RateSheet | None = None) -> _Source | list[Problem]:
    """A file with its sheet of rates: the one given, or the one that it names."""
    text, raw = _text(path), _raw(path)
    return [raw] if isinstance(raw, Problem) else _with_sheet(path, str(text), raw, sheet)


def _with_sheet(path: Path, text: str, raw: Raw, sheet: RateSheet | None = None) -> _Source | list[Problem]:
    found = lines.find_lines(text)
    if sheet is None:
        named = raw.get("rates_file")
        if not named or not isinstance(named, str) or not re.fullmatch(SHEET_NAME, named):
            return _Source(path, text, raw, None, found)
        sheet = load_sheet(path.with_name(named))
        if sheet is None:
            what, remedy = (
                "names a file that is not there",
                "Put it beside this file, or take the line out and make it by `ml-connector rates import`.",
            )
            return [Problem(str(path), lines.line_of(("rates_file",), found), "rates_file", what, remedy)]
    if sheet.problems:
        return list(sheet.problems)
    own = raw.get("rate", ())
    if not isinstance(own, tuple):
        return _Source(path, text, raw, None, found)
    return _Source(path, text, {**raw, "rate": (*own, *sheet.rates)}, sheet, found)


def _card(path: Path) -> _Source | list[Problem]:
    """A sheet of rates as the one thing that a file says."""
    sheet = load_sheet(path)
    if sheet is None:
        raise Misconfigured(f"{path} cannot be read: there is no such file.", remedy="Check the name.")
    return list(sheet.problems) or _Source(path, "", {"rate": sheet.rates, "rates_file": ""}, sheet)


def load_sheet(path: Path) -> RateSheet | None:
    """A CSV file of rates; None where there is none. Raises Misconfigured where it cannot be read."""
    return read_rates(path) if path.exists() else None


def _raw(path: Path) -> Raw | Problem:
    text = _text(path)
    return _parsed(path, text) if isinstance(text, str) else text


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
    source = _source(path)
    return source if isinstance(source, list) else _check(source, products, check, stem=path.stem)


def _parsed(path: Path, text: str) -> Raw | Problem:
    long_key = _LONG_KEY.search(text)
    if long_key:
        line = text.count("\n", 0, long_key.start()) + 1
        return Problem(str(path), line, "", f"holds a key of more than {KEY_PARTS_MAX} parts", SAMPLE)
    try:
        return _tables(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return Problem(str(path), syntax_line(error, text), "", *syntax_flaw(error))
    except RecursionError:
        return Problem(str(path), 1, "", "nests brackets too deeply to be read", SAMPLE)
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


def _check(source: _Source, products: tuple[str, ...], check: Check, *, stem: str) -> Connection | list[Problem]:
    flaws: list[Flaw] = []
    connection: Connection | None = None
    try:
        connection = Connection.model_validate(source.raw)
    except ValidationError as error:
        flaws = flaws_of(error)
    known = {where for where, _, _ in flaws}
    flaws += [flaw for flaw in _all_relations(stem, source, products) if flaw[0] not in known]
    if connection and not flaws:
        return [_slip(source, slip) for slip in check(connection)] or connection
    return [Problem(*source.place(where), what, remedy) for where, what, remedy in flaws]


def _slip(source: _Source, slip: Slip) -> Problem:
    words, text = (slip.what, slip.remedy), source.text
    begins = lines.find_values(text).get(slip.path)
    if slip.at is None or begins is None:
        return Problem(*source.place(slip.path), *words)
    at = lines.offset_in_text(text, begins, slip.at)
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Problem(str(source.path), text.count("\n", 0, at) + 1, dotted(slip.path), *words, column)


def _all_relations(stem: str, source: _Source, products: tuple[str, ...]) -> Iterator[Flaw]:
    raw = source.raw
    if stem and isinstance(raw.get("name"), str) and raw["name"] != stem:
        yield (
            ("name",),
            "differs from the name of the file",
            "Make both the same: the name is how commands find the file.",
        )
    yield from broken_relations(raw, products, source.line_of)


def _tables(raw: Raw) -> Raw:
    return {key: _frozen_lists(item) for key, item in raw.items()}


def _frozen_lists(value: object) -> object:
    """Tuples for lists, so that nothing of a connection can be changed by accident."""
    if isinstance(value, dict):
        return _tables(value)
    return tuple(_frozen_lists(item) for item in value) if isinstance(value, list) else value
