"""Every address of the server."""

# No `from __future__ import annotations` here: FastAPI reads the annotations of functions inside functions, where
# their names stand only while the function that imports them runs.

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from audiokit.server.access import TICKET_S
from audiokit.server.connection import Connection
from audiokit.server.dialects.convai import Convai
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.lean import Lean
from audiokit.server.dialects.plain import Plain
from audiokit.server.dialects.twilio import Twilio
from audiokit.server.metrics import CONTENT_TYPE
from audiokit.server.protocol import SUBPROTOCOL
from audiokit.server.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.websockets import WebSocket

CONVAI_PATH = "/v1/convai/conversation"
CONVAI_SUBPROTOCOL = "convai"  # what @elevenlabs/client asks for

CLOSED: dict[int | str, dict[str, Any]] = {401: {"description": "No token"}, 403: {"description": "Another site"}}


class Broadcast(BaseModel):
    """A word to everybody who is connected."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, max_length=500)


class Ticket(BaseModel):
    """What a page connects with."""

    ticket: str
    expires_in_s: int = TICKET_S


class SignedUrl(BaseModel):
    """What ElevenLabs' clients connect with."""

    signed_url: str


def add_sockets(app: "FastAPI", service: Service) -> None:
    """Add the addresses that carry voice."""
    from fastapi import WebSocket

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        is_lean = SUBPROTOCOL in socket.scope["subprotocols"]
        await _carry(socket, service, Lean if is_lean else Plain, SUBPROTOCOL if is_lean else None)

    @app.websocket(CONVAI_PATH)
    async def talk_as_elevenlabs(socket: WebSocket) -> None:
        asks = CONVAI_SUBPROTOCOL in socket.scope["subprotocols"]
        await _carry(socket, service, Convai, CONVAI_SUBPROTOCOL if asks else None)

    @app.websocket("/twilio")
    async def talk_by_telephone(socket: WebSocket) -> None:
        # Twilio's streams carry neither header nor query of ours: the token is a parameter of the first message.
        await _carry(socket, service, lambda: Twilio(service.gate), None, is_admitted_later=True)


def add_pages(app: "FastAPI", service: Service) -> None:
    """Add what is asked over HTTP: tickets, health and counts."""
    # All are async: a plain function would run in a thread, beside the event loop that owns what they touch.
    from fastapi import Depends, HTTPException, Query, Request, Response
    from fastapi.responses import PlainTextResponse

    owner = [Depends(_owner_only(service))]

    @app.post("/tickets", dependencies=owner, responses=CLOSED)
    async def ticket() -> Ticket:
        """Give a ticket that opens one connection within a minute."""
        return Ticket(ticket=service.gate.ticket(time.time()))

    @app.get(CONVAI_PATH + "/get-signed-url", dependencies=owner, responses=CLOSED)
    @app.get(CONVAI_PATH + "/get_signed_url", dependencies=owner, include_in_schema=False)
    async def signed_url(request: Request, agent_id: Annotated[str, Query(max_length=200)]) -> SignedUrl:
        """Give the address of a conversation that needs no key, as ElevenLabs does."""
        base = str(request.url_for("talk_as_elevenlabs"))
        query = {"agent_id": agent_id, "conversation_signature": service.gate.ticket(time.time())}
        return SignedUrl(signed_url=f"{base}?{urlencode(query)}")

    @app.get("/healthz")
    async def healthy() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}

    @app.get("/readyz", responses={503: {"description": "Draining"}})
    async def ready() -> dict[str, str]:
        """Say whether new conversations are welcome."""
        if service.hub.is_draining:
            raise HTTPException(503, "the server restarts")
        return {"status": "ready"}

    @app.get("/metrics", dependencies=owner, responses=CLOSED, response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Give the counts in Prometheus' text format."""
        return Response(service.workers.metrics_text(), headers={"content-type": CONTENT_TYPE})


def add_administration(app: "FastAPI", service: Service) -> None:
    """Add what an administrator does: list, tell and close."""
    from fastapi import Depends, HTTPException

    owner = [Depends(_owner_only(service))]

    @app.get("/admin/connections", dependencies=owner, responses=CLOSED)
    async def connections() -> list[dict[str, object]]:
        """List who is connected."""
        return service.workers.connections()

    @app.delete(
        "/admin/connections/{conversation_id}",
        dependencies=owner,
        responses=CLOSED | {404: {"description": "No such conversation"}},
    )
    async def close(conversation_id: str) -> dict[str, str]:
        """End one conversation."""
        if not service.workers.close(conversation_id, "ended by the administrator"):
            raise HTTPException(404, "there is no such conversation")
        return {"status": "closed"}

    @app.post(
        "/admin/broadcast",
        dependencies=owner,
        responses=CLOSED | {400: {"description": "No JSON"}, 413: {"description": "Too long"}},
    )
    async def broadcast(word: Broadcast) -> dict[str, int]:
        """Tell everybody who is connected."""
        return {"heard_by": service.workers.broadcast(word.message)}


def _owner_only(service: Service) -> Callable[..., Awaitable[None]]:
    """Make the check for addresses that want the token itself: a ticket does not open them."""
    from fastapi import HTTPException, Request

    async def check(request: Request) -> None:
        if not service.gate.admits(request.headers, {}, time.time()):
            raise HTTPException(401, "show the server's token: Authorization: Bearer TOKEN")

    return check


async def _carry(
    socket: "WebSocket",
    service: Service,
    dialect: Callable[[], Dialect],
    subprotocol: str | None,
    *,
    is_admitted_later: bool = False,
) -> None:
    """Let a client in, if there is a reason to and a place, and carry its conversation."""
    address = socket.client.host if socket.client else ""
    seats = service.telephones if is_admitted_later else service.seats
    if service.hub.is_draining:
        await _refuse(socket, service, 503, "the server restarts")
    elif not (is_admitted_later or service.gate.admits(socket.headers, socket.query_params, time.time())):
        await _refuse(socket, service, 401, "a token or a ticket is needed")
    elif reason := seats.take(address):
        await _refuse(socket, service, 503, reason)
    else:
        try:
            await _converse(socket, service, dialect(), subprotocol, address)
        finally:
            seats.give_back(address)


async def _converse(
    socket: "WebSocket", service: Service, dialect: Dialect, subprotocol: str | None, address: str
) -> None:
    await socket.accept(subprotocol)
    metrics = service.metrics
    metrics.started.add(1, dialect.name)
    metrics.sessions.add(1, dialect.name)
    try:
        await Connection(socket, dialect, service, address).run()
    finally:
        metrics.sessions.add(-1, dialect.name)


async def _refuse(socket: "WebSocket", service: Service, status: int, reason: str) -> None:
    from starlette.responses import JSONResponse

    service.metrics.refused.add(1, {401: "token", 503: "full"}[status] if "restarts" not in reason else "draining")
    await socket.send_denial_response(JSONResponse({"detail": reason}, status_code=status))
