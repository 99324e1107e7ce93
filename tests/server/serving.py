"""A server of ours in a thread, behind the uvicorn that users get; and small clients for it."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import numpy as np
import uvicorn
from websockets.sync.client import ClientConnection, connect

from audiokit.server.app import create_app
from audiokit.server.partner import Partner
from audiokit.server.run import listen, uvicorn_config
from audiokit.server.service import Service
from audiokit.server.settings import ServerSettings

PATIENCE_S = 30.0
SILENCE_20_MS = bytes(640)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    port: int
    service: Service
    server: uvicorn.Server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, path: str = "/ws", **options: Any) -> ClientConnection:
        # A client that has stopped reading would wait for the closing handshake behind what it has not read.
        quick = {"compression": None, "max_size": None, "close_timeout": 0.2}
        return connect(f"ws://127.0.0.1:{self.port}{path}", **quick, **options)

    def lean(self, **options: Any) -> ClientConnection:
        return self.connect(subprotocols=["audiokit.v2"], **options)

    def ask(
        self, path: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, dict(answer.headers.items()), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers.items()), error.read()


@contextmanager
def serving(partner: Partner, settings: ServerSettings | None = None) -> Iterator[Served]:
    """Run a server for the length of the block."""
    settings = settings or ServerSettings(port=0)
    listening = listen(settings)
    app = create_app(partner, settings)
    server = uvicorn.Server(uvicorn_config(app, settings))

    def run() -> None:
        with asyncio.Runner() as runner:
            runner.run(server.serve(sockets=[listening]))

    thread = Thread(target=run, name="served", daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    try:
        yield Served(listening.getsockname()[1], app.state.service, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listening.close()
        assert not thread.is_alive()


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something another thread does, and fail when it does not."""
    pause, deadline_s = Event(), time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        pause.wait(0.005)


def until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """Collect the JSON messages up to one of type `kind`; binary ones stand as {"type": "audio", "data": ...}."""
    collected = []
    while True:
        message = socket.recv(timeout=PATIENCE_S)
        content = json.loads(message) if isinstance(message, str) else {"type": "binary", "data": message}
        collected.append(content)
        if content["type"] == kind:
            return collected


def tone_pcm(duration_s: float, sample_rate: int = 16000) -> bytes:
    """Give a 440 Hz tone as 16-bit PCM."""
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (8000 * np.sin(2 * np.pi * 440 * time_s)).astype("<i2").tobytes()
