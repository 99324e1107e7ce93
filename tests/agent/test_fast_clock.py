"""audiokit.agent.fast_clock: an hour of waiting takes no time, a thread's work takes its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any

from audiokit.agent.fast_clock import SkippingLoop
from audiokit.agent.thread_loop import ThreadCountingLoop


def run(coroutine: Coroutine[Any, Any, float]) -> tuple[float, float]:
    """Give the coroutine's result and the seconds that truly passed."""
    started_s = time.monotonic()
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(coroutine), time.monotonic() - started_s


async def timed(coroutine: Coroutine[Any, Any, object]) -> float:
    clock = asyncio.get_running_loop().time
    started_s = clock()
    await coroutine
    return clock() - started_s


def test_a_sleep_of_an_hour_is_skipped() -> None:
    clock_s, true_s = run(timed(asyncio.sleep(3600)))
    assert 3600 <= clock_s < 3601
    assert true_s < 5


def test_no_timer_runs_out_while_a_thread_works() -> None:
    async def work() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(asyncio.to_thread(time.sleep, 0.2), asyncio.sleep(0.05))

    clock_s, true_s = run(timed(work()))
    assert 0.2 <= clock_s < 60
    assert true_s >= 0.2


def test_time_passes_truly_while_a_connection_is_open() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(time.sleep, 0.1)
        writer.close()

    async def talk() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            async with asyncio.timeout(30):
                assert await reader.read() == b""
            writer.close()

    clock_s, _ = run(timed(talk()))
    assert clock_s < 30


def test_timers_ring_in_their_order() -> None:
    rung: list[int] = []

    async def ring() -> None:
        loop = asyncio.get_running_loop()
        for delay_s in (30, 10, 20):
            loop.call_later(delay_s, rung.append, delay_s)
        await asyncio.sleep(40)

    run(timed(ring()))
    assert rung == [10, 20, 30]


def test_threads_at_work_are_counted() -> None:
    async def counts() -> list[int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThreadCountingLoop)
        done = threading.Event()
        works = [asyncio.create_task(asyncio.to_thread(done.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        during = loop.working_threads
        done.set()
        await asyncio.gather(*works)
        return [during, loop.working_threads]

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        assert runner.run(counts()) == [3, 0]
