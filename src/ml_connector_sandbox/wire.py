"""Requests, responses and routing as plain values: the same vendor code answers in process and over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

HEADER_SEPARATOR = ", "

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. Header names are lower case; query pairs keep their order and repeats."""

    method: str
    path: str
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"

    @classmethod
    def to(cls, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Request:
        """Build a request from an absolute or relative URL, as a client in the same process does."""
        parts = urlsplit(url)
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        if parts.netloc:
            lowered.setdefault("host", parts.netloc)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method.upper(), unquote(parts.path) or "/", query, lowered, body, parts.scheme or "http")

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter, or the default."""
        for key, value in reversed(self.query):
            if key == name:
                return value
        return default

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a query parameter, in order."""
        return tuple(value for key, value in self.query if key == name)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)

    @property
    def target(self) -> str:
        """Path and query, as a log shows them."""
        return target_of(self.path, self.query)

    @property
    def origin(self) -> str:
        """Scheme and host as the client used them, for absolute links in answers."""
        return f"{self.scheme}://{self.headers.get('host', 'localhost')}"


def target_of(path: str, query: Query) -> str:
    """Path and query, as a log shows them."""
    return f"{path}?{urlencode(query)}" if query else path


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def with_headers(self, more: Mapping[str, str]) -> Response:
        """The same answer with more headers."""
        return Response(self.status, self.body, {**self.headers, **more})


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json;charset=UTF-8", **(headers or {})})


def html_response(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer for a browser, or the page that a gateway puts in place of JSON."""
    return Response(status, text.encode(), {"Content-Type": "text/html;charset=UTF-8", **(headers or {})})


Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a template such as `/rest/api/{version}/issue/{issue}`, and what answers it."""

    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str]


Found = tuple[Route, dict[str, str]]
"""A route and the values of its template's names."""


@cache
def _pattern(template: str) -> re.Pattern[str]:
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    return re.compile(f"^{expression}/?$")


class Router:
    """Finds the handler of a request. The template is also what calls are counted by."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Add a route; the first that matches wins."""
        self._routes.append(Route(method, template, handler, _pattern(template)))

    def find(self, request: Request) -> Found | None:
        """The route of a request and the values of its template's names."""
        for route in self._routes:
            if route.method == request.method and (match := route.pattern.match(request.path)):
                return route, match.groupdict()
        return None

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that some route takes at this path, to tell 405 from 404."""
        return tuple(sorted({route.method for route in self._routes if route.pattern.match(path)}))


def wsgi(answer: Callable[[Request], Response], scheme: str = "http") -> Callable[..., Iterable[bytes]]:
    """Wrap a vendor as a WSGI application."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
        }
        for key, name in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
            if environ.get(key):
                headers[name] = environ[key]
        request = Request(
            environ["REQUEST_METHOD"].upper(),
            environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
            tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            headers,
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            scheme,
        )
        response = answer(request)
        headers_out = {**response.headers, "Content-Length": str(len(response.body))}
        start(f"{response.status} {'OK' if response.status < 400 else 'Refused'}", list(headers_out.items()))
        return [response.body]

    return application
