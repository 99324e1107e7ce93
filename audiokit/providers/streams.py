"""What all streams of a vendor have in common: they may fall silent, and cannot be repeated once they have begun."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar, cast

from audiokit.contracts import SpeechChunk
from audiokit.errors import ProviderError, ProviderUnavailable
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


async def sounding(chunks: AsyncIterator[SpeechChunk], *, provider: str) -> AsyncIterator[SpeechChunk]:
    """Pass speech on, and tell an answer without any sound from a text that was spoken.

    Raises
    ------
    ProviderUnavailable : the stream ended in order, and nothing was heard.
    """
    is_heard = False
    async with aclosing(cast("AsyncGenerator[SpeechChunk, None]", chunks)) as pieces:
        async for piece in pieces:
            is_heard = is_heard or len(piece.samples) > 0
            yield piece
    if not is_heard:
        raise ProviderUnavailable(
            f"{provider} answered without a sound. Try again; if it stays so, try another text or voice.",
            provider=provider,
            retryable=True,
        )
