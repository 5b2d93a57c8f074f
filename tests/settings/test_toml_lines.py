"""Lines of keys: checked against a writer of TOML that knows where it puts everything."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.settings.lines import Path, find_lines, line_of

KEYS = st.one_of(
    st.from_regex(r"[a-z0-9_-]{1,4}", fullmatch=True), st.sampled_from(["a.b", "a b", "ü", "", 'q"', "#", "="])
)
SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(["true", "1.5", "2026-01-31", "2026-01-31 07:00:00", "07:00:00"]),
    st.sampled_from(['""', "''", '"a # b"', "'c:\\x'", '"q\\"]"', '"}, ["', "'='"]),
    st.sampled_from(
        ['"""\n[x]\ny = 1\n"""', "'''\n# z\n'''", '"""a"" b"""', "'''it's'''''", '"""\\""" \\\\"""', '""""""']
    ),
)
BLANKS = st.sampled_from(["", "\n", "# [remark]\n", "\n  # k = 'v\n"])


@dataclass
class Writer:
    """Writes TOML and notes the line of each path as it goes."""

    text: str = ""
    lines: dict[Path, int] = field(default_factory=dict)

    def put(self, text: str) -> None:
        self.text += text

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)


def written_key(key: str) -> str:
    """The key, bare where TOML allows it."""
    bare = key and all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in key)
    return key if bare else json.dumps(key, ensure_ascii=False)


@dataclass
class Draft:
    """A valid file that hypothesis draws: pairs, tables, arrays of tables, lists over lines, inline tables."""

    draw: st.DrawFn
    writer: Writer = field(default_factory=Writer)

    def value(self, path: Path, depth: int) -> None:
        kind = self.draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth else "scalar"
        if kind == "list":
            self.items(path, depth - 1)
        elif kind == "table":
            self.inline_table(path, depth - 1)
        else:
            self.writer.put(self.draw(SCALARS))

    def items(self, path: Path, depth: int) -> None:
        self.writer.put("[" + self.draw(BLANKS))
        for index in range(self.draw(st.integers(0, 3))):
            self.writer.put(("," if index else "") + self.draw(BLANKS))
            self.writer.note((*path, index))
            self.value((*path, index), depth)
        self.writer.put(self.draw(BLANKS) + "]")

    def inline_table(self, path: Path, depth: int) -> None:
        self.writer.put("{ ")
        for index, key in enumerate(self.draw(st.lists(KEYS, unique=True, max_size=3))):
            self.writer.put(", " if index else "")
            self.pair((*path, key), key, depth)
        self.writer.put(" }")

    def pair(self, path: Path, key: str, depth: int) -> None:
        self.writer.note(path)
        self.writer.put(f"{written_key(key)} = ")
        self.value(path, depth)

    def pairs(self, path: Path) -> None:
        for key in self.draw(st.lists(KEYS.map("k{}".format), unique=True, max_size=3)):
            self.writer.put(self.draw(BLANKS) + self.draw(st.sampled_from(["", "  "])))
            self.pair((*path, key), key, 2)
            self.writer.put(self.draw(st.sampled_from(["\n", "  # = [\n"])))

    def table(self, name: str) -> None:
        self.writer.note((name,))
        self.writer.put(f"[{written_key(name)}]\n")
        self.pairs((name,))

    def array_of_tables(self, name: str) -> None:
        for index in range(self.draw(st.integers(0, 2))):
            self.writer.put(self.draw(BLANKS))
            for path in ((name,), (name, "list"), (name, "list", index)):
                self.writer.note(path)
            self.writer.put(f"[[ {written_key(name)} . list ]]\n")
            self.pairs((name, "list", index))


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    """A valid file and the lines of all that is in it."""
    draft = Draft(draw)
    draft.pairs(())
    for name in draw(st.lists(KEYS.map("t{}".format), unique=True, max_size=3)):
        if draw(st.booleans()):
            draft.table(name)
        draft.array_of_tables(name)
    return draft.writer


@given(documents())
def test_lines_are_where_the_writer_put_them(writer: Writer) -> None:
    """Every table, key and list item of a valid file is found on the line that it was written on."""
    tomllib.loads(writer.text)
    assert find_lines(writer.text) == writer.lines


@given(documents())
def test_windows_line_ends_change_no_line(writer: Writer) -> None:
    """A file with carriage returns has the same lines."""
    assert find_lines(writer.text.replace("\n", "\r\n")) == writer.lines


def test_dotted_keys_name_the_tables_on_their_way() -> None:
    """`a.b.c = 1` puts `a`, `a.b` and `a.b.c` on its line, and quotes make no difference."""
    assert find_lines('\na . "b".c = 1\n') == {("a",): 2, ("a", "b"): 2, ("a", "b", "c"): 2}


def test_a_header_counts_more_than_the_tables_below_it() -> None:
    """`[a]` after `[a.b]` is where `a` stands."""
    assert find_lines("[a.b]\n[a]\n") == {("a", "b"): 1, ("a",): 2}


def test_tables_below_arrays_belong_to_the_last_item() -> None:
    """`[a.b]` and `[[a.c]]` go on with the item of `[[a]]` above them."""
    found = find_lines("[[a]]\n[a.b]\nx = 1\n[[a]]\n[a.b]\nx = 2\n[[a.c]]\n[[a.c]]\ny = 1\n")
    assert found["a", 0, "b", "x"] == 3
    assert found["a", 1, "b", "x"] == 6
    assert found["a", 1, "c", 1, "y"] == 9


def test_what_is_missing_is_told_at_the_table_around_it() -> None:
    """A path that is not there has the line of its nearest table, and line 1 where there is none."""
    lines = find_lines("x = 1\n\n[a.b]\ny = 1\n")
    assert line_of(("a", "b", "z", 0), lines) == 3
    assert line_of(("a", "c"), lines) == 3
    assert line_of(("d",), lines) == 1
