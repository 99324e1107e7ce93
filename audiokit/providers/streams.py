"""What all streams of a vendor have in common: they may fall silent, and cannot be repeated once they have begun."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar, cast

from audiokit.errors import ProviderError
from audiokit.retry import within

T = TypeVar("T")


async def guarded(items: AsyncIterator[T], first_s: float, next_s: float, *, provider: str) -> AsyncIterator[T]:
    """Pass a vendor's stream on; what fails after its first piece is not retryable, as that piece would come twice.

    Parameters
    ----------
    items : the stream; closed with this one, at once.
    first_s, next_s : longest wait for the first item, and for each one after it, in seconds.
    provider : for the error.

    Raises
    ------
    ProviderTimeout : nothing came in time.
    """
    came = False
    async with aclosing(cast("AsyncGenerator[T, None]", within(items, first_s, next_s, provider=provider))) as pieces:
        try:
            async for piece in pieces:
                came = True
                yield piece
        except ProviderError as error:
            error.retryable = error.retryable and not came
            raise
