"""The calls that turn text to speech and speech to text over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.vendors.elevenlabs_contract import Refusal
from tests.vendors.elevenlabs_sound import CHARACTER_S, encoded, hum, rate_of
from tests.vendors.host import Request

if TYPE_CHECKING:
    from tests.vendors.elevenlabs import ElevenLabs, Handler

PIECE_S = 0.25


async def stream(service: ElevenLabs, request: Request, names: dict[str, str]) -> Response:
    text, output_format = _ordered(service, request, names)
    data = encoded(hum(text, rate_of(output_format)), output_format)

    async def pieces() -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(service.speaking_s)
            for start in range(0, len(data), 5001):  # an odd length: a sample may be cut in two
                yield data[start : start + 5001]
        finally:
            service.speaking -= 1

    _begin(service)
    media_type = "audio/mpeg" if output_format.startswith("mp3") else "audio/pcm"
    return StreamingResponse(pieces(), media_type=media_type, headers=_headers(service, text))


async def stream_with_timestamps(service: ElevenLabs, request: Request, names: dict[str, str]) -> Response:
    text, output_format = _ordered(service, request, names)

    async def lines() -> AsyncIterator[bytes]:
        for audio, start, characters in spoken(text, output_format):
            starts_s = [start + index * CHARACTER_S for index in range(len(characters))]
            alignment = {
                "characters": list(characters),
                "character_start_times_seconds": starts_s,
                "character_end_times_seconds": [time_s + CHARACTER_S for time_s in starts_s],
            }
            line = {"audio_base64": base64.b64encode(audio).decode(), "alignment": alignment if characters else None}
            yield json.dumps(line).encode() + b"\n\n"

    return StreamingResponse(lines(), media_type="application/json", headers=_headers(service, text))


def _begin(service: ElevenLabs) -> None:
    if service.at_once is not None and service.speaking >= service.at_once:
        raise Refusal(429, "too_many_concurrent_requests", f"Your plan allows {service.at_once} requests at once.")
    service.speaking += 1
    service.most_speaking = max(service.most_speaking, service.speaking)


def _headers(service: ElevenLabs, text: str) -> dict[str, str]:
    plan = {} if service.at_once is None else {"maximum-concurrent-requests": str(service.at_once)}
    return {"character-cost": str(len(text)), **plan, **service.speech_headers}


def spoken(text: str, output_format: str) -> Iterator[tuple[bytes, float, str]]:
    """Give 0.25 s of audio at a time, with the characters that begin in it and the start of the first, in seconds."""
    rate = rate_of(output_format)
    samples = hum(text, rate)
    step = round(PIECE_S * rate)
    begins = [round(index * CHARACTER_S * rate) for index in range(len(text))]
    for start in range(0, len(samples), step):
        inside = [index for index, begin in enumerate(begins) if start <= begin < start + step]
        first_s = inside[0] * CHARACTER_S if inside else 0.0
        yield encoded(samples[start : start + step], output_format), first_s, "".join(text[index] for index in inside)


def _ordered(service: ElevenLabs, request: Request, names: dict[str, str]) -> tuple[str, str]:
    service.voice(names["voice_id"])
    text: str = request.body["text"]
    if not text.strip():
        raise Refusal(400, "input_text_empty", "The text is empty.")
    if len(text) > 5000:
        raise Refusal(
            400, "max_character_limit_exceeded", f"This request has {len(text)} characters, at most 5000 are allowed."
        )
    service.spend(len(text))
    return text, request.query.get("output_format", "mp3_44100_128")


async def transcribe(service: ElevenLabs, request: Request, names: dict[str, str]) -> Response:
    file = request.body.files[0]
    duration_s = len(file.data) / 2 / 16000
    return JSONResponse(
        {
            "language_code": service.language,
            "language_probability": 0.98,
            "text": service.heard,
            "words": list(words_of(service.heard, 0.0, duration_s)),
            "transcription_id": "t1",
        }
    )


def words_of(text: str, start_s: float, duration_s: float) -> Iterator[dict[str, Any]]:
    """Spread words over a time, with the spaces between them as the service gives them."""
    words = text.split()
    step_s = duration_s / max(1, len(words))
    for index, word in enumerate(words):
        at_s = start_s + index * step_s
        if index:
            yield {"text": " ", "start": at_s, "end": at_s, "type": "spacing", "logprob": 0.0}
        yield {"text": word, "start": at_s, "end": at_s + 0.8 * step_s, "type": "word", "logprob": -0.1}


SPEECH: dict[str, Handler] = {
    "POST /v1/text-to-speech/{voice_id}/stream": stream,
    "POST /v1/text-to-speech/{voice_id}/stream/with-timestamps": stream_with_timestamps,
    "POST /v1/speech-to-text": transcribe,
}
