"""audiokit.dataset.listen: one pass over a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dataset import listen as listening
from audiokit.dataset.listen import Heard, Speech, listen
from audiokit.dataset.settings import PrepSettings
from audiokit.errors import AudioFileError

ENERGY = PrepSettings(vad="energy")


def heard_of(audio: Audio, tmp_path: Path, settings: PrepSettings = ENERGY, speech: Speech | None = None) -> Heard:
    audio.save(tmp_path / "in.wav", subtype="FLOAT")
    return listen(tmp_path / "in.wav", tmp_path / "spool", settings, speech, lambda done_s: None)


def test_levels_are_those_of_windows_of_10_ms(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    loud, soft = tone(1000, 1, 48_000, -10), tone(1000, 1, 48_000, -40)
    heard = heard_of(Audio(np.concatenate([loud.samples, soft.samples]), 48_000), tmp_path)
    assert len(heard.levels_db) == 200
    assert heard.levels_db[10:90] == pytest.approx(-13.01, abs=0.1)
    assert heard.levels_db[110:190] == pytest.approx(-43.01, abs=0.1)


def test_the_spool_is_the_recording_at_the_new_rate(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    audio = tone(1000, 2, 44_100, -6)
    heard = heard_of(audio, tmp_path, PrepSettings(vad="energy", highpass_hz=0))
    assert heard.spool.stat().st_size == 4 * 48_000
    expected = tone(1000, 2, 24_000, -6)[0.5:1.5].samples
    assert np.abs(heard.read(0.5, 1.5) - expected).max() < 1e-4


def test_the_length_is_counted_in_frames_of_the_source(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    heard = heard_of(tone(500, 1.2345, 44_100), tmp_path)
    assert heard.frames == round(1.2345 * 44_100)
    assert heard.duration_s == heard.frames / 44_100


def test_clipped_samples_are_counted_where_they_are(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    samples = tone(200, 3, 44_100, -6).samples.copy()
    samples[44_100:88_200] = np.clip(4 * samples[44_100:88_200], -1, 1)
    heard = heard_of(Audio(samples, 44_100), tmp_path)
    assert heard.clipped[:100].sum() == heard.clipped[200:].sum() == 0
    assert heard.clipped[100:200].sum() > 10_000


def test_silence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"in\.wav: silent") as caught:
        heard_of(Audio(np.zeros(32_000, np.float32), 16_000), tmp_path)
    assert caught.value.reason == "silent"


def test_what_was_heard_before_is_not_heard_again(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    audio = tone(300, 1, 16_000, -20)
    first = heard_of(audio, tmp_path)
    steps = 255 - np.rint(first.speech.probabilities * 255)
    known = replace(first.speech, probabilities=(steps / np.float32(255)).astype(np.float32))
    assert np.array_equal(heard_of(audio, tmp_path, ENERGY, known).speech.probabilities, known.probabilities)


def test_the_louder_channel_is_found_over_the_whole_recording(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    left, right = tone(300, 4, 16_000, -30).samples.copy(), tone(300, 4, 16_000, -12).samples.copy()
    left[:16_000], right[:16_000] = tone(300, 1, 16_000, -9).samples, 0  # the left one is louder only at first
    stereo = Audio(np.concatenate([left, right], axis=1), 16_000)
    assert heard_of(stereo, tmp_path, PrepSettings(vad="energy", channel="louder")).levels_db[300:390] == pytest.approx(
        -15.01, abs=0.2
    )


def test_overwriting_changes_sound_and_levels(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    heard = heard_of(tone(1000, 2, 24_000, -10), tmp_path)
    heard.overwrite(0.5, tone(1000, 1, 24_000, -50).samples)
    assert np.array_equal(heard.read(0.5, 1.5), tone(1000, 1, 24_000, -50).samples)
    assert heard.levels_db[55:145] == pytest.approx(-53.01, abs=0.1)
    assert heard.levels_db[160:190] == pytest.approx(-13.01, abs=0.1)


def test_rumble_is_gone_and_stays_when_asked(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    rumble = tone(15, 4, 16_000, -6)
    assert heard_of(rumble, tmp_path).levels_db[200:].max() < -25
    assert heard_of(rumble, tmp_path, PrepSettings(vad="energy", highpass_hz=0)).levels_db[200:].max() > -8


@pytest.mark.parametrize("channel", ["average", "louder"])
def test_a_bomb_is_given_up_at_a_limit(
    tmp_path: Path, tone: Callable[..., Audio], monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.setattr(listening, "LONGEST_S", 90.0)
    silence = Audio(np.zeros((16_000 * 600, 2), np.float32), 16_000)
    silence.save(tmp_path / "in.flac")
    settings = replace(ENERGY, channel=channel)
    with pytest.raises(AudioFileError, match=r"in\.flac: longer than 0\.025 hours") as raised:
        listen(tmp_path / "in.flac", tmp_path / "spool", settings, None, lambda done_s: None)
    assert raised.value.reason == "too long"
    assert (tmp_path / "in.flac").stat().st_size < 200_000
    assert not (tmp_path / "spool").exists() or (tmp_path / "spool").stat().st_size < 4 * 24_000 * 95


def test_digital_silence_takes_no_room_in_the_spool_and_is_read_back(
    tmp_path: Path, tone: Callable[..., Audio]
) -> None:
    beep = tone(300, 1, 24_000, -20).samples
    silence = np.zeros((24_000 * 60, 1), np.float32)
    heard = heard_of(Audio(np.concatenate([beep, silence, beep, silence]), 24_000), tmp_path)
    assert heard.spool.stat().st_size == 4 * 24_000 * 122
    assert np.abs(heard.read(61.2, 61.8)).max() > 0.09
    assert np.abs(heard.read(30, 40)).max() < 1e-6
    assert len(heard.read(110, 122)) == 12 * 24_000
    if hasattr(heard.spool.stat(), "st_blocks"):
        assert heard.spool.stat().st_blocks * 512 < 4 * 24_000 * 122
