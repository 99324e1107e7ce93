"""What was said so far: what the user said, and what the user heard of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiokit.contracts import Message, ToolCall
from audiokit.disk import whole_file
from audiokit.errors import ConfigError

FORMAT = "audiokit.conversation/1"
CHARACTERS_PER_TOKEN = 4  # English; a bound for history needs no tokenizer
MESSAGE_TOKENS = 4  # what a message costs beside its text
SUMMARY = "Summary of the earlier conversation: "


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """The history of a session; only whole turns are added, each by one call of `commit`."""

    system_prompt: str = ""
    """What the model is told of its part; never cut."""
    max_tokens: int = 8000
    """How much the model reads, in tokens of about 4 characters; older turns are left out."""
    summary: str = ""
    """What became of turns that were cut."""
    turns: list[tuple[Message, ...]] = field(default_factory=list)
    """What was said, turn by turn: the user's message, calls of tools and their results, what was heard."""

    def messages(self, latest: str = "") -> list[Message]:
        """Give what the model is to read.

        Parameters
        ----------
        latest : what the user has just said, and what is not yet committed.
        """
        tail = [Message(role="user", text=latest)] if latest else []
        kept = self.turns[self.oldest_kept(tokens_of(tail)) :]
        return [*self._head(), *(message for turn in kept for message in turn), *tail]

    def commit(self, messages: Sequence[Message]) -> None:
        """Add a turn; one in which nothing was said is left out."""
        said = tuple(message for message in messages if message.text or message.tool_calls or message.role == "tool")
        if said:
            self.turns.append(said)

    def oldest_kept(self, spent_tokens: int = 0) -> int:
        """Give the index of the oldest turn that the model still reads; the latest is always kept.

        Parameters
        ----------
        spent_tokens : what else it reads besides the system prompt and the summary.
        """
        left = self.max_tokens - tokens_of(self._head()) - spent_tokens
        for index in range(len(self.turns) - 1, -1, -1):
            left -= tokens_of(self.turns[index])
            if left < 0:
                return min(index + 1, len(self.turns) - 1)
        return 0

    def _head(self) -> list[Message]:
        """Give what stands before all turns."""
        system = "\n\n".join(text for text in (self.system_prompt, self.summary and SUMMARY + self.summary) if text)
        return [Message(role="system", text=system)] if system else []

    def cut(self, oldest: int, summary: str = "") -> None:
        """Forget the turns before `oldest`.

        Parameters
        ----------
        oldest : index of the first turn to keep.
        summary : what they were about, together with what was cut before.
        """
        del self.turns[:oldest]
        self.summary = summary or self.summary

    def save(self, path: Path) -> None:
        """Write to a file, whole or not at all."""
        turns = [[_message_to_json(message) for message in turn] for turn in self.turns]
        content = {"format": FORMAT, "summary": self.summary, "turns": turns}
        with whole_file(path) as part:
            part.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")

    def load(self, path: Path) -> None:
        """Take up the conversation of a file; the system prompt stays this one's.

        Raises
        ------
        ConfigError : the file is not one that `save` wrote.
        """
        try:
            whole = json.loads(path.read_text("utf-8"))
            if whole.pop("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
            summary, turns = whole.pop("summary"), whole.pop("turns")
            if whole:
                raise ValueError(f"unknown: {', '.join(whole)}")
            self.turns = [tuple(_message_from_json(message) for message in turn) for turn in turns]
            self.summary = str(summary)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{path} holds no conversation: {error}. Name a file that a session wrote, or a new one."
            ) from error


def tokens_of(messages: Sequence[Message]) -> int:
    """Estimate how many tokens a model reads."""
    return sum(
        MESSAGE_TOKENS
        + (len(message.text) + sum(len(call.name) + len(str(call.arguments)) for call in message.tool_calls))
        // CHARACTERS_PER_TOKEN
        for message in messages
    )


def summary_request(conversation: Conversation, oldest: int) -> list[Message]:
    """Give what a model is asked for a summary of the turns before `oldest`."""
    said = "\n".join(
        f"{message.role}: {message.text}" for turn in conversation.turns[:oldest] for message in turn if message.text
    )
    before = f"Earlier summary: {conversation.summary}\n\n" if conversation.summary else ""
    return [
        Message(role="system", text="Sum up the conversation in at most 120 words. Keep names, numbers and decisions."),
        Message(role="user", text=f"{before}{said}"),
    ]


def _message_to_json(message: Message) -> dict[str, object]:
    whole: dict[str, object] = {"role": message.role, "text": message.text}
    if message.tool_calls:
        whole["tool_calls"] = [
            {"call_id": call.call_id, "name": call.name, "arguments": dict(call.arguments)}
            for call in message.tool_calls
        ]
    if message.call_id:
        whole["call_id"] = message.call_id
    return whole


def _message_from_json(whole: Mapping[str, Any]) -> Message:
    unknown = whole.keys() - {"role", "text", "tool_calls", "call_id"}
    if unknown or whole["role"] not in ("system", "user", "assistant", "tool"):
        raise ValueError(f"no message: {dict(whole)}")
    calls = tuple(
        ToolCall(call_id=str(call["call_id"]), name=str(call["name"]), arguments=dict(call["arguments"]))
        for call in whole.get("tool_calls", ())
    )
    return Message(role=whole["role"], text=str(whole["text"]), tool_calls=calls, call_id=str(whole.get("call_id", "")))
