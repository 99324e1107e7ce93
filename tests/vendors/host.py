"""`Host`: a vendor's service on this machine, over real HTTP and WebSocket, that remembers what it was asked.

    with Host(app) as host:
        host.faults.add("/v1/voices/add", faults.status(500, worked=True))
        client = Client(base_url=host.url)
        ...
    assert [request.path for request in host.requests] == ["/v1/voices/add"]

`app` is any ASGI app (Starlette, FastAPI); it finds the `Request` in `scope["recorded"]`. What breaks
in it, and what it notes in its list `violations` if it has one, fails the test when the host is left.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import uvicorn
from starlette.websockets import WebSocketDisconnect

from tests.vendors.faults import App, Faults, Message, Receive, Send

START_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a multipart form."""

    field: str
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A multipart form: the values of each text field, and the files."""

    fields: dict[str, list[str]]
    files: list[File]


@dataclass(slots=True, kw_only=True)
class Request:
    """What a client asked for."""

    method: str
    """GET, POST ..., or WEBSOCKET."""
    path: str
    query: dict[str, str]
    """The last value of each name."""
    headers: dict[str, str]
    """By lower-case name."""
    raw: bytes = b""
    body: Any = None
    """A JSON value, a Form, bytes, or None."""
    messages: list[Any] = field(default_factory=list)
    """What a WebSocket's client sent: JSON values, or bytes."""
    ended: Event = field(default_factory=Event)
    """Set once the app is done with it: answered, or the connection is gone."""


class Host:
    """An ASGI app on 127.0.0.1, on a free port, in a thread."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.requests: list[Request] = []
        self.faults = Faults()
        self.crashes: list[BaseException] = []
        self._ending = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._serve,
            log_config=None,
            log_level="critical",
            access_log=False,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            ws_ping_interval=None,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._run, name="vendor-host", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    def asked(self, path: str, method: str = "*") -> list[Request]:
        """Give the requests to a path (wildcards allowed), in order."""
        return [each for each in self.requests if fnmatchcase(each.path, path) and fnmatchcase(each.method, method)]

    def clear(self) -> None:
        """Forget requests and faults, to be used by the next test."""
        self.requests.clear()
        self.faults.clear()

    def check(self) -> None:
        """Fail if the app broke or noted a violation of its contract."""
        violations, crashes = list(getattr(self.app, "violations", [])), list(self.crashes)
        self.crashes.clear()
        if violations:
            self.app.violations.clear()  # type: ignore[attr-defined]
            raise AssertionError("the client broke the contract:\n" + "\n".join(violations))
        if crashes:
            raise AssertionError(f"the vendor's app broke: {crashes[0]!r}") from crashes[0]

    def __enter__(self) -> Self:
        self._thread.start()
        waited = Event()
        for _ in range(int(START_S / 0.005)):
            if self._server.started:
                return self
            waited.wait(0.005)
        raise RuntimeError("the host did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._server.should_exit = True
        self._thread.join(START_S)
        self._socket.close()
        if error is None:
            self.check()

    def _run(self) -> None:
        # Not asyncio.run: it would join the default executor's threads, which an app may have left busy.
        with asyncio.Runner() as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    async def _serve(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        scope["transport"] = send.__self__.transport  # type: ignore[attr-defined]
        scope["ending"] = self._ending
        request = scope["recorded"] = _request(scope)
        self.requests.append(request)
        fault = self.faults.take(request.path, request.method)
        app = fault(self.app) if fault else self.app
        try:
            if scope["type"] == "http":
                receive = await _read(request, receive)
            else:
                receive = _listening(request, receive)
            await app(scope, receive, send)
        except (WebSocketDisconnect, ConnectionError, TimeoutError):
            pass
        except Exception as error:
            if not fault and not scope["transport"].is_closing():
                self.crashes.append(error)
            with suppress(Exception):
                await _give_up(scope, send)
        finally:
            request.ended.set()


async def _give_up(scope: MutableMapping[str, Any], send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    scope["transport"].close()


def _request(scope: MutableMapping[str, Any]) -> Request:
    query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    return Request(
        method=scope.get("method", "WEBSOCKET"),
        path=scope["path"],
        query={name: values[-1] for name, values in query.items()},
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


async def _read(request: Request, receive: Receive) -> Receive:
    """Read the whole body, and give a `receive` that hands it out again."""
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    request.raw = b"".join(parts)
    request.body = _parsed(request.raw, request.headers.get("content-type", ""))
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": request.raw, "more_body": False}

    return again


def _listening(request: Request, receive: Receive) -> Receive:
    async def listening() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            text = message.get("text")
            request.messages.append(message.get("bytes") if text is None else _json_or_text(text))
        return message

    return listening


def _parsed(raw: bytes, content_type: str) -> Any:
    if content_type.startswith("multipart/form-data"):
        return _form(raw, content_type.partition("boundary=")[2].strip('"').encode())
    if content_type.startswith("application/json"):
        return _json_or_text(raw.decode("utf-8", "replace"))
    return raw or None


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _form(raw: bytes, boundary: bytes) -> Form:
    form = Form(fields={}, files=[])
    for part in (b"\r\n" + raw).split(b"\r\n--" + boundary)[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        headers = {name.lower(): value for name, value in headers.items()}
        names = dict(item.split("=", 1) for item in headers["content-disposition"].split("; ")[1:])
        name, file_name = names["name"].strip('"'), names.get("filename")
        if file_name is None:
            form.fields.setdefault(name, []).append(data.decode())
        else:
            content_type = headers.get("content-type", "")
            form.files.append(File(field=name, name=file_name.strip('"'), content_type=content_type, data=data))
    return form
