"""The token for CloudSuite. Goal: one sign-in for all processes, no work lost to an ended one, trouble by its name."""

from __future__ import annotations

from typing import Any

import pytest

from engine.acme import Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.erp.fsm.fields import CALENDAR
from ml_connector.wire import Request


def sign_ins(acme: Acme) -> int:
    """Calls at the token endpoint since they were cleared."""
    return sum(count for call, count in acme.world.calls.document()["cloudsuite"].items() if "token" in call)


def test_all_processes_use_one_token(acme: Acme) -> None:
    """A second process, and one after a restart, find it in the vault."""
    acme.world.calls.clear()
    first = acme.installed.lane(NAME)
    first.erp.periods("1000")
    for _ in range(3):
        acme.restart()
        acme.installed.lane(NAME).erp.periods("1000")
    assert sign_ins(acme) == 1
    acme.clock.advance(7_000)
    acme.installed.lane(NAME).erp.periods("1000")
    first.erp.periods("1000")
    assert sign_ins(acme) == 2


def test_tokens_that_are_revoked_in_a_run_cost_one_renewal(acme: Acme) -> None:
    """An administrator ends all tokens between two calls of a cycle: it goes on, and its books are right."""
    seen: list[Request] = []

    def tap(request: Request) -> None:
        if "/FSM/" in request.url:
            seen.append(request)
            if len(seen) == 3:
                acme.control("POST", "/cloudsuite/revoke-tokens")

    acme.tap = tap
    acme.sync()
    order = acme.chargeable()
    assert acme.issue_of(f"{order['company']}/{order['number']}")


def test_credentials_that_are_replaced_take_their_token_along(acme: Acme) -> None:
    """Nothing of the old ones stays in the vault."""
    acme.installed.lane(NAME).erp.periods("1000")
    with acme.installed.database.read() as tx:
        ionapi = (acme.installed.vault.get(tx, NAME, "cloudsuite") or {})["ionapi"]
        before = [name for name in acme.installed.vault.names(tx, NAME) if "signed_in" in name]
    acme.installed.keep_secret(NAME, "cloudsuite", {"ionapi": ionapi.replace("sandbox-service-secret", "another")})
    with acme.installed.database.read() as tx:
        after = [name for name in acme.installed.vault.names(tx, NAME) if "signed_in" in name]
    assert (len(before), after) == (1, [])


@pytest.mark.parametrize(
    ("hop", "fault"),
    [
        ("token", {"name": "status", "status": 500, "path_holds": "/as/"}),
        ("token", {"name": "status", "status": 400, "path_holds": "/as/"}),
        ("token", {"name": "lost_request", "path_holds": "/as/"}),
        ("gateway", {"name": "token_expired", "path_holds": "/FSM/"}),
        ("gateway", {"name": "lost_request", "path_holds": "/FSM/"}),
        ("suite", {"name": "false_unauthorized", "path_holds": "/FSM/"}),
        ("authorization", {"name": "status", "status": 403, "path_holds": "/FSM/"}),
    ],
)
def test_the_doctor_names_the_hop_that_fails(acme: Acme, hop: str, fault: dict[str, Any]) -> None:
    """What lies before it is well, and nothing beyond it is judged."""
    acme.control("PUT", "/faults", [{"vendor": "cloudsuite", "probability": 1.0, **fault}])
    found = {item.name: item for item in check(acme.installed.lane(NAME)) if item.name.startswith("CloudSuite ")}
    failed = [name for name, item in found.items() if not item.ok]
    assert failed == [f"CloudSuite {hop}"] == list(found)[-1:]
    assert found[f"CloudSuite {hop}"].remedy


def test_the_doctor_names_a_company_that_does_not_answer(acme: Acme) -> None:
    """The way is free, and what one entity is asked for does not come."""
    rule = {
        "vendor": "cloudsuite",
        "probability": 1.0,
        "name": "status",
        "status": 400,
        "path_holds": f"{CALENDAR}/lists",
    }
    acme.control("PUT", "/faults", [rule])
    found = {item.name: item for item in check(acme.installed.lane(NAME)) if item.name.startswith("CloudSuite ")}
    assert {name for name, item in found.items() if not item.ok} == {
        f"CloudSuite company {entity}" for entity in acme.installed.lane(NAME).policy.entities
    }
