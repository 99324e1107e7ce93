"""audiokit.analysis.mos: which windows are rated, and how ratings are averaged; then the real network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from audiokit.analysis import mos
from audiokit.analysis.activity import Region
from audiokit.analysis.mos import WINDOW, Mos, MosReader, network, rate
from audiokit.audio.buffer import Audio, Samples
from audiokit.errors import MissingDependencyError


@pytest.fixture
def rated(monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """A network that rates each window by its first sample; gives the windows it was shown."""
    seen: list[Samples] = []

    def run(wave: Samples) -> Mos:
        seen.append(wave)
        return Mos(overall=float(wave[0]), signal=3.0, background=4.0)

    monkeypatch.setattr(mos, "network", lambda: run)
    return seen


@pytest.fixture
def fresh() -> Iterator[None]:
    """No network loaded yet."""
    network.cache_clear()
    yield
    network.cache_clear()


def pushed(*levels: float) -> MosReader:
    reader = MosReader()
    for level in levels:
        reader.push(np.full((WINDOW, 1), level, np.float32))
    return reader


def test_only_windows_that_are_half_speech_count(rated: list[Samples]) -> None:
    found = pushed(0.25, 0.5, 1.0).finish([Region(start_s=9.1, end_s=14.5), Region(start_s=18.1, end_s=20.0)])
    assert found == Mos(overall=0.5, signal=3, background=4)


def test_all_windows_count_when_nobody_speaks(rated: list[Samples]) -> None:
    found = pushed(0.25, 0.5).finish([])
    assert found is not None
    assert found.overall == 0.375


def test_a_short_recording_is_repeated(rated: list[Samples]) -> None:
    reader = MosReader()
    ramp = np.linspace(0, 1, 1000, dtype=np.float32)
    reader.push(ramp[:, np.newaxis])
    assert reader.finish([]) == rate(Audio(ramp, 16_000))
    assert [len(wave) for wave in rated] == [WINDOW, WINDOW]
    for wave in rated:
        assert wave[1000:1010] == pytest.approx(ramp[:10])


def test_of_a_long_clip_the_middle_is_rated(rated: list[Samples]) -> None:
    rate(Audio(np.linspace(0, 1, 2 * WINDOW, dtype=np.float32), 16_000))
    assert [len(wave) for wave in rated] == [WINDOW]
    assert rated[0].mean() == pytest.approx(0.5, abs=1e-4)


def test_nothing_has_no_score(rated: list[Samples]) -> None:
    assert MosReader().finish([]) is None


@pytest.mark.parametrize("package", ["speechmos", "onnxruntime"])
def test_without_its_packages_the_extra_is_named(package: str, monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for open_it in (MosReader, lambda: rate(Audio(np.zeros(9, np.float32), 16_000))):
        with pytest.raises(MissingDependencyError, match=r"audiokit\[analysis\]"):
            open_it()


@pytest.mark.model
def test_the_scores_are_those_of_the_package(speech: Callable[..., object]) -> None:
    dnsmos = pytest.importorskip("speechmos.dnsmos")
    wave = 1.5 * speech(0.1).audio.samples[:WINDOW, 0]  # type: ignore[attr-defined]
    theirs, ours = dnsmos.run(np.clip(wave, -1, 1), 16_000), network()(wave)
    expected = [theirs[name] for name in ("ovrl_mos", "sig_mos", "bak_mos")]
    assert [ours.overall, ours.signal, ours.background] == pytest.approx(expected, abs=1e-3)


@pytest.mark.model
def test_noise_lowers_the_score_of_real_speech(speech: Callable[..., object]) -> None:
    pytest.importorskip("speechmos")
    clean = speech(0.1).audio.samples[:WINDOW]  # type: ignore[attr-defined]
    noise = 0.05 * np.random.default_rng(1).standard_normal(clean.shape).astype(np.float32)
    pure, noisy = (rate(Audio(samples, 16_000)) for samples in (clean, clean + noise))
    assert pure.overall > noisy.overall + 0.5
    assert pure.background > noisy.background + 0.5
