"""Streams as MediaRecorder sends them (audiokit.server.decoding)."""

from __future__ import annotations

import base64
import io
import json
import threading

import av
import numpy as np
import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.server.decoding import StreamDecoder, begins_stream
from audiokit.server.inputs import Refusal
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, until, wait_until

SECONDS = 2.0
PIECE_BYTES = 700  # about 100 ms


def recording(container: str, codec: str = "libopus", duration_s: float = SECONDS) -> bytes:
    """A tone of 440 Hz, live: no index, no length, as MediaRecorder writes."""
    file = io.BytesIO()
    options = {"live": "1"} if container == "webm" else {}
    with av.open(file, "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=48000, layout="mono")
        time_s = np.arange(round(duration_s * 48000)) / 48000
        frame = av.AudioFrame.from_ndarray(
            (8000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16)[np.newaxis], format="s16", layout="mono"
        )
        frame.sample_rate = 48000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return file.getvalue()


class Collector:
    """Takes what a decoder gives."""

    def __init__(self) -> None:
        self.chunks: list[AudioChunk] = []
        self.failures: list[str] = []

    def take(self, chunk: AudioChunk) -> bool:
        self.chunks.append(chunk)
        return True

    @property
    def duration_s(self) -> float:
        return sum(chunk.duration_s for chunk in self.chunks)


def pieces(data: bytes) -> list[bytes]:
    return [data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("ogg", "libopus")])
def test_a_stream_is_decoded_as_it_comes(container: str, codec: str) -> None:
    data, heard = recording(container, codec), Collector()
    decoder = StreamDecoder(container, heard.take, heard.failures.append)  # type: ignore[arg-type]
    halfway = pieces(data)[: len(pieces(data)) // 2]
    for piece in halfway:
        decoder.push(piece)
    wait_until(lambda: heard.duration_s > 0.3 * SECONDS)
    for piece in pieces(data)[len(halfway) :]:
        decoder.push(piece)
    wait_until(lambda: heard.duration_s > 0.85 * SECONDS)
    decoder.close()
    decoder.join(5)
    assert heard.failures == []
    samples = np.concatenate([chunk.samples[:, 0] for chunk in heard.chunks])[1600:16000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 16000 / len(samples) == pytest.approx(440, abs=2)
    assert {chunk.sample_rate for chunk in heard.chunks} == {16000}


def test_a_broken_stream_is_reported_once() -> None:
    heard = Collector()
    decoder = StreamDecoder("webm", heard.take, heard.failures.append)
    decoder.push(b"\x1aE\xdf\xa3" + bytes(5000))
    decoder.join(5)
    decoder.push(bytes(5000))
    assert heard.failures == ["audio/webm: cannot be decoded: InvalidDataError"]


def test_noise_in_the_middle_of_a_stream_is_survived() -> None:
    heard, data = Collector(), recording("webm")
    decoder = StreamDecoder("webm", heard.take, heard.failures.append)
    for piece in [data[:5000], bytes(range(256)) * 40, data[5000:]]:
        decoder.push(piece)
    wait_until(lambda: heard.duration_s > 0.2 or heard.failures)
    decoder.close()
    decoder.join(5)
    assert not decoder._thread.is_alive()


def test_a_decoder_that_is_closed_while_it_waits_ends() -> None:
    decoder = StreamDecoder("webm", lambda chunk: True, pytest.fail)
    decoder.push(recording("webm")[:500])
    decoder.close()
    decoder.join(5)
    assert not decoder._thread.is_alive()


def test_more_than_a_microphone_sends_is_refused() -> None:
    decoder = StreamDecoder("ogg", lambda chunk: False, lambda reason: None)
    for _ in range(9):
        decoder.push(bytes(100_000))
    with pytest.raises(Refusal, match="waits"):
        decoder.push(bytes(200_000))
    decoder.close()


def test_nothing_more_is_decoded_while_there_is_no_room() -> None:
    heard, room = Collector(), threading.Semaphore(5)
    decoder = StreamDecoder(
        "webm", lambda chunk: room.acquire(blocking=False) and heard.take(chunk), heard.failures.append
    )
    decoder.push(recording("webm", duration_s=70))
    wait_until(lambda: len(heard.chunks) == 5)
    room.release()
    wait_until(lambda: len(heard.chunks) == 6)
    decoder.join(0.1)
    decoder.close()
    decoder.join(5)
    assert not decoder._thread.is_alive()
    assert len(heard.chunks) == 6
    assert heard.failures == []


@pytest.mark.parametrize(
    ("data", "container", "begins"),
    [
        (recording("webm"), "webm", True),
        (recording("ogg"), "ogg", True),
        (recording("ogg")[60:], "ogg", False),
        (b"OggS\x00\x00", "ogg", False),
        (b"OggS", "ogg", False),
        (b"", "webm", False),
    ],
)
def test_the_first_piece_of_a_stream_is_known(data: bytes, container: str, begins: bool) -> None:
    assert begins_stream(data, container) is begins  # type: ignore[arg-type]


def chunk_message(data: bytes, container: str) -> str:
    return json.dumps(
        {"type": "audio_chunk", "data": base64.b64encode(data).decode(), "format": f"audio/{container};codecs=opus"}
    )


def test_the_agent_hears_a_media_recorder_and_the_next_one(served: Served, agent: FakeAgent) -> None:
    with served.connect() as socket:
        for container in ("webm", "ogg", "webm"):
            for piece in pieces(recording(container, duration_s=1.0)):
                socket.send(chunk_message(piece, container))
            wait_until(lambda: agent.sessions and agent.sessions[0].heard_s > 0.85)
            agent.sessions[0].heard.clear()


def test_a_stream_without_its_beginning_is_refused(served: Served) -> None:
    with served.connect() as socket:
        socket.send(chunk_message(recording("webm")[500:], "webm"))
        assert "header" in until(socket, "error")[-1]["message"]
