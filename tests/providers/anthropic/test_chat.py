"""audiokit.providers.anthropic.chat and .messages: the real SDK against a server that checks every request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from audiokit import registry
from audiokit.contracts import LLM, Message, ToolCall, Usage
from audiokit.errors import (
    MissingKeyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from audiokit.providers.anthropic.chat import AnthropicChat
from audiokit.providers.anthropic.messages import OPENING, messages_json, system_text
from tests.providers.llm_contract import CALL, HELLO, LIGHTS, WITH_A_TOOL, VendorLLMContract, replies, text_of
from tests.vendors import faults
from tests.vendors.anthropic import MESSAGES, Anthropic, error_body, error_event, event
from tests.vendors.host import Host
from tests.vendors.openai import Answer

KEY = "sk-ant-test-0123456789"


@pytest.fixture(scope="module")
def vendor() -> Anthropic:
    return Anthropic(KEY)


@pytest.fixture(scope="module")
def running(vendor: Anthropic) -> Iterator[Host]:
    with Host(vendor) as host:
        yield host


@pytest.fixture
def host(running: Host, vendor: Anthropic, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
    vendor.key = KEY
    vendor.answers.clear()
    running.clear()
    yield running
    running.check()


@pytest.fixture
def llm(host: Host) -> AnthropicChat:
    return AnthropicChat(first_s=2.0, next_s=1.0)


class TestContract(VendorLLMContract):
    path = MESSAGES
    key = KEY


def test_a_reply_is_text_and_then_what_it_was_counted_as(llm: LLM) -> None:
    usage = Usage(input_tokens=12, output_tokens=3, model="claude-haiku-5-5")
    assert replies(llm) == ["Hello", " there", ".", usage]


def test_the_request_is_as_told(host: Host) -> None:
    replies(AnthropicChat(max_tokens=80), HELLO, [LIGHTS])
    body = host.requests[0].body
    assert body["system"] == "Be kind."
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]
    assert (body["max_tokens"], body["tools"][0]["input_schema"]) == (80, LIGHTS.parameters)


def test_what_is_not_set_is_not_sent(host: Host, llm: LLM) -> None:
    replies(llm, HELLO[1:])
    assert set(host.requests[0].body) == {"model", "max_tokens", "messages", "stream"}


def test_what_the_system_says_stands_apart() -> None:
    messages = [HELLO[0], Message(role="user", text="Hi."), Message(role="system", text="It is noon.")]
    assert system_text(messages) == "Be kind.\n\nIt is noon."
    assert [turn["role"] for turn in messages_json(messages)] == ["user"]


def test_what_one_side_says_in_a_row_is_one_turn() -> None:
    turns = messages_json([Message(role="user", text="Wait."), Message(role="user", text=" "), HELLO[1]])
    assert [[block["text"] for block in turn["content"]] for turn in turns] == [["Wait.", "Hello."]]


def test_results_of_tools_are_one_turn_of_the_user() -> None:
    other = ToolCall(call_id="call_2", name="music", arguments={})
    asked = Message(role="assistant", tool_calls=(CALL, other))
    told = [Message(role="tool", call_id=each.call_id, text="on") for each in (CALL, other)]
    user, assistant, results = messages_json([HELLO[1], asked, *told])
    assert [block["id"] for block in assistant["content"]] == ["call_1", "call_2"]
    assert [block["tool_use_id"] for block in results["content"]] == ["call_1", "call_2"]
    assert (user["role"], results["role"]) == ("user", "user")


@pytest.mark.parametrize("messages", [[], [Message(role="assistant", text="Hello, this is Ann.")]])
def test_the_user_always_begins(messages: list[Message]) -> None:
    assert messages_json(messages)[0] == {"role": "user", "content": [{"type": "text", "text": OPENING}]}


def test_a_conversation_that_the_agent_began_is_accepted(llm: LLM) -> None:
    greeting = Message(role="assistant", text="Hello, how can I help?")
    assert text_of(replies(llm, [greeting, *WITH_A_TOOL], [LIGHTS])) == "Hello there."


def test_tool_calls_come_whole_after_the_text(vendor: Anthropic, llm: LLM) -> None:
    tools = (("lights", '{"room": "kitchen"}'), ("music", ""))
    vendor.answers.append(Answer(texts=("I do.",), tools=tools))
    assert replies(llm, tools=[LIGHTS])[:3] == [
        "I do.",
        ToolCall(call_id="toolu_lights", name="lights", arguments={"room": "kitchen"}),
        ToolCall(call_id="toolu_music", name="music", arguments={}),
    ]


def test_a_tool_call_that_was_cut_short_is_not_made(vendor: Anthropic, llm: LLM) -> None:
    vendor.answers.append(Answer(texts=(), tools=(("lights", '{"room": "kit'),), finish="max_tokens"))
    with pytest.raises(ProviderError, match=r"stopped \(max_tokens\) while it called the tool 'lights'"):
        replies(llm)


def test_a_refusal_is_an_error(vendor: Anthropic, llm: LLM) -> None:
    vendor.answers.append(Answer(finish="refusal"))
    with pytest.raises(ProviderError, match="refuses to answer"):
        replies(llm)


def test_an_answer_that_does_not_end_is_not_whole(vendor: Anthropic, llm: LLM) -> None:
    vendor.answers.append(Answer(finish=""))
    with pytest.raises(ProviderUnavailable, match="before it was whole"):
        replies(llm)


@pytest.mark.parametrize(
    "lines",
    [
        ("event: message_start\ndata: {broken\n\n",),
        (event("message_start", message=5),),
        (event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"}),),
        (event("message_start", message={"content": []}), event("content_block_stop", index=3)),
    ],
)
def test_a_malformed_stream_is_an_error(vendor: Anthropic, llm: LLM, lines: tuple[str, ...]) -> None:
    vendor.answers.append(Answer(raw=lines))
    with pytest.raises(ProviderError):
        replies(llm)


@pytest.mark.parametrize(
    ("kind", "error", "status", "retryable"),
    [
        ("overloaded_error", ProviderUnavailable, 529, True),
        ("rate_limit_error", RateLimitError, 429, True),
        ("api_error", ProviderUnavailable, 500, True),
        ("timeout_error", ProviderTimeout, 504, True),
        ("billing_error", QuotaError, 402, False),
        ("invalid_request_error", ProviderError, 400, False),
    ],
)
def test_an_error_in_mid_stream_counts_like_its_status(
    vendor: Anthropic, llm: LLM, kind: str, error: type[ProviderError], status: int, retryable: bool
) -> None:
    vendor.answers.append(Answer(raw=(error_event(kind, "Sorry"),)))
    with pytest.raises(error, match="Sorry") as caught:
        replies(llm)
    assert (type(caught.value), caught.value.status, caught.value.retryable) == (error, status, retryable)


def test_an_empty_account_is_told(host: Host, llm: LLM) -> None:
    words = "Your credit balance is too low to access the Anthropic API."
    host.faults.add(MESSAGES, faults.status(400, error_body("invalid_request_error", words)))
    with pytest.raises(QuotaError, match="credit balance is too low"):
        replies(llm)


def test_a_model_that_is_not_there_is_named(host: Host) -> None:
    with pytest.raises(ProviderError, match=r"404 not_found_error\): model: claude-1") as caught:
        replies(AnthropicChat("claude-1"))
    assert caught.value.request_id == "req_9"


def test_slow_tokens_come_one_by_one(vendor: Anthropic, llm: LLM) -> None:
    vendor.answers.append(Answer(texts=("a", "b", "c", "d", "e", "f"), delay_s=0.2))
    assert text_of(replies(llm)) == "abcdef"


def test_pings_do_not_count_as_an_answer(vendor: Anthropic, host: Host) -> None:
    vendor.answers.append(Answer(delay_s=0.6))
    with pytest.raises(ProviderTimeout, match=r"nothing for 0\.3 s after 0 pieces"):
        replies(AnthropicChat(first_s=0.3, next_s=5.0))


def test_the_server_sees_the_end_of_a_reply_at_once(vendor: Anthropic, host: Host, llm: AnthropicChat) -> None:
    vendor.answers.append(Answer(texts=("word ",) * 200, delay_s=0.05))

    async def leave() -> None:
        pieces = llm.reply(HELLO)
        await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        started_s = time.monotonic()
        assert await asyncio.to_thread(host.requests[0].ended.wait, 5)
        assert time.monotonic() - started_s < 0.6
        await llm.aclose()

    asyncio.run(leave())


def test_a_key_is_needed_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="ANTHROPIC_API_KEY"):
        AnthropicChat(base_url="http://127.0.0.1:9")


def test_the_registry_knows_it(host: Host) -> None:
    assert text_of(replies(registry.provider("llm", "anthropic", first_s=2.0))) == "Hello there."
