"""`create_app`: the FastAPI application, whoever is talked with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from audiokit.server.drain import drain_on_signals
from audiokit.server.headers import Guarded
from audiokit.server.page import add_page
from audiokit.server.partner import Partner
from audiokit.server.routes import add_administration, add_pages, add_sockets
from audiokit.server.service import Service
from audiokit.server.settings import ServerSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

MAX_BODY_BYTES = 65_536  # the longest body that any address takes is a broadcast


def create_app(partner: Partner, settings: ServerSettings | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    partner : who is talked with: an `Agent`, or a bridge.
    settings : rules and limits.

    Raises
    ------
    MissingDependencyError : FastAPI is not installed.
    """
    from audiokit.errors import MissingDependencyError

    try:
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
    except ImportError as error:
        raise MissingDependencyError("FastAPI", extra="server") from error
    settings = settings or ServerSettings()
    service = Service(partner, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with drain_on_signals(service.hub, settings.drain_s):
            async with service.workers.meeting():
                yield

    app = FastAPI(
        title="audiokit agent",
        lifespan=lifespan,
        docs_url=None,  # both pages would load scripts from a CDN
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
    )
    app.state.service = service
    add_sockets(app, service)
    add_pages(app, service)
    add_administration(app, service)
    add_page(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
    app.add_middleware(Guarded, gate=service.gate)
    return app
