"""The JSON protocol, by a client that knows only its description (audiokit.server.dialects.plain)."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed

from audiokit.server.dialects.plain import Plain
from audiokit.server.inputs import Encoded, Goodbye, Heard, Refusal
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, tone_pcm, until, wait_until


def audio_chunk(data: bytes, audio_format: str = "audio/pcm;rate=16000") -> str:
    return json.dumps({"type": "audio_chunk", "data": base64.b64encode(data).decode(), "format": audio_format})


def wav(samples: np.ndarray, sample_rate: int = 16000, coding: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="WAV", subtype=coding)
    return file.getvalue()


def test_a_conversation_has_the_messages_of_the_protocol_in_their_order(served: Served) -> None:
    with served.connect() as socket:
        socket.send(audio_chunk(tone_pcm(0.6)))
        messages = until(socket, "text_response")
        while not (messages[-1]["type"] == "audio_response" and messages[-1]["is_final"]):
            messages += until(socket, "audio_response")
        socket.send(json.dumps({"type": "heartbeat"}))
        socket.send(json.dumps({"type": "end_conversation"}))
        messages += until(socket, "conversation_ended")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert messages[0] == {"type": "connection_established", "message": "Connected to voice streaming service"}
    assert messages[1]["type"] == "conversation_started"
    assert set(messages[1]) == {"type", "conversation_id"}
    texts = [each for each in messages if each["type"] == "text_response"]
    assert [each["is_final"] for each in texts] == [False, False, True]
    assert texts[-1]["text"] == "You said: 0.5 s of sound"
    sounds = [each for each in messages if each["type"] == "audio_response"]
    assert {frozenset(each) for each in sounds} == {frozenset({"type", "data", "text", "is_final"})}
    assert {each["text"] for each in sounds} == {"0.5 s of sound"}
    assert [each["is_final"] for each in sounds] == [False] * 10 + [True]
    assert messages[-1] == {"type": "conversation_ended"}


def test_the_voice_comes_as_wav_files(served: Served) -> None:
    with served.connect() as socket:
        socket.send(audio_chunk(tone_pcm(0.6)))
        message = until(socket, "audio_response")[-1]
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(message["data"])))
    assert rate == 16000
    assert len(samples) == 320
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("audio_format", "rate"), [("audio/pcm;rate=8000", 8000), ("AUDIO/PCM; rate=48000", 48000)])
def test_pcm_comes_at_any_usual_rate(audio_format: str, rate: int) -> None:
    (heard,) = Plain().read(audio_chunk(tone_pcm(0.02, rate), audio_format))
    assert isinstance(heard, Heard)
    assert (heard.chunk.sample_rate, heard.chunk.duration_s) == (rate, pytest.approx(0.02))


def test_wav_comes_as_files_or_as_one_stream() -> None:
    dialect, tone = Plain(), np.frombuffer(tone_pcm(0.1), "<i2")
    file = wav(tone)
    pieces = [file, file[44:1644], file]
    heard = [meant.chunk for piece in pieces for meant in dialect.read(audio_chunk(piece, "audio/wav"))]  # type: ignore[union-attr]
    assert [len(chunk.samples) for chunk in heard] == [1600, 800, 1600]
    np.testing.assert_allclose(heard[1].samples[:, 0], tone[:800] / 32768, atol=1e-6)


def test_a_stereo_wav_is_mixed() -> None:
    stereo = np.stack([np.full(160, 8192, np.int16), np.zeros(160, np.int16)], axis=1)
    (heard,) = Plain().read(audio_chunk(wav(stereo), "audio/wav"))
    assert isinstance(heard, Heard)
    assert heard.chunk.samples.shape == (160, 1)
    assert heard.chunk.samples[0, 0] == pytest.approx(0.125)


@pytest.mark.parametrize("mime", ["audio/webm", "audio/webm;codecs=opus", 'audio/ogg; codecs="opus"'])
def test_what_media_recorder_calls_its_streams_is_understood(mime: str) -> None:
    (encoded,) = Plain().read(audio_chunk(b"\x1aE\xdf\xa3", mime))
    assert isinstance(encoded, Encoded)


def test_the_end_is_understood_and_a_heartbeat_means_nothing() -> None:
    assert list(Plain().read('{"type": "end_conversation"}')) == [Goodbye()]
    assert list(Plain().read('{"type": "heartbeat"}')) == []


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("", "JSON"),
        ("[]", "object"),
        ("{}", "type: expected one of"),
        ('{"type": "shout"}', "audio_chunk"),
        (b"\xff\x00", "JSON"),
        ('{"type": "heartbeat", "extra": 1}', "extra"),
        ('{"type": "audio_chunk", "data": 5, "format": "audio/wav"}', "data"),
        ('{"type": "audio_chunk", "data": "AAA", "format": "audio/wav"}', "base64"),
        ('{"type": "audio_chunk", "data": "", "format": "audio/pcm;rate=16000"}', "empty"),
        (audio_chunk(b"123"), "even"),
        (audio_chunk(b"1234", "audio/pcm"), "rate"),
        (audio_chunk(b"1234", "audio/pcm;rate=1"), "8000"),
        (audio_chunk(b"1234", "audio/pcm;rate=96000"), "48000"),
        (audio_chunk(b"1234", "audio/mp3"), "format"),
        (audio_chunk(b"1234", "audio/wav"), "header"),
        (audio_chunk(b"RIFF1234", "audio/wav"), "WAV"),
        (audio_chunk(wav(np.zeros(100), 96000), "audio/wav"), "96000 Hz"),
        (audio_chunk(wav(np.zeros(4800), coding="G721_32"), "audio/wav"), "G721_32"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(message: str | bytes, complaint: str) -> None:
    with pytest.raises(Refusal, match=complaint):
        list(Plain().read(message))


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    for message in ('{"type": "audio_chunk", "data": {"secret": "xyzzy"}, "format": "x"}', '{"type": "xyzzy"}'):
        with pytest.raises(Refusal) as refusal:
            list(Plain().read(message))
        assert "xyzzy" not in str(refusal.value)


def test_the_failure_of_a_service_is_told(served: Served, agent: FakeAgent) -> None:
    with served.connect() as socket:
        until(socket, "conversation_started")
        wait_until(lambda: agent.sessions)
        served.server.servers[0].get_loop().call_soon_threadsafe(agent.sessions[0].say_text, "fail")
        assert until(socket, "error")[-1] == {"type": "error", "message": "the model is down"}
