"""Serving: the partner that the settings name, behind uvicorn, in one process or several."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.server.partner import Partner
from audiokit.server.settings import ServerSettings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

PING_S = 20.0  # keeps proxies from taking a quiet line for a dead one; dead ones end by `Limits.idle_s`
SPARE_CONNECTIONS = 256  # for pages and probes; also all that half a request can hold open
STOP_S = 5  # after the drain, for answers that are on their way


@dataclass(frozen=True, slots=True)
class AppFactory:
    """Makes the application inside each worker: what is sent to a new process must be small and picklable."""

    settings: ServerSettings

    def __call__(self) -> FastAPI:
        """Make it."""
        from audiokit.server.app import create_app
        from audiokit.server.logs import log_to_stderr

        if self.settings.workers > 1:  # a process of its own, whose log nobody has opened yet
            log_to_stderr(quiet=self.settings.quiet)
            threading.Thread(target=_end_with_parent, name="audiokit-parent", daemon=True).start()
        return create_app(partner_for(self.settings), self.settings)


def _end_with_parent() -> None:
    """Stop this worker when its parent was killed, which nobody else would tell it; it would keep the port for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def partner_for(settings: ServerSettings) -> Partner:
    """Open who is talked with: ElevenLabs' agent, the one of the TOML, or the offline one.

    Raises
    ------
    ConfigError, MissingKeyError, MissingDependencyError : it cannot be opened.
    """
    if settings.bridge_agent_id:
        from audiokit.server.bridge.partner import Bridge

        return Bridge.from_environment(settings.bridge_agent_id)
    from audiokit.agent.config_file import AgentConfig, build, load

    return build(load(settings.config) if settings.config else AgentConfig())


def serve(settings: ServerSettings, told: Callable[[str], None] = lambda address: None) -> None:
    """Serve until SIGTERM or Ctrl-C, and let running turns end first.

    Parameters
    ----------
    settings : where and for whom.
    told : called with the address, such as "http://127.0.0.1:8765", once it is listened on.

    Raises
    ------
    ConfigError : the address is taken, or the partner cannot be opened.
    MissingDependencyError : the extra `server` is not installed.
    """
    require_uvicorn()
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    sockets = [listen(settings)]
    told(address_of(sockets[0]))
    if settings.workers == 1:
        uvicorn.Server(uvicorn_config(AppFactory(settings), settings)).run(sockets)
        return
    partner_for(settings)  # what no worker can open would only be tried again for ever
    with TemporaryDirectory(prefix="audiokit-workers-") as folder:
        settings = replace(settings, exchange=Path(folder))
        Multiprocess(uvicorn_config(AppFactory(settings), settings), sockets=sockets).run()


def require_uvicorn() -> None:
    """Check that the extra is installed.

    Raises
    ------
    MissingDependencyError : it is not.
    """
    try:
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("uvicorn", extra="server") from error


def address_of(listening: socket.socket) -> str:
    """Name where a socket listens, as a browser wants it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(settings: ServerSettings) -> socket.socket:
    """Open the socket, so that what is wrong with the address is known before anything else starts.

    Raises
    ------
    ConfigError : the address is taken, or not ours.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise ConfigError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}. Give another --port."
        ) from error
    # Accepted sockets inherit it. asyncio sets it only where it opened the socket itself, and Nagle's algorithm would
    # hold every message back until the client's next one: 20 ms, measured.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.set_inheritable(True)
    return listening


def uvicorn_config(app: AppFactory | FastAPI, settings: ServerSettings) -> uvicorn.Config:
    """Choose how uvicorn serves: no compression (PCM does not shrink), no message longer than may be, no access log
    (its addresses would hold tickets).
    """
    import uvicorn

    return uvicorn.Config(
        app,
        factory=isinstance(app, AppFactory),
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
        ws="websockets-sansio",
        ws_max_size=settings.limits.message_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        # The answer to a ping may lie behind sound that waits for the clock. Without any time-out uvicorn would send
        # the next ping meanwhile, and the sooner the later the last answer came.
        ws_ping_timeout=settings.limits.session_s,
        limit_concurrency=settings.limits.sessions + SPARE_CONNECTIONS,
        timeout_graceful_shutdown=STOP_S,
        log_config=None,
        log_level="warning",  # at "info" it writes addresses with their tickets
        access_log=False,
        server_header=False,
    )
