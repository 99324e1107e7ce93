import asyncio
import threading
import time

import pytest

from audiokit.testing import clock
from audiokit.testing.clock import VirtualClockLoop


def test_an_hour_of_sleep_is_over_at_once() -> None:
    async def sleep() -> float:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.sleep(3600)
        return loop.time() - began_s

    began_s = time.monotonic()
    assert clock.run(sleep()) == pytest.approx(3600)
    assert time.monotonic() - began_s < 1


def test_timers_fire_in_their_order_and_at_their_time() -> None:
    async def fire() -> list[tuple[str, float]]:
        loop, fired = asyncio.get_running_loop(), []
        for name, delay_s in [("c", 3.0), ("a", 1.0), ("b", 2.0)]:
            loop.call_later(delay_s, lambda name=name: fired.append((name, round(loop.time(), 6))))
        await asyncio.sleep(5)
        return fired

    assert clock.run(fire()) == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_the_clock_stands_still_while_a_thread_works() -> None:
    release = threading.Event()

    async def work() -> float:
        loop = asyncio.get_running_loop()
        threading.Timer(0.05, release.set).start()
        await asyncio.gather(asyncio.to_thread(release.wait, 5.0), asyncio.sleep(0))
        return loop.time()

    assert clock.run(work()) == 0.0


def test_a_timeout_is_real_on_virtual_time() -> None:
    async def wait() -> None:
        async with asyncio.timeout(10):
            await asyncio.sleep(11)

    with pytest.raises(TimeoutError):
        clock.run(wait())


def test_waiting_for_nothing_is_an_error_rather_than_for_ever() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="nothing will ever bring about"):
        clock.run(wait())


def test_a_loop_of_it_may_stand_behind_any_runner() -> None:
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        assert runner.run(asyncio.sleep(1000.0, "done")) == "done"
