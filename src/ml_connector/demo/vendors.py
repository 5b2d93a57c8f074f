"""The sandbox as its own process, and its control API: the demo sees the vendors' books only through it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from ml_connector.errors import Transient

START_SECONDS_MAX = 30.0
POLL_SECONDS = 0.05
TOO_MANY = 429
STOP_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Vendors:
    """Two running vendors: where they are, and what they hold."""

    directory: Path
    facts: dict[str, Any]
    http: urllib3.PoolManager
    process: subprocess.Popen[bytes] | None = None

    def books(self, name: str) -> list[dict[str, Any]]:
        """One of the vendors' books: gl, issues, worklogs, orders, projects."""
        found: list[dict[str, Any]] = self.control("GET", f"/books/{name}")
        return found

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API."""
        return self.call(method, self.facts["control"]["url"] + path, body)

    def call(self, method: str, url: str, body: object = None, user: dict[str, str] | None = None) -> Any:
        """One call as a person with a browser would make it; JSON out, JSON back. Raises Transient for a refusal."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if user:
            headers |= urllib3.make_headers(basic_auth=login_of(user))
        data = None if body is None else json.dumps(body).encode()
        answer = self.http.request(method, url, body=data, headers=headers)
        while answer.status == TOO_MANY:  # a person tries again a little later
            time.sleep(float(answer.headers.get("Retry-After", "1")))
            answer = self.http.request(method, url, body=data, headers=headers)
        if answer.status >= 400:  # noqa: PLR2004 - any refusal
            raise Transient(f"The sandbox answered {answer.status} to {method} {url}: {answer.data[:300]!r}")
        return json.loads(answer.data) if answer.data else None

    @property
    def jira_url(self) -> str:
        """Address of the simulated Jira."""
        return str(self.facts["jira"]["url"])

    @property
    def cloudsuite_url(self) -> str:
        """Address of the simulated CloudSuite."""
        return str(self.facts["cloudsuite"]["url"])


def login_of(person: dict[str, str]) -> str:
    """What a person of the simulated Jira signs in with: by e-mail and token, or by user name and password."""
    if "password" in person:
        return f"{person['username']}:{person['password']}"
    return f"{person['email']}:{person['api_token']}"


def secret_for(jira: dict[str, Any]) -> dict[str, str]:
    """What the installation signs in to the simulated Jira with."""
    if jira["deployment"] == "datacenter":
        return {"kind": "personal_token", "token": jira["personal_access_token"]}
    return {name: str(jira[name]) for name in ("email", "api_token")}


def author_of(worklog: dict[str, Any]) -> str:
    """Who logged an entry, as the people of the sandbox are listed: by account id, by user key on Data Center."""
    author = worklog["author"]
    return str(author["accountId"] if "accountId" in author else author["key"])


@contextmanager
def vendors(directory: Path, product: str = "fsm", scale: int = 1, jira_deployment: str = "cloud") -> Iterator[Vendors]:
    """Start the sandbox, wait until both vendors answer, and stop it at the end."""
    directory.mkdir(parents=True, exist_ok=True)
    facts = directory / "sandbox.json"
    command = [sys.executable, "-m", "ml_connector_sandbox", "--dir", str(directory), "--product", product]
    command += ["--jira-deployment", jira_deployment]
    began = time.time()
    process = subprocess.Popen([*command, "--scale", str(scale)], stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        _wait(process, facts, began)
        yield Vendors(directory, json.loads(facts.read_text()), urllib3.PoolManager(maxsize=8), process)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)


def _wait(process: subprocess.Popen[bytes], facts: Path, began: float) -> None:
    """Until the sandbox has told where it is: it does once both vendors answer."""
    until = time.monotonic() + START_SECONDS_MAX
    while not _written_since(facts, began):
        if process.poll() is not None or time.monotonic() > until:
            raise Transient("The sandbox did not start.", remedy="Run `ml-connector sandbox --dir DIR` to see why.")
        time.sleep(POLL_SECONDS)


def _written_since(file: Path, began: float) -> bool:
    """A file of a former run, which names the former ports, does not count."""
    return file.exists() and file.stat().st_mtime >= began
