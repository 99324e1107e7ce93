"""What every language model must do; a test class of its own inherits this and gives the fixture `llm`."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest

from audiokit import portal
from audiokit.contracts import LLM, Message, Tool, ToolCall, Usage
from audiokit.errors import (
    AuthenticationError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from tests.vendors import faults
from tests.vendors.host import Host

HELLO = (Message(role="system", text="Be kind."), Message(role="user", text="Hello."))
LIGHTS = Tool(
    name="lights",
    description="Switch the lights of a room.",
    parameters={"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]},
)
CALL = ToolCall(call_id="call_1", name="lights", arguments={"room": "kitchen"})
WITH_A_TOOL = (
    Message(role="user", text="Switch on the lights in the kitchen."),
    Message(role="assistant", text="I do that.", tool_calls=(CALL,)),
    Message(role="tool", call_id="call_1", text='{"on": true}'),
)


def replies(llm: LLM, messages: Iterable[Message] = HELLO, tools: Iterable[Tool] = ()) -> list[str | ToolCall | Usage]:
    return list(portal.iterate(llm.reply(tuple(messages), tuple(tools))))


def text_of(pieces: list[str | ToolCall | Usage]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


class LLMContract:
    def test_text_comes_in_pieces(self, llm: LLM) -> None:
        pieces = [piece for piece in replies(llm) if isinstance(piece, str)]
        assert len(pieces) > 1
        assert "".join(pieces).strip()

    def test_what_it_was_counted_as_comes_last_if_at_all(self, llm: LLM) -> None:
        pieces = replies(llm)
        assert not [piece for piece in pieces[:-1] if isinstance(piece, Usage)]

    def test_a_conversation_may_hold_tools_and_their_results(self, llm: LLM) -> None:
        assert text_of(replies(llm, WITH_A_TOOL, [LIGHTS]))

    def test_replies_at_the_same_time_do_not_mix(self, llm: LLM) -> None:
        alone = text_of(replies(llm))

        async def reply() -> str:
            return text_of([piece async for piece in llm.reply(HELLO)])

        async def many() -> list[str]:
            return await asyncio.gather(*(reply() for _ in range(4)))

        assert portal.run(many()) == [alone] * 4

    def test_closing_it_early_ends_it_at_once(self, llm: LLM) -> None:
        async def first_piece() -> float:
            pieces = llm.reply(HELLO)
            await anext(pieces)
            started_s = time.monotonic()
            await pieces.aclose()  # type: ignore[attr-defined]
            return time.monotonic() - started_s

        assert portal.run(first_piece()) < 0.5


class VendorLLMContract(LLMContract):
    """What a model behind HTTP must do besides; needs the fixtures `host`, and an `llm` that waits 2 s at most."""

    path: ClassVar[str]
    """Where its requests go."""
    key: ClassVar[str]
    """The key it is given."""

    def refusal(self, host: Host, llm: LLM, fault: faults.Fault) -> ProviderError:
        host.faults.add(self.path, fault)
        with pytest.raises(ProviderError) as caught:
            replies(llm)
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
        assert self.key not in shown
        return caught.value

    @pytest.mark.parametrize(
        ("status", "kind", "retryable"),
        [
            (400, ProviderError, False),
            (401, AuthenticationError, False),
            (402, QuotaError, False),
            (403, ProviderError, False),
            (408, ProviderTimeout, True),
            (429, RateLimitError, True),
            (500, ProviderUnavailable, True),
            (503, ProviderUnavailable, True),
            (529, ProviderUnavailable, True),
        ],
    )
    def test_a_status_has_its_error(
        self, host: Host, llm: LLM, status: int, kind: type[ProviderError], retryable: bool
    ) -> None:
        body = {"error": {"type": "some_error", "message": f"Failed with {self.key}."}}
        error = self.refusal(host, llm, faults.status(status, body, headers={"x-request-id": "r1", "request-id": "r1"}))
        assert (type(error), error.status, error.retryable, error.request_id) == (kind, status, retryable, "r1")

    def test_a_rate_limit_says_when_to_come_back(self, host: Host, llm: LLM) -> None:
        error = self.refusal(host, llm, faults.status(429, {"error": {}}, retry_after_s=7))
        assert isinstance(error, RateLimitError)
        assert error.retry_after_s == 7

    def test_each_call_is_one_request(self, host: Host, llm: LLM) -> None:
        self.refusal(host, llm, faults.status(500))
        assert len(host.asked(self.path)) == 1

    def test_a_line_that_is_cut_at_once_may_be_tried_again(self, host: Host, llm: LLM) -> None:
        error = self.refusal(host, llm, faults.cut(0))
        assert (type(error), error.retryable) == (ProviderUnavailable, True)

    def test_a_line_that_is_cut_after_a_piece_may_not(self, host: Host, llm: LLM) -> None:
        error = self.refusal(host, llm, faults.cut(900))
        assert (type(error), error.retryable) == (ProviderUnavailable, False)

    def test_a_server_that_says_nothing_is_given_up(self, host: Host, llm: LLM) -> None:
        started_s = time.monotonic()
        error = self.refusal(host, llm, faults.stall(0))
        assert (type(error), error.retryable) == (ProviderTimeout, True)
        assert time.monotonic() - started_s < 8
        assert host.requests[0].ended.wait(5)

    def test_a_server_that_falls_silent_is_given_up(self, host: Host, llm: LLM) -> None:
        error = self.refusal(host, llm, faults.stall(900))
        assert (type(error), error.retryable) == (ProviderTimeout, False)
        assert host.requests[0].ended.wait(5)

    @pytest.mark.parametrize("fault", [faults.wrong_type(), faults.malformed()], ids=["html", "malformed"])
    def test_an_answer_that_is_none_is_an_error(self, host: Host, llm: LLM, fault: faults.Fault) -> None:
        self.refusal(host, llm, fault)

    def test_the_key_is_not_shown(self, llm: LLM) -> None:
        assert self.key not in repr(llm) + repr(vars(llm))

    def test_logs_do_not_show_the_key(self, host: Host, llm: LLM, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        replies(llm)
        self.refusal(host, llm, faults.status(500, {"error": {"message": "Down."}}))
        assert self.key not in caplog.text

    def test_a_connection_is_used_again(self, host: Host, llm: LLM) -> None:
        clients: set[Any] = set()
        whole = host.app

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            clients.add(tuple(scope["client"]))
            await whole(scope, receive, send)

        host.app = noting
        replies(llm)
        replies(llm)
        host.app = whole
        assert len(clients) == 1
