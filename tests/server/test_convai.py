"""ElevenLabs' own clients with a local agent (audiokit.server.dialects.convai)."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable

import httpx
import pytest
from elevenlabs import ElevenLabs

from audiokit.agent.events import AgentText, Interrupted, UserText
from audiokit.config import Key
from audiokit.server.dialects.convai import Convai
from audiokit.server.inputs import Refusal, Typed
from audiokit.server.settings import ServerSettings
from tests.server.fake_agent import FakeAgent
from tests.server.serving import serving, tone_pcm, wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK names a class that websockets deprecates
    from elevenlabs.conversational_ai.conversation import AudioInterface, Conversation

TOKEN = "0123456789abcdef"


class Recorded(AudioInterface):
    """Speaks a tone once, and keeps what it hears."""

    def __init__(self, speech: bytes = tone_pcm(0.6)) -> None:
        self.speech = speech
        self.heard: list[bytes] = []
        self.interruptions = 0
        self.is_stopped = False

    def start(self, input_callback: Callable[[bytes], None]) -> None:
        input_callback(self.speech)

    def stop(self) -> None:
        self.is_stopped = True

    def output(self, audio: bytes) -> None:
        self.heard.append(audio)

    def interrupt(self) -> None:
        self.interruptions += 1


@pytest.mark.parametrize("token", [None, Key(TOKEN)])
def test_the_python_sdk_holds_a_conversation_unchanged(agent: FakeAgent, token: Key | None) -> None:
    said: list[str] = []
    understood: list[str] = []
    sound = Recorded()
    with serving(agent, ServerSettings(port=0, token=token)) as served, httpx.Client() as line:
        conversation = Conversation(
            ElevenLabs(api_key=TOKEN, base_url=served.url, httpx_client=line),
            "local",
            requires_auth=token is not None,
            audio_interface=sound,
            callback_agent_response=said.append,
            callback_user_transcript=understood.append,
        )
        conversation.start_session()
        wait_until(lambda: said)
        conversation.send_user_message("Good morning")
        wait_until(lambda: len(said) == 2)
        conversation.end_session()
        conversation_id = conversation.wait_for_session_end()
    assert understood == ["0.5 s of sound", "Good morning"]
    assert said == ["You said: 0.5 s of sound", "You said: Good morning"]
    assert len(b"".join(sound.heard)) == 2 * 2 * 3200
    assert conversation_id is not None
    assert conversation_id.startswith("conv_")
    assert sound.is_stopped


def test_the_python_sdk_hears_of_an_interruption_and_then_new_audio(agent: FakeAgent) -> None:
    agent.reply_s = 1.0
    sound, corrections = Recorded(b"\0\0"), list[tuple[str, str]]()
    said: list[str] = []
    with serving(agent) as served, httpx.Client() as line:
        conversation = Conversation(
            ElevenLabs(api_key=TOKEN, base_url=served.url, httpx_client=line),
            "local",
            requires_auth=False,
            audio_interface=sound,
            callback_agent_response=said.append,
            callback_agent_response_correction=lambda *texts: corrections.append(texts),
        )
        conversation.start_session()
        wait_until(lambda: agent.sessions and conversation._ws)
        conversation.send_user_message("Talk")
        wait_until(lambda: sound.heard)
        conversation.send_user_message("interrupt")
        wait_until(lambda: corrections)
        before = len(sound.heard)
        conversation.send_user_message("Go on")
        wait_until(lambda: len(sound.heard) > before)
        conversation.end_session()
        conversation.wait_for_session_end()
    assert sound.interruptions == 1
    assert corrections == [("You said: Talk", "You")]


def test_a_text_conversation_gets_no_audio(agent: FakeAgent) -> None:
    said: list[str] = []
    with serving(agent) as served, httpx.Client() as line:
        conversation = Conversation(
            ElevenLabs(api_key=TOKEN, base_url=served.url, httpx_client=line),
            "local",
            requires_auth=False,
            callback_agent_response=said.append,
        )
        conversation.start_session()
        wait_until(lambda: agent.sessions and conversation._ws)
        conversation.send_user_message("Hello")
        wait_until(lambda: said)
        conversation.end_session()
        conversation.wait_for_session_end()
    assert said == ["You said: Hello"]


def kinds(messages: list[str | bytes]) -> list[str]:
    return [json.loads(message)["type"] for message in messages]


def test_a_reply_is_told_in_parts_and_then_whole() -> None:
    dialect = Convai()
    told = [
        message
        for event in (
            UserText(at_s=0, text="Hi", is_final=False),
            UserText(at_s=0, text="Hi there", is_final=True),
            AgentText(at_s=0, text="Well,", is_final=False),
            AgentText(at_s=0, text="hello.", is_final=False),
            AgentText(at_s=0, text="Well, hello.", is_final=True),
        )
        for message in dialect.event(event)
    ]
    assert kinds(told) == ["user_transcript", *["agent_chat_response_part"] * 4, "agent_response"]
    assert json.loads(told[-1])["agent_response_event"] == {"agent_response": "Well, hello."}


def test_an_interrupted_reply_is_told_whole_and_then_corrected() -> None:
    dialect = Convai()
    list(dialect.event(AgentText(at_s=0, text="Well, hello.", is_final=False)))
    told = list(dialect.event(Interrupted(at_s=0, heard_text="Well,")))
    assert kinds(told) == ["agent_chat_response_part", "agent_response", "agent_response_correction"]
    assert json.loads(told[-1])["agent_response_correction_event"] == {
        "original_agent_response": "Well, hello.",
        "corrected_agent_response": "Well,",
    }
    assert list(dialect.event(AgentText(at_s=0, text="Well,", is_final=True))) == []


def test_audio_after_an_interruption_has_a_higher_number() -> None:
    dialect = Convai()
    (before,) = dialect.audio(bytes(4), 1)
    (clear,) = dialect.cleared(1)
    (after,) = dialect.audio(bytes(4), 2)
    numbers = [
        json.loads(before)["audio_event"]["event_id"],
        json.loads(clear)["interruption_event"]["event_id"],
        json.loads(after)["audio_event"]["event_id"],
    ]
    assert numbers[0] == numbers[1] < numbers[2]


def test_overrides_do_not_reach_the_agent() -> None:
    start = {
        "type": "conversation_initiation_client_data",
        "conversation_config_override": {"agent": {"prompt": {"prompt": "You are somebody else."}}},
    }
    assert list(Convai().read(json.dumps(start))) == []


@pytest.mark.parametrize("kind", ["pong", "user_activity", "contextual_update", "client_tool_result", "feedback"])
def test_what_clients_may_say_is_no_error(kind: str) -> None:
    assert list(Convai().read(json.dumps({"type": kind, "event_id": 1, "text": "x"}))) == []
    assert list(Convai().read(json.dumps({"type": "user_message", "text": "x"}))) == [Typed("x")]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        b"\xff",
        '{"type": "shout"}',
        '{"type": ["pong"]}',
        '{"user_audio_chunk": 5}',
        '{"user_audio_chunk": "AAA"}',
        '{"user_audio_chunk": "AAAA"}',
        '{"type": "user_message", "text": " "}',
        '{"type": "user_message"}',
        json.dumps({"type": "user_message", "text": "a" * 5000}),
        "[" * 100_000,
    ],
)
def test_what_makes_no_sense_is_refused(message: str | bytes) -> None:
    with pytest.raises(Refusal):
        list(Convai().read(message))
