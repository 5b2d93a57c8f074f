"""Changing a connection file's text: what is named is set, and all else stays as it stands, remarks too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import AoT, Table

from ml_connector.settings.sample import sample

Values = Mapping[str, Any]
HIDDEN = "hidden"
"""What stands for the amount of a rate where it may not be seen."""
_REMARKED = re.compile(r"""(#.*?\bamount\s*=\s*)("[^"\n]*"|'[^'\n]*'|[^\s,}]+)""")


def section(parent: Any, name: str) -> Any:
    """A table, made where it is not there."""
    if name not in parent:
        parent[name] = tomlkit.table()
    return parent[name]


def append(document: TOMLDocument, name: str, values: Values) -> None:
    """One more table at the end of a list of tables, which is begun where there is none."""
    if not isinstance(document.get(name), AoT):
        document[name] = tomlkit.aot()
    document[name].append(made(values))


def made(values: Values) -> Table:
    """A new table."""
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = value
    return table


def replace_tables(document: TOMLDocument, name: str, key: str, rows: Sequence[Values], columns: Sequence[str]) -> None:
    """Make a list of tables say these rows. A table is the same one where `key` is: its remarks and other keys stay."""
    wanted = {row[key]: row for row in rows}
    present = document.get(name)
    if isinstance(present, AoT):
        for index in reversed(range(len(present))):
            row = wanted.pop(present[index].get(key), None)
            if row is None:
                del present[index]
            else:
                set_values(present[index], {column: row.get(column, "") for column in columns})
        if not len(present):
            del document[name]
    for row in rows:
        if row[key] in wanted:
            append(document, name, {column: row[column] for column in columns if row.get(column)})


def set_values(table: Any, values: Values) -> None:
    """Set what is said otherwise, and take out what is empty."""
    for key, value in values.items():
        if value and table.get(key) != value:
            table[key] = value
        elif not value and key in table:
            del table[key]


def replace_map(document: TOMLDocument, path: Sequence[str], values: Mapping[str, str]) -> None:
    """Make a table say these keys and no others; without any, it is taken out."""
    parent: Any = document
    for name in path[:-1]:
        parent = section(parent, name)
    if not values:
        parent.pop(path[-1], None)
        return
    table = section(parent, path[-1])
    for key in [key for key in table if key not in values]:
        del table[key]
    set_values(table, values)


def edited(text: str, change: Callable[[TOMLDocument], None]) -> str:
    """The text of a file after a change. The text must be TOML already."""
    document = tomlkit.parse(text)
    change(document)
    return tomlkit.dumps(document)


def without_amounts(text: str) -> str:
    """The text of a file without what an hour costs, in remarks too, but for the sample's. It must be TOML already."""
    examples = sample("")

    def hide(document: TOMLDocument) -> None:
        for rate in document.get("rate", ()):
            rate["amount"] = HIDDEN

    def hidden(remark: re.Match[str]) -> str:
        return remark[0] if remark[0] in examples else f'{remark[1]}"{HIDDEN}"'

    return _REMARKED.sub(hidden, edited(text, hide))
