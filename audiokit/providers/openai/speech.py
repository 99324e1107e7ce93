"""Speech by OpenAI, or by a server that speaks its protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Setting, SpeechChunk, Voice
from audiokit.errors import ConfigError, ProviderError, ProviderUnavailable
from audiokit.providers.checks import number, speakable
from audiokit.providers.models import OPENAI_SPEECH
from audiokit.providers.sdk import Sdk
from audiokit.providers.streams import guarded

SLOWEST, FASTEST = 0.25, 4.0
CUSTOM = "voice_"  # how the ids of voices begin that an account has made


class OpenAISpeech:
    """Text to speech, streamed as PCM.

    Parameters
    ----------
    model : such as "gpt-4o-mini-tts".
    voice : such as "coral", "marin", "cedar", when none is asked for; a voice of one's own begins with "voice_".
    instructions : how to speak, in words: tone, pace, accent.
    speed : pace, 0.25 .. 4.
    base_url : ends in /v1; on this machine no key is needed. None: `OPENAI_BASE_URL`, the file's, or OpenAI itself.
    first_s, next_s : longest wait for the first sound, and between pieces, in seconds.

    Raises
    ------
    ConfigError : a speed outside its range, an address that a key may not go to.
    MissingKeyError : no `OPENAI_API_KEY`, for a server that is not on this machine.
    MissingDependencyError : the SDK is not installed.
    """

    sample_rate = 24_000
    encoding = "pcm_s16le"

    def __init__(
        self,
        model: str = OPENAI_SPEECH,
        *,
        voice: str = "coral",
        instructions: str = "",
        speed: float = 1.0,
        base_url: str | None = None,
        first_s: float = 20.0,
        next_s: float = 10.0,
    ) -> None:
        self._sdk = Sdk("openai", base_url, max(first_s, next_s), keyless_here=True, model=model)
        self._model, self._voice = model, voice
        self._settings: dict[str, Setting] = {"instructions": instructions, "speed": _speed(speed)}
        self._first_s, self._next_s = first_s, next_s

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        return json.dumps(["openai", 1, self._sdk.address, self._model, self._voice, *self._settings.values()])

    def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, up to 4096 characters.

        Parameters
        ----------
        text : what to say.
        voice : its settings "instructions" and "speed" go before those of the provider.

        Raises
        ------
        UsageError : nothing to say.
        ProviderError : or one below it; retryable only while nothing was given.
        """
        pieces = self._pieces(self._request(speakable(text), voice))
        return guarded(pieces, self._first_s, self._next_s, provider="openai")

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._sdk.aclose()

    async def _pieces(self, request: dict[str, Any]) -> AsyncIterator[SpeechChunk]:
        left, came = b"", False
        with self._sdk.translated():
            speech = self._sdk.client().audio.speech.with_streaming_response
            async with speech.create(**request) as response:
                _check_type(response.headers)
                async for data in response.iter_bytes():
                    data, left = _whole_samples(left + data)
                    if data:
                        came = True
                        yield SpeechChunk(AudioChunk.from_pcm16(data, self.sample_rate).samples, self.sample_rate)
        if left or not came:
            what = "stopped in the middle of a sample" if left else "sent no sound"
            raise ProviderUnavailable(f"openai {what}", provider="openai", retryable=True)

    def _request(self, text: str, voice: Voice | None) -> dict[str, Any]:
        own = voice.settings if voice else {}
        if unknown := sorted(own.keys() - self._settings.keys()):
            raise ConfigError(f"openai's voices take no setting {unknown[0]!r}; they take: instructions, speed")
        settings = self._settings | dict(own)
        name = (voice.voice_id if voice else "") or self._voice
        request: dict[str, Any] = {
            "model": (voice.model if voice else "") or self._model,
            "voice": {"id": name} if name.startswith(CUSTOM) else name,
            "input": text,
            "response_format": "pcm",
        }
        if settings["instructions"]:
            request["instructions"] = settings["instructions"]
        if (speed := _speed(settings["speed"])) != 1.0:
            request["speed"] = speed
        return request


def _speed(value: object) -> float:
    return number("openai", "speed", value, SLOWEST, FASTEST)


def _whole_samples(data: bytes) -> tuple[bytes, bytes]:
    end = len(data) - len(data) % 2
    return data[:end], data[end:]


def _check_type(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "")
    if kind.startswith(("text/", "application/json")):
        raise ProviderError(f"openai sent {kind}; expected audio/pcm", provider="openai")
