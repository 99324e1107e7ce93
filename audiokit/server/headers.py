"""The headers of every HTTP answer, and the sites whose pages may call: a thin layer around the whole application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from audiokit.server.access import Gate

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBES = ("/healthz", "/readyz")  # asked by balancers, under any name

SECURITY_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"permissions-policy", b"microphone=(self), camera=(), geolocation=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


class Guarded:
    """Refuses strangers' pages, over HTTP and WebSocket, and writes the security headers.

    Parameters
    ----------
    app : the application inside.
    gate : who decides.
    """

    def __init__(self, app: App, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _with_headers(send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        reason = "" if scope["path"] in PROBES else self._gate.refuses_site(headers)
        if reason:
            await _refuse(scope, receive, send, reason)
        else:
            await self._app(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *SECURITY_HEADERS]
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    from starlette.responses import JSONResponse

    answer = JSONResponse({"detail": reason}, status_code=403)
    if scope["type"] == "websocket":
        from starlette.websockets import WebSocket

        socket = WebSocket(scope, receive=receive, send=send)
        await socket.send_denial_response(answer)
    else:
        await answer(scope, receive, send)
