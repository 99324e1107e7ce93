"""`audiokit.v2`: binary PCM both ways, captions, state, play marks; what our page speaks."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from typing_extensions import override

from audiokit.agent.events import (
    AgentText,
    Event,
    ProviderFailed,
    StateChanged,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnMetrics,
    UserText,
)
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.reading import pcm_chunk
from audiokit.server.inputs import Goodbye, Heard, Input, Message, Played, Refusal, Reply, Typed
from audiokit.server.protocol import (
    LEAN_CLIENT,
    Caption,
    Clear,
    End,
    Ended,
    Error,
    Hello,
    Latency,
    Notice,
    Pause,
    PingMessage,
    PlayedMessage,
    Pong,
    Ready,
    Resume,
    StateMessage,
    Text,
    ToolMessage,
    understand,
)

TURN_ID = struct.Struct("<I")
STAGES = ("endpoint", "stt_final", "llm_first_token", "first_clause", "tts_first_byte", "first_audio")


class Lean(Dialect):
    """One client of `audiokit.v2`."""

    name = "v2"

    def __init__(self) -> None:
        self.is_ready = False
        self.sample_rate = self._input_rate = 0

    @override
    def read(self, message: Message) -> Iterable[Input]:
        if not self.is_ready:
            self._meet(message)
        elif isinstance(message, bytes):
            yield Heard(pcm_chunk(message, self._input_rate))
        else:
            yield self._input(message)

    @override
    def started(self, conversation_id: str) -> Iterable[Message]:
        yield Ready(
            conversation_id=conversation_id, sample_rate=self._input_rate, output_sample_rate=self.sample_rate
        ).model_dump_json()

    @override
    def audio(self, pcm: bytes, turn_id: int) -> Iterable[Message]:
        yield TURN_ID.pack(turn_id) + pcm

    @override
    def event(self, event: Event) -> Iterable[Message]:
        if said := _message(event):
            yield said.model_dump_json()

    @override
    def error(self, text: str) -> Iterable[Message]:
        yield Error(message=text).model_dump_json()

    @override
    def cleared(self, turn_id: int) -> Iterable[Message]:
        yield Clear(turn_id=turn_id).model_dump_json()

    @override
    def paused(self) -> Iterable[Message]:
        yield Pause().model_dump_json()

    @override
    def resumed(self) -> Iterable[Message]:
        yield Resume().model_dump_json()

    @override
    def notice(self, text: str) -> Iterable[Message]:
        yield Notice(message=text).model_dump_json()

    @override
    def ended(self, reason: str) -> Iterable[Message]:
        yield Ended(reason=reason).model_dump_json()

    def _meet(self, message: Message) -> None:
        hello = None if isinstance(message, bytes) else understand(LEAN_CLIENT, message)
        if not isinstance(hello, Hello):
            raise Refusal("the first message must be hello")
        self._input_rate, self.sample_rate, self.is_ready = hello.sample_rate, hello.output_sample_rate, True

    def _input(self, message: str) -> Input:
        match understand(LEAN_CLIENT, message):
            case Text(text=text):
                return Typed(text)
            case PlayedMessage(turn_id=turn_id, played_s=played_s):
                return Played(turn_id, played_s)
            case PingMessage(id=number):
                return Reply(Pong(id=number).model_dump_json())
            case End():
                return Goodbye()
        raise Refusal("hello was said already")


def _message(
    event: Event,
) -> StateMessage | Caption | ToolMessage | Latency | Notice | Error | None:
    turn_id = event.turn_id
    match event:
        case StateChanged(state=state):
            return StateMessage(state=state, turn_id=turn_id)
        case UserText(text=text, is_final=is_final):
            return Caption(speaker="user", text=text, is_final=is_final, turn_id=turn_id)
        case AgentText(text=text, is_final=is_final):
            return Caption(speaker="agent", text=text, is_final=is_final, turn_id=turn_id)
        case ToolStarted(name=name):
            return ToolMessage(name=name, phase="started", turn_id=turn_id)
        case ToolEnded(name=name, error=error):
            return ToolMessage(name=name, phase="failed" if error else "ended", turn_id=turn_id)
        case TurnEnded(metrics=metrics):
            return Latency(turn_id=turn_id, latency_s=metrics.latency_s, stages=stages_of(metrics))
        case ProviderFailed(message=text, fallback=None):
            return Error(message=text)
        case ProviderFailed(message=text, fallback=str(other)):
            return Notice(message=f"{text} ({other} steps in)")
    return None


def stages_of(metrics: TurnMetrics) -> dict[str, float]:
    """Give the seconds from the end of the user's speech to each stage that was reached."""
    if metrics.speech_end_s is None:
        return {}
    times = {stage: getattr(metrics, f"{stage}_s") for stage in STAGES}
    return {stage: round(time_s - metrics.speech_end_s, 4) for stage, time_s in times.items() if time_s is not None}
