from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from audiokit.audio.chunk import AudioChunk
from audiokit.cli.main import cli
from audiokit.errors import ConfigError
from audiokit.speech import aloud
from audiokit.speech.aloud import play_aloud
from audiokit.speech.streams import from_iterator

RATE = 8_000


class Stream:
    """In PortAudio's place: takes 20 ms every 2 ms from a thread of its own, as long as it has blocks to play."""

    latency = 0.0
    blocks = 10_000
    played: list[float]
    device: int

    def __init__(self, *, device: int, blocksize: int, channels: int, callback: Any, **settings: Any) -> None:
        type(self).played, type(self).device = [], device
        self._block, self._callback = np.zeros((blocksize, channels), np.float32), callback
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        for _ in range(self.blocks):
            if self._ended.wait(0.002):
                return
            self._callback(self._block, len(self._block), None, None)
            self.played.extend(self._block[:, 0].tolist())

    def stop(self) -> None:
        """Real ones play what they hold; this one holds nothing."""

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> type[Stream]:
    row = {"name": "Speakers", "max_input_channels": 0, "max_output_channels": 1, "default_samplerate": float(RATE)}
    rows = [row, row | {"name": "Headset"}]
    module: Any = ModuleType("sounddevice")
    module.query_devices = lambda: rows
    module.default = SimpleNamespace(device=(-1, 0))
    module.PortAudioError = OSError
    module.OutputStream = type("OwnStream", (Stream,), {})
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module.OutputStream  # type: ignore[no-any-return]


def play(seconds: float, sample_rate: int = RATE) -> float:
    ramp = np.linspace(0.1, 0.9, round(seconds * sample_rate), dtype=np.float32)[:, np.newaxis]
    chunks = [AudioChunk(part, sample_rate) for part in np.array_split(ramp, 7)]
    return asyncio.run(play_aloud(from_iterator(chunks)))


def test_all_of_a_stream_is_played_in_order(stream: type[Stream]) -> None:
    assert play(0.5) == pytest.approx(0.5)
    sounding = [level for level in stream.played if level]
    np.testing.assert_allclose(sounding, np.linspace(0.1, 0.9, RATE // 2), atol=1e-6)


def test_the_device_has_its_own_rate(stream: type[Stream]) -> None:
    assert play(0.5, 16_000) == pytest.approx(0.5, abs=1e-3)
    assert max(stream.played) == pytest.approx(0.9, abs=0.15)  # the filter rings where the ramp breaks off


def test_a_device_that_stops_is_not_waited_for_for_ever(stream: type[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "blocks", 3)
    monkeypatch.setattr(aloud, "STUCK_S", 0.1)
    with pytest.raises(ConfigError, match="loudspeaker"):
        play(1.0)


@pytest.mark.model
@pytest.mark.parametrize("words", [["--play"], [], ["--stream"]])
def test_the_shell_plays(stream: type[Stream], words: list[str]) -> None:
    result = CliRunner().invoke(cli, ["say", "Hello there.", *words])
    assert result.exit_code == 0, result.stderr
    assert np.abs(stream.played).max() > 0.1
    assert stream.device == 0


@pytest.mark.model
@pytest.mark.parametrize("words", [[], ["--stream"], ["-o", "hello.wav"]])
def test_the_shell_plays_on_the_speaker_that_is_named(
    stream: type[Stream], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["say", "Hello there.", "--speaker", "headset", *words])
    assert result.exit_code == 0, result.stderr
    assert (stream.device, np.abs(stream.played).max() > 0.1) == (1, True)


def test_a_speaker_that_is_not_there_is_refused_before_anything_is_made(stream: type[Stream]) -> None:
    result = CliRunner().invoke(cli, ["say", "Hello there.", "--speaker", "radio"])
    assert (result.exit_code, "choose by number or name: 0: Speakers; 1: Headset" in result.stderr) == (4, True)
    assert not hasattr(stream, "played")
