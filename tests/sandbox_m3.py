"""A client of the simulated M3 in the same process: it knows the credentials file and nothing else."""

from __future__ import annotations

import json
from typing import Any

import sandbox_world
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.m3.routes import BASE
from ml_connector_sandbox.wire import Response

INTERFACE = "MLCONNECTOR"
KEY = "MLC-TEST0000001"


class Play(sandbox_world.Play):
    """A new world on 20 November 2026 whose CloudSuite is M3."""

    def __init__(self) -> None:
        """The same world each time."""
        self.clock = StillClock(sandbox_world.NOW)
        self.world = worlds.build(clock=self.clock, seed=7, product="m3")
        self.erp, self.site = sandbox_world.Erp(self.world), sandbox_world.Site(self.world)

    @property
    def headers(self) -> dict[str, str]:
        """A good token."""
        self.erp.bearer = self.erp.bearer or self.erp.token(self.erp.password).json()["access_token"]
        return {"authorization": f"Bearer {self.erp.bearer}"}

    def get(self, program: str, transaction: str, query: str = "") -> dict[str, Any]:
        """One transaction by GET, with its whole envelope."""
        url = f"{BASE}/{program}/{transaction}" + (f"?{query}" if query else "")
        answer = self.erp.send("GET", url, self.headers)
        assert answer.status == 200, (answer.status, answer.body)
        return dict(answer.json())

    def records(self, program: str, transaction: str, query: str = "") -> list[dict[str, str]]:
        """The records of a transaction that has to succeed."""
        answer = self.get(program, transaction, query)
        assert answer["nrOfSuccessfullTransactions"] == 1, answer
        return list(answer["results"][0]["records"])

    def post(self, program: str, *transactions: tuple[str, dict[str, str]], query: str = "divi=AAA") -> dict[str, Any]:
        """Many transactions of one program by POST, with their whole envelope."""
        asked = [{"transaction": name, "record": record, "selectedColumns": []} for name, record in transactions]
        body = {"program": program, "cono": 100, "transactions": asked}
        answer: Response = self.erp.send("POST", f"{BASE}?{query}", self.headers, json.dumps(body).encode())
        assert answer.status == 200, (answer.status, answer.body)
        return dict(answer.json())

    def errors(self, program: str, *transactions: tuple[str, dict[str, str]]) -> list[str]:
        """What each of many transactions was refused for; empty where it was not."""
        return [result.get("errorMessage", "") for result in self.post(program, *transactions)["results"]]

    def select(self, query: str, **more: str) -> list[list[str]]:
        """Rows of an export, without the header line."""
        record = {"QERY": query, "SEPC": "^", "HDRS": "1", **more}
        answer = self.post("EXPORTMI", ("Select", record), query="maxrecs=0")
        assert answer["nrOfFailedTransactions"] == 0, answer
        return [record["REPL"].split("^") for record in answer["results"][0]["records"]][1:]

    def batch(self, *amounts: str, key: str = KEY, **more: str) -> list[str]:
        """A batch with a line for each amount; what each transaction was refused for."""
        head = {"CONO": "100", "KEY1": key, "INTN": INTERFACE, "DESC": "A batch"}
        line = {"KEY1": key, "INRI": "I1", "AIT1": "219900", "CUCD": "USD", "ACDT": "20261105", "EXN1": "001", **more}
        lines = [
            ("AddBatchLineFld", {**line, "LINE": str(place), "CUAM": amount, "EXI1": f"{key}/{place} DOC-{place}"})
            for place, amount in enumerate(amounts, 1)
        ]
        return self.errors("GLS840MI", ("AddBatchHead", head), *lines)

    def job(self, name: str, key: str = KEY, seconds: float = 2) -> str:
        """A job on a batch, and time for it. What the job was refused for."""
        [error] = self.errors("GLS840MI", (name, {"CONO": "100", "KEY1": key}))
        self.clock.advance(seconds)
        return error

    def state(self, key: str = KEY) -> str:
        """The code of a batch's state."""
        [[state]] = self.select(f"FHSTAT from FGLINH where FHCONO = 100 and FHKEY1 = '{key}'")
        return state
