"""ElevenLabs Agents' protocol, the server's side: their clients talk with our agent as with theirs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from typing_extensions import override

from audiokit.agent.events import AgentText, Event, Interrupted, ProviderFailed, UserText
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.reading import base64_bytes, json_object, pcm_chunk
from audiokit.server.inputs import Heard, Input, Message, Refusal, Typed
from audiokit.server.protocol import MAX_TEXT

INPUT_RATE = OUTPUT_RATE = 16000
SILENT = ("pong", "user_activity", "contextual_update", "client_tool_result", "feedback", "multimodal_message")
"""What a client may say and our agent has no use for."""


class Convai(Dialect):
    """One client of ElevenLabs.

    Its overrides of prompt, voice and language are ignored, as an agent of ElevenLabs does that does not allow them:
    a stranger's page must not give our agent another task.
    """

    name = "convai"
    sample_rate = OUTPUT_RATE

    def __init__(self) -> None:
        self.is_ready = False
        self._text_only = False
        self._event_id = 0
        self._said: list[str] = []

    @override
    def started(self, conversation_id: str) -> Iterable[Message]:
        yield _written(
            "conversation_initiation_metadata",
            conversation_initiation_metadata_event={
                "conversation_id": conversation_id,
                "agent_output_audio_format": f"pcm_{OUTPUT_RATE}",
                "user_input_audio_format": f"pcm_{INPUT_RATE}",
            },
        )
        yield from self.beat()

    @override
    def read(self, message: Message) -> Iterable[Input]:
        content = json_object(message)
        self.is_ready = True
        if "user_audio_chunk" in content:
            yield Heard(pcm_chunk(base64_bytes(content["user_audio_chunk"], "user_audio_chunk"), INPUT_RATE))
            return
        match content.get("type"):
            case "conversation_initiation_client_data":
                overrides = content.get("conversation_config_override")
                self._text_only = isinstance(overrides, dict) and _wants_text_only(overrides)
            case "user_message":
                yield Typed(_text(content.get("text")))
            case str(kind) if kind in SILENT:
                return
            case _:
                raise Refusal("type: expected user_audio_chunk or one of ElevenLabs' client messages")

    @override
    def audio(self, pcm: bytes, turn_id: int) -> Iterable[Message]:
        if not self._text_only:
            event = {"audio_base_64": base64.b64encode(pcm).decode(), "event_id": self._next_id()}
            yield _written("audio", audio_event=event)

    @override
    def event(self, event: Event) -> Iterable[Message]:
        match event:
            case UserText(text=text, is_final=True):
                yield _written("user_transcript", user_transcription_event={"user_transcript": text})
            case AgentText(text=text, is_final=False):
                yield from self._part(text)
            case AgentText(text=text, is_final=True):
                yield from self._whole(text)
            case Interrupted(heard_text=heard):
                original = " ".join(self._said)
                yield from self._whole(original)
                correction = {"original_agent_response": original, "corrected_agent_response": heard}
                yield _written("agent_response_correction", agent_response_correction_event=correction)
            case ProviderFailed(message=text, fallback=None):
                yield from self.error(text)

    @override
    def beat(self) -> Iterable[Message]:
        yield _written("ping", ping_event={"event_id": self._next_id(), "ping_ms": 0})

    @override
    def cleared(self, turn_id: int) -> Iterable[Message]:
        # Clients drop audio up to this number: what was sent is, what comes next is higher.
        yield _written("interruption", interruption_event={"event_id": self._event_id})

    @override
    def error(self, text: str) -> Iterable[Message]:
        yield _written("error", error_event={"error_type": "audiokit", "message": text})

    def _part(self, text: str) -> Iterable[Message]:
        if not self._said:
            yield _written("agent_chat_response_part", text_response_part={"text": "", "type": "start"})
        self._said.append(text.strip())
        yield _written("agent_chat_response_part", text_response_part={"text": text, "type": "delta"})

    def _whole(self, text: str) -> Iterable[Message]:
        if self._said:  # else it was told when the user interrupted
            self._said.clear()
            yield _written("agent_chat_response_part", text_response_part={"text": "", "type": "stop"})
            yield _written("agent_response", agent_response_event={"agent_response": text})

    def _next_id(self) -> int:
        self._event_id += 1
        return self._event_id


def _written(kind: str, **content: object) -> str:
    return json.dumps({"type": kind, **content})


def _text(text: object) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        raise Refusal(f"text: expected 1 to {MAX_TEXT} characters")
    return text


def _wants_text_only(overrides: dict[str, Any]) -> bool:
    conversation = overrides.get("conversation")
    inner = isinstance(conversation, dict) and conversation.get("text_only") is True
    return inner or overrides.get("text_only") is True
