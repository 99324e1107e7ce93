"""Conversations on one core of a server, through real WebSockets with audio at its pace.

    python benchmarks/serve.py                                    audiokit
    python benchmarks/serve.py --peers VENV/bin/python            and Pipecat's FastAPI transport beside it
    python benchmarks/serve.py --soak 5 --sessions 200            memory over five minutes

The server runs on the first core, the clients on the others; the services behind it answer at once, so what is
measured is what the server adds, from the last sample of speech to the first of the answer, less the silence that ends
a turn. "With Silero" is with its work for every window; the level decides there, too, because the harness speaks in
tones, and its windows of 32 ms make what is added up to 24 ms longer or 8 ms shorter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from agent_harness import PAUSE_S, Ear, Services, crowd, quantile
from results import machine, publish, table
from websockets.asyncio.client import ClientConnection, connect

FOLDER = Path(__file__).parent
SERVERS = {
    "audiokit": ("serve_audiokit.py",), "audiokit with Silero": ("serve_audiokit.py", "silero"),
    "pipecat": ("serve_pipecat.py",),
}  # fmt: skip
HELLO = json.dumps({"type": "hello", "sample_rate": 16000, "output_sample_rate": 24000})
LATE_S = 0.03  # a server whose 95th percentile is later is full
START_S = 60.0


class Client:
    """A subject of the harness: a browser, seen from the network."""

    def __init__(self, port: int, *, is_lean: bool) -> None:
        self._port, self._is_lean = port, is_lean

    async def open(self, services: Services, ear: Ear) -> None:
        options = {"subprotocols": ["audiokit.v2"]} if self._is_lean else {}
        self._socket: ClientConnection = await connect(
            f"ws://127.0.0.1:{self._port}/ws", compression=None, open_timeout=START_S, **options
        )
        if self._is_lean:
            await self._socket.send(HELLO)
        self._reader = asyncio.create_task(self._listen(ear))

    async def _listen(self, ear: Ear) -> None:
        async for message in self._socket:
            if isinstance(message, bytes):
                ear.hear()

    async def push(self, pcm: bytes) -> None:
        await self._socket.send(pcm)

    async def close(self) -> None:
        await self._socket.close()
        await self._reader


@contextmanager
def server(tool: str, python: str) -> Iterator[tuple[psutil.Process, int]]:
    """Run a server on the first core."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script, *words = SERVERS[tool]
    process = subprocess.Popen([python, str(FOLDER / script), str(port), *words], cwd=FOLDER.parent)
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:1])
        _wait(port)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def measured(tool: str, python: str, sessions: int, turns: int) -> dict[str, float | int | None]:
    """Hold so many conversations at once."""
    with server(tool, python) as (process, port):
        began, began_s = process.cpu_times(), time.perf_counter()
        times = asyncio.run(crowd(lambda: Client(port, is_lean=tool != "pipecat"), Services(), turns, sessions))
        ended, took_s = process.cpu_times(), time.perf_counter() - began_s
        memory = process.memory_info().rss
    good = sorted(each - Services().least_s for each in times if each is not None)
    cpu_s = ended.user + ended.system - began.user - began.system
    return {
        "answered": len(good), "of": len(times), "p50_s": quantile(good, 0.5), "p95_s": quantile(good, 0.95),
        "p99_s": quantile(good, 0.99), "cpu_share": cpu_s / took_s / sessions, "memory": memory,
    }  # fmt: skip


def crowds(pythons: dict[str, str], turns: int, sizes: list[int]) -> str:
    """Measure more and more conversations; a server that is full is not asked for more."""
    rows = []
    for tool, python in pythons.items():
        for size in sizes:
            found = measured(tool, python, size, turns)
            rows.append([
                f"{tool}, {size}", " / ".join(ms(found[name]) for name in ("p50_s", "p95_s", "p99_s")),
                f"{100 * (found['cpu_share'] or 0):.2f} %", f"{(found['memory'] or 0) / 2**20:.0f}",
                f"{found['answered']} of {found['of']}",
            ])  # fmt: skip
            if (found["p95_s"] or 1.0) > LATE_S or found["answered"] != found["of"]:
                break
    header = ["conversations on a core", "added p50 / p95 / p99, ms", "CPU each", "memory, MB", "answered"]
    return table(header, rows)


def soak(sessions: int, minutes: float) -> str:
    """Hold conversations for minutes and look at the memory, once after a warm-up and once at the end."""
    turn_s = 1.0 + Services().stop_s + 2.0 + PAUSE_S
    turns = max(2, round(minutes * 60 / turn_s))
    with server("audiokit", sys.executable) as (process, port):

        async def watched() -> tuple[int, int, list[float | None]]:
            talk = asyncio.create_task(crowd(lambda: Client(port, is_lean=True), Services(), turns, sessions))
            await asyncio.sleep(minutes * 60 * 0.2)
            warm = process.memory_info().rss
            await asyncio.sleep(minutes * 60 * 0.7)
            late = process.memory_info().rss
            return warm, late, await talk

        warm, late, times = asyncio.run(watched())
    answered = sum(each is not None for each in times)
    row = [f"{sessions}", f"{minutes:g}", f"{warm / 2**20:.1f}", f"{late / 2**20:.1f}", f"{answered} of {len(times)}"]
    return table(["conversations", "minutes", "memory warm, MB", "memory late, MB", "answered"], [row])


def ms(time_s: float | None) -> str:
    """Write a time."""
    return "–" if time_s is None else f"{1000 * time_s:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="Python with pipecat-ai, fastapi and uvicorn")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--sessions", default="1,16,32,50,100,150,200")
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES")
    told = parser.parse_args()
    sizes = [int(size) for size in told.sessions.split(",")]
    pythons = dict.fromkeys(("audiokit", "audiokit with Silero"), sys.executable)
    if told.peers:
        pythons["pipecat"] = told.peers
    body = soak(sizes[-1], told.soak) if told.soak else crowds(pythons, told.turns, sizes)
    name = "serve-soak" if told.soak else "serve"
    title = "## The server's memory" if told.soak else "## Conversations over WebSockets"
    publish(name, "\n\n".join([title, machine(["audiokit", "uvicorn", "websockets"]), body]))


if __name__ == "__main__":
    main()
