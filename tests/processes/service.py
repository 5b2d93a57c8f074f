"""`ml-connector serve` as a process of its own, and what its database holds once it is dead."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ml_connector.settings import Home

STOP_SECONDS_MAX = 30


class Service:
    """One installation's service, started as a person starts it, as often as it takes."""

    def __init__(self, directory: Path) -> None:
        """Nothing runs yet. All that the service ever says stands in one file, and every start takes the same port."""
        self.home = Home(directory)
        self.told = directory / "serve.log"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready when it is ready."""
        place = ["--dir", str(self.home.database_file.parent), "--port", str(self.port)]
        command = [sys.executable, "-m", "ml_connector", "serve", *place]
        with self.told.open("ab") as told:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)

    def running(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would. It must have been running until now."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait() == -signal.SIGKILL, f"it had ended by itself: {self.said()}"

    def stop(self) -> int:
        """Ask it to end, as a service manager does, and return how it ended."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOP_SECONDS_MAX)

    def said(self) -> str:
        """All that it said to people."""
        return self.told.read_text(encoding="utf-8")

    @contextmanager
    def books(self) -> Iterator[sqlite3.Connection]:
        """Its database; while it is dead a copy of what the disk holds: looking repairs nothing for the next start."""
        file = self.home.database_file
        if self.running():
            with closing(sqlite3.connect(file)) as shared:
                yield shared
            return
        with TemporaryDirectory(prefix="ml-connector-dead-") as scratch:
            for part in (file, file.with_name(f"{file.name}-wal")):
                if part.exists():
                    shutil.copy(part, scratch)
            with closing(sqlite3.connect(Path(scratch) / file.name)) as copy:
                yield copy

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of one query on its database."""
        with self.books() as copy:
            return copy.execute(query).fetchall()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
