import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from audiokit.agent.ahead import Ahead, abandonable, in_own_thread, opened
from audiokit.testing import clock


async def numbers(count: int, every_s: float = 0.0, closed: list[str] | None = None) -> AsyncIterator[int]:
    try:
        for number in range(count):
            await asyncio.sleep(every_s)
            yield number
    finally:
        if closed is not None:
            closed.append("closed")


async def stubborn(for_s: float) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + for_s
    while loop.time() < until_s:
        try:
            await asyncio.sleep(until_s - loop.time())
        except asyncio.CancelledError:
            continue
    yield 1


def test_it_runs_on_while_nobody_reads() -> None:
    async def go() -> tuple[list[int], float]:
        ahead = Ahead(numbers(3, every_s=1.0))
        await asyncio.sleep(10)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        return [item async for item in ahead], loop.time() - began_s

    assert clock.run(go()) == ([0, 1, 2], 0.0)


def test_it_knows_when_its_items_came() -> None:
    async def go() -> tuple[float | None, float]:
        ahead = Ahead(numbers(3, every_s=1.0))
        await asyncio.sleep(10)
        return ahead.first_s, ahead.arrived_s

    assert clock.run(go()) == (1.0, 3.0)


def test_waiting_has_an_end() -> None:
    async def go() -> float:
        ahead = Ahead(numbers(1, every_s=60.0))
        with pytest.raises(TimeoutError):
            await ahead.next(until_s=2.5)
        ahead.close()
        return asyncio.get_running_loop().time()

    assert clock.run(go()) == 2.5


def test_its_error_comes_after_its_items() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    async def go() -> None:
        ahead = Ahead(broken())
        await asyncio.sleep(1)
        assert await ahead.next() == 1
        with pytest.raises(ValueError, match="broken"):
            await ahead.next()
        with pytest.raises(ValueError, match="broken"):
            await ahead.next()

    clock.run(go())


def test_closing_closes_the_stream() -> None:
    async def go() -> list[str]:
        closed: list[str] = []
        ahead = Ahead(numbers(9, every_s=1.0, closed=closed))
        await ahead.next()
        ahead.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return closed

    assert clock.run(go()) == ["closed"]


def test_leaving_does_not_wait_for_a_stream_that_ignores_it() -> None:
    async def go() -> float:
        loop = asyncio.get_running_loop()
        ahead = Ahead(stubborn(30.0))
        with pytest.raises(TimeoutError):
            await ahead.next(until_s=1.0)
        ahead.close()
        left_s = loop.time()
        await asyncio.sleep(31.0)
        return left_s

    assert clock.run(go()) == 1.0


def test_work_that_ignores_being_cancelled_is_abandoned() -> None:
    async def work() -> None:
        async for _ in stubborn(20.0):
            raise ValueError("nobody is there any more to hear this")

    async def go() -> float:
        with pytest.raises(TimeoutError, match="not done after 2 s"):
            await abandonable(work(), 2.0)
        left_s = asyncio.get_running_loop().time()
        await asyncio.sleep(30.0)
        return left_s

    assert clock.run(go()) == 2.0


def test_work_that_ends_in_time_gives_its_result_or_its_error() -> None:
    async def work(fails: bool) -> str:
        await asyncio.sleep(1)
        if fails:
            raise KeyError("x")
        return "done"

    async def go() -> None:
        assert await abandonable(work(False), 2.0) == "done"
        with pytest.raises(KeyError):
            await abandonable(work(True), 2.0)

    clock.run(go())


def test_work_that_never_ends_takes_no_thread_from_the_local_models() -> None:
    never = threading.Event()

    async def go() -> str:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        stuck = [asyncio.create_task(in_own_thread(never.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        model = await asyncio.wait_for(asyncio.to_thread(lambda: "computed"), 10.0)
        for each in stuck:
            each.cancel()
        return model

    assert asyncio.run(go()) == "computed"  # and `run` has not waited for them either
    assert sum(each.name == "audiokit-tool" and each.daemon for each in threading.enumerate()) == 3
    never.set()


def test_a_thread_of_its_own_gives_what_the_function_gives_or_raises() -> None:
    async def go() -> str:
        with pytest.raises(KeyError, match="lost"):
            await in_own_thread(lambda: {}["lost"])
        return await in_own_thread(lambda: "found")

    assert asyncio.run(go()) == "found"


def test_a_stream_whose_beginning_fails_gives_its_error_as_its_first_item() -> None:
    def refused() -> AsyncIterator[int]:
        raise ConnectionError("refused")

    async def go() -> None:
        with pytest.raises(ConnectionError, match="refused"):
            await Ahead(opened(refused)).next()

    clock.run(go())
