"""The sandbox as a process of its own, and an ordinary client of it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

STOP_SECONDS_MAX = 10
ONE_TRY = urllib3.Retry(0)
PLACES = 3


class Running:
    """A sandbox that serves, and an ordinary client of it."""

    def __init__(self, directory: Path, process: subprocess.Popen[str], told: list[str]) -> None:
        """Read where it is, as any program does."""
        self.process = process
        self.told = dict(line.split() for line in told)
        self.facts: dict[str, Any] = json.loads((directory / "sandbox.json").read_text(encoding="utf-8"))
        self.http = urllib3.PoolManager(retries=ONE_TRY, ca_certs=self.facts.get("ca"))

    def send(self, method: str, url: str, body: object = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One request with a JSON body, on a connection that is kept."""
        data = None if body is None else json.dumps(body).encode()
        return self.http.request(method, url, body=data, headers={"Content-Type": "application/json", **headers})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API."""
        answer = self.send(method, self.facts["control"]["url"] + path, body)
        assert answer.status == 200, answer.data
        return answer.json()

    def jira(self, method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
        """One call of Jira with the API token that was told."""
        known = self.facts["jira"]
        basic = base64.b64encode(f"{known['email']}:{known['api_token']}".encode()).decode()
        return self.send(method, f"{known['url']}/rest/api/3{path}", body, Authorization=f"Basic {basic}")

    def make(self, summary: str) -> urllib3.BaseHTTPResponse:
        """A new issue."""
        fields = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": summary}
        return self.jira("POST", "/issue", {"fields": fields})

    def token(self) -> urllib3.BaseHTTPResponse:
        """A token for CloudSuite, by what its credentials file says."""
        known = json.loads(Path(self.facts["cloudsuite"]["ionapi"]).read_text(encoding="utf-8"))
        form = {"grant_type": "password", "username": known["saak"], "password": known["sask"]}
        client = {"client_id": known["ci"], "client_secret": known["cs"]}
        return self.http.request("POST", known["pu"] + known["ot"], fields={**form, **client}, encode_multipart=False)

    def summaries(self) -> list[str]:
        """The issues in the books."""
        return [each["summary"] for each in self.control("GET", "/books/issues")]


def command(directory: Path, *options: str) -> list[str]:
    """How a person starts it."""
    return [sys.executable, "-m", "ml_connector_sandbox", "--dir", str(directory), *options]


@contextmanager
def running(directory: Path, *options: str) -> Iterator[Running]:
    """A sandbox from when it has told where it is until it has stopped; it must stop cleanly and without a word."""
    process = subprocess.Popen(
        command(directory, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(PLACES)]
    try:
        sandbox = Running(directory, process, told)
        yield sandbox
        sandbox.http.clear()
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=STOP_SECONDS_MAX)
    assert (process.returncode, errors) == (0, "")
