"""OpenAI's HTTP contract on this machine: every request is checked, every answer is shaped like OpenAI's own."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.vendors.faults import Message, Receive, Send
from tests.vendors.host import _parsed
from tests.vendors.schema import offences, read_texts

CHAT, SPEECH, TRANSCRIPTIONS = "/v1/chat/completions", "/v1/audio/speech", "/v1/audio/transcriptions"
MODELS = "/v1/models"
LONGEST_INPUT = 4096
SOUND = struct.pack("<12000h", *(n % 200 * 50 for n in range(12_000)))
PIECE_BYTES = 4_801  # odd: pieces of a stream do not end with a sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model says next."""

    texts: tuple[str, ...] = ("Hello", " there", ".")
    tools: tuple[tuple[str, str], ...] = ()
    """Name and arguments, as JSON, of each tool it asks for."""
    finish: str | None = None
    """None: "stop", or "tool_calls"; empty: the stream ends without a word."""
    delay_s: float = 0.0
    """Before each piece."""
    raw: tuple[str, ...] = ()
    """Lines sent as they are, in the place of all else."""


class OpenAI:
    """Answers as told, in order; without instruction with "Hello there."."""

    def __init__(self, key: str | None = "sk-test-0123456789abcdef") -> None:
        self.key = key
        """None: like a local server, which asks for none."""
        self.models = {"gpt-6-luna", "gpt-4o-mini-tts", "gpt-transcribe", "gpt-4o-mini-transcribe", "whisper-1"}
        self.answers: deque[Answer] = deque()
        self.transcript: dict[str, Any] = {"text": "Hello there."}
        self.speech = SOUND
        self.speech_delay_s = 0.0
        self.violations: list[str] = []
        self._contract = json.loads(Path(__file__).with_name("openai.json").read_text("utf-8"))
        routes = [
            Route(CHAT, self._chat, methods=["POST"]),
            Route(MODELS, self._list, methods=["GET"]),
            Route(SPEECH, self._speech, methods=["POST"]),
            Route(TRANSCRIPTIONS, self._transcribe, methods=["POST"]),
        ]
        self._app = Starlette(routes=routes)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", b"req_7")]
            await send(message)

        await self._app(scope, receive, sending)

    async def _chat(self, request: Request) -> Response:
        contract = self._contract[f"POST {CHAT}"]
        body = await request.json()
        self.violations += offences(body, contract["json"], "chat")
        self.violations += _message_offences(body.get("messages", []), contract)
        for tool in body.get("tools", []):
            self.violations += offences(tool, contract["tool"], "tool")
        if refusal := self._refusal(request, body.get("model")):
            return refusal
        answer = self.answers.popleft() if self.answers else Answer()
        with_usage = bool(body.get("stream_options", {}).get("include_usage"))
        return StreamingResponse(_events(answer, with_usage), media_type="text/event-stream")

    async def _list(self, request: Request) -> Response:
        contract = self._contract[f"GET {MODELS}"]
        self.violations += offences(dict(request.query_params), contract["query"], "models")
        if refusal := self._refusal(request, min(self.models)):
            return refusal
        each = {"object": "model", "created": 1, "owned_by": "openai"}
        return JSONResponse({"object": "list", "data": [{"id": name, **each} for name in sorted(self.models)]})

    async def _speech(self, request: Request) -> Response:
        contract = self._contract[f"POST {SPEECH}"]
        body = await request.json()
        voice = body.get("voice")
        fields = contract["json"] | {"voice!": contract["custom_voice" if isinstance(voice, dict) else "voices"]}
        self.violations += offences(body, fields, "speech")
        if refusal := self._refusal(request, body.get("model")):
            return refusal
        if len(body["input"]) > LONGEST_INPUT:
            return _error(400, "string_above_max_length", f"Expected at most {LONGEST_INPUT} characters")
        return StreamingResponse(self._sound(), media_type="audio/pcm")

    async def _sound(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.speech), PIECE_BYTES):
            await asyncio.sleep(self.speech_delay_s)
            yield self.speech[start : start + PIECE_BYTES]

    async def _transcribe(self, request: Request) -> Response:
        contract = self._contract[f"POST {TRANSCRIPTIONS}"]
        form = _parsed(await request.body(), request.headers["content-type"])
        texts = {name: values[-1] for name, values in form.fields.items()}
        self.violations += offences(read_texts(texts, contract["form"]), contract["form"], "transcriptions")
        self.violations += [f"transcriptions: a file {file.field!r}" for file in form.files if file.field != "file"]
        if not form.files:
            return _error(400, "missing_required_parameter", "file is required")
        return self._refusal(request, texts.get("model")) or JSONResponse(self.transcript)

    def _refusal(self, request: Request, model: object) -> Response | None:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.key is not None and sent != self.key:
            return _error(401, "invalid_api_key", f"Incorrect API key provided: {sent}.")
        if model not in self.models:
            return _error(404, "model_not_found", f"The model `{model}` does not exist")
        return None


def error_body(code: str, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse(error_body(code, message), status)


def _message_offences(messages: list[Any], contract: Mapping[str, Any]) -> Iterator[str]:
    asked: set[str] = set()
    for message in messages:
        role = message.get("role")
        if role not in contract["messages"]:
            yield f"chat: a message of the role {role!r}"
            continue
        yield from offences(message, contract["messages"][role], role)
        for call in message.get("tool_calls", []):
            yield from offences(call, contract["tool_call"], "tool call")
            json.loads(call["function"]["arguments"])
            asked.add(call["id"])
        if role == "tool" and message["tool_call_id"] not in asked:
            yield f"chat: an answer to the call {message['tool_call_id']!r}, which nobody made"


async def _events(answer: Answer, with_usage: bool) -> AsyncIterator[str]:
    for line in answer.raw:
        yield line
    if answer.raw:
        return
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": t} for t in answer.texts)]
    deltas += [{"tool_calls": [call]} for call in _call_pieces(answer.tools)]
    for delta in deltas:
        await asyncio.sleep(answer.delay_s)
        yield _event([{"index": 0, "delta": delta, "finish_reason": None}])
    finish = answer.finish if answer.finish is not None else "tool_calls" if answer.tools else "stop"
    if not finish:
        return
    yield _event([{"index": 0, "delta": {}, "finish_reason": finish}])
    if with_usage:
        yield _event([], {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15})
    yield "data: [DONE]\n\n"


def _call_pieces(tools: tuple[tuple[str, str], ...]) -> Iterator[dict[str, Any]]:
    """Cut calls as OpenAI does: first id and name, then the arguments bit by bit, the calls taking turns."""
    for index, (name, _) in enumerate(tools):
        function = {"name": name, "arguments": ""}
        yield {"index": index, "id": f"call_{name}", "type": "function", "function": function}
    longest = max((len(arguments) for _, arguments in tools), default=0)
    for start in range(0, longest, 4):
        for index, (_, arguments) in enumerate(tools):
            if piece := arguments[start : start + 4]:
                yield {"index": index, "function": {"arguments": piece}}


def _event(choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> str:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-6-luna",
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(chunk)}\n\n"
