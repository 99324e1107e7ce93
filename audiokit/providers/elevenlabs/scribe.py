"""The live line of Scribe: sound goes in, transcripts come out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from audiokit.errors import ProviderError, ProviderTimeout
from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.errors import PROVIDER
from audiokit.providers.elevenlabs.tasks import stopped

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SAMPLE_RATE = 16_000
PATH = "/v1/speech-to-text/realtime"
MOST_BYTES = 2 * SAMPLE_RATE  # the vendor refuses messages that are much longer than a second
FINAL = "committed_transcript_with_timestamps"
TOO_EARLY = ("commit_throttled", "insufficient_audio_activity")
"""Errors that say only: nothing to transcribe since the last time."""
ERRORS = frozenset(
    {
        "auth_error",
        "chunk_size_exceeded",
        "error",
        "input_error",
        "invalid_request",
        "queue_overflow",
        "quota_exceeded",
        "rate_limited",
        "resource_exhausted",
        "session_time_limit_exceeded",
        "transcriber_error",
        "unaccepted_terms",
        "unaccepted_terms_error",
    }
)


async def listened(
    door: ElevenLabsClient, query: Mapping[str, object], sound: AsyncIterator[bytes], silence_s: float
) -> AsyncIterator[Mapping[str, Any]]:
    """Give the vendor's transcripts, partial and final, until the last one that was asked for has come.

    Parameters
    ----------
    door : the way to the vendor.
    query : how to listen.
    sound : PCM; empty bytes ask for a final transcript, as does the end.
    silence_s : longest wait for one that was asked for, in seconds.

    Raises
    ------
    ProviderError : the vendor refused, failed or fell silent. Nothing of it is retryable once sound was sent.
    What `sound` itself raises.
    """
    with door.translated():
        line = await door.socket(PATH, query)
    talk = _Talk(door, line, sound)
    sending = asyncio.create_task(talk.send())
    try:
        while not (talk.ended and talk.answered >= talk.asked):
            with door.translated():
                received = await _received(line, sending, talk, silence_s)
                event = json.loads(received) if received is not None else {}
                wanted = talk.is_transcript(event)
            if wanted:
                yield event
            if sending.done() and not sending.cancelled() and (error := sending.exception()):
                _raise_if_sounds(error)
    except ProviderError as error:
        error.retryable = error.retryable and not talk.began
        raise
    finally:
        try:
            await stopped(sending)
        finally:
            await line.close()


class _Talk:
    """What went over one line."""

    def __init__(self, door: ElevenLabsClient, line: ClientConnection, sound: AsyncIterator[bytes]) -> None:
        self._door, self._line, self._sound = door, line, sound
        self.asked = self.answered = 0
        self.began = self.ended = False
        self._open = False
        """Whether sound was sent since the last transcript that was asked for."""

    async def send(self) -> None:
        async for pcm in self._sound:
            for start in range(0, len(pcm), MOST_BYTES):
                self.began = self._open = True
                await self._say(pcm[start : start + MOST_BYTES], commit=False)
            if not pcm:
                await self._commit()
        if self._open:
            await self._commit()
        self.ended = True

    def is_transcript(self, event: Any) -> bool:
        """Count an event, and tell whether it is one to pass on.

        Raises
        ------
        ProviderError : it says that something went wrong.
        """
        kind = event.get("message_type", "")
        if kind in ERRORS:
            raise self._door.live_error(kind, event.get("error", ""))
        self.answered += kind == FINAL or kind in TOO_EARLY
        return kind in (FINAL, "partial_transcript")

    async def _commit(self) -> None:
        self._open = False
        self.asked += 1
        await self._say(b"", commit=True)

    async def _say(self, pcm: bytes, *, commit: bool) -> None:
        message = {
            "message_type": "input_audio_chunk",
            "audio_base_64": base64.b64encode(pcm).decode(),
            "commit": commit,
            "sample_rate": SAMPLE_RATE,
        }
        await self._line.send(json.dumps(message))


async def _received(
    line: ClientConnection, sending: asyncio.Task[None], talk: _Talk, silence_s: float
) -> str | bytes | None:
    """Wait for a message; None once the sending has ended, for better or worse."""
    receiving = asyncio.ensure_future(line.recv())
    try:
        waiting = {receiving} if sending.done() else {receiving, sending}
        owed_s = silence_s if talk.answered < talk.asked else None
        done, _ = await asyncio.wait(waiting, timeout=owed_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise ProviderTimeout(f"{PROVIDER} owes a transcript for {silence_s:g} s", provider=PROVIDER)
        return receiving.result() if receiving in done else None
    finally:
        receiving.cancel()


def _raise_if_sounds(error: BaseException) -> None:
    """Raise why the sound broke off, unless it was the line, which tells better itself."""
    from websockets import ConnectionClosed

    if not isinstance(error, ConnectionClosed):
        raise error
