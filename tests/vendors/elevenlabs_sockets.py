"""The two live lines: text in and speech out, speech in and text out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket

from tests.vendors import schema
from tests.vendors.elevenlabs_contract import contract_of
from tests.vendors.elevenlabs_sound import CHARACTER_S
from tests.vendors.elevenlabs_speech import spoken, words_of
from tests.vendors.faults import Receive, Send
from tests.vendors.host import Request

if TYPE_CHECKING:
    from tests.vendors.elevenlabs import ElevenLabs

SPEAK = "WEBSOCKET /v1/text-to-speech/{voice_id}/stream-input"
LISTEN = "WEBSOCKET /v1/speech-to-text/realtime"
LEAST_COMMIT_S = 0.3

Socket = Callable[["ElevenLabs", MutableMapping[str, Any], Receive, Send, dict[str, str]], Awaitable[None]]


async def speak(
    service: ElevenLabs, scope: MutableMapping[str, Any], receive: Receive, send: Send, names: dict[str, str]
) -> None:
    line = WebSocket(scope, receive, send)
    await line.accept()
    query = scope["recorded"].query
    if scope["recorded"].headers.get("xi-api-key") != service.key:
        await _close(line, "invalid_api_key", "Invalid API key")
    elif names["voice_id"] not in service.voices:
        await _close(line, "voice_id_does_not_exist", f"A voice for the voice_id {names['voice_id']} does not exist.")
    else:
        await _Speaker(service, line, query).serve()


class _Speaker:
    def __init__(self, service: ElevenLabs, line: WebSocket, query: dict[str, str]) -> None:
        self.service, self.line = service, line
        self.format = query.get("output_format", "mp3_44100_128")
        self.auto, self.aligned = query.get("auto_mode") == "true", query.get("sync_alignment") == "true"
        self.patience_s = float(query.get("inactivity_timeout", "20")) * service.second_s
        self.schedule = [120, 160, 250, 290]
        self.waiting = ""

    async def serve(self) -> None:
        first = True
        while True:
            try:
                message = await asyncio.wait_for(self.line.receive_json(), self.patience_s)
            except TimeoutError:
                await _close(
                    self.line, "input_timeout_exceeded", "Have not received a new text input within the timeout."
                )
                return
            self.check(message, first)
            if first:
                self.schedule = message.get("generation_config", {}).get("chunk_length_schedule", self.schedule)
            elif not message["text"]:
                break
            else:
                self.waiting += message["text"]
                if message.get("flush") or self.auto or len(self.waiting) >= self.schedule[0]:
                    self.schedule = self.schedule[1:] or self.schedule
                    await self.speak()
            first = False
        self.waiting = self.waiting.rstrip()
        await self.speak()
        await self.line.send_json({"audio": None, "isFinal": True, "normalizedAlignment": None, "alignment": None})
        await self.line.close(1000)

    def check(self, message: Any, first: bool) -> None:
        part = "first" if first else "message"
        self.service.violations.extend(schema.offences(message, contract_of(SPEAK)[part], f"{SPEAK} {part}"))
        if message.get("text") and not message["text"].endswith(" "):
            self.service.violations.append(f"{SPEAK}: {message['text']!r} does not end in a space")

    async def speak(self) -> None:
        text, self.waiting = self.waiting, ""
        if not text.strip():
            return
        self.service.character_count += len(text)
        piece_s = 0.0
        for audio, first_s, characters in spoken(text, self.format):
            starts_ms = [round(1000 * (first_s - piece_s + index * CHARACTER_S)) for index in range(len(characters))]
            alignment = {
                "chars": list(characters),
                "charStartTimesMs": starts_ms,
                "charDurationsMs": [round(1000 * CHARACTER_S)] * len(characters),
            }
            piece_s += 0.25
            await self.line.send_json(
                {
                    "audio": base64.b64encode(audio).decode(),
                    "isFinal": None,
                    "alignment": alignment if self.aligned and characters else None,
                    "normalizedAlignment": None,
                }
            )


async def listen(
    service: ElevenLabs, scope: MutableMapping[str, Any], receive: Receive, send: Send, names: dict[str, str]
) -> None:
    line = WebSocket(scope, receive, send)
    await line.accept()
    request: Request = scope["recorded"]
    if request.headers.get("xi-api-key") != service.key:
        await line.send_json({"message_type": "auth_error", "error": "Invalid API key"})
        await line.close(1008)
        return
    await line.send_json({"message_type": "session_started", "session_id": "s1", "config": dict(request.query)})
    await _Listener(service, line, request.query).serve()


class _Listener:
    def __init__(self, service: ElevenLabs, line: WebSocket, query: dict[str, str]) -> None:
        self.service, self.line = service, line
        self.rate = int(query["audio_format"].removeprefix("pcm_"))
        self.timed = query.get("include_timestamps") == "true"
        self.committed_s, self.waiting_s, self.shown = 0.0, 0.0, ""

    async def serve(self) -> None:
        while True:
            message = await self.line.receive_json()
            self.service.violations.extend(schema.offences(message, contract_of(LISTEN)["message"], LISTEN))
            data = base64.b64decode(message["audio_base_64"])
            if message["sample_rate"] != self.rate or len(data) % 2:
                self.service.violations.append(f"{LISTEN}: {len(data)} bytes at {message['sample_rate']} Hz")
            self.waiting_s += len(data) / 2 / self.rate
            await self.show()
            if message["commit"]:
                await self.commit()

    async def show(self) -> None:
        words = self.service.heard.split()[: int(self.waiting_s / 0.3)]
        if words and " ".join(words) != self.shown:
            self.shown = " ".join(words)
            await self.line.send_json({"message_type": "partial_transcript", "text": self.shown})

    async def commit(self) -> None:
        if self.waiting_s < LEAST_COMMIT_S:
            error = f"Commit request ignored: only {self.waiting_s:.2f}s of uncommitted audio."
            await self.line.send_json({"message_type": "commit_throttled", "error": error})
            return
        text = self.service.heard
        await self.line.send_json({"message_type": "committed_transcript", "text": text})
        if self.timed:
            words = list(words_of(text, self.committed_s, self.waiting_s))
            code = self.service.language
            await self.line.send_json(
                {
                    "message_type": "committed_transcript_with_timestamps",
                    "text": text,
                    "language_code": code,
                    "words": words,
                }
            )
        self.committed_s, self.waiting_s, self.shown = self.committed_s + self.waiting_s, 0.0, ""


async def _close(line: WebSocket, error: str, message: str) -> None:
    await line.send_json({"message": message, "error": error, "code": 1008})
    await line.close(1008, message)


SOCKETS: dict[str, Socket] = {SPEAK: speak, LISTEN: listen}
