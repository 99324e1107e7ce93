"""Anthropic's HTTP contract on this machine: every request is checked, every answer is shaped like Anthropic's own."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.vendors.faults import Receive, Send
from tests.vendors.openai import Answer
from tests.vendors.schema import offences, read_texts

MESSAGES, MODELS = "/v1/messages", "/v1/models"
REQUEST_ID = {"request-id": "req_9"}


class Anthropic:
    """Answers as told, in order; without instruction with "Hello there."."""

    def __init__(self, key: str = "sk-ant-test-0123456789") -> None:
        self.key = key
        self.models = {"claude-haiku-5-5"}
        self.answers: deque[Answer] = deque()
        self.violations: list[str] = []
        self._contract = json.loads(Path(__file__).with_name("anthropic.json").read_text("utf-8"))
        routes = [
            Route(MESSAGES, self._messages, methods=["POST"]),
            Route(MODELS, self._list, methods=["GET"]),
        ]
        self._app = Starlette(routes=routes)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _messages(self, request: Request) -> Response:
        contract = self._contract[f"POST {MESSAGES}"]
        body = await request.json()
        self.violations += [
            f"messages: no header {name}" for name in contract["headers"] if name not in request.headers
        ]
        self.violations += offences(body, contract["json"], "messages")
        self.violations += _turn_offences(body.get("messages", []), contract)
        for tool in body.get("tools", []):
            self.violations += offences(tool, contract["tool"], "tool")
        if not self._knows(request):
            return _error(401, "authentication_error", "invalid x-api-key")
        if body["model"] not in self.models:
            return _error(404, "not_found_error", f"model: {body['model']}")
        answer = self.answers.popleft() if self.answers else Answer()
        return StreamingResponse(_events(answer), media_type="text/event-stream", headers=REQUEST_ID)

    async def _list(self, request: Request) -> Response:
        contract, query = self._contract[f"GET {MODELS}"], dict(request.query_params)
        self.violations += [f"models: no header {name}" for name in contract["headers"] if name not in request.headers]
        self.violations += offences(read_texts(query, contract["query"]), contract["query"], "models")
        if not self._knows(request):
            return _error(401, "authentication_error", "invalid x-api-key")
        each = {"type": "model", "created_at": "2026-01-01T00:00:00Z"}
        models = [{"id": name, "display_name": name, **each} for name in sorted(self.models)]
        ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]}
        return JSONResponse({"data": models, "has_more": False, **ends}, headers=REQUEST_ID)

    def _knows(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"


def error_body(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_9"}


def error_event(kind: str, message: str) -> str:
    return f"event: error\ndata: {json.dumps(error_body(kind, message))}\n\n"


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse(error_body(kind, message), status, headers=REQUEST_ID)


def _turn_offences(turns: list[Any], contract: Mapping[str, Any]) -> Iterator[str]:
    """Check that turns alternate, begin with the user, hold no empty text, and answer each tool at once."""
    waiting: set[str] = set()
    for number, turn in enumerate(turns):
        yield from offences(turn, contract["turn"], "turn")
        if turn["role"] != ("user", "assistant")[number % 2]:
            yield f"messages: turn {number} is the {turn['role']}'s"
        answered = {block["tool_use_id"] for block in turn["content"] if block["type"] == "tool_result"}
        if answered != waiting:
            yield f"messages: turn {number} answers the calls {sorted(answered)}; expected {sorted(waiting)}"
        waiting = {block["id"] for block in turn["content"] if block["type"] == "tool_use"}
        for block in turn["content"]:
            fields = contract["blocks"][turn["role"]].get(block["type"])
            yield from offences(block, fields, block["type"]) if fields else [f"messages: a block {block['type']!r}"]
            if block["type"] == "text" and not block["text"].strip():
                yield "messages: text content blocks must be non-empty"


async def _events(answer: Answer) -> AsyncIterator[str]:
    for line in answer.raw:
        yield line
    if answer.raw:
        return
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "content": []}
    start |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
    yield event("message_start", message=start)
    yield event("ping")
    for index, (block, deltas) in enumerate(_blocks(answer)):
        yield event("content_block_start", index=index, content_block=block)
        for delta in deltas:
            await asyncio.sleep(answer.delay_s)
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    finish = answer.finish if answer.finish is not None else "tool_use" if answer.tools else "end_turn"
    if finish:
        yield event("message_delta", delta={"stop_reason": finish, "stop_sequence": None}, usage={"output_tokens": 3})
        yield event("message_stop")


def _blocks(answer: Answer) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    if answer.texts:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in answer.texts]
    for name, arguments in answer.tools:
        pieces = ["", *(arguments[start : start + 4] for start in range(0, len(arguments), 4))]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}}, deltas


def event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n"
