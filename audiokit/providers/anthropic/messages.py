"""A conversation in Anthropic's words: roles in turn, blocks of content, the system apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from audiokit.contracts import Message, Tool

OPENING = "(The conversation begins.)"  # the user's turn is always the first, though an agent may greet


def system_text(messages: Sequence[Message]) -> str:
    """Join what the system says."""
    return "\n\n".join(message.text for message in messages if message.role == "system" and message.text)


def messages_json(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Write a conversation as the field `messages`: what one side says in a row is one turn, without empty texts."""
    spoken = [message for message in messages if message.role != "system"]
    blocks = [(role, block) for message in spoken for role, block in _blocks(message)]
    turns = [
        {"role": role, "content": [block for _, block in group]}
        for role, group in groupby(blocks, lambda pair: pair[0])
    ]
    if not turns or turns[0]["role"] != "user":
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": OPENING}]})
    return turns


def tools_json(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Write tools as the field `tools`."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)} for tool in tools
    ]


def _blocks(message: Message) -> Iterator[tuple[str, dict[str, Any]]]:
    if message.role == "tool":
        yield "user", {"type": "tool_result", "tool_use_id": message.call_id, "content": message.text}
        return
    if message.text.strip():
        yield message.role, {"type": "text", "text": message.text.rstrip()}
    for call in message.tool_calls:
        yield "assistant", {"type": "tool_use", "id": call.call_id, "name": call.name, "input": dict(call.arguments)}
