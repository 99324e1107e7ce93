"""tests.vendors.openai and .anthropic: a request that breaks the contract fails the test."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.anthropic import MESSAGES, Anthropic
from tests.vendors.host import Host
from tests.vendors.openai import CHAT, SPEECH, OpenAI

USER = {"role": "user", "content": "Hello."}
CHAT_BODY = {"model": "gpt-6-luna", "messages": [USER], "stream": True}
SPEECH_BODY = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": "Hello."}
TURN = {"role": "user", "content": [{"type": "text", "text": "Hello."}]}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "lights", "input": {}}]}
CLAUDE_BODY = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": [TURN], "stream": True}
TOOL_RESULT = {"role": "tool", "tool_call_id": "nobody", "content": ""}


@pytest.mark.parametrize(
    ("path", "body", "offence"),
    [
        (CHAT, CHAT_BODY | {"max_tokens": 5}, "unknown field 'max_tokens'"),
        (CHAT, CHAT_BODY | {"stream": "yes"}, "'yes' is no boolean"),
        (CHAT, {"messages": [USER]}, "'model' is missing"),
        (CHAT, CHAT_BODY | {"messages": [{"role": "robot", "content": ""}]}, "a message of the role 'robot'"),
        (CHAT, CHAT_BODY | {"messages": [USER | {"text": ""}]}, "unknown field 'text'"),
        (CHAT, CHAT_BODY | {"messages": [USER, TOOL_RESULT]}, "an answer to the call 'nobody'"),
        (CHAT, CHAT_BODY | {"tools": [{"type": "function"}]}, "'function' is missing"),
        (SPEECH, SPEECH_BODY | {"speed": 9}, "9 is no 0.25..4"),
        (SPEECH, SPEECH_BODY | {"voice": "ann"}, "'ann' is none of"),
        (SPEECH, SPEECH_BODY | {"voice": {"name": "ann"}}, "'id' is missing"),
        (MESSAGES, CLAUDE_BODY | {"temperature": 1}, "unknown field 'temperature'"),
        (MESSAGES, CLAUDE_BODY | {"messages": [TURN, TURN]}, "turn 1 is the user's"),
        (MESSAGES, CLAUDE_BODY | {"messages": [CALL]}, "turn 0 is the assistant's"),
        (MESSAGES, CLAUDE_BODY | {"messages": [TURN, CALL, TURN]}, "turn 2 answers the calls []; expected ['a']"),
        (MESSAGES, CLAUDE_BODY | {"tools": [{"name": "lights"}]}, "'input_schema' is missing"),
        (
            MESSAGES,
            CLAUDE_BODY | {"messages": [TURN | {"content": [{"type": "text", "text": " "}]}]},
            "text content blocks must be non-empty",
        ),
    ],
)
def test_a_broken_contract_fails_the_test(path: str, body: dict[str, Any], offence: str) -> None:
    vendor = Anthropic() if path == MESSAGES else OpenAI()
    headers = {"authorization": f"Bearer {vendor.key}", "anthropic-version": "2026-10-21"}
    with pytest.raises(AssertionError) as caught, Host(vendor) as host:
        httpx.post(host.url + path, json=body, headers=headers)
    assert offence in str(caught.value)


@pytest.mark.parametrize(
    ("path", "body"),
    [(CHAT, CHAT_BODY), (SPEECH, SPEECH_BODY), (SPEECH, SPEECH_BODY | {"voice": {"id": "v"}}), (MESSAGES, CLAUDE_BODY)],
)
def test_a_request_that_keeps_it_does_not(path: str, body: dict[str, Any]) -> None:
    vendor = Anthropic() if path == MESSAGES else OpenAI()
    headers = {"authorization": f"Bearer {vendor.key}", "anthropic-version": "2026-10-21"}
    with Host(vendor) as host:
        assert httpx.post(host.url + path, json=body, headers=headers).status_code == 200
