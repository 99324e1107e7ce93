"""`Scripted`: answers from a list of rules, a word at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from audiokit.contracts import Message, Tool, ToolCall
from audiokit.providers.scripted.arithmetic import calculate
from audiokit.providers.scripted.rules import BUNDLED, Rule, read_rules


class Scripted:
    """A language model that is none: rules, honest about it, the same answer to the same conversation.

    Parameters
    ----------
    rules : a TOML file; empty is the bundled one, which shows how to write them.
    word_s : pause before each word but the first, in seconds.
    clock : tells the time.

    Raises
    ------
    ConfigError : rules that cannot be read.
    """

    def __init__(
        self, rules: str | Path = "", *, word_s: float = 0.0, clock: Callable[[], datetime] = datetime.now
    ) -> None:
        self._rules = read_rules(Path(rules).expanduser() if rules else BUNDLED)
        self._word_s, self._clock = word_s, clock

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall]:
        """Answer the last message in words, or with a tool call."""
        heard = [message.text for message in messages if message.role == "user"]
        said = heard[-1].strip() if heard else ""
        rule, _ = self._rules.matched(said)
        if rule and rule.tool in {tool.name for tool in tools} and messages[-1].role != "tool":
            values = self._values(heard, "")
            arguments = {name: _filled(text, values) or "" for name, text in rule.arguments.items()}
            yield ToolCall(call_id=f"call_{len(messages)}", name=rule.tool, arguments=arguments)
            return
        result = messages[-1].text if messages and messages[-1].role == "tool" else ""
        for place, word in enumerate(re.findall(r"\S+\s*", self._answer(rule, heard, result))):
            if place and self._word_s:
                await asyncio.sleep(self._word_s)
            yield word

    def _answer(self, rule: Rule | None, heard: Sequence[str], result: str) -> str:
        values = self._values(heard, result)
        if rule and rule.say:
            answer = _filled(rule.say[self._turn(rule, heard) % len(rule.say)], values)
            return answer or rule.unknown or self._rules.fallback.format_map(values)
        return result or self._rules.fallback.format_map(values)

    def _turn(self, rule: Rule, heard: Sequence[str]) -> int:
        """Count how often this rule answered before."""
        return sum(self._rules.matched(text)[0] is rule for text in heard[:-1])

    def _values(self, heard: Sequence[str], result: str) -> dict[str, str]:
        """Give all that an answer may hold: what was remembered, and what is so now."""
        now, said = self._clock(), heard[-1].strip() if heard else ""
        values = {name: value for text in heard for name, value in self._rules.matched(text)[1].items()}
        values |= {
            "said": said,
            "time": f"{now.hour % 12 or 12}:{now.minute:02d} {'AM' if now.hour < 12 else 'PM'}",
            "date": f"{now:%A}, {now:%B} {now.day}, {now.year}",
        }
        if (calculated := calculate(said)) is not None:
            values["calculated"] = calculated
        return values | ({"result": result} if result else {})


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    """Put the values in; None if one is missing."""
    try:
        return text.format_map(values)
    except KeyError:
        return None
