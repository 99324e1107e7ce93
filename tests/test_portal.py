"""audiokit.portal: async code behind sync calls."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncIterator
from concurrent import futures
from contextvars import ContextVar

import pytest

from audiokit import portal


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    await asyncio.sleep(0)
    raise LookupError("lost")


async def loop_of_the_portal() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def script(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, "-c", text], capture_output=True, text=True, timeout=60)


def test_run_gives_the_result() -> None:
    assert portal.run(double(21)) == 42


def test_run_works_inside_a_running_loop() -> None:
    async def cell_of_a_notebook() -> int:
        return portal.run(double(21))

    assert asyncio.run(cell_of_a_notebook()) == 42


def test_run_raises_what_the_coroutine_raises_with_its_traceback() -> None:
    with pytest.raises(LookupError, match="lost") as raised:
        portal.run(fail())
    assert "fail" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]


def test_run_passes_context_variables_on() -> None:
    name: ContextVar[str] = ContextVar("name", default="unset")

    async def read() -> str:
        return name.get()

    name.set("set")
    assert portal.run(read()) == "set"


def test_run_on_the_portal_itself_is_refused_instead_of_waiting_for_ever() -> None:
    async def nested() -> int:
        return portal.run(double(21))

    with pytest.raises(RuntimeError, match="use await instead"):
        portal.run(nested())


def test_a_coroutine_that_wants_to_exit_takes_only_its_caller_along() -> None:
    async def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        portal.run(leave())
    assert portal.run(double(21)) == 42


def test_a_coroutine_that_is_cancelled_from_within_raises() -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(futures.CancelledError):
        portal.run(give_up())


def test_calls_share_one_loop() -> None:
    assert portal.run(loop_of_the_portal()) is portal.run(loop_of_the_portal())


@pytest.mark.process
def test_threads_that_come_first_at_the_same_time_share_one_loop() -> None:
    done = script(
        "import asyncio, threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from audiokit import portal\n"
        "gate = threading.Barrier(16)\n"
        "async def loop(): return asyncio.get_running_loop()\n"
        "def enter(): gate.wait(); return portal.run(loop())\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    loops = [future.result() for future in [pool.submit(enter) for _ in range(16)]]\n"
        "print(len(set(loops)), threading.active_count())\n"
    )
    assert (done.stdout, done.stderr) == ("1 2\n", "")


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_makes_a_loop_of_its_own() -> None:
    done = script(
        "import asyncio, os\n"
        "from audiokit import portal\n"
        "async def work(): await asyncio.sleep(0); return os.getpid()\n"
        "assert portal.run(work()) == os.getpid()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if portal.run(work()) == os.getpid() else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "assert portal.run(work()) == os.getpid()\n",
        "-W",
        "ignore::DeprecationWarning",
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.process
def test_a_program_that_used_the_portal_ends_quietly() -> None:
    done = script(
        "import asyncio\n"
        "from audiokit import portal\n"
        "portal.run(asyncio.sleep(0))\n"
        "portal.run(asyncio.to_thread(int))\n",
        "-W",
        "error",
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system cannot signal a thread")
def test_ctrl_c_cancels_the_coroutine_and_waits_for_its_cleanup() -> None:
    happened: list[str] = []

    async def interrupted() -> None:
        try:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            happened.append("cancelled")
            await asyncio.sleep(0)
            happened.append("cleaned up")
            raise

    with pytest.raises(KeyboardInterrupt):
        portal.run(interrupted())
    assert happened == ["cancelled", "cleaned up"]


class Counter:
    """An endless async iterator that is no generator."""

    def __init__(self) -> None:
        self.given = 0

    def __aiter__(self) -> Counter:
        return self

    async def __anext__(self) -> int:
        self.given += 1
        return self.given


def test_iterate_gives_all_items_in_order() -> None:
    async def three() -> AsyncIterator[int]:
        for number in range(3):
            yield await double(number)

    assert list(portal.iterate(three())) == [0, 2, 4]


def test_iterate_gives_items_that_are_false() -> None:
    async def falsehoods() -> AsyncIterator[object]:
        for item in (None, 0, "", ()):
            yield item

    assert list(portal.iterate(falsehoods())) == [None, 0, "", ()]


def test_iterate_fetches_only_what_is_asked_for() -> None:
    counter = Counter()
    items = portal.iterate(counter)
    assert counter.given == 0
    assert [next(items), next(items)] == [1, 2]
    items.close()
    assert counter.given == 2


def test_leaving_early_closes_the_generator() -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    for _ in portal.iterate(endless()):
        break
    assert closed == [True]


def test_iterate_raises_after_the_items_that_came_before() -> None:
    async def short() -> AsyncIterator[int]:
        yield 1
        await fail()

    items = portal.iterate(short())
    assert next(items) == 1
    with pytest.raises(LookupError, match="lost") as raised:
        next(items)
    assert "fail" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]


def test_an_iterator_may_hold_a_task_group_open_between_items() -> None:
    async def grouped() -> AsyncIterator[int]:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for number in range(3):
                yield await group.create_task(double(number))

    assert list(portal.iterate(grouped())) == [0, 2, 4]


def test_iterate_works_inside_a_running_loop() -> None:
    async def cell_of_a_notebook() -> list[int]:
        items = portal.iterate(Counter())
        return [next(items), next(items)]

    assert asyncio.run(cell_of_a_notebook()) == [1, 2]
