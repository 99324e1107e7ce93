"""Claude, Anthropic's language models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from audiokit.contracts import Message, Tool, ToolCall, Usage
from audiokit.errors import ProviderError, ProviderUnavailable
from audiokit.providers.anthropic.messages import messages_json, system_text, tools_json
from audiokit.providers.models import ANTHROPIC_CHAT
from audiokit.providers.sdk import Sdk
from audiokit.providers.streams import guarded


class AnthropicChat:
    """Messages, streamed.

    Parameters
    ----------
    model : such as "claude-haiku-5-5".
    base_url : without /v1; None is `ANTHROPIC_BASE_URL`, the configuration file's, or Anthropic itself.
    max_tokens : longest answer in tokens; Anthropic wants a limit, and speech is short.
    first_s, next_s : longest wait for the first piece of an answer, and between pieces, in seconds.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `ANTHROPIC_API_KEY`.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(
        self,
        model: str = ANTHROPIC_CHAT,
        *,
        base_url: str | None = None,
        max_tokens: int = 1024,
        first_s: float = 20.0,
        next_s: float = 10.0,
    ) -> None:
        self._sdk = Sdk("anthropic", base_url, max(first_s, next_s), model=model)
        self._model, self._max_tokens = model, max_tokens
        self._first_s, self._next_s = first_s, next_s

    def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall | Usage]:
        """Answer: text in pieces, then whole tool calls, then what it was counted as.

        Raises
        ------
        ProviderError : or one below it; retryable only while nothing was given.
        """
        return guarded(self._pieces(messages, tools), self._first_s, self._next_s, provider="anthropic")

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._sdk.aclose()

    async def _pieces(
        self, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> AsyncIterator[str | ToolCall | Usage]:
        whole = None
        with self._sdk.translated():
            async with self._sdk.client().messages.stream(**self._request(messages, tools)) as stream:
                async for event in stream:
                    if event.type == "text":
                        yield event.text
                    elif event.type == "message_stop":
                        whole = event.message
            if whole:
                for item in self._rest(whole):
                    yield item
        if not whole:
            raise ProviderUnavailable(
                "anthropic ended its answer before it was whole", provider="anthropic", retryable=True
            )

    def _rest(self, whole: Any) -> Iterator[ToolCall | Usage]:
        """Give what is known at the end only: a tool call that was cut short must not be made."""
        calls = [block for block in whole.content if block.type == "tool_use"]
        if whole.stop_reason == "refusal":
            raise ProviderError("anthropic's model refuses to answer this", provider="anthropic")
        if calls and whole.stop_reason != "tool_use":
            raise ProviderError(
                f"anthropic's model was stopped ({whole.stop_reason}) while it called the tool {calls[-1].name!r}. "
                f"A max_tokens above {self._max_tokens} lets it end.",
                provider="anthropic",
                retryable=True,
            )
        for block in calls:
            yield ToolCall(call_id=block.id, name=block.name, arguments=dict(block.input))
        usage = whole.usage
        yield Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, model=self._model)

    def _request(self, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "max_tokens": self._max_tokens,
            "messages": messages_json(messages),
        }
        if system := system_text(messages):
            request["system"] = system
        if tools:
            request["tools"] = tools_json(tools)
        return request
