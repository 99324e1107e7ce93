"""A model of this machine works in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

T = TypeVar("T")


async def pulled(items: Iterator[T]) -> AsyncIterator[T]:
    """Give the items of a slow iterator, each made in a thread when it is asked for.

    Closing it early makes no further item; one that is being made is finished in its thread and thrown away.
    """
    end = object()
    while (item := await asyncio.to_thread(next, items, end)) is not end:
        yield item  # type: ignore[misc]  # the object `end` never comes so far
