"""audiokit.analysis.plots: a picture that shows something."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.plots import DOTS_PER_INCH, SIZE_INCHES, draw
from audiokit.analysis.report import analyze, report
from audiokit.analysis.survey import Survey, survey
from audiokit.audio.buffer import Audio
from audiokit.errors import AudioFileError, MissingDependencyError
from audiokit.progress import SILENT

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def heard(tone: Callable[..., Audio]) -> Survey:
    silence = np.zeros((16_000, 1), np.float32)
    return survey(Audio(np.concatenate([silence, tone(300, 3).samples, silence]), 16_000), (), SILENT)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(matplotlib.image.imread(path))[:, :, :3]


def test_a_picture_has_its_size_and_is_not_blank(tmp_path: Path, samples_dir: Path) -> None:
    analyze(samples_dir / "podcast" / "episode 3.wav", plot=tmp_path / "episode.png")
    picture = pixels(tmp_path / "episode.png")
    width, height = (round(inches * DOTS_PER_INCH) for inches in SIZE_INCHES)
    assert picture.shape == (height, width, 3)
    for quarter in np.array_split(picture, 4):
        inked = (quarter < 0.9).any(axis=2).mean()
        assert 0.01 < inked < 0.95


def test_the_waveform_stands_where_the_sound_is(tmp_path: Path, heard: Survey) -> None:
    draw(heard, report(heard), tmp_path / "tone.png")
    panel = pixels(tmp_path / "tone.png")[60:240]  # the first panel, without title and frame
    dark = (panel < 0.55).all(axis=2).mean(axis=0)
    width = panel.shape[1]
    assert dark[round(0.35 * width) : round(0.65 * width)].min() > 0.3
    assert dark[round(0.10 * width) : round(0.18 * width)].max() < 0.1


@pytest.mark.parametrize("frames", [1, 800])
def test_the_shortest_sound_can_be_drawn(tmp_path: Path, frames: int) -> None:
    analyze(Audio(np.full(frames, 0.1, np.float32), 16_000), plot=tmp_path / "short.png")
    assert (tmp_path / "short.png").stat().st_size > 5000


def test_a_name_with_dollar_signs_is_no_formula(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    tone(300, 0.5).save(tmp_path / "$5_for_$^.wav")
    analyze(tmp_path / "$5_for_$^.wav", plot=tmp_path / "out.png")
    assert (tmp_path / "out.png").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, heard: Survey) -> None:
    with pytest.raises(AudioFileError, match="cannot be written"):
        draw(heard, report(heard), tmp_path / "none" / "out.png")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, heard: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[plot\]"):
        draw(heard, report(heard), tmp_path / "out.png")
