"""audiokit.analysis.mos: which windows are rated, and how ratings are averaged; once with the real network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from audiokit.analysis.activity import Region
from audiokit.analysis.mos import WINDOW, MosReader
from audiokit.audio.buffer import Samples
from audiokit.errors import MissingDependencyError


@pytest.fixture
def rated(monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """A network that rates each window by its first sample; gives the windows it was shown."""
    seen: list[Samples] = []

    def run(wave: Samples, sample_rate: int) -> dict[str, float]:
        seen.append(wave)
        return {"ovrl_mos": float(wave[0]), "sig_mos": 3.0, "bak_mos": 4.0}

    monkeypatch.setitem(sys.modules, "speechmos", SimpleNamespace(dnsmos=SimpleNamespace(run=run)))
    return seen


def pushed(*levels: float) -> MosReader:
    reader = MosReader()
    for level in levels:
        reader.push(np.full((WINDOW, 1), level, np.float32))
    return reader


def test_only_windows_that_are_half_speech_count(rated: list[Samples]) -> None:
    mos = pushed(0.25, 0.5, 1.0).finish([Region(start_s=9.1, end_s=14.5), Region(start_s=18.1, end_s=20.0)])
    assert mos is not None
    assert (mos.overall, mos.signal, mos.background) == (0.5, 3, 4)


def test_all_windows_count_when_nobody_speaks(rated: list[Samples]) -> None:
    mos = pushed(0.25, 0.5).finish([])
    assert mos is not None
    assert mos.overall == 0.375


def test_a_short_recording_is_repeated(rated: list[Samples]) -> None:
    reader = MosReader()
    reader.push(np.linspace(0, 1, 1000, dtype=np.float32)[:, np.newaxis])
    assert reader.finish([]) is not None
    assert [len(wave) for wave in rated] == [WINDOW]
    assert rated[0][1000:1010] == pytest.approx(rated[0][:10])


def test_samples_beyond_full_scale_are_limited(rated: list[Samples]) -> None:
    pushed(1.5).finish([])
    assert rated[0].max() == 1


def test_nothing_has_no_score(rated: list[Samples]) -> None:
    assert MosReader().finish([]) is None


def test_without_speechmos_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "speechmos", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[analysis\]"):
        MosReader()


@pytest.mark.model
def test_noise_lowers_the_score_of_real_speech(speech: Callable[..., object]) -> None:
    pytest.importorskip("speechmos")
    clean = speech(0.1).audio.samples[:WINDOW]  # type: ignore[attr-defined]
    noise = 0.05 * np.random.default_rng(1).standard_normal(clean.shape).astype(np.float32)
    scores = []
    for samples in (clean, clean + noise):
        reader = MosReader()
        reader.push(samples)
        scores.append(reader.finish([]))
    assert scores[0].overall > scores[1].overall + 0.5
    assert scores[0].background > scores[1].background + 0.5
