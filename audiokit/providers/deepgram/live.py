"""A live line to Deepgram: a raw WebSocket, as the SDK costs 20 MB and 0.3 s more, and never reconnects either."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiokit.audio.chunk import AudioChunk
from audiokit.config import Key
from audiokit.errors import ProviderTimeout, ProviderUnavailable
from audiokit.providers.deepgram.errors import UNREADABLE, translated, unreadable
from audiokit.providers.sockets import dialled

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

CONNECT_S = 5.0
CLOSE_S = 0.5
KEEP_ALIVE_S = 4.0  # Deepgram ends a line on which it hears nothing for 10 s
MESSAGE_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a client may say besides sound, in one version of the protocol; None is not possible."""

    finalize: str
    """Asks for the final text of what was heard so far."""
    keep_alive: str | None
    """Says that the client is still there."""
    close: str = "CloseStream"
    """Says that no more sound comes."""


NOVA = Words(finalize="Finalize", keep_alive="KeepAlive")
FLUX = Words(finalize="ForceEndTurn", keep_alive=None)


class Line:
    """One stream of sound to Deepgram, and of messages back.

    Parameters
    ----------
    url : with the query that says what is to be done.
    key : for the header.
    words : of the protocol's version.
    silence_s : longest time that Deepgram may hear sound and say nothing, in seconds.
    """

    def __init__(self, url: str, key: Key, words: Words, silence_s: float) -> None:
        self._url, self._key, self._words = url, key, words
        self._watch = Watch(silence_s)
        self._closing = False

    async def messages(self, chunks: AsyncIterator[AudioChunk]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Send sound, and give what Deepgram says until it has said all.

        Raises
        ------
        ProviderError : or one below it.
        """
        sender = None
        with translated(self._key.secret):
            async with dialled(
                self._url,
                headers={"Authorization": f"Token {self._key.secret}"},
                open_timeout=CONNECT_S,
                close_timeout=CLOSE_S,
                max_size=MESSAGE_BYTES,
            ) as socket:
                sender = asyncio.create_task(self._send(socket, chunks))
                keeper = asyncio.create_task(self._keep_alive(socket))
                self._watch.starts(socket)
                try:
                    async for message in self._received(socket):
                        yield message
                except BaseException:
                    sender.cancel()
                    raise
                finally:
                    self._watch.stops()
                    keeper.cancel()
                    await asyncio.gather(sender, keeper, return_exceptions=True)
        sender.result()  # what `chunks` raised is the caller's own

    async def _received(self, socket: ClientConnection) -> AsyncIterator[Mapping[str, Any]]:
        from websockets.exceptions import ConnectionClosed

        try:
            async for data in socket:  # ends when the line is closed as it should be
                self._watch.heard()
                if self._closing:
                    self._watch.asked()
                yield _read(data)
        except ConnectionClosed:
            if not self._watch.is_over:
                raise
        if self._watch.is_over:
            raise ProviderTimeout(
                f"deepgram heard sound for {self._watch.silence_s:g} s and said nothing",
                provider="deepgram",
                retryable=True,
            )
        if not self._closing:
            raise ProviderUnavailable(
                "deepgram ended the stream before the sound had ended", provider="deepgram", retryable=True
            )

    async def _send(self, socket: ClientConnection, chunks: AsyncIterator[AudioChunk]) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            with suppress(ConnectionClosed):  # the receiver tells why
                async for chunk in chunks:
                    await self._say(socket, chunk)
                self._closing = True
                self._watch.asked()
                await socket.send(json.dumps({"type": self._words.close}))
        except Exception:
            self._closing = True
            await socket.close()  # wakes the receiver
            raise

    async def _say(self, socket: ClientConnection, chunk: AudioChunk) -> None:
        self._watch.asked()
        if len(chunk.samples):
            await socket.send(chunk.to_pcm16())
        else:
            await socket.send(json.dumps({"type": self._words.finalize}))

    async def _keep_alive(self, socket: ClientConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            while self._words.keep_alive and not self._closing:
                sent = self._watch.count
                await asyncio.sleep(KEEP_ALIVE_S)
                if self._watch.count == sent and not self._closing:
                    self._watch.heard()  # nobody speaks: nothing to be answered
                    await socket.send(json.dumps({"type": self._words.keep_alive}))


class Watch:
    """Cuts a line on which sound goes out and nothing comes back.

    Parameters
    ----------
    silence_s : for so long, in seconds.
    """

    def __init__(self, silence_s: float) -> None:
        self.silence_s = silence_s
        self.is_over = False
        """Whether the line was cut."""
        self.count = 0
        """How often something was asked."""
        self._socket: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None

    def starts(self, socket: ClientConnection) -> None:
        """Begin to watch."""
        self._socket = socket

    def asked(self) -> None:
        """Expect something to come back."""
        self.count += 1
        if not self._timer:
            self._timer = asyncio.get_running_loop().call_later(self.silence_s, self._cut)

    def heard(self) -> None:
        """Note that something came back."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def stops(self) -> None:
        """End."""
        self.heard()
        self._socket = None

    def _cut(self) -> None:
        self.is_over = True
        if self._socket:
            self._socket.transport.abort()


def _read(data: str | bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(data)
        message["type"]
    except UNREADABLE as error:
        raise unreadable(error) from error
    return message if isinstance(message, dict) else {"type": ""}
