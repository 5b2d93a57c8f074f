"""Serving the world on this machine: two vendors and the control API, each on its port of 127.0.0.1."""

from __future__ import annotations

import errno
import json
import logging
import os
import pickle
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from traceback import print_exception
from typing import Any, NamedTuple

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from ml_connector_sandbox import control
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.certificates import certificates_in
from ml_connector_sandbox.clock import OffsetClock
from ml_connector_sandbox.cloudsuite.app import PRODUCTS
from ml_connector_sandbox.front import Dropped
from ml_connector_sandbox.jira.site import CLOUD, DATACENTER, DEPLOYMENTS
from ml_connector_sandbox.postman import deliver_until
from ml_connector_sandbox.wire import wsgi
from ml_connector_sandbox.world import World

HOST = "127.0.0.1"
NAME = "localhost"
"""Addresses are told by name, as vendors tell theirs."""
FACTS = "sandbox.json"
VARIABLES = "sandbox.env"
IONAPI = "sandbox.ionapi"
STATE = "world.pickle"
PRIVATE = 0o600
THREADS = 16
ROLES = ("jira", "cloudsuite", "control")
Application = Callable[..., Iterable[bytes]]


class MadeFrom(NamedTuple):
    """What a world is made from, as it was asked for."""

    scale: int
    empty: bool
    product: str
    jira_deployment: str


REMEDY = "Take another directory, or remove this file to begin anew."
STOP_CHECK = 0.1
"""Seconds between two looks at whether a server is to stop."""


class CannotServe(Exception):
    """A port is taken, a kept world does not fit, or something was asked for that is not built."""


