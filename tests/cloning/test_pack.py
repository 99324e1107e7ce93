"""audiokit.cloning.pack: the files that are sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.files import info, read
from audiokit.cloning.pack import HEADER_BYTES, MP3_BPS, PEAK_DBTP, pack
from audiokit.contracts import SampleRequirements
from audiokit.dsp.levels import rms_dbfs
from audiokit.dsp.true_peak import true_peak_dbtp
from audiokit.errors import SampleError
from tests.cloning.makers import RATE, REQUIREMENTS, material

CLIPS = [(100.0, 10.0, 0.5), (150.0, 10.0, 0.5), (200.0, 10.0, 0.5)]


def limits(**changes: object) -> SampleRequirements:
    return replace(REQUIREMENTS, **changes)


def test_clips_are_joined_in_order(tmp_path: Path) -> None:
    (file,) = pack(material(tmp_path, CLIPS).candidates, REQUIREMENTS, tmp_path)
    sound = read(file.path)
    assert (file.path.name, file.duration_s, sound.duration_s) == ("sample_01.wav", 30.0, 30.0)
    assert file.size_bytes == file.path.stat().st_size
    for second, pitch_hz in ((4, 100), (14, 150), (24, 200)):
        assert np.abs(np.fft.rfft(sound[second : second + 1].samples[:, 0])).argmax() == pitch_hz


def test_joints_do_not_click(tmp_path: Path) -> None:
    (file,) = pack(material(tmp_path, [(333.3, 1.0, 0.5)] * 3).candidates, REQUIREMENTS, tmp_path)
    samples = read(file.path).samples[:, 0]
    steepest = np.abs(np.diff(samples)).max()
    assert steepest <= 1.05 * 2 * np.pi * 333.3 / RATE * np.abs(samples).max()


@pytest.mark.parametrize(
    ("wav_s", "max_files", "formats", "names"),
    [
        (30, 3, ("wav", "flac", "mp3"), ["sample_01.wav"]),
        (20, 3, ("wav", "flac", "mp3"), ["sample_01.wav", "sample_02.wav"]),
        (10, 3, ("wav", "flac", "mp3"), ["sample_01.wav", "sample_02.wav", "sample_03.wav"]),
        (24, 1, ("wav", "flac", "mp3"), ["sample_01.flac"]),
        (30, 3, ("mp3", "wav"), ["sample_01.mp3"]),
        (30, 3, ("webm", "wav"), ["sample_01.wav"]),
    ],
)
def test_the_best_format_that_fits_is_taken(
    wav_s: float, max_files: int, formats: tuple[str, ...], names: list[str], tmp_path: Path
) -> None:
    max_bytes = HEADER_BYTES + max(round(wav_s * 2 * RATE), MP3_BPS // 8 * 30 if "mp3" in formats[:1] else 0)
    wanted = limits(max_bytes=max_bytes, max_files=max_files, formats=formats)
    files = pack(material(tmp_path, CLIPS).candidates, wanted, tmp_path)
    assert [file.path.name for file in files] == names
    assert all(file.size_bytes <= max_bytes for file in files)
    assert sum(len(file.clips) for file in files) == len(CLIPS)


def test_mp3_is_as_good_as_providers_ask(tmp_path: Path) -> None:
    (file,) = pack(material(tmp_path, CLIPS).candidates, limits(formats=("mp3",)), tmp_path)
    assert info(file.path).sample_rate == 44_100
    assert file.size_bytes * 8 / file.duration_s == pytest.approx(MP3_BPS, rel=0.02)


def test_samples_that_fit_in_no_format_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    found = material(tmp_path, CLIPS)
    with pytest.raises(SampleError, match="30 s of samples do not fit into 1 files of 100000 bytes"):
        pack(found.candidates, limits(max_bytes=100_000, max_files=1), tmp_path)
    assert list(tmp_path.glob("sample_*")) == []


@pytest.mark.parametrize(
    ("level_dbfs", "rms"),
    [(-17.0, -20.0), (-19.0, -22.0), (-40.0, -20.5), (-6.0, -20.5)],
    ids=["in", "in", "low", "high"],
)
def test_levels_are_brought_where_providers_want_them(level_dbfs: float, rms: float, tmp_path: Path) -> None:
    (file,) = pack(material(tmp_path, CLIPS, level_dbfs=level_dbfs).candidates, REQUIREMENTS, tmp_path)
    assert rms_dbfs(read(file.path)) == pytest.approx(rms, abs=0.1)


def test_peaks_keep_below_the_ceiling(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 29, 0.5)], level_dbfs=-30.0).candidates
    loud = material(tmp_path / "..", [(150, 1, 0.5)], level_dbfs=-0.1).candidates
    (file,) = pack([*found, *loud], REQUIREMENTS, tmp_path)
    assert true_peak_dbtp(read(file.path)) <= PEAK_DBTP + 0.02


def test_a_rate_the_provider_cannot_use_is_not_sent(tmp_path: Path) -> None:
    (file,) = pack(material(tmp_path, CLIPS).candidates, limits(sample_rate=8_000), tmp_path)
    assert info(file.path).sample_rate == 8_000
