"""Twilio Media Streams, both ways: a telephone call as a conversation.

Messages as in https://www.twilio.com/docs/voice/media-streams/websocket-messages; audio is μ-law at 8 kHz. A stream's
address carries no query and no header of ours, so the token comes as the parameter `token` of `<Stream>`.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Iterable
from typing import Any

from typing_extensions import override

from audiokit.audio.chunk import AudioChunk
from audiokit.server import mulaw
from audiokit.server.access import Gate
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.reading import base64_bytes, inner_object, json_object
from audiokit.server.inputs import Goodbye, Heard, Input, Message, Played, Refusal

MAX_MARKS = 3000  # a minute of 20 ms pieces that nobody has confirmed


class Twilio(Dialect):
    """One call.

    Parameters
    ----------
    gate : knows the token.
    """

    name = "twilio"
    sample_rate = mulaw.SAMPLE_RATE

    def __init__(self, gate: Gate) -> None:
        self.is_ready = False
        self._gate, self._stream_id = gate, ""
        self._turn_id, self._sent_s = -1, 0.0
        self._marks: deque[tuple[str, Played]] = deque(maxlen=MAX_MARKS)
        self._mark_number = 0

    @override
    def read(self, message: Message) -> Iterable[Input]:
        content = json_object(message)
        match content.get("event"):
            case "connected" | "dtmf":
                return
            case "start":
                self._start(content)
            case "media":
                yield Heard(self._heard(content))
            case "mark":
                yield from self._confirmed(inner_object(content, "mark").get("name"))
            case "stop":
                yield Goodbye()
            case _:
                raise Refusal("event: expected connected, start, media, mark, dtmf or stop")

    @override
    def audio(self, pcm: bytes, turn_id: int) -> Iterable[Message]:
        if turn_id != self._turn_id:
            self._turn_id, self._sent_s = turn_id, 0.0
        self._sent_s += len(pcm) / 2 / self.sample_rate
        self._mark_number += 1
        name = str(self._mark_number)
        self._marks.append((name, Played(turn_id, self._sent_s)))
        yield self._written("media", media={"payload": base64.b64encode(mulaw.encode(pcm)).decode()})
        yield self._written("mark", mark={"name": name})

    @override
    def cleared(self, turn_id: int) -> Iterable[Message]:
        # After a clear, Twilio sends back all marks at once although nothing of it was played.
        self._marks.clear()
        yield self._written("clear")

    @override
    def error(self, text: str) -> Iterable[Message]:
        return ()  # a telephone shows nothing; the agent speaks of its failures

    def _start(self, content: dict[str, Any]) -> None:
        start = inner_object(content, "start")
        media_format, parameters = inner_object(start, "mediaFormat"), start.get("customParameters")
        if (media_format.get("encoding"), media_format.get("sampleRate")) != ("audio/x-mulaw", self.sample_rate):
            raise Refusal("start.mediaFormat: expected audio/x-mulaw at 8000 Hz")
        token = parameters.get("token") if isinstance(parameters, dict) else ""
        if not self._gate.knows(token if isinstance(token, str) else ""):
            raise Refusal('start.customParameters: the <Stream> needs <Parameter name="token" value="TOKEN"/>')
        self._stream_id, self.is_ready = str(content.get("streamSid", "")), True

    def _heard(self, content: dict[str, Any]) -> AudioChunk:
        data = base64_bytes(inner_object(content, "media").get("payload"), "media.payload")
        return AudioChunk.from_pcm16(mulaw.decode(data), self.sample_rate)

    def _confirmed(self, name: object) -> Iterable[Input]:
        if name not in [known for known, _ in self._marks]:
            return  # one that was cleared
        while self._marks:
            known, played = self._marks.popleft()
            if known == name:
                yield played
                return

    def _written(self, event: str, **content: object) -> str:
        return json.dumps({"event": event, "streamSid": self._stream_id, **content})
