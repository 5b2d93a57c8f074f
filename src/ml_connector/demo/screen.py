"""The demo's terminal: one line a step while it runs, then tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass(slots=True)
class Screen:
    """Where the story is told. Quiet for machines."""

    console: Console
    quiet: bool = False

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Step]:
        """A step of the story, with its time, and a bar where it counts something."""
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            *((BarColumn(bar_width=24), MofNCompleteColumn()) if total else ()),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
        )
        with Progress(*columns, console=self.console, disable=self.quiet) as progress:
            task = progress.add_task(title, total=total or 1, note="")
            step = Step(progress, task, counting=bool(total))
            yield step
            progress.update(task, completed=total or 1, note="")

    def show(self, *parts: RenderableType) -> None:
        """Show something between steps."""
        if not self.quiet:
            self.console.print(*parts)


@dataclass(slots=True)
class Step:
    """A step that is under way."""

    progress: Progress
    task: object
    counting: bool

    def tick(self) -> None:
        """One more thing is done."""
        if self.counting:
            self.progress.advance(self.task)  # type: ignore[arg-type] # rich's task id

    def note(self, text: str) -> None:
        """What is being done right now."""
        self.progress.update(self.task, note=text)  # type: ignore[arg-type] # rich's task id
