"""One client per event loop: a connection belongs to the loop that opened it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
Made: TypeAlias = dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[T]]]


class PerLoop(Generic[T]):
    """Makes a client when a loop first asks for one, so that its connections stay open from call to call.

    A client is closed when its loop ends in order (`asyncio.run`), or when nobody needs this object any more.

    Parameters
    ----------
    make : called once for each loop; for the first one at once, as it may take 0.1 s (certificates), too long for a
        loop that also plays sound.
    close : ends a client.
    """

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make, self._close = make, close
        self._spare = [make()]
        self._made: Made[T] = {}
        # It holds the clients to the last: the garbage collector would break connections instead of closing them.
        weakref.finalize(self, _close_all, self._made).atexit = False

    def get(self) -> T:
        """Give the client of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            client = self._spare.pop() if self._spare else self._make()
            holder = _hold(client, self._close, self._made, loop)
            with suppress(StopIteration):  # how a generator gives its first item to who does not await it
                holder.asend(None).send(None)
            self._made[loop] = client, holder
        return self._made[loop][0]

    async def aclose(self) -> None:
        """Close the client of the running loop, if it has one."""
        if made := self._made.get(asyncio.get_running_loop()):
            await made[1].aclose()


async def _hold(
    client: T,
    close: Callable[[T], Awaitable[None]],
    made: Made[T],
    loop: asyncio.AbstractEventLoop,
) -> AsyncGenerator[T]:
    """Hold a client in a generator: a loop that ends closes those that have begun in it."""
    try:
        yield client
    finally:
        made.pop(loop, None)
        await close(client)


def _close_all(made: Made[T]) -> None:
    for loop, (_, holder) in list(made.items()):
        if loop.is_running():
            asyncio.run_coroutine_threadsafe(_closed(holder), loop)


async def _closed(holder: AsyncGenerator[T]) -> None:
    await holder.aclose()
