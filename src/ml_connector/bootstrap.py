"""The only wiring: from a directory with settings, a key and a database to lanes that can be run."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection as Transaction

from ml_connector.clock import Clock, SystemClock
from ml_connector.core.webhooks import WebhookKind
from ml_connector.engine.anchors import Anchoring, FilePlace, MailPlace, Place, WebhookPlace
from ml_connector.engine.door import Door, Key
from ml_connector.engine.lane import Lane, Subscription
from ml_connector.engine.loop import Loop, Rounds, Schedule
from ml_connector.engine.poll import order_key
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded, run_inbox, run_lane
from ml_connector.engine.subscription import wanted
from ml_connector.erp import registry as erps
from ml_connector.erp.gateway import Gateway
from ml_connector.erp.ion import ClientAuthentication, IonCredentials, parse_ionapi
from ml_connector.erp.port import Erp
from ml_connector.errors import ConnectorError, InvariantBroken, Misconfigured, Refused, Unauthorized
from ml_connector.jira import registry as jiras
from ml_connector.jira.authentication import REFUSED, ApiToken
from ml_connector.jira.deliveries import Secrets
from ml_connector.jira.port import Jira
from ml_connector.jira.sign_ins import diagnosed, sign_in_of
from ml_connector.net.addresses import Guard, is_loopback_name
from ml_connector.net.certificates import look
from ml_connector.net.client import Client
from ml_connector.net.items import Window
from ml_connector.net.limits import Pace
from ml_connector.net.mail import MailServer
from ml_connector.net.observation import Observed
from ml_connector.net.transport import HttpTransport
from ml_connector.net.urgency import background
from ml_connector.policy import as_the_erp_can, currency_digits, lane_policy, slips
from ml_connector.rules import rules_version
from ml_connector.settings import (
    Connection,
    Home,
    InvalidSettings,
    load_changed,
    load_connection,
    load_connections,
    mapping_version,
    rates_version,
    sample,
)
from ml_connector.settings.writing import write_connection
from ml_connector.store import audit, cursors, lineage, mapping_versions, worklogs
from ml_connector.store.database import Database, shown_url
from ml_connector.store.paces import PaceBook
from ml_connector.store.renewals import Renewal
from ml_connector.store.vault import MasterKey, Vault
from ml_connector.wire import Request, Response, Send

log = structlog.get_logger()

CLOUDSUITE = "cloudsuite"
JIRA = "jira"
WEBHOOK = "webhook"
SIGNED_IN = "cloudsuite_signed_in"
"""Names of the secrets of a connection in the vault."""
PATH_BYTES, SIGNING_BYTES = 24, 48
"""Randomness in the path that Jira delivers to, and in the secret that it signs with."""
KEYS_FOR = timedelta(seconds=30)
"""How long the service goes on with secrets that it has read, before it reads them again."""
DIAGNOSED_FOR = timedelta(hours=1)
"""How long a diagnosis of refused credentials stands: each one shows them to a host once more."""
DATABASE_VARIABLE = "MLC_DATABASE_URL"
"""Names another database than the file in the directory. It holds a password, so that it is in no file of ours."""
SMTP_VARIABLE, SENDER_VARIABLE, ANCHOR_TOKEN_VARIABLE = "MLC_SMTP_URL", "MLC_MAIL_FROM", "MLC_ANCHOR_TOKEN"
"""How anchors are mailed, from whom, and what a webhook for anchors is shown."""
DATABASES = ("postgresql://", "sqlite:///")
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
FIRST_STREAM = "erp.purchase_order"

Transport = Callable[[Connection], Callable[[Request], Response]]
"""Makes the one exchange that a connection's clients use; tests put the simulated vendors here."""


def http_transport(connection: Connection) -> Callable[[Request], Response]:
    """Real sockets, guarded as the connection says."""
    return HttpTransport(allowed_hosts=connection.network.allowed_hosts, ca_file=connection.network.ca_file)


