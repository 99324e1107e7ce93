"""audiokit.dataset.detect."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.dataset.detect import WindowReader, speech_detector
from audiokit.errors import ConfigError

FRAMES = 320  # one window of 20 ms


class Listener:
    """A VAD that notes what it hears and answers by counting up."""

    sample_rate = 16_000
    window_s = 0.02

    def __init__(self, sample_rate: int = 16_000) -> None:
        self.sample_rate = sample_rate
        self.heard: list[AudioChunk] = []

    def speech_probability(self, chunk: AudioChunk) -> float:
        self.heard.append(chunk)
        return len(self.heard) / 100

    def reset(self) -> None:
        self.heard.clear()


def ramp(frames: int) -> np.ndarray:
    return np.arange(1, frames + 1, dtype=np.float32)[:, np.newaxis]


@pytest.mark.parametrize("block", [1, 7, 319, 320, 321, 5000])
def test_a_recording_is_read_window_by_window_whatever_the_blocks(block: int) -> None:
    vad, samples = Listener(), ramp(5 * FRAMES)
    reader = WindowReader(vad)
    for start in range(0, len(samples), block):
        reader.push(samples[start : start + block])
    assert reader.finish() == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert {(chunk.samples.shape, chunk.sample_rate) for chunk in vad.heard} == {((FRAMES, 1), 16_000)}
    assert np.array_equal(np.concatenate([chunk.samples for chunk in vad.heard]), samples)


def test_the_last_window_is_filled_up_with_silence() -> None:
    vad = Listener()
    reader = WindowReader(vad)
    reader.push(ramp(FRAMES + 20))
    assert len(reader.finish()) == 2
    assert np.array_equal(vad.heard[1].samples[:20, 0], np.arange(FRAMES + 1, FRAMES + 21))
    assert not vad.heard[1].samples[20:].any()


def test_finishing_twice_changes_nothing() -> None:
    reader = WindowReader(Listener())
    reader.push(ramp(FRAMES + 20))
    assert list(reader.finish()) == list(reader.finish())


def test_nothing_heard_gives_no_probabilities() -> None:
    assert WindowReader(Listener()).finish().shape == (0,)


def test_a_detector_at_another_rate_is_refused() -> None:
    with pytest.raises(ConfigError, match="listens at 8000 Hz; expected 16000 Hz"):
        WindowReader(Listener(sample_rate=8_000))


def test_an_unknown_detector_is_refused() -> None:
    with pytest.raises(ConfigError, match="no vad provider is named 'ears'"):
        speech_detector("ears")


def test_the_energy_detector_hears_what_is_loud() -> None:
    detector = speech_detector("energy")
    silence, noise = np.zeros((3200, 1), np.float32), np.full((3200, 1), 0.1, np.float32)
    for block in (silence, noise, silence):
        detector.push(block)
    found = detector.finish() >= 0.5
    assert [(loud, len(list(run))) for loud, run in itertools.groupby(found.tolist())] == [
        (False, 10), (True, 10), (False, 10),
    ]  # fmt: skip


def test_the_window_of_a_detector_is_known() -> None:
    assert speech_detector("energy").window_s == EnergyVAD.window_s


@pytest.mark.model
def test_silero_reads_in_large_batches() -> None:
    from audiokit.analysis.silero import SpeechReader

    assert isinstance(speech_detector("silero"), SpeechReader)
