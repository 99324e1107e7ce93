"""The messages of both our protocols, as models: the JSON one at `/ws`, and the leaner `audiokit.v2` of our page.

`protocol.schema.json` is made from these by `audiokit.server.schema`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from audiokit.agent.events import State
from audiokit.server.inputs import Message, Refusal

T = TypeVar("T")

MAX_TEXT = 4000  # characters; about four minutes of speech
SUBPROTOCOL = "audiokit.v2"

Rate: TypeAlias = Annotated[int, Field(ge=8000, le=48000)]
Speaker: TypeAlias = Literal["user", "agent"]


class _Closed(BaseModel):
    """Exactly these fields, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AudioChunkMessage(_Closed):
    """A piece of the user's microphone."""

    type: Literal["audio_chunk"]
    data: str = Field(description="The bytes, in base64.")
    format: str = Field(
        max_length=64,
        description="audio/webm or audio/ogg: the next piece of one stream (MediaRecorder); audio/pcm;rate=16000: "
        "little-endian 16-bit mono; audio/wav: a file, or more of its PCM data.",
    )


class EndConversation(_Closed):
    """The user has finished."""

    type: Literal["end_conversation"]


class Heartbeat(_Closed):
    """The client is still there; nothing is answered."""

    type: Literal["heartbeat"]


class ConnectionEstablished(_Closed):
    """The first message."""

    type: Literal["connection_established"] = "connection_established"
    message: str


class ConversationStarted(_Closed):
    """The agent listens."""

    type: Literal["conversation_started"] = "conversation_started"
    conversation_id: str


class AudioResponse(_Closed):
    """A piece of the agent's voice."""

    type: Literal["audio_response"] = "audio_response"
    data: str = Field(description="A WAV file of 16 kHz 16-bit mono PCM in base64; empty in the final one.")
    text: str = Field(description="What the recognizer understood of the user's turn that this answers.")
    is_final: bool = Field(description="Whether the reply's audio is complete.")


class TextResponse(_Closed):
    """What the agent says."""

    type: Literal["text_response"] = "text_response"
    text: str = Field(description="A piece; in the final one all that was said, or heard before an interruption.")
    is_final: bool = Field(description="Whether this is the whole reply.")


class Error(_Closed):
    """Something went wrong; the conversation goes on unless the connection closes."""

    type: Literal["error"] = "error"
    message: str


class ConversationEnded(_Closed):
    """The last message."""

    type: Literal["conversation_ended"] = "conversation_ended"


class Hello(_Closed):
    """The client's first message: how it sends and what it wants. Its binary messages are 16-bit mono PCM."""

    type: Literal["hello"]
    sample_rate: Rate = Field(default=16000, description="Of what the client sends, in Hz.")
    output_sample_rate: Rate = Field(default=24000, description="Of what it wants to get, in Hz.")


class Text(_Closed):
    """The user typed."""

    type: Literal["text"]
    text: str = Field(min_length=1, max_length=MAX_TEXT)


class PlayedMessage(_Closed):
    """How far the client's speaker is."""

    type: Literal["played"]
    turn_id: int = Field(ge=0)
    played_s: float = Field(ge=0, allow_inf_nan=False, description="Seconds of this turn's audio heard so far.")


class PingMessage(_Closed):
    """Asks for a pong with the same number."""

    type: Literal["ping"]
    id: Annotated[int, Field(ge=0, lt=2**53)]


class End(_Closed):
    """The user has finished."""

    type: Literal["end"]


class Ready(_Closed):
    """The agent listens; its binary messages are a turn id (32-bit little-endian) and 16-bit mono PCM."""

    type: Literal["ready"] = "ready"
    conversation_id: str
    sample_rate: int
    output_sample_rate: int


class StateMessage(_Closed):
    """What the agent does now."""

    type: Literal["state"] = "state"
    state: State
    turn_id: int


class Caption(_Closed):
    """What was said."""

    type: Literal["caption"] = "caption"
    speaker: Speaker
    text: str = Field(description="Of the user all so far; of the agent a clause, or in the final one all heard.")
    is_final: bool
    turn_id: int


class Clear(_Closed):
    """Drop what was not played yet of this turn, at once."""

    type: Literal["clear"] = "clear"
    turn_id: int


class Pause(_Closed):
    """Be silent at once and keep what is queued."""

    type: Literal["pause"] = "pause"


class Resume(_Closed):
    """Go on with what is queued."""

    type: Literal["resume"] = "resume"


class Latency(_Closed):
    """How long the user waited for this turn."""

    type: Literal["latency"] = "latency"
    turn_id: int
    latency_s: float | None = Field(description="From the user's last sample of speech to the reply's first one.")
    stages: dict[str, float] = Field(description="Seconds from the end of the user's speech to each stage.")


class ToolMessage(_Closed):
    """A tool is at work, or done."""

    type: Literal["tool"] = "tool"
    name: str
    phase: Literal["started", "ended", "failed"]
    turn_id: int


class Notice(_Closed):
    """Something that concerns everybody, such as a restart."""

    type: Literal["notice"] = "notice"
    message: str


class Pong(_Closed):
    """The answer to a ping."""

    type: Literal["pong"] = "pong"
    id: int


class Ended(_Closed):
    """The last message."""

    type: Literal["ended"] = "ended"
    reason: str


PlainClient: TypeAlias = Annotated[AudioChunkMessage | EndConversation | Heartbeat, Field(discriminator="type")]
PlainServer: TypeAlias = (
    ConnectionEstablished | ConversationStarted | AudioResponse | TextResponse | Error | ConversationEnded
)
LeanClient: TypeAlias = Annotated[Hello | Text | PlayedMessage | PingMessage | End, Field(discriminator="type")]
LeanServer: TypeAlias = (
    Ready | StateMessage | Caption | Clear | Pause | Resume | Latency | ToolMessage | Notice | Pong | Error | Ended
)

PLAIN_CLIENT: TypeAdapter[AudioChunkMessage | EndConversation | Heartbeat] = TypeAdapter(PlainClient)
LEAN_CLIENT: TypeAdapter[Hello | Text | PlayedMessage | PingMessage | End] = TypeAdapter(LeanClient)


def understand(adapter: TypeAdapter[T], message: Message) -> T:
    """Read one message.

    Raises
    ------
    Refusal : it is none of these; the text says what is wrong, and repeats nothing that was sent.
    """
    try:
        return adapter.validate_json(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if "expected_tags" in first.get("ctx", {}) or first["type"] == "union_tag_not_found":
            raise Refusal(f"type: expected one of {', '.join(_types(adapter))}") from None
        place = ".".join(str(step) for step in first["loc"] if isinstance(step, str))
        raise Refusal(f"{place or 'message'}: {first['msg']}") from None


def _types(adapter: TypeAdapter[T]) -> list[str]:
    mapping: dict[str, str] = adapter.json_schema()["discriminator"]["mapping"]
    return list(mapping)
