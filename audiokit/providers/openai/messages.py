"""A conversation in OpenAI's words, and a model's tool calls out of its stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from audiokit.contracts import Message, Tool, ToolCall
from audiokit.providers.arguments import read_arguments


def messages_json(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Write a conversation as the field `messages`."""
    return [_message_json(message) for message in messages]


def tools_json(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Write tools as the field `tools`."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in tools
    ]


def _message_json(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    if message.tool_calls:
        calls = [_call_json(call) for call in message.tool_calls]
        return {"role": "assistant", "content": message.text or None, "tool_calls": calls}
    return {"role": message.role, "content": message.text}


def _call_json(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(dict(call.arguments))}
    return {"id": call.call_id, "type": "function", "function": function}


class ToolCallParts:
    """Collects tool calls whose names and arguments come in pieces, several calls at a time."""

    def __init__(self) -> None:
        self._calls: list[dict[str, str]] = []
        self._open: dict[int | None, dict[str, str]] = {}

    def push(self, delta: Any) -> None:
        """Add one `ChoiceDeltaToolCall`."""
        call = self._open.get(delta.index)
        # Ollama gives each call the index 0: only the id tells that another one begins.
        if call is None or (delta.id and call["id"] not in ("", delta.id)):
            call = self._open[delta.index] = {"id": "", "name": "", "arguments": ""}
            self._calls.append(call)
        call["id"] = delta.id or call["id"]
        if delta.function:
            call["name"] += delta.function.name or ""
            call["arguments"] += delta.function.arguments or ""

    def calls(self) -> Iterator[ToolCall]:
        """Give the whole calls, in the model's order.

        Raises
        ------
        ProviderError : arguments that are no JSON object.
        """
        for place, call in enumerate(self._calls):
            arguments = read_arguments("openai", call["name"], call["arguments"])
            yield ToolCall(call_id=call["id"] or f"call_{place}", name=call["name"], arguments=arguments)
