"""The JSON protocol at `/ws`: base64 in, base64 out, for clients of a few lines."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Iterable

import numpy as np
import soundfile
from typing_extensions import override

from audiokit.agent.events import AgentText, Event, ProviderFailed, TurnEnded, UserText
from audiokit.audio.buffer import downmixed
from audiokit.audio.chunk import AudioChunk
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.reading import base64_bytes, pcm_chunk
from audiokit.server.inputs import Encoded, Goodbye, Heard, Input, Message, Refusal
from audiokit.server.protocol import (
    PLAIN_CLIENT,
    AudioChunkMessage,
    AudioResponse,
    ConnectionEstablished,
    ConversationEnded,
    ConversationStarted,
    EndConversation,
    Error,
    TextResponse,
    understand,
)

SAMPLE_RATES = range(8000, 48001)
CODINGS = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"}
"""Read in 6 ms at most; MP3, which WAV files may hold too, puts minutes into one message."""
FORMAT = re.compile(r"audio/(?P<kind>webm|ogg|wav|pcm)(?:;\s*(?:rate=(?P<rate>\d{1,6})|codecs=\"?[\w.]+\"?))*")


class Plain(Dialect):
    """One client of the JSON protocol."""

    name = "json"
    sample_rate = 16000

    def __init__(self) -> None:
        self._wav: _WavStream | None = None
        self._understood = ""

    @override
    def opening(self) -> Iterable[Message]:
        yield ConnectionEstablished(message="Connected to voice streaming service").model_dump_json()

    @override
    def started(self, conversation_id: str) -> Iterable[Message]:
        yield ConversationStarted(conversation_id=conversation_id).model_dump_json()

    @override
    def read(self, message: Message) -> Iterable[Input]:
        match understand(PLAIN_CLIENT, message):
            case AudioChunkMessage(data=data, format=audio_format):
                yield self._audio_input(base64_bytes(data, "data"), audio_format)
            case EndConversation():
                yield Goodbye()

    @override
    def audio(self, pcm: bytes, turn_id: int) -> Iterable[Message]:
        yield self._audio_response(base64.b64encode(_wav_header(len(pcm), self.sample_rate) + pcm).decode())

    @override
    def event(self, event: Event) -> Iterable[Message]:
        match event:
            case UserText(text=text, is_final=True):
                self._understood = text
            case AgentText(text=text, is_final=is_final):
                yield TextResponse(text=text, is_final=is_final).model_dump_json()
            case TurnEnded():
                yield self._audio_response("", is_final=True)
            case ProviderFailed(message=text, fallback=None):
                yield from self.error(text)

    @override
    def error(self, text: str) -> Iterable[Message]:
        yield Error(message=text).model_dump_json()

    @override
    def ended(self, reason: str) -> Iterable[Message]:
        yield ConversationEnded().model_dump_json()

    def _audio_response(self, data: str, *, is_final: bool = False) -> str:
        return AudioResponse(data=data, text=self._understood, is_final=is_final).model_dump_json()

    def _audio_input(self, data: bytes, audio_format: str) -> Input:
        found = FORMAT.fullmatch(audio_format.lower())
        if not found:
            raise Refusal(
                "format: expected audio/webm, audio/ogg, audio/wav or audio/pcm;rate=N with N from 8000 to 48000"
            )
        kind = found["kind"]
        if kind in ("webm", "ogg"):
            return Encoded(data, "webm" if kind == "webm" else "ogg")
        if kind == "wav":
            return Heard(self._from_wav(data))
        if not found["rate"] or int(found["rate"]) not in SAMPLE_RATES:
            raise Refusal("format: audio/pcm needs its rate, such as audio/pcm;rate=16000, from 8000 to 48000")
        return Heard(pcm_chunk(data, int(found["rate"])))

    def _from_wav(self, data: bytes) -> AudioChunk:
        if data.startswith(b"RIFF"):
            self._wav = _WavStream(data)
            return self._wav.first
        if self._wav is None:
            raise Refusal("data: the first piece of audio/wav must begin with its header, RIFF")
        return self._wav.more(data)


class _WavStream:
    """A WAV file, and pieces of its data that come later."""

    def __init__(self, data: bytes) -> None:
        try:
            with soundfile.SoundFile(io.BytesIO(data)) as file:
                self._rate, self._channels, self._subtype = file.samplerate, file.channels, file.subtype
                if self._subtype not in CODINGS:
                    raise Refusal(f"data: a WAV file of {self._subtype}; expected PCM, float, G.711 or ADPCM")
                samples = file.read(dtype="float32", always_2d=True)
        except Refusal:
            raise
        except (soundfile.LibsndfileError, ValueError) as error:
            raise Refusal("data: this is no WAV file") from error
        if self._rate not in SAMPLE_RATES or self._channels > 2:
            raise Refusal(f"data: {self._channels} channels at {self._rate} Hz; expected 1 or 2 at 8000 to 48000 Hz")
        self.first = AudioChunk(downmixed(np.nan_to_num(samples)), self._rate)

    def more(self, data: bytes) -> AudioChunk:
        if self._subtype != "PCM_16" or len(data) % (2 * self._channels):
            raise Refusal("data: a WAV stream goes on in whole 16-bit frames, or with a new file in each piece")
        samples = np.frombuffer(data, "<i2").reshape(-1, self._channels).astype(np.float32) / np.float32(32768)
        return AudioChunk(downmixed(samples), self._rate)


def _wav_header(size_bytes: int, sample_rate: int) -> bytes:
    """Write the 44 bytes in front of 16-bit mono PCM."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size_bytes, b"WAVE", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16),
        *(b"data", size_bytes),
    )
