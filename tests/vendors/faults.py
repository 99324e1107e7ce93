"""Ways in which a vendor's service misbehaves: each wraps an ASGI app, for one request."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Fault = Callable[[App], App]

POLL_S = 0.01


class Faults:
    """What the next requests to a path will meet, in order; a path may hold wildcards (`/v1/voices/*`)."""

    def __init__(self) -> None:
        self._queues: defaultdict[tuple[str, str], deque[Fault | None]] = defaultdict(deque)

    def add(self, path: str, *faults: Fault | None, method: str = "*") -> None:
        """Let the next requests to `path` fail so, one fault each; None lets one through unharmed.

        A WebSocket's method is "WEBSOCKET".
        """
        self._queues[path, method].extend(faults)

    def take(self, path: str, method: str) -> Fault | None:
        for (pattern, wanted), queue in self._queues.items():
            if queue and fnmatchcase(path, pattern) and fnmatchcase(method, wanted):
                return queue.popleft()
        return None

    @property
    def left(self) -> int:
        """How many have not been met yet."""
        return sum(map(len, self._queues.values()))

    def clear(self) -> None:
        self._queues.clear()


def status(
    code: int,
    body: object = None,
    *,
    retry_after_s: float | None = None,
    headers: Mapping[str, str] | None = None,
    worked: bool = False,
) -> Fault:
    """Answer with an HTTP status (a WebSocket: refuse the handshake with it).

    Parameters
    ----------
    code : such as 401, 402, 429, 500.
    body : sent as JSON.
    retry_after_s : for the header Retry-After.
    worked : do what was asked first, and fail only then.
    """
    sent = dict(headers or {})
    if retry_after_s is not None:
        sent["retry-after"] = f"{retry_after_s:g}"

    def fault(app: App) -> App:
        async def failing(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if worked:
                await app(scope, receive, _nowhere)
            await respond(scope, receive, send, code, json.dumps(body).encode(), {"content-type": _JSON} | sent)

        return failing

    return fault


def wrong_type(data: bytes = b"<html>Be right back</html>", content_type: str = "text/html") -> Fault:
    """Answer 200 with something else than what was asked for."""

    def fault(app: App) -> App:
        async def failing(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            await respond(scope, receive, send, 200, data, {"content-type": content_type})

        return failing

    return fault


def malformed(after: int = 0, text: str = '{"broken": ') -> Fault:
    """Answer with JSON that is none; on a WebSocket, send it once, after so many good messages."""

    def fault(app: App) -> App:
        async def failing(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await respond(scope, receive, send, 200, text.encode(), {"content-type": _JSON})
                return
            sent = 0

            async def sending(message: Message) -> None:
                nonlocal sent
                if message["type"] == "websocket.send":
                    if sent == after:
                        await send({"type": "websocket.send", "text": text})
                    sent += 1
                await send(message)

            await app(scope, receive, sending)

        return failing

    return fault


def cut(after: int = 0) -> Fault:
    """Drop the connection without a word, after so many bytes of a response or messages of a WebSocket."""

    async def drop(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        scope["transport"].close()

    return _ending(after, drop)


def stall(after: int = 0, limit_s: float = 20.0) -> Fault:
    """Fall silent with the connection open, after so many bytes or messages, until the client goes or the limit."""

    async def wait(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + limit_s
        # A WebSocket that nobody reads is not even told that its client has gone.
        reading = loop.create_task(_drained(receive)) if scope["type"] == "websocket" else None
        while not (scope["transport"].is_closing() or scope["ending"].is_set() or loop.time() > end_s):  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        if reading:
            reading.cancel()
        scope["transport"].close()

    return _ending(after, wait)


def close(code: int, reason: str = "", *, after: int = 0) -> Fault:
    """Close a WebSocket with a code, after so many messages."""

    async def say_goodbye(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close", "code": code, "reason": reason})

    return _ending(after, say_goodbye)


def slow(delay_s: float) -> Fault:
    """Answer rightly, so much later."""

    def fault(app: App) -> App:
        async def late(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            await asyncio.sleep(delay_s)
            await app(scope, receive, send)

        return late

    return fault


_JSON = "application/json"


async def respond(
    scope: MutableMapping[str, Any], receive: Receive, send: Send, code: int, body: bytes, headers: Mapping[str, str]
) -> None:
    """Answer a request whole; of a WebSocket, its handshake."""
    if scope["type"] == "websocket":
        await receive()
    prefix = "http" if scope["type"] == "http" else "websocket.http"
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": f"{prefix}.response.start", "status": code, "headers": pairs})
    await send({"type": f"{prefix}.response.body", "body": body})


async def _drained(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _nowhere(message: Message) -> None:
    """Swallow an answer."""


def _ending(after: int, end: App) -> Fault:
    """Let `after` bytes or messages through, then end the connection in some way; what the app sends later is lost."""

    def fault(app: App) -> App:
        async def failing(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            left = after

            async def sending(message: Message) -> None:
                nonlocal left
                kind = message["type"]
                if left < 0:
                    raise ConnectionResetError("the connection was ended on purpose")
                size = len(message.get("body", b"")) if kind == "http.response.body" else int(kind == "websocket.send")
                ends = kind == "websocket.close" or (kind == "http.response.body" and not message.get("more_body"))
                if size <= left and not ends:
                    left -= size
                    await send(message)
                elif size or ends:
                    if left and kind == "http.response.body":
                        await send({**message, "body": message.get("body", b"")[:left], "more_body": True})
                    left = -1
                    await end(scope, receive, send)
                    raise ConnectionResetError("the connection was ended on purpose")

            with suppress(ConnectionResetError):
                await app(scope, receive, sending)

        return failing

    return fault
