"""The status page: each connection's last runs, its postings by state, and what waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from litestar import Litestar, MediaType, Response, get
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from ml_connector.engine.door import Door
from ml_connector.store import findings, plans, postings, runs
from ml_connector.store.database import Database
from ml_connector.web.consent import Finish, consent_route
from ml_connector.web.deliveries import deliveries_route

TEMPLATES = Path(__file__).parent / "templates"
RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """What the page shows of one connection."""

    name: str
    runs: list[runs.Run]
    postings: dict[str, int]
    proposals: list[plans.KeptPlan]
    findings: list[findings.OpenFinding]


def read_status(database: Database, names: tuple[str, ...]) -> list[ConnectionStatus]:
    """The status of every connection, in one consistent reading."""
    with database.read() as tx:
        return [
            ConnectionStatus(
                name=name,
                runs=runs.recent(tx, name, RUNS_SHOWN),
                postings=postings.counts(tx, name),
                proposals=plans.by_state(tx, name, plans.PROPOSED),
                findings=findings.open_findings(tx, name),
            )
            for name in names
        ]


def status_app(
    database: Database,
    names: tuple[str, ...],
    now: Callable[[], datetime],
    door: Door | None = None,
    finish: Finish | None = None,
) -> Litestar:
    """The application that `serve` runs: the status page, the door for webhooks, and the end of a consent."""

    @get("/", sync_to_thread=True)
    def status() -> Template:
        context = {"connections": read_status(database, names), "now": now()}
        return Template("status.html", context=context)

    @get("/healthz", media_type=MediaType.TEXT, sync_to_thread=True)
    def healthz() -> Response[str]:
        with database.read():
            return Response("ok")

    return Litestar(
        [
            status,
            healthz,
            *([deliveries_route(door)] if door else []),
            *([consent_route(finish)] if finish else []),
        ],
        request_max_body_size=None,  # the door bounds what it reads itself, in time too
        template_config=TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine),
        openapi_config=None,
    )
