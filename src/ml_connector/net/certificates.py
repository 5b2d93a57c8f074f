"""The certificate that a host of ours shows to the world, as far as can be told from this machine."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ml_connector.errors import Misconfigured
from ml_connector.net.addresses import Guard

SECONDS_MAX = 10.0
"""How long a host may take to shake hands."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was seen. `ends` is None where nothing was; `problem` says why a client would not trust it, empty where one
    would. `reached` is False where the host could not be reached from here, which proves nothing.
    """

    reached: bool
    ends: datetime | None = None
    problem: str = ""


PUBLIC_ONLY = Guard()
"""Goes to public addresses alone: the name of a host is somebody's input here too."""


def look(host: str, port: int, authorities: Path | None = None, guard: Guard = PUBLIC_ONLY) -> Certificate:
    """Shake hands with a host as a client would that trusts these authorities, or those of the machine.

    A host that the guard does not let us call is not reached.
    """
    context = ssl.create_default_context(cafile=authorities)
    try:
        with (
            guard.connect(host, port, SECONDS_MAX, ()) as raw,
            context.wrap_socket(raw, server_hostname=host) as shaken,
        ):
            shown = shaken.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(reached=True, problem=error.verify_message)
    except ssl.SSLError as error:
        return Certificate(reached=True, problem=f"no TLS is spoken there ({error.reason or 'no reason given'})")
    except (OSError, ValueError, Misconfigured):  # a ValueError is a name that no host can have
        return Certificate(reached=False)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    return Certificate(reached=True, ends=ends)
