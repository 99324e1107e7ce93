"""audiokit.dataset.before: recordings with noise in them, denoised, and played as they were."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiokit.api import prep
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dataset.before import BITRATE_BPS, EACH, LONGEST_S, Before, examples, sounds_before
from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.report import report
from audiokit.dataset.settings import PrepSettings
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.loudness import loudness_lufs
from audiokit.progress import SILENT
from tests.conftest import SAMPLES_DIR
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip

NOISE_DBFS = -45.0
CLEAN = PrepSettings(denoise=True, min_snr_db=5.0)


def cleaned(name: str, *, before: float, after: float, quality: float) -> Clip:
    return a_clip(id=name, sha256=name, snr_before_db=before, noise_before_dbfs=-40.0, snr_db=after, quality=quality)


def test_each_is_chosen_once_and_only_what_was_denoised() -> None:
    clips = [cleaned(f"c{at}", before=10.0 + at, after=40.0, quality=at / 10) for at in range(9)]
    chosen = examples([*clips, a_clip(id="as it was")])
    assert {kind: [clip.id for clip in group] for kind, group in chosen.items()} == {
        "Changed most": ["c0", "c1"], "Best": ["c8", "c7"], "Worst of those kept": ["c2", "c3"]
    }  # fmt: skip
    assert examples([a_clip()]) == {}
    assert sum(map(len, examples(clips[:3]).values())) == 3


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels, of which the right one carries the speech, with noise at a known level."""
    path = tmp_path_factory.mktemp("noisy") / "street.wav"
    pause = np.zeros((16_000, 1), np.float32)
    sentences = [read(each).samples for each in sorted(SAMPLES_DIR.glob("librivox/*.wav"))[:3]]
    said = np.concatenate([piece for sentence in sentences for piece in (pause, sentence)] + [pause])
    noise = np.random.default_rng(1).standard_normal(said.shape) * gain_from_db(NOISE_DBFS)
    heard = (said + noise).astype(np.float32)
    Audio(np.hstack([0.1 * heard, heard]), 16_000).save(path)
    return path


@pytest.fixture(scope="module")
def dataset(noisy: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    settings = replace(CLEAN, channel="louder", loudness_lufs=-30.0)
    return prep(noisy, tmp_path_factory.mktemp("clean") / "out", settings, jobs=1)


@pytest.mark.process
@pytest.mark.model
def test_the_sound_before_is_the_clip_with_its_noise_at_the_level_of_the_clip(dataset: Dataset, tmp_path: Path) -> None:
    played = sounds_before(Layout(dataset.root), dataset.clips)
    assert set(played) == {clip.id for clip in dataset.kept}
    assert len(dataset.kept) <= 3 * EACH
    for clip in dataset.kept:
        path = tmp_path / f"{clip.id}.mp3"
        path.write_bytes(base64.b64decode(played[clip.id]))
        assert path.stat().st_size < BITRATE_BPS / 8 * (clip.duration_s + 1)
        before, after = read(path), dataset.audio(clip)
        assert before.duration_s == pytest.approx(min(clip.duration_s, LONGEST_S), abs=0.1)
        assert loudness_lufs(before) == pytest.approx(loudness_lufs(after), abs=1.0)
        level_db = NOISE_DBFS + clip.gain_db
        assert _quietest_dbfs(before) == pytest.approx(level_db, abs=3.0)
        assert _quietest_dbfs(after) < level_db - 6


@pytest.mark.process
@pytest.mark.model
def test_a_later_run_and_a_report_without_the_recording_play_the_same(dataset: Dataset, noisy: Path) -> None:
    written = fingerprint(dataset.root)
    prep(noisy, dataset.root, dataset.settings, jobs=1)
    assert fingerprint(dataset.root) == written
    page = (dataset.root / "report.html").read_bytes()
    assert page.count(b"data:audio/mpeg;base64,") == len(dataset.kept)
    hidden = noisy.rename(noisy.with_suffix(".away"))
    try:
        assert report(dataset).read_bytes() == page
    finally:
        hidden.rename(noisy)


def test_a_recording_that_is_gone_costs_its_sound_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    layout = Layout(tmp_path)
    layout.work.mkdir(parents=True)
    clip = cleaned("c", before=10.0, after=40.0, quality=0.9)
    before = Before(layout, CLEAN, Journal(layout.journal), {"talk.wav": str(tmp_path / "talk.wav")})
    with caplog.at_level(logging.WARNING):
        before.hear([clip], SILENT)
    assert "the report cannot play how talk.wav sounded before" in caplog.text
    assert sounds_before(layout, [clip]) == {}
    assert list(layout.work.iterdir()) == []


def _quietest_dbfs(audio: Audio) -> float:
    """Level of the quietest tenth of the windows of 20 ms, without the faded edges."""
    samples = audio.samples[round(0.02 * audio.sample_rate) : -round(0.02 * audio.sample_rate), 0]
    size = round(0.02 * audio.sample_rate)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    return float(10 * np.log10(np.quantile(np.mean(np.square(windows), axis=1), 0.1) + 1e-12))
