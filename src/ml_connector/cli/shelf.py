"""Commands that are fetched when they are called for: the whole program takes long to import, its help need not."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from ml_connector.cli.contents import CONTENTS, Entry


class Shelf(MutableMapping[str, Any]):
    """All commands by name; one that is asked for is imported."""

    def __init__(self) -> None:
        """Nothing is fetched yet."""
        self._entries = {entry.name: entry for entry in CONTENTS}
        self._fetched: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The command or group of that name. Raises KeyError where there is none."""
        if name not in self._fetched:
            self._fetched[name] = fetched(self._entries[name])
        return self._fetched[name]

    def __setitem__(self, name: str, command: Any) -> None:
        """One more command."""
        self._fetched[name] = command

    def __delitem__(self, name: str) -> None:
        """One command less."""
        del self._entries[name]
        self._fetched.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        """Their names, in the order of the contents."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)


def fetched(entry: Entry) -> Any:
    """Import a command or group, under its name and in its panel."""
    module, _, name = entry.place.partition(":")
    found = getattr(importlib.import_module(f"ml_connector.cli.{module}"), name)
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
    else:
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(entry.name)(found)
        command = typer.main.get_command(single)
    command.name, command.rich_help_panel = entry.name, entry.panel
    return command


class Program(TyperGroup):
    """The program: it lists its commands from the contents, and fetches the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        """With every command on the shelf."""
        super().__init__(**{**attributes, "commands": None})
        self.commands = Shelf()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's
        """Their names, in the order of the contents."""
        return [entry.name for entry in CONTENTS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's
        """What the list shows of a command: its line and panel."""
        return _LINES.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, imported now."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and self.commands[found.name or ""], rest


_LINES = {
    entry.name: TyperCommand(name=entry.name, help=entry.line, rich_help_panel=entry.panel, callback=None)
    for entry in CONTENTS
}