@dataclass(slots=True)
class Installation:
    """One directory's settings, key and database, and what can be built from them."""

    home: Home
    connections: dict[str, Connection]
    database: Database
    vault: Vault
    clock: Clock
    transport: Transport = http_transport
    paces: dict[str, Pace] = field(default_factory=dict)
    diagnoses: dict[str, tuple[datetime, dict[str, str], Unauthorized]] = field(default_factory=dict, repr=False)

    def choose(self, name: str) -> str:
        """The connection named, or the only one. Raises Refused where that is not clear."""
        if name in self.connections:
            return name
        known = ", ".join(sorted(self.connections)) or "none"
        if name or len(self.connections) != 1:
            what = f"There is no connection {name}." if name else "Several connections are set up, or none."
            raise Refused(what, remedy=f"Name one with --connection. Set up: {known}.")
        return next(iter(self.connections))

    def changed(self, name: str, file: Path) -> Connection:
        """A connection as another file changes it. Raises InvalidSettings for what is wrong with the change."""
        return load_changed(self.home.connection_file(name), file, check=slips)

    def lane(self, name: str = "", say: Callable[[str], None] = lambda _message: None) -> Lane:
        """A lane of a connection, ready to run. Raises Misconfigured without stored credentials."""
        chosen = self.choose(name)
        connection = self.connections[chosen]
        secret = self._secret(chosen, JIRA)
        session = self._session(connection, secret)
        self.note_version(chosen)
        erp = self.erp_of(chosen)
        return Lane(
            name=chosen,
            site=connection.jira.site,
            database=self.database,
            erp=erp,
            jira=jiras.open_jira(session, connection),
            clock=self.clock,
            policy=as_the_erp_can(lane_policy(connection), erp.capabilities),
            say=say,
            subscription=self._subscription(connection, session),
            sign_in=sign_in_of(jiras.kind_of(secret), secret),
            diagnose=lambda error: self.diagnosed(chosen, secret, error),
            certificate=partial(look, guard=Guard.of(connection.network.allowed_hosts)),
        )

    def diagnosed(self, name: str, secret: dict[str, str], error: Unauthorized) -> Unauthorized:
        """Why Jira refused credentials: an API token that is refused without a reason is tried on the other host."""
        kind = jiras.kind_of(secret)
        if error.cause != REFUSED or kind not in (jiras.API_TOKEN, jiras.SCOPED_TOKEN):
            return error
        known = self.diagnoses.get(name)
        now = self.clock.now()
        if known is None or known[1] != secret or known[0] + DIAGNOSED_FOR <= now:
            jira = self.connections[name].jira
            token = ApiToken(secret["email"], secret["api_token"], scoped=kind == jiras.SCOPED_TOKEN)
            send = Client(self.transport(self.connections[name]), self.clock).send
            found = diagnosed(error, token, sign_in_of(kind, secret), send, jira.url, jira.gateway_url, now)
            known = self.diagnoses[name] = (now, secret, found)
        return known[2]

    def note_version(self, name: str) -> None:
        """Keep the file that a connection is worked by, where it is not the last that was kept."""
        file = self.home.connection_file(name)
        with self.database.read() as tx:
            last = mapping_versions.latest(tx, name)
        text = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
        # A file that changed since it was read is not what is worked by: who reads it next keeps it.
        if (last is None or last.text != text) and self._is_worked_by(name, file):
            with self.database.begin() as tx:
                hashes, now = hashes_of(self.connections[name]), self.clock.now()
                mapping_versions.note(tx, name, text, hashes, mapping_versions.FOUND, "found on disk", now)

    def _is_worked_by(self, name: str, file: Path) -> bool:
        try:
            return load_connection(file, check=slips) == self.connections[name]
        except Misconfigured:
            return False

    def watched_lane(self, name: str = "", say: Callable[[str], None] = lambda _message: None) -> tuple[Lane, Observed]:
        """The same, with notes of what the vendors tell of their clocks and limits. Raises as `lane`."""
        observed = Observed(self.clock)

        def transport(connection: Connection) -> Callable[[Request], Response]:
            return observed.through(self.transport(connection))

        return replace(self, transport=transport).lane(name, say), observed

    def granted(self, name: str) -> frozenset[str] | None:
        """The scopes that an OAuth grant of Jira came with; None where nobody told of scopes."""
        scopes = self._secret(name, JIRA).get("scopes", "")
        return frozenset(scopes.split()) or None

    def _subscription(self, connection: Connection, session: Send) -> Subscription | None:
        """The webhook that a connection wants, with secrets of its own that nobody needs to see."""
        settings = connection.jira.webhook
        if settings.kind == "off":
            return None
        secret = self._webhook_secret(connection.name)
        kind = WebhookKind(settings.kind)
        address = f"{settings.public_url}/webhooks/jira/{connection.name}/{secret['path']}"
        projects = tuple(lane_policy(connection).mapping.jira_projects)
        return Subscription(
            wanted(kind, connection.name, address, projects), jiras.open_webhooks(session, kind, secret["signing"])
        )

    def _webhook_secret(self, name: str) -> dict[str, str]:
        with self.database.begin() as tx:
            found = self.vault.get(tx, name, WEBHOOK)
            if found is None:
                found = {"path": token_urlsafe(PATH_BYTES), "signing": token_urlsafe(SIGNING_BYTES)}
                self.vault.put(tx, name, WEBHOOK, found)
        return found

    def door(self, kept: Callable[[str], None] = lambda _name: None) -> Door:
        """Where deliveries of webhooks come in; `kept` hears the connection's name of each that is news."""
        return Door(self.database, self.clock, kept_for(self.clock, KEYS_FOR, self.key_of), kept)

    def key_of(self, name: str) -> Key | None:
        """What opens the door to a connection's webhook; None where it has none."""
        connection = self.connections.get(name)
        if connection is None or connection.jira.webhook.kind == "off":
            return None
        secret = self._webhook_secret(name)
        with self.database.read() as tx:
            held = self.vault.get(tx, name, JIRA) or {}
        secrets = Secrets(client=held.get("client_secret", ""), signature=secret["signing"])
        return Key(secret["path"], secrets, held.get("account", ""))

    def erp_of(self, name: str) -> Erp:
        """The ERP of a connection, with its stored credentials. Raises Misconfigured without them."""
        return self.erp(self.connections[name], self._secret(name, CLOUDSUITE)["ionapi"])

    def jira_of(self, name: str) -> Jira:
        """The Jira of a connection, with its stored credentials. Raises Misconfigured without them."""
        return self.jira(self.connections[name], self._secret(name, JIRA))

    def erp(self, connection: Connection, ionapi: str) -> Erp:
        """The ERP of a connection, with these credentials."""
        documents = self.home.documents(connection.name)
        return erps.open_erp(self._gateway(connection, ionapi).send, connection, currency_digits, documents)

    def enterprise_groups(self, name: str) -> tuple[str, ...] | None:
        """The enterprise groups that a connection's tenant lists; None for a product line that has none at all."""
        connection = self.connections[name]
        find = erps.GROUPS.get(connection.cloudsuite.product)
        return None if find is None else find(self._gateway(connection, self._secret(name, CLOUDSUITE)["ionapi"]).send)

    def _gateway(self, connection: Connection, ionapi: str) -> Gateway:
        settings = connection.cloudsuite
        credentials = parse_ionapi(ionapi)
        pace = self._pace(credentials.base, settings.calls_per_minute)
        client = Client(self.transport(connection), self.clock, pace, random.random)
        record = signed_in(credentials)
        return Gateway(
            credentials,
            client.send,
            self.clock,
            authentication=ClientAuthentication(settings.client_authentication),
            keeper=Renewal(self.database, self.vault, self.clock, connection.name, record),
        )

    def jira(self, connection: Connection, secret: dict[str, str]) -> Jira:
        """The Jira of a connection, with these credentials."""
        return jiras.open_jira(self._session(connection, secret), connection)

    def _session(self, connection: Connection, secret: dict[str, str]) -> Send:
        pace = self._pace(connection.jira.url, item_windows=jiras.item_windows(connection))
        client = Client(self.transport(connection), self.clock, pace, random.random)
        record = tokens_record(secret.get("client_id", ""))
        keeper = Renewal(self.database, self.vault, self.clock, connection.name, record)
        return jiras.open_session(client.send, connection, secret, self.clock, keeper)

    def _pace(self, tenant: str, per_minute: int | None = None, item_windows: tuple[Window, ...] = ()) -> Pace:
        """The budget of calls that all connections to one tenant share, in all processes on this database."""
        made = Pace(per_minute, item_windows, book=PaceBook(self.database, tenant))
        return self.paces.setdefault(tenant, made)

    def try_cloudsuite(self, name: str, ionapi: str) -> str:
        """Sign in, read the calendar where there is one, and hold the field map against the tenant.

        Raises what is wrong; returns what to show of the credentials, and which fields the tenant does not know.
        """
        credentials = parse_ionapi(ionapi)
        connection = self.connections[name]
        erp = self.erp(connection, ionapi)
        if erp.capabilities.tells_periods:
            erp.periods(connection.cloudsuite.entities[0])
        missing = erp.missing_fields()
        fields = f"; it does not know {', '.join(missing)}: see cloudsuite.fields" if missing else ""
        return f"tenant {credentials.tenant}, application {credentials.name}{fields}"

    def try_jira(self, name: str, secret: dict[str, str]) -> str:
        """Sign in. Raises what is wrong; returns the account."""
        try:
            return self.jira(self.connections[name], secret).whoami()
        except Unauthorized as error:
            raise self.diagnosed(name, secret, error) from error

    def keep_secret(self, name: str, record: str, fields: dict[str, str]) -> None:
        """Store credentials that were tried, encrypted. Tokens of those that they replace are forgotten."""
        with self.database.begin() as tx:
            self.vault.put(tx, name, record, fields)
            if record == CLOUDSUITE:
                ours = signed_in(parse_ionapi(fields["ionapi"]))
                for kept in self.vault.names(tx, name):
                    if kept.startswith(SIGNED_IN) and kept != ours:
                        self.vault.delete(tx, name, kept)
            audit.append(tx, self.clock.now(), "local", "credentials_stored", f"{name} {record}", {})

    def _secret(self, name: str, record: str) -> dict[str, str]:
        with self.database.read() as tx:
            found = self.vault.get(tx, name, record)
        if found is None:
            raise Misconfigured(
                f"Connection {name} has no credentials for {record}.",
                remedy=f"Run `ml-connector connect {record} -c {name}`.",
            )
        return found

    def last_read(self, name: str) -> str:
        """When CloudSuite was last read, as an ISO time; empty before the first reading."""
        with self.database.read() as tx:
            return cursors.read(tx, name, FIRST_STREAM) or ""

    def keys_of_worklog(self, tx: Transaction, name: str, worklog_id: str) -> list[str]:
        """The work that a worklog belongs to."""
        issues = [held.worklog.issue_id for held in worklogs.by_ids(tx, name, [worklog_id])]
        found = lineage.standing(tx, name, issues).values()
        return [order_key(each.binding.kind, each.binding.erp_key) for each in found]


