"""One way to send a mail: plain text through one SMTP server, encrypted unless the server is on this machine."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from ml_connector.errors import Misconfigured, Transient
from ml_connector.net.addresses import is_loopback_name

SMTP, SMTPS = "smtp", "smtps"
PORTS = {SMTP: 587, SMTPS: 465}
SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in. With `smtp`, STARTTLS is asked for; with `smtps`, all is encrypted from the start."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """A server from `smtp://user:password@host:587`. Raises Misconfigured, and never repeats what it was given."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        if not port or not parts.hostname:
            raise Misconfigured(
                "The address of the mail server cannot be read.",
                remedy="Write it as smtp://user:password@host:587, or with smtps.",
            )
        return cls(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))

    def send(self, sender: str, to: str, subject: str, text: str) -> None:
        """Hand in one mail. Raises Transient where it was not taken."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message.set_content(text)
        try:
            self._hand_in(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Transient(
                f"The mail server {self.host}:{self.port} did not take the mail: {_words(error)}.",
                remedy="Correct its address, user or password, or wait until it answers.",
            ) from None

    def _hand_in(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self.scheme == SMTPS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS_MAX, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=SECONDS_MAX)
        with connection:
            if self.scheme == SMTP and not is_loopback_name(self.host):
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
            connection.send_message(message)


def _words(error: Exception) -> str:
    """What went wrong, without what the server repeated of what we said."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    return type(error).__name__
