"""A server beside a program that goes on: what `audiokit.serve` gives."""

from __future__ import annotations

import asyncio
import atexit
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from weakref import WeakMethod

from audiokit.errors import ConfigError
from audiokit.server.partner import Partner
from audiokit.server.run import (
    STOP_S,
    AppFactory,
    address_of,
    listen,
    partner_for,
    require_uvicorn,
    uvicorn_config,
)
from audiokit.server.settings import ServerSettings

POLL_S = 0.2  # how soon Ctrl-C is noticed where waiting for a thread cannot be interrupted


class RunningServer:
    """A server that runs while the program goes on; `stop` ends it, and so does leaving its `with` block.

    Parameters
    ----------
    url : where it is reached, such as "http://127.0.0.1:8765".
    work : serves until it is asked to stop; runs in a thread.
    ask_to_stop : lets running turns end.
    """

    def __init__(self, url: str, work: Callable[[], None], ask_to_stop: Callable[[], None]) -> None:
        self.url = url
        self._work, self._ask_to_stop = work, ask_to_stop
        # Before Python 3.13 a thread whose `join` was interrupted counts as ended.
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="audiokit-serve", daemon=True).start()
        _call_at_exit(WeakMethod(self.stop))

    def __repr__(self) -> str:
        return f"<RunningServer {self.url}{'' if self.is_running else ', stopped'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether it serves."""
        return not self._ended.is_set()

    def wait(self) -> None:
        """Serve until Ctrl-C, as in the shell: running turns are spoken to their end before it is raised."""
        try:
            while not self._ended.wait(POLL_S):
                pass
        finally:
            self.stop()

    def stop(self) -> None:
        """Take no new conversations, let running turns end, and stop; once it has stopped, this does nothing."""
        if self.is_running:
            self._ask_to_stop()
        self._ended.wait()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()


def start(settings: ServerSettings, partner: Partner | None = None) -> RunningServer:
    """Start to serve, and come back when clients may connect; see `audiokit.serve`."""
    require_uvicorn()
    if settings.workers == 1:
        return _in_a_thread(partner or partner_for(settings), settings)
    if partner is not None:
        raise ConfigError(
            f"workers is {settings.workers}, and an Agent cannot be sent to other processes. "
            "Describe it in a file and give ServerSettings(config=...), or serve it with one worker."
        )
    return _in_processes(settings)


def _in_a_thread(partner: Partner, settings: ServerSettings) -> RunningServer:
    import uvicorn

    from audiokit.server.app import create_app

    app = create_app(partner, settings)
    server = uvicorn.Server(uvicorn_config(app, settings))
    listening = listen(settings)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve([listening])

    def work() -> None:
        with listening, asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(serve())

    def ask_to_stop() -> None:
        draining = asyncio.run_coroutine_threadsafe(app.state.service.hub.drain(settings.drain_s), loops[0])
        with suppress(TimeoutError):
            draining.result(settings.drain_s + STOP_S)
        server.should_exit = True

    running = RunningServer(address_of(listening), work, ask_to_stop)
    while running.is_running and not server.started:
        time.sleep(0.005)
    if not server.started:
        raise ConfigError(f"the server did not start on {running.url}; its log says why.")
    return running


def _in_processes(settings: ServerSettings) -> RunningServer:
    from uvicorn.supervisors import Multiprocess

    if threading.current_thread() is not threading.main_thread():
        raise ConfigError("several workers can be started from the main thread only. Serve from there, or with one.")
    partner_for(settings)  # what no worker can open would only be tried again for ever
    with ExitStack() as opened:
        listening = opened.enter_context(listen(settings))
        folder = opened.enter_context(TemporaryDirectory(prefix="audiokit-workers-"))
        settings = replace(settings, exchange=Path(folder))
        with _signals_kept():
            parent = Multiprocess(uvicorn_config(AppFactory(settings), settings), sockets=[listening])
        held = opened.pop_all()

    def work() -> None:
        with held:
            parent.run()

    return RunningServer(address_of(listening), work, parent.should_exit.set)


def _call_at_exit(method: WeakMethod[Callable[[], None]]) -> None:
    """Call a method when the program ends, if its object still lives.

    `atexit` would be too late: by then `concurrent.futures` takes no more work, and a turn that is to be ended in peace
    could speak no further. It closes itself with a hook that Python keeps to its own library, last come first served.
    """
    import concurrent.futures.thread  # noqa: F401  its own hook must have come before

    def call() -> None:
        if alive := method():
            alive()

    register: Callable[..., Any] = getattr(threading, "_register_atexit", atexit.register)
    register(call)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo what uvicorn does to the signals of a program that is not its own."""
    former = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        for number, handler in former.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
