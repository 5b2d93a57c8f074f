"""Serving the world on this machine: two vendors and the control API, each on its port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.certificates import make_certificates
from ml_connector_sandbox.clock import OffsetClock
from ml_connector_sandbox.front import Dropped
from ml_connector_sandbox.wire import Request, Response, wsgi
from ml_connector_sandbox.world import World

HOST = "127.0.0.1"
NAME = "localhost"
"""Addresses are told by name, as vendors tell theirs."""
FACTS = "sandbox.json"
IONAPI = "sandbox.ionapi"
STATE = "world.pickle"
PRIVATE = 0o600
THREADS = 16
PRODUCTS = ("fsm",)
ROLES = ("jira", "cloudsuite", "control")


class CannotServe(Exception):
    """A port is taken, or something was asked for that is not built."""


@dataclass(slots=True)
class Ports:
    """The ports asked for; 0 picks a free one, the former one where there was a former run."""

    jira: int = 0
    cloudsuite: int = 0


def serve(
    directory: Path,
    jira_port: int = 0,
    cloudsuite_port: int = 0,
    *,
    product: str = "fsm",
    scale: int = 1,
    tls: bool = False,
    empty: bool = False,
    fresh: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT, then keep the world in the directory: the next start goes on from there.

    `fresh` forgets what is kept. Raises CannotServe.
    """
    if product not in PRODUCTS:
        raise CannotServe(f"CloudSuite {product} is not simulated; there is {', '.join(PRODUCTS)}.")
    directory.mkdir(parents=True, exist_ok=True)
    if fresh:
        (directory / STATE).unlink(missing_ok=True)
    kept = directory / STATE
    world = _load(kept) if kept.exists() else worlds.build(clock=OffsetClock(), scale=scale, empty=empty)
    ports = _former_ports(directory) if kept.exists() else {}
    ports |= {name: port for name, port in (("jira", jira_port), ("cloudsuite", cloudsuite_port)) if port}
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    certificates = make_certificates(directory) if tls else None
    scheme = "https" if tls else "http"
    applications = {"jira": world.jira_front, "cloudsuite": world.cloudsuite_front, "control": world.control}
    servers = {
        role: _server(application, ports.get(role, 0), scheme if role != "control" else "http", certificates)
        for role, application in applications.items()
    }
    threads = [threading.Thread(target=server.serve, daemon=True) for server in servers.values()]
    for thread in threads:
        thread.start()
    urls = {role: _url(scheme if role != "control" else "http", servers[role]) for role in ROLES}
    _write_facts(directory, world, urls, tls=tls)
    for role in ROLES:
        print(f"{role:<10} {urls[role]}", flush=True)  # noqa: T201 - what a person starts this for
    stop.wait()
    for server in servers.values():
        server.stop()
    _save(directory / STATE, world)


def _load(path: Path) -> World:
    # Our own file in a directory of the user's: as trustworthy as the program itself.
    loaded: World = pickle.loads(path.read_bytes())  # noqa: S301
    return loaded


def _save(path: Path, world: World) -> None:
    with world.lock:
        _write(path, pickle.dumps(world))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner's eyes only: the files hold (invented) credentials."""
    scratch = path.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    scratch.replace(path)


def _former_ports(directory: Path) -> dict[str, int]:
    try:
        facts = json.loads((directory / FACTS).read_text(encoding="utf-8"))
        found = {role: int(facts[role]["url"].rsplit(":", 1)[1]) for role in ROLES}
    except (OSError, ValueError, KeyError, IndexError):
        return {}
    return {role: port for role, port in found.items() if _free(port)}


def _picked() -> int:
    """A free port, known before the server binds it: only then can its successor bind it again at once."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _server(
    answer: Callable[[Request], Response], port: int, scheme: str, certificates: tuple[Path, Path] | None
) -> Server:
    server = Server((HOST, port or _picked()), _dropping(wsgi(answer, scheme)), numthreads=THREADS, server_name=NAME)
    server.error_log = _silent  # type: ignore[method-assign] # cheroot's own way to silence it
    server.shutdown_timeout = 1
    if certificates is not None and scheme == "https":
        server.ssl_adapter = BuiltinSSLAdapter(*(str(path) for path in certificates))
    try:
        server.prepare()
    except OSError as error:
        raise CannotServe(f"Port {port} cannot be used: {error}") from None
    return server


def _silent(*_args: object, **_kwargs: object) -> None:
    """A dropped connection is what was asked for, not an error to print."""


def _dropping(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Close the connection without an answer where the vendor drops it."""

    def dropping(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start)
        except Dropped:
            connection = environ["wsgi.input"].rfile
            connection.close()
            raise ConnectionResetError from None

    return dropping


def _url(scheme: str, server: Server) -> str:
    return f"{scheme}://{NAME}:{server.bind_addr[1]}"


def _write_facts(directory: Path, world: World, urls: dict[str, str], *, tls: bool) -> None:
    """Tell where everything is, once it answers."""
    ionapi = directory / IONAPI
    _write(ionapi, json.dumps(world.cloudsuite.ionapi(urls["cloudsuite"]), indent=1).encode())
    facts: dict[str, Any] = {
        "jira": {"url": urls["jira"], **world.jira.credentials()},
        "cloudsuite": {"url": urls["cloudsuite"], "ionapi": str(ionapi.absolute()), **world.cloudsuite.facts()},
        "control": {"url": urls["control"]},
    }
    if tls:
        facts["ca"] = str((directory / "ca.pem").absolute())
    _write(directory / FACTS, json.dumps(facts, indent=1, ensure_ascii=False).encode())
