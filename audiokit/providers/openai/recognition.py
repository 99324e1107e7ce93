"""Transcripts by OpenAI, or by a server that speaks its protocol."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript, Word
from audiokit.errors import ProviderError
from audiokit.providers.gathered import flac, shifted, stretches
from audiokit.providers.models import OPENAI_TRANSCRIPTION
from audiokit.providers.sdk import Sdk

MOST_BYTES = 25 * 2**20  # OpenAI's limit for a file: half an hour and more of speech as FLAC
WITH_LOGPROBS = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")  # not "-diarize", says the SDK 3.54
WITH_WORDS = "whisper"


class OpenAITranscription:
    """Speech to text: a final transcript once the stream has ended.

    Parameters
    ----------
    model : such as "gpt-transcribe"; "gpt-4o-transcribe" tells its confidence, "whisper-1" and local Whisper servers
        tell the words' times.
    language : ISO 639-1 code; None lets the model find out.
    prompt : names and terms that may be heard.
    base_url : ends in /v1; on this machine no key is needed. None: `OPENAI_BASE_URL`, the file's, or OpenAI itself.
    answer_s : longest wait for the text, in seconds.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `OPENAI_API_KEY`, for a server that is not on this machine.
    MissingDependencyError : the SDK is not installed.
    """

    streaming = False

    def __init__(
        self,
        model: str = OPENAI_TRANSCRIPTION,
        *,
        language: str | None = None,
        prompt: str = "",
        base_url: str | None = None,
        answer_s: float = 60.0,
    ) -> None:
        self._sdk = Sdk("openai", base_url, answer_s, keyless_here=True, model=model)
        self._model, self._language, self._prompt = model, language or "", prompt

    @property
    def settings_key(self) -> str:
        """Everything that changes the text, as part of a cache key."""
        return json.dumps(["openai", 1, self._sdk.address, self._model, self._language, self._prompt])

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give a final transcript at the end, and wherever a chunk without frames asks for one.

        Raises
        ------
        ProviderError : or one below it; also more sound than OpenAI takes at once.
        ValueError : chunks of different rates.
        """
        start_s = 0.0
        async for audio in stretches(chunks):
            yield await self._transcript(audio, start_s)
            start_s += audio.duration_s

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._sdk.aclose()

    async def _transcript(self, audio: Audio, start_s: float) -> Transcript:
        if not audio.frames:
            return Transcript(text="", language=self._language)
        data = await asyncio.to_thread(flac, audio)
        if len(data) > MOST_BYTES:
            raise ProviderError(
                f"{audio.duration_s / 60:.0f} min of sound are {len(data) / 2**20:.0f} MB; openai takes "
                f"{MOST_BYTES / 2**20:.0f} MB at once. Split the recording first.",
                provider="openai",
            )
        with self._sdk.translated():
            answer = await self._sdk.client().audio.transcriptions.create(
                file=("speech.flac", data, "audio/flac"), **self._request()
            )
            return self._read(answer, start_s)

    def _request(self) -> dict[str, Any]:
        request = {"model": self._model, "language": self._language, "prompt": self._prompt}
        request = {name: value for name, value in request.items() if value}
        if self._model.startswith(WITH_WORDS):
            return request | {"response_format": "verbose_json", "timestamp_granularities": ["word"]}
        if self._model in WITH_LOGPROBS:
            return request | {"response_format": "json", "include": ["logprobs"]}
        return request | {"response_format": "json"}

    def _read(self, answer: Any, start_s: float) -> Transcript:
        words = tuple(_words(answer.text, getattr(answer, "words", None) or []))
        logprobs = [each.logprob for each in getattr(answer, "logprobs", None) or ()]
        return Transcript(
            text=answer.text.strip(),
            language=self._language,
            confidence=math.exp(sum(logprobs) / len(logprobs)) if logprobs else 0.0,
            words=shifted(words, start_s),
        )


def _words(text: str, told: list[Any]) -> Iterator[Word]:
    """Give the words as the text writes them, or none if they are not the same; Whisper's own are bare of commas."""
    written = text.split()
    if len(written) != len(told):
        return
    for word, at in zip(written, told, strict=True):
        yield Word(text=word, start_s=at.start, end_s=at.end, confidence=0.0)
