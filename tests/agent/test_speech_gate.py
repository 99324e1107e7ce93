import numpy as np
import pytest

from audiokit.agent.settings import TurnTaking
from audiokit.agent.speech_gate import SpeechGate
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk

RATE = 16_000
RULES = TurnTaking(start_s=0.1, stop_s=0.2)


class Listed:
    """A detector that says what it is told to, one window of 20 ms after the other."""

    sample_rate = RATE
    window_s = 0.02

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = iter(probabilities)

    def speech_probability(self, chunk: AudioChunk) -> float:
        return next(self.probabilities)

    def reset(self) -> None: ...


def happenings(probabilities: list[float], rules: TurnTaking = RULES) -> list[tuple[int, str]]:
    gate = SpeechGate(Listed(probabilities), rules)
    window = np.zeros((320, 1), np.float32)
    return [(index, event) for index in range(len(probabilities)) for event in gate.push(window)]


def test_speech_starts_after_start_s_and_pauses_after_stop_s() -> None:
    assert happenings([0.0] * 3 + [0.9] * 10 + [0.1] * 12) == [(7, "started"), (15, "quiet"), (22, "paused")]


def test_a_click_is_no_speech() -> None:
    assert happenings([0.0, 0.9, 0.9, 0.9, 0.9, 0.0, 0.9, 0.0]) == []


def test_between_the_thresholds_nothing_changes() -> None:
    assert happenings([0.4] * 20) == []
    assert happenings([0.9] * 5 + [0.4] * 30) == [(4, "started")]


def test_a_short_dip_does_not_pause_speech() -> None:
    assert [event for _, event in happenings([0.9] * 8 + [0.0] * 9 + [0.9] * 8)] == ["started", "quiet"]


@pytest.mark.parametrize("frames", [1, 100, 160, 320, 333, 800, 4000])
def test_the_length_of_the_chunks_does_not_matter(frames: int) -> None:
    loud = np.full((RATE // 2, 1), 0.2, np.float32)
    sound = np.concatenate([np.zeros_like(loud), loud, np.zeros_like(loud)])
    gate = SpeechGate(EnergyVAD(), RULES)
    events = [event for start in range(0, len(sound), frames) for event in gate.push(sound[start : start + frames])]
    assert events == ["started", "quiet", "paused"]
    assert gate.silence_s == pytest.approx(0.5, abs=1e-6)


def test_the_energy_detectors_threshold_is_0_01_rms() -> None:
    for level, is_speech in [(0.009, False), (0.011, True)]:
        gate = SpeechGate(EnergyVAD(), RULES)
        gate.push(np.full((RATE, 1), level, np.float32))
        assert gate.is_speech is is_speech
