"""Anchors by webhook and by mail, over real sockets. Goal: what arrives proves the past, and no secret shows."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from engine.acme import Acme
from ml_connector.bootstrap import anchor_place, tell_unanchored
from ml_connector.engine.anchors import Anchoring, FilePlace, Place, anchor, anchor_daily, read_anchors
from ml_connector.errors import ConnectorError, Misconfigured, Transient
from ml_connector.net.mail import MailServer
from ml_connector.store import audit

TOKEN = "hunter2"


class Webhook(BaseHTTPRequestHandler):
    """Keeps what is posted, and answers as it is told."""

    got: ClassVar[list[tuple[str, bytes]]] = []
    status: ClassVar[int] = 204

    def do_POST(self) -> None:
        """One anchor."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers.get("Authorization", ""), body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand in a mail."""

    got: ClassVar[list[bytes]] = []
    refusal: ClassVar[bytes] = b""

    def handle(self) -> None:
        """One session."""
        self.wfile.write(b"220 mail.test\r\n")
        for line in self.rfile:
            verb = line.strip().upper()
            if verb == b"DATA":
                self.wfile.write(self.refusal or b"354 go on\r\n")
                if not self.refusal:
                    self.got.append(self._data())
                    self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")

    def _data(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        return b"".join(lines)


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[int]:
    """A server in a thread; its port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def webhook() -> Iterator[str]:
    """The address of a webhook on this machine."""
    Webhook.got.clear()
    Webhook.status = 204
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Webhook)) as port:
        yield f"http://127.0.0.1:{port}/anchors/secret-path"


@pytest.fixture
def mailbox() -> Iterator[str]:
    """The address of a mail server on this machine."""
    Mailbox.got.clear()
    Mailbox.refusal = b""
    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)) as port:
        yield f"smtp://127.0.0.1:{port}"


def grown(acme: Acme, subject: str) -> Acme:
    """Its audit trail holds one more row."""
    with acme.installed.database.begin() as tx:
        audit.append(tx, acme.clock.now(), "analyst", "did", subject, {})
    return acme


def proves(acme: Acme, place: Path) -> bool:
    """Whether the chain holds the heads in a file."""
    with acme.installed.database.read() as tx:
        return audit.lacks(tx, read_anchors(place)) is None


def test_a_webhook_is_told_the_head_with_its_token(acme: Acme, webhook: str, tmp_path: Path) -> None:
    """Once, however often it is run; what it logged proves the chain."""
    place = anchor_place(grown(acme, "one").installed, webhook, {"MLC_ANCHOR_TOKEN": TOKEN})
    for _ in range(2):
        anchor(acme.installed.database, place, acme.clock.now())
    ((authorization, body),) = Webhook.got
    assert authorization == f"Bearer {TOKEN}"
    copied = tmp_path / "copied.jsonl"
    copied.write_bytes(body)
    assert proves(acme, copied)
    assert "secret-path" not in place.name
    assert TOKEN not in repr(place)


def test_a_mail_holds_the_head_as_a_line_of_its_own(acme: Acme, mailbox: str, tmp_path: Path) -> None:
    """With a word about what it is for; the line that was copied from it proves the chain."""
    place = anchor_place(grown(acme, "one").installed, "mailto:audit@acme.test", {"MLC_SMTP_URL": mailbox})
    head = anchor(acme.installed.database, place, acme.clock.now())
    (mail,) = map(message_from_bytes, Mailbox.got)
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    (line,) = [each for each in text.decode().splitlines() if each.startswith("{")]
    assert head is not None
    assert json.loads(line)["hash"] == head.hash
    assert (mail["To"], mail["From"]) == ("audit@acme.test", "audit@acme.test")
    copied = tmp_path / "copied.jsonl"
    copied.write_text(line)
    assert proves(acme, copied)


def test_what_one_place_does_not_take_is_told_to_the_others_and_tried_again(
    acme: Acme, webhook: str, tmp_path: Path
) -> None:
    """A webhook that is broken keeps no file from its anchor; within the hour it is left alone, then it has its own."""
    Webhook.status = 403
    file = tmp_path / "anchors.jsonl"
    places: tuple[Place, ...] = (anchor_place(acme.installed, webhook, {}), FilePlace(file))
    anchoring = Anchoring(grown(acme, "one").installed.database, places)
    start = acme.clock.now()
    for minutes in (0, 10, 50):
        anchoring.daily(start + timedelta(minutes=minutes), tell_unanchored)
    assert len(read_anchors(file)) == 1
    assert len(Webhook.got) == 1
    Webhook.status = 204
    anchoring.daily(start + timedelta(minutes=61), tell_unanchored)
    anchoring.daily(start + timedelta(hours=2), tell_unanchored)
    assert len(Webhook.got) == 2


def test_a_place_is_told_once_a_day(acme: Acme, webhook: str) -> None:
    """However often the service runs, and although the trail goes on."""
    place = anchor_place(acme.installed, webhook, {})
    for hours in (0, 1, 23, 24, 25):
        anchor_daily(grown(acme, str(hours)).installed.database, place, acme.clock.now() + timedelta(hours=hours))
    assert len(Webhook.got) == 2


@pytest.mark.parametrize(
    ("where", "environ", "message"),
    [
        ("http://audit.acme.test/hook", {}, "needs https"),
        ("mailto:audit@acme.test", {}, "mail server cannot be read"),
        ("mailto:audit@acme.test", {"MLC_SMTP_URL": f"smtp://x:{TOKEN}@host:port"}, "mail server cannot be read"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused(acme: Acme, where: str, environ: dict[str, str], message: str) -> None:
    """With what to write instead, and without the password that it holds."""
    with pytest.raises(Misconfigured, match=message) as caught:
        anchor_place(acme.installed, where, environ)
    assert TOKEN not in str(caught.value)


def test_a_mail_server_that_refuses_is_named_without_its_password(mailbox: str) -> None:
    """What the server says is told by its number: servers repeat what they were told."""
    Mailbox.refusal = f"554 no mail for {TOKEN}\r\n".encode()
    server = MailServer.parse(mailbox)
    with pytest.raises(Transient, match="it answered 554") as caught:
        server.send("a@acme.test", "b@acme.test", "s", "t")
    assert TOKEN not in str(caught.value)


def test_a_mail_server_that_is_away_is_said_to_be() -> None:
    """Nothing listens there."""
    with pytest.raises(ConnectorError, match="did not take the mail"):
        MailServer.parse("smtp://127.0.0.1:1").send("a@acme.test", "b@acme.test", "s", "t")
