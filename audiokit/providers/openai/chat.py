"""Language models of OpenAI, and of every server that speaks its protocol: Ollama, llama.cpp, vLLM ..."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from audiokit.contracts import Message, Tool, ToolCall, Usage
from audiokit.errors import ProviderError, ProviderUnavailable
from audiokit.providers.models import OPENAI_CHAT
from audiokit.providers.openai.messages import ToolCallParts, messages_json, tools_json
from audiokit.providers.sdk import Sdk
from audiokit.providers.streams import guarded


class OpenAIChat:
    """Chat completions, streamed.

    Parameters
    ----------
    model : such as "gpt-6-luna"; a local server knows its own, such as "llama3.2".
    base_url : ends in /v1, such as http://127.0.0.1:11434/v1 (Ollama), :8080/v1 (llama.cpp), :8000/v1 (vLLM);
        on this machine no key is needed. None: `OPENAI_BASE_URL`, the configuration file, or OpenAI itself.
    max_tokens : longest answer in tokens, thoughts included; None leaves it to the model.
    temperature : 0 (always alike) .. 2; None is the model's own, and all that models which think take.
    first_s, next_s : longest wait for the first piece of an answer, and between pieces, in seconds.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `OPENAI_API_KEY`, for a server that is not on this machine.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(
        self,
        model: str = OPENAI_CHAT,
        *,
        base_url: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        first_s: float = 20.0,
        next_s: float = 10.0,
    ) -> None:
        self._sdk = Sdk("openai", base_url, max(first_s, next_s), keyless_here=True, model=model)
        self._settings = {"max_completion_tokens": max_tokens, "temperature": temperature}
        self._model, self._first_s, self._next_s = model, first_s, next_s

    def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall | Usage]:
        """Answer: text in pieces, then whole tool calls, then what it was counted as.

        Raises
        ------
        ProviderError : or one below it; retryable only while nothing was given.
        """
        return guarded(self._pieces(messages, tools), self._first_s, self._next_s, provider="openai")

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._sdk.aclose()

    async def _pieces(
        self, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> AsyncIterator[str | ToolCall | Usage]:
        calls, finish, usage = ToolCallParts(), "", None
        with self._sdk.translated():
            stream = await self._sdk.client().chat.completions.create(**self._request(messages, tools))
            async with stream:
                async for chunk in stream:
                    usage = chunk.usage or usage
                    for choice in chunk.choices[:1]:
                        for call in choice.delta.tool_calls or ():
                            calls.push(call)
                        finish = choice.finish_reason or finish
                        if text := choice.delta.content or choice.delta.refusal:
                            yield text
        _check_finish(finish)
        for whole in calls.calls():
            yield whole
        if usage:
            yield Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens, model=self._model)

    def _request(self, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
        request: dict[str, Any] = {name: value for name, value in self._settings.items() if value is not None}
        if tools:
            request["tools"] = tools_json(tools)
        return {
            "model": self._model,
            "messages": messages_json(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            **request,
        }


def _check_finish(finish: str) -> None:
    if not finish:
        raise ProviderUnavailable("openai ended its answer before it was whole", provider="openai", retryable=True)
    if finish == "content_filter":
        raise ProviderError("openai's content filter stopped the answer", provider="openai")
