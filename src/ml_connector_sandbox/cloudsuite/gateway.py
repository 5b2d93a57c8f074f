"""The API gateway before a product line: who may pass, and how refusals look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Handler, Request, Response, Router, json_response

REFUSAL_CODE = "BusinessClassError"


def unauthorized() -> Response:
    """What the gateway says to a missing, unknown or expired token."""
    return json_response({"error": "Unauthorized"}, 401)


def bearer(request: Request) -> str:
    """The token that a request carries; empty where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Guard:
    """Puts the check of the token before a handler, and turns refusals of the application into HTTP 400."""

    tenant: Tenant

    def __call__(self, handler: Handler) -> Handler:
        """The handler, guarded. It is called as before: with the request, and the route's names as keywords."""

        def guarded(request: Request, **names: Any) -> Response:
            if not self.tenant.tokens.lives(bearer(request)):
                return unauthorized()
            try:
                return handler(request, **names)
            except Refused as refused:
                return json_response({"code": REFUSAL_CODE, "message": str(refused)}, 400)

        return guarded


def miss(router: Router, request: Request) -> Response:
    """What the gateway says to a request that no route takes: 405 at a known address, 404 elsewhere."""
    if methods := router.allowed(request.path):
        return json_response({"error": "Method Not Allowed"}, 405, {"Allow": ", ".join(methods)})
    return json_response({"error": "Not Found"}, 404)