def signed_in(credentials: IonCredentials) -> str:
    """Name of the token of these credentials in the vault."""
    return f"{SIGNED_IN} {credentials.fingerprint}"


def hashes_of(connection: Connection) -> mapping_versions.Hashes:
    """The versions of mapping, rates and rules that ledger entries name."""
    return mapping_versions.Hashes(mapping_version(connection), rates_version(connection), rules_version(connection))


def tokens_record(client_id: str) -> str:
    """Name of the tokens of an app in the vault: those of another app are never taken for its own."""
    return f"jira_tokens {client_id}"


def open_installation(
    directory: Path, clock: Clock | None = None, transport: Transport = http_transport
) -> Installation:
    """Open a directory. Raises Misconfigured, with a remedy, for whatever is missing or wrong."""
    _refuse_without_assertions()
    home = _home(directory)
    if not home.connections.is_dir():
        raise Misconfigured(f"{directory} holds no installation.", remedy="Make one with `ml-connector init`.")
    connections = {connection.name: connection for connection in load_connections(home.connections, check=slips)}
    database = Database(home.database_url)
    database.check()
    vault = Vault(MasterKey.load(home.key_file, os.environ))
    return Installation(home, connections, database, vault, clock or SystemClock(), transport)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a first connection file begins with, where it is known already."""

    jira_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    ca_file: str = ""

    def given(self) -> dict[str, Any]:
        """What is known, by the names of `sample`."""
        known = {"jira_url": self.jira_url.rstrip("/"), "allowed_hosts": self.allowed_hosts, "ca_file": self.ca_file}
        return {key: value for key, value in known.items() if value}


def create_installation(directory: Path, name: str, begun: Begun | None = None) -> list[str]:
    """Make what is missing of an installation, and say what was made. Nothing that is there is touched.

    Raises Misconfigured for a name or an address that no connection can have.
    """
    home = _home(directory)
    made: list[str] = []
    home.connections.mkdir(parents=True, exist_ok=True, mode=DIRECTORY_MODE)
    if not home.key_file.exists() and "MLC_KEY" not in os.environ:
        MasterKey.create_file(home.key_file)
        made.append(f"Key for secrets: {home.key_file} (keep a copy apart from the database)")
    upgrade_database(directory)
    made.append(f"Database: {shown_url(home.database_url)}")
    file = home.connection_file(name)
    if not file.exists():
        _write_first(file, sample(name, **(begun or Begun()).given()))
        made.append(f"Connection file to edit: {file}")
    return made


GIVEN_AS = {"name": "--name", "jira.url": "--jira-url", "network.allowed_hosts": "--allow-host"}
"""How who begins a file has given its keys: there is no file yet to be mended."""


def _write_first(file: Path, text: str) -> None:
    try:
        write_connection(file, text, check=slips)
    except InvalidSettings as error:
        told = [f"{GIVEN_AS.get(each.key, each.key)} {each.what}." for each in error.problems]
        raise Misconfigured(" ".join(told), remedy=error.problems[0].remedy) from None


def upgrade_database(directory: Path) -> None:
    """Bring the database of a directory to the present schema. Only its owner can read it: it names people."""
    home = _home(directory)
    if not home.database:
        home.database_file.touch(mode=FILE_MODE)
    database = Database(home.database_url)
    try:
        database.upgrade()
    finally:
        database.close()


def _home(directory: Path) -> Home:
    """The directory, and the database that the environment names. Raises Misconfigured for one that we do not know."""
    url = os.environ.get(DATABASE_VARIABLE, "")
    if url and not url.startswith(DATABASES):
        raise Misconfigured(
            f"{DATABASE_VARIABLE} names a database that ml-connector does not know.",
            remedy="Write it as postgresql://user:password@host:5432/name, or leave it out for a file.",
        )
    return Home(directory, url)


def _refuse_without_assertions() -> None:
    """Invariants are asserted; a program without them is not the one that was tested."""
    if sys.flags.optimize:
        raise InvariantBroken("Python runs with -O, which removes our checks.", remedy="Start it without -O.")


def schedules(installed: Installation) -> dict[str, Schedule]:
    """When each connection runs."""
    return {
        name: Schedule(
            timedelta(seconds=connection.schedule.interval_seconds),
            timedelta(seconds=connection.schedule.sweep_seconds),
            timedelta(seconds=connection.schedule.reconcile_seconds),
            timedelta(seconds=connection.schedule.jitter_seconds),
        )
        for name, connection in installed.connections.items()
    }


def anchor_place(installed: Installation, where: str, environ: Mapping[str, str] = os.environ) -> Place:
    """Where the audit trail is anchored: a file, a webhook (`https://…`) or a mailbox (`mailto:…`).

    Secrets come from the environment. Raises Misconfigured for an address that cannot be used.
    """
    if where.startswith("mailto:"):
        server = MailServer.parse(environ.get(SMTP_VARIABLE, ""))
        to = where.removeprefix("mailto:")
        sender = environ.get(SENDER_VARIABLE, to)
        return MailPlace(to, lambda subject, text: server.send(sender, to, subject, text))
    if "://" in where:
        host = urlsplit(where).hostname or ""
        if not where.startswith("https://") and not (where.startswith("http://") and is_loopback_name(host)):
            raise Misconfigured("A webhook for anchors needs https.", remedy="Write its address as https://host/path.")
        client = Client(HttpTransport(allowed_hosts=(host,)), installed.clock)
        return WebhookPlace(where, client.send, environ.get(ANCHOR_TOKEN_VARIABLE, ""))
    return FilePlace(Path(where))


def embedded_loop(installed: Installation, stop: threading.Event, anchors: Sequence[str] = ()) -> Loop:
    """The schedule of all connections, in this process. Each lane is built once and keeps its connections open.

    The audit trail is anchored daily in the places that are named.
    """
    lanes: dict[str, Lane] = {}
    anchoring = Anchoring(installed.database, tuple(anchor_place(installed, where) for where in anchors))

    @contextmanager
    def fresh(name: str) -> Iterator[Lane]:
        if name not in lanes:
            lanes[name] = installed.lane(name)
        try:
            yield lanes[name]
        except Unauthorized:
            # Somebody may store other credentials, which only a lane that is made anew takes up.
            del lanes[name]
            raise

    def run(name: str) -> Callable[[Rounds], None]:
        def once(rounds: Rounds) -> None:
            with fresh(name) as lane, background():
                outcome = run_lane(lane, sweeping=rounds.sweep)
                log.info("A run has ended.", action="run_ended", connection=name, written=outcome.written)
                if rounds.reconcile:
                    _reconcile(lane)
            anchoring.daily(installed.clock.now(), tell_unanchored)

        return once

    def light(name: str) -> Callable[[], None]:
        def once() -> None:
            with fresh(name) as lane:
                received = run_inbox(lane).received
            log.info("Deliveries were looked into.", action="received", connection=name, taken=received.taken)

        return once

    runs = {name: run(name) for name in installed.connections}
    lights = {name: light(name) for name in installed.connections}
    return Loop(schedules(installed), runs, installed.clock, stop, tell_failure, lights)


def _reconcile(lane: Lane) -> None:
    found = recorded(lane, lambda: reconcile(lane))
    count = len(found.differences)
    log.info("The books were tied out.", action="reconciled", connection=lane.name, agrees=found.agrees, found=count)


def serve_installation(
    installed: Installation,
    host: str,
    port: int,
    anchors: Sequence[str] = (),
    finish: Callable[[str, str], str] | None = None,
) -> None:
    """Run every connection on its schedule and show the status page until stopped. See `embedded_loop`.

    `finish` ends a consent to use Jira that a browser comes back with.
    """
    # The web server takes a third of a second to import, which no other command should pay.
    from ml_connector.web.app import status_app  # noqa: PLC0415
    from ml_connector.web.serve import serve  # noqa: PLC0415

    stop = installed.clock.stop if isinstance(installed.clock, SystemClock) else threading.Event()
    loop = embedded_loop(installed, stop, anchors)
    door = installed.door(loop.hint)
    pages = status_app(installed.database, tuple(installed.connections), installed.clock.now, door, finish)
    serve(pages, loop, host, port)


def kept_for(clock: Clock, span: timedelta, key_of: Callable[[str], Key | None]) -> Callable[[str], Key | None]:
    """The same, asked again for one name only after a time."""
    held: dict[str, tuple[datetime, Key | None]] = {}

    def find(name: str) -> Key | None:
        now = clock.now()
        found = held.get(name)
        if found is None or found[0] + span <= now:
            found = (now, key_of(name))
            if found[1] is not None:  # strangers' names are not remembered
                held[name] = found
        return found[1]

    return find


def tell_unanchored(place: Place, error: ConnectorError) -> None:
    """Log that a place did not take an anchor. Runs go on, and it is tried again."""
    log.error("The audit trail was not anchored.", action="anchor_failed", place=place.name, message=str(error))


def tell_failure(name: str, error: Exception) -> None:
    """Log a failed run in the error's own words."""
    message = str(error) if isinstance(error, ConnectorError) else repr(error)
    log.error("A run failed.", action="run_failed", connection=name, error=type(error).__name__, message=message)
