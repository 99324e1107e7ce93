"""ElevenLabs Agents on this machine: signed URLs and the conversation's WebSocket.

`convai.json` is what the vendor's AsyncAPI file of 2025-08-25 says of the messages; what a client sends is held
against it. The agent answers each half second of sound, and obeys what is typed: "drop", "interrupt", "tool", "bye".
"""

from __future__ import annotations

import base64
import json
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from tests.vendors import schema
from tests.vendors.faults import Receive, Send
from tests.vendors.host import Request

KEY = "xi-secret-0123456789abcdef"
SIGN = "GET /v1/convai/conversation/get-signed-url"
TALK = "WEBSOCKET /v1/convai/conversation"
TURN_S = 0.5
REPLY_S = 0.4
BYTES = {"ulaw": 1, "pcm": 2}


@cache
def contract() -> dict[str, Any]:
    """Read what the vendor promises and expects."""
    parts: dict[str, Any] = json.loads(Path(__file__).with_name("convai.json").read_text("utf-8"))
    return parts


def offences_of(message: Any, side: str) -> list[str]:
    """Give what a message breaks of the contract of "client" or "server"."""
    kind = message.get("type", "user_audio_chunk") if isinstance(message, dict) else ""
    if kind not in contract()[side]:
        return [f"{TALK}: no {side} sends {message!r}"]
    return list(schema.offences(message, contract()[side][kind], f"{TALK} {kind}"))


class Convai:
    """The service and all it remembers."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.input_format, self.output_format = "pcm_16000", "pcm_16000"
        self.refuses: dict[str, Any] | None = None
        self.heard_s: list[float] = []
        """By conversation, how much sound came in."""
        self.messages: list[dict[str, Any]] = []
        """All but sound that came in."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        request: Request = scope["recorded"]
        name = f"{request.method} {request.path}"
        if name == SIGN:
            await self._sign(request)(scope, receive, send)
        elif name == TALK:
            await self._talk(WebSocket(scope, receive, send), request)
        else:
            self.violations.append(f"{name}: there is no such call")
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)

    def _sign(self, request: Request) -> JSONResponse:
        self.violations.extend(schema.offences(request.query, contract()[SIGN]["query"], SIGN))
        if request.headers.get("xi-api-key") != KEY:
            return JSONResponse({"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}, 401)
        if self.refuses:
            return JSONResponse({"detail": self.refuses}, 404)
        url = f"ws://{request.headers['host']}/v1/convai/conversation?agent_id=a&conversation_signature=signed"
        return JSONResponse({"signed_url": url})

    async def _talk(self, socket: WebSocket, request: Request) -> None:
        if request.query.get("conversation_signature") != "signed":
            self.violations.append(f"{TALK}: not signed")
        if "xi-api-key" in request.headers:
            self.violations.append(f"{TALK}: the key came along")
        await socket.accept()
        await _Talk(self, socket).run()


class _Talk:
    def __init__(self, service: Convai, socket: WebSocket) -> None:
        self.service, self.socket = service, socket
        self.number = 0
        self.since_turn_s = 0.0
        self.index = len(service.heard_s)
        service.heard_s.append(0.0)
        self.is_over = False

    async def run(self) -> None:
        self.check(await self.socket.receive_json())
        details = {
            "conversation_id": f"conv_{self.index}",
            "agent_output_audio_format": self.service.output_format,
            "user_input_audio_format": self.service.input_format,
        }
        await self.say("conversation_initiation_metadata", conversation_initiation_metadata_event=details)
        await self.say("ping", ping_event={"event_id": self.next(), "ping_ms": 20})
        while not self.is_over:
            message = await self.socket.receive_json()
            self.check(message)
            if "user_audio_chunk" in message:
                await self.hear(base64.b64decode(message["user_audio_chunk"], validate=True))
            else:
                self.service.messages.append(message)
                await self.obey(message)

    async def hear(self, data: bytes) -> None:
        kind, _, rate = self.service.input_format.partition("_")
        duration_s = len(data) / BYTES[kind] / int(rate)
        self.service.heard_s[self.index] += duration_s
        self.since_turn_s += duration_s
        if self.since_turn_s >= TURN_S:
            self.since_turn_s = 0.0
            await self.say("vad_score", vad_score_event={"vad_score": 0.9})
            await self.say("user_transcript", user_transcription_event={"user_transcript": "half a second"})
            await self.reply("You spoke.")

    async def obey(self, message: dict[str, Any]) -> None:
        match message.get("type"), message.get("text"):
            case "user_message", "drop":
                self.is_over = True
                self.socket.scope["transport"].abort()
            case "user_message", "bye":
                self.is_over = True
                await self.socket.close(1000)
            case "user_message", "interrupt":
                await self.reply("A very long story.", seconds=20)
                await self.say("interruption", interruption_event={"event_id": self.number})
                await self.audio(b"\x01\x01" * 100, event_id=self.number)
                texts = {"original_agent_response": "A very long story.", "corrected_agent_response": "A very"}
                await self.say("agent_response_correction", agent_response_correction_event=texts)
            case "user_message", "tool":
                call = {"tool_name": "door", "tool_call_id": "t1", "parameters": {"open": True}}
                await self.say("client_tool_call", client_tool_call=call)
            case "user_message", str(text):
                await self.say("user_transcript", user_transcription_event={"user_transcript": text})
                await self.reply(f"You wrote {text}.")

    async def reply(self, text: str, seconds: float = REPLY_S) -> None:
        await self.say("agent_response", agent_response_event={"agent_response": text})
        kind, _, rate = self.service.output_format.partition("_")
        frames = round(seconds * int(rate) / 4)
        for _ in range(4):
            await self.audio(b"\x01\x10"[-BYTES[kind] :] * frames, self.next())

    async def audio(self, data: bytes, event_id: int) -> None:
        await self.say("audio", audio_event={"audio_base_64": base64.b64encode(data).decode(), "event_id": event_id})

    async def say(self, kind: str, **content: Any) -> None:
        message = {"type": kind, **content}
        self.service.violations.extend(offences_of(message, "server"))
        await self.socket.send_json(message)

    def check(self, message: Any) -> None:
        self.service.violations.extend(offences_of(message, "client"))

    def next(self) -> int:
        self.number += 1
        return self.number
