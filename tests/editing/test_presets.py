"""audiokit.editing.presets, on real speech: what they promise is measured."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from audiokit import edit
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dsp.levels import db_from_power, peak_dbfs, rms_dbfs, window_powers
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.true_peak import true_peak_dbtp
from audiokit.editing.parse import parse_step
from audiokit.editing.presets import PRESETS


@pytest.fixture(scope="module")
def episode(samples_dir: Path) -> Path:
    return samples_dir / "podcast" / "episode 1.mp3"


def test_a_podcast_has_the_loudness_that_hosts_ask_for(episode: Path) -> None:
    edited = edit(episode, PRESETS["podcast"].steps)
    assert loudness_lufs(edited) == pytest.approx(-16, abs=0.5)
    assert true_peak_dbtp(edited) <= -0.98


def test_an_audiobook_meets_acx(episode: Path, tmp_path: Path) -> None:
    preset = PRESETS["audiobook-acx"]
    book = read(edit(episode, preset.steps, tmp_path / "book.mp3", encoding=preset.mp3))
    assert (book.sample_rate, book.channels) == (44100, 1)
    assert -23 <= rms_dbfs(book) <= -18
    assert peak_dbfs(book) <= -3
    assert quietest_dbfs(book) <= -60
    with av.open(tmp_path / "book.mp3") as file:
        assert file.streams.audio[0].bit_rate == 192_000


def test_samples_for_a_clone_have_level_and_no_dead_air(talk: Audio) -> None:
    edited = edit(talk, PRESETS["voice-clone"].steps)
    assert edited.channels == 1
    assert rms_dbfs(edited) == pytest.approx(-20, abs=0.5)
    assert true_peak_dbtp(edited) <= -2.98
    assert edited.duration_s < talk.duration_s - 1


def quietest_dbfs(audio: Audio) -> float:
    return float(np.min(db_from_power(window_powers(audio.samples, audio.sample_rate, 0.5))))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_steps_that_it_says(name: str) -> None:
    words = [*str(PRESETS[name]).split(), "--"]
    spelled = [
        parse_step(word.removeprefix("--"), "" if value.startswith("--") else value)
        for word, value in pairwise(words)
        if word.startswith("--")
    ]
    assert spelled == PRESETS[name].steps
