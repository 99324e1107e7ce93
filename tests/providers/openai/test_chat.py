"""audiokit.providers.openai.chat, .messages and audiokit.providers.sdk: the real SDK against a strict server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from audiokit import registry
from audiokit.contracts import LLM, Message, ToolCall, Usage
from audiokit.errors import (
    ConfigError,
    MissingKeyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
)
from audiokit.providers.openai.chat import OpenAIChat
from audiokit.providers.openai.messages import ToolCallParts, messages_json
from tests.providers.llm_contract import CALL, HELLO, LIGHTS, WITH_A_TOOL, VendorLLMContract, replies, text_of
from tests.vendors import faults
from tests.vendors.host import Host
from tests.vendors.openai import CHAT, Answer, OpenAI, error_body

KEY = "sk-test-0123456789abcdef"


@pytest.fixture(scope="module")
def vendor() -> OpenAI:
    return OpenAI(KEY)


@pytest.fixture(scope="module")
def running(vendor: OpenAI) -> Iterator[Host]:
    with Host(vendor) as host:
        yield host


@pytest.fixture
def host(running: Host, vendor: OpenAI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{running.url}/v1")
    vendor.key = KEY
    vendor.answers.clear()
    running.clear()
    yield running
    running.check()


@pytest.fixture
def llm(host: Host) -> OpenAIChat:
    return OpenAIChat(first_s=2.0, next_s=1.0)


class TestContract(VendorLLMContract):
    path = CHAT
    key = KEY


def test_a_reply_is_text_and_then_what_it_was_counted_as(llm: LLM) -> None:
    usage = Usage(input_tokens=12, output_tokens=3, model="gpt-6-luna")
    assert replies(llm) == ["Hello", " there", ".", usage]


def test_the_request_is_as_told(host: Host) -> None:
    replies(OpenAIChat(max_tokens=80, temperature=0.5), HELLO, [LIGHTS])
    body = host.requests[0].body
    assert body["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello."}]
    assert (body["max_completion_tokens"], body["temperature"], body["model"]) == (80, 0.5, "gpt-6-luna")
    assert body["tools"][0]["function"]["name"] == "lights"


def test_what_is_not_set_is_not_sent(host: Host, llm: LLM) -> None:
    replies(llm)
    assert set(host.requests[0].body) == {"model", "messages", "stream", "stream_options"}


def test_tool_calls_and_results_are_written_in_openais_words() -> None:
    user, assistant, tool = messages_json(WITH_A_TOOL)
    assert user == {"role": "user", "content": "Switch on the lights in the kitchen."}
    function = {"name": "lights", "arguments": '{"room": "kitchen"}'}
    assert assistant["tool_calls"] == [{"id": "call_1", "type": "function", "function": function}]
    assert tool == {"role": "tool", "tool_call_id": "call_1", "content": '{"on": true}'}


def test_a_tool_call_without_text_has_no_content() -> None:
    assert messages_json([Message(role="assistant", tool_calls=(CALL,))])[0]["content"] is None


def test_tool_calls_are_put_together_from_their_pieces(vendor: OpenAI, llm: LLM) -> None:
    vendor.answers.append(Answer(texts=(), tools=(("lights", '{"room": "kitchen"}'), ("music", '{"on": true}'))))
    assert replies(llm, tools=[LIGHTS])[:2] == [
        ToolCall(call_id="call_lights", name="lights", arguments={"room": "kitchen"}),
        ToolCall(call_id="call_music", name="music", arguments={"on": True}),
    ]


def piece(index: int | None, call_id: str | None, name: str | None, arguments: str) -> SimpleNamespace:
    return SimpleNamespace(index=index, id=call_id, function=SimpleNamespace(name=name, arguments=arguments))


@pytest.mark.parametrize("index", [0, None])
def test_calls_that_a_local_server_does_not_number_are_told_apart_by_their_ids(index: int | None) -> None:
    parts = ToolCallParts()
    for each in [
        piece(index, "a", "lights", "{}"),
        piece(index, "b", "music", '{"on": '),
        piece(index, None, None, "1}"),
    ]:
        parts.push(each)
    assert list(parts.calls()) == [
        ToolCall(call_id="a", name="lights", arguments={}),
        ToolCall(call_id="b", name="music", arguments={"on": 1}),
    ]


def test_calls_without_ids_get_some() -> None:
    parts = ToolCallParts()
    for index in range(2):
        parts.push(piece(index, None, "now", ""))
    assert [call.call_id for call in parts.calls()] == ["call_0", "call_1"]


def test_what_a_model_says_when_it_declines_is_said(vendor: OpenAI, llm: LLM) -> None:
    declined = '{"choices": [{"index": 0, "delta": {"refusal": "I cannot."}, "finish_reason": "stop"}]}'
    vendor.answers.append(Answer(raw=(f"data: {declined}\n\n",)))
    assert replies(llm) == ["I cannot."]


def test_a_tool_call_without_arguments_has_none(vendor: OpenAI, llm: LLM) -> None:
    vendor.answers.append(Answer(texts=(), tools=(("now", ""),)))
    assert replies(llm)[0] == ToolCall(call_id="call_now", name="now", arguments={})


@pytest.mark.parametrize("arguments", ['{"room": "kit', "[1]"])
def test_arguments_that_are_no_object_are_an_error(vendor: OpenAI, llm: LLM, arguments: str) -> None:
    vendor.answers.append(Answer(texts=(), tools=(("lights", arguments),), finish="length"))
    with pytest.raises(ProviderError, match=r"the tool 'lights' with .*; expected a JSON object"):
        replies(llm)


def test_an_answer_that_ends_without_a_reason_is_not_whole(vendor: OpenAI, llm: LLM) -> None:
    vendor.answers.append(Answer(finish=""))
    with pytest.raises(ProviderUnavailable, match="before it was whole"):
        replies(llm)


def test_a_filtered_answer_is_an_error(vendor: OpenAI, llm: LLM) -> None:
    vendor.answers.append(Answer(finish="content_filter"))
    with pytest.raises(ProviderError, match="content filter"):
        replies(llm)


@pytest.mark.parametrize(
    "line",
    ['data: {"broken": \n\n', 'data: {"foo": 1}\n\n', "data: [1]\n\n", 'data: {"choices": [{}]}\n\n'],
)
def test_a_malformed_piece_is_an_error(vendor: OpenAI, llm: LLM, line: str) -> None:
    vendor.answers.append(Answer(raw=(line,)))
    with pytest.raises(ProviderError, match="not its protocol") as caught:
        replies(llm)
    assert not caught.value.retryable


def test_an_error_in_mid_stream_is_told(vendor: OpenAI, llm: LLM) -> None:
    vendor.answers.append(Answer(raw=('data: {"error": {"message": "Oh.", "type": "server_error"}}\n\n',)))
    with pytest.raises(ProviderUnavailable, match="500 server_error"):
        replies(llm)


def test_an_empty_account_is_no_rate_limit(host: Host, llm: LLM) -> None:
    host.faults.add(CHAT, faults.status(429, error_body("insufficient_quota", "You exceeded your current quota")))
    with pytest.raises(QuotaError, match="Add credit") as caught:
        replies(llm)
    assert (caught.value.status, caught.value.retryable) == (429, False)


def test_a_model_that_is_not_there_is_named(host: Host) -> None:
    with pytest.raises(ProviderError, match=r"404 model_not_found\): The model `gpt-1` does not exist"):
        replies(OpenAIChat("gpt-1"))


def test_a_wrong_key_is_told_by_the_server(host: Host, vendor: OpenAI, llm: LLM) -> None:
    vendor.key = "another"
    with pytest.raises(ProviderError, match=r"refused the key \(401\)\. Check the environment variable OPENAI_API_KEY"):
        replies(llm)


def test_slow_tokens_come_one_by_one(vendor: OpenAI, llm: OpenAIChat) -> None:
    vendor.answers.append(Answer(texts=("a", "b", "c", "d", "e", "f"), delay_s=0.2))
    assert text_of(replies(llm)) == "abcdef"


def test_tokens_slower_than_the_limit_are_given_up(vendor: OpenAI, host: Host) -> None:
    vendor.answers.append(Answer(delay_s=0.4))
    with pytest.raises(ProviderTimeout, match=r"sent nothing for 0\.1 s after 1 pieces"):
        replies(OpenAIChat(first_s=2.0, next_s=0.1))


@pytest.mark.parametrize("way", ["close", "cancel"])
def test_the_server_sees_the_end_of_a_reply_at_once(vendor: OpenAI, host: Host, llm: OpenAIChat, way: str) -> None:
    vendor.answers.append(Answer(texts=("word ",) * 200, delay_s=0.05))

    async def leave() -> None:
        pieces = llm.reply(HELLO)
        await anext(pieces)
        if way == "close":
            await pieces.aclose()  # type: ignore[attr-defined]
        else:
            task = asyncio.ensure_future(_rest(pieces))
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        started_s = time.monotonic()
        assert await asyncio.to_thread(host.requests[0].ended.wait, 5)
        assert time.monotonic() - started_s < 0.6
        await llm.aclose()

    async def _rest(pieces: object) -> None:
        async for _ in pieces:  # type: ignore[attr-defined]
            pass

    asyncio.run(leave())


def test_a_server_of_this_machine_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Host(OpenAI(key=None)) as host:
        assert text_of(replies(OpenAIChat(base_url=f"{host.url}/v1"))) == "Hello there."


def test_another_server_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        OpenAIChat(base_url="https://api.example.com/v1")


def test_an_address_without_encryption_is_refused() -> None:
    with pytest.raises(ConfigError, match="http would send the key for all to read"):
        OpenAIChat(base_url="http://example.com/v1")


def test_nobody_listening_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ProviderUnavailable, match="the connection to openai failed: ConnectError") as caught:
        replies(OpenAIChat(base_url="http://127.0.0.1:9/v1"))
    assert caught.value.retryable


def test_the_registry_knows_it(host: Host) -> None:
    assert text_of(replies(registry.provider("llm", "openai", first_s=2.0))) == "Hello there."