def serve(
    directory: Path,
    jira_port: int = 0,
    cloudsuite_port: int = 0,
    *,
    product: str = "fsm",
    jira_deployment: str = CLOUD,
    scale: int = 1,
    tls: bool = False,
    empty: bool = False,
    fresh: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT, then keep the world in the directory: the next start goes on from there.

    A port of 0 picks a free one, the former one where a former run is continued. `fresh` forgets what is kept.
    Raises CannotServe.
    """
    if product not in PRODUCTS:
        raise CannotServe(f"CloudSuite {product} is not simulated; there is {', '.join(PRODUCTS)}.")
    if jira_deployment not in DEPLOYMENTS:
        raise CannotServe(f"Jira {jira_deployment} is not simulated; there are {', '.join(DEPLOYMENTS)}.")
    directory.mkdir(parents=True, exist_ok=True)
    if fresh:
        (directory / STATE).unlink(missing_ok=True)
    continued = (directory / STATE).exists()
    made_from = MadeFrom(scale, empty, product, jira_deployment)
    world = _load(directory / STATE, made_from) if continued else _build(made_from)
    ports = _former_ports(directory) if continued else {}
    ports |= {role: port for role, port in (("jira", jira_port), ("cloudsuite", cloudsuite_port)) if port}
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    certificates = certificates_in(directory, keep=continued) if tls else None
    servers = _servers(world, ports, certificates)
    for server in servers.values():
        threading.Thread(target=server.serve, daemon=True).start()
    threading.Thread(target=deliver_until, args=(stop, world), daemon=True).start()
    try:
        _tell(directory, world, {role: _url(server) for role, server in servers.items()}, tls=tls)
        stop.wait()
    finally:
        for server in servers.values():  # their threads would keep the program alive
            server.stop()
    _save(directory / STATE, world)


def _build(made_from: MadeFrom) -> World:
    return worlds.build(clock=OffsetClock(), **made_from._asdict())


def _load(path: Path, made_from: MadeFrom) -> World:
    """The world that a former run kept. Raises CannotServe for one of another making."""
    try:
        # Our own file in a directory of the user's: as trustworthy as the program itself.
        world: World = pickle.loads(path.read_bytes())  # noqa: S301
    except (pickle.UnpicklingError, EOFError, ImportError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise CannotServe(f"{path} cannot be read: {error}. {REMEDY}") from None
    kept = MadeFrom(world.scale, world.empty, world.cloudsuite.product, world.jira.deployment)
    if kept != made_from:
        what = "another scale, product line or kind of Jira, or one that is not empty"
        raise CannotServe(f"{path} holds a world of {what}. {REMEDY}")
    return world


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


def _servers(world: World, ports: Mapping[str, int], certificates: tuple[Path, Path] | None) -> dict[str, Server]:
    """A server for each role, bound to its port; the control API stays on plain http. Raises CannotServe."""
    scheme = "http" if certificates is None else "https"
    planned = {
        "jira": (wsgi(world.jira_front, scheme), certificates),
        "cloudsuite": (wsgi(world.cloudsuite_front, scheme), certificates),
        "control": (wsgi(partial(control.answer, world)), None),
    }
    servers: dict[str, Server] = {}
    try:
        for role, (application, secured) in planned.items():
            servers[role] = _server(application, ports.get(role, 0), secured)
    except CannotServe:
        for server in servers.values():  # their threads would keep the program alive
            server.stop()
        raise
    return servers


def _server(application: Application, port: int, certificates: tuple[Path, Path] | None) -> Server:
    server = Server((HOST, port or _picked()), _dropping(application), numthreads=THREADS, server_name=NAME)
    server.error_log = _log_error  # type: ignore[method-assign] # cheroot's own way to log elsewhere
    server.shutdown_timeout = 1
    server.expiration_interval = STOP_CHECK
    if certificates is not None:
        server.ssl_adapter = BuiltinSSLAdapter(*(str(path) for path in certificates))
    try:
        server.prepare()
    except OSError as error:
        raise CannotServe(f"Port {port} cannot be used: {error}") from None
    return server


def _log_error(msg: str = "", level: int = 0, traceback: bool = False) -> None:  # noqa: FBT001, FBT002 - cheroot's
    """Print what broke in here; clients that hang up, and that we hang up on, are no errors."""
    error = sys.exception()
    if level >= logging.ERROR and not isinstance(error, OSError):
        print(msg, file=sys.stderr)  # noqa: T201 - a server without a log file
        if traceback:
            print_exception(error)


def _dropping(application: Application) -> Application:
    """Close the connection without an answer where the vendor drops it."""

    def dropping(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start)
        except Dropped:
            # To cheroot this is a client that is gone: it closes the connection and writes nothing.
            raise ConnectionResetError(errno.ECONNRESET, "dropped") from None

    return dropping


def _url(server: Server) -> str:
    scheme = "http" if server.ssl_adapter is None else "https"
    return f"{scheme}://{NAME}:{server.bind_addr[1]}"


SHELL_NAMES: Mapping[str, Mapping[str, str]] = {
    CLOUD: {"JIRA_EMAIL": "email", "JIRA_API_TOKEN": "api_token"},
    DATACENTER: {"JIRA_PERSONAL_TOKEN": "personal_access_token"},
}
"""What signs in to a Jira of each kind, as `ml-connector connect` reads it from the environment."""
PERSON: Mapping[str, tuple[str, str]] = {CLOUD: ("email", "api_token"), DATACENTER: ("username", "password")}
"""What one of the people who log hours signs in with."""


def _variables(facts: Mapping[str, Any]) -> str:
    """The same for a shell: what a person types most."""
    jira = facts["jira"]
    signs_in, known = SHELL_NAMES[jira["deployment"]], (jira["people"] or [jira])[0]
    values = {
        "JIRA_URL": jira["url"],
        **{name: jira[key] for name, key in signs_in.items()},
        "IONAPI": facts["cloudsuite"]["ionapi"],
        "CONTROL": facts["control"]["url"],
        "PERSON": ":".join(known[key] for key in PERSON[jira["deployment"]] if key in known),
    }
    return "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in values.items())


def _tell(directory: Path, world: World, urls: Mapping[str, str], *, tls: bool) -> None:
    """Tell where everything is, once it answers: to programs in a file, to people on the terminal."""
    ionapi = directory / IONAPI
    _write(ionapi, json.dumps(world.cloudsuite.ionapi(urls["cloudsuite"]), indent=1).encode())
    facts: dict[str, Any] = {
        "jira": {"url": urls["jira"], **world.jira.credentials()},
        "cloudsuite": {"url": urls["cloudsuite"], "ionapi": str(ionapi.absolute()), **world.cloudsuite.facts()},
        "control": {"url": urls["control"]},
    }
    if tls:
        facts["ca"] = str((directory / "ca.pem").absolute())
    _write(directory / VARIABLES, _variables(facts).encode())
    _write(directory / FACTS, json.dumps(facts, indent=1, ensure_ascii=False).encode())
    for role, url in urls.items():
        print(f"{role:<10} {url}", flush=True)  # noqa: T201 - what a person starts this for
