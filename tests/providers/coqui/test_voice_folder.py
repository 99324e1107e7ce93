"""audiokit.providers.coqui.voice_folder: a voice on disk, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit import config
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.errors import ProviderError, SampleError
from audiokit.providers.coqui.voice_folder import VoiceFolder, make_voice_folder, slug


@pytest.fixture
def talk(tmp_path: Path, tone: Callable[..., Audio]) -> Path:
    write(tmp_path / "talk.wav", tone(duration_s=25.0, sample_rate=44_100))
    return tmp_path / "talk.wav"


def made(name: str, *samples: Path, **options: Any) -> VoiceFolder:
    settings = {"sample_rate": 22_050, "facts": {"name": name}, "finish": lambda folder: None} | options
    return make_voice_folder(name, samples, **settings)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ann", "ann"), ("Ann Müller", "ann-muller"), ("../../etc", "etc"), ("李", "voice"), ("A  b--C", "a-b-c")],
)
def test_any_name_becomes_a_plain_folder(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_long_recordings_are_cut_into_equal_pieces(talk: Path) -> None:
    folder = made("Ann", talk, longest_s=10.0)
    pieces = [read(path) for path in folder.references]
    assert [path.name for path in folder.references] == ["1.wav", "2.wav", "3.wav"]
    assert [piece.duration_s for piece in pieces] == [pytest.approx(25 / 3, abs=0.001)] * 3
    whole = read(talk).resample(22_050).samples
    assert np.allclose(np.concatenate([piece.samples for piece in pieces]), whole, atol=1e-6)


def test_references_are_in_the_order_of_their_numbers(talk: Path) -> None:
    folder = made("Ann", talk, longest_s=2.0)
    assert [path.stem for path in folder.references] == [str(number) for number in range(1, 14)]


def test_makers_at_the_same_time_get_folders_of_their_own(talk: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: made("Ann", talk).path, range(4)))
    assert {folder.name for folder in folders} == {"ann", "ann-2", "ann-3", "ann-4"}
    assert all(sorted(path.name for path in folder.iterdir()) == ["1.wav", "voice.json"] for folder in folders)


def test_others_may_read_it(talk: Path) -> None:
    assert os.stat(made("Ann", talk).path).st_mode & 0o055 == 0o055


def test_a_failure_leaves_nothing(talk: Path) -> None:
    def fails(folder: VoiceFolder) -> None:
        assert len(folder.references) == 1
        raise ProviderError("no memory", provider="coqui")

    with pytest.raises(ProviderError, match="no memory"):
        made("Ann", talk, finish=fails)
    assert list((config.home() / "voices").iterdir()) == []


def test_no_samples_are_refused() -> None:
    with pytest.raises(SampleError, match="expected at least one recording"):
        made("Ann")


def test_latents_are_kept_for_each_model(tmp_path: Path) -> None:
    folder = VoiceFolder(tmp_path)
    latents = {"a": np.ones((1, 2, 3), np.float32), "b": np.zeros(4, np.float32)}
    folder.keep_latents("m1", latents)
    read_back = folder.latents("m1")
    assert read_back is not None
    assert all(np.array_equal(read_back[name], latents[name]) for name in latents)
    assert folder.latents("m2") is None
    assert [path.name for path in tmp_path.iterdir()] == ["latents-m1.npz"]


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "latents-m1.npz").mkdir()  # in the way, for root too
    VoiceFolder(tmp_path).keep_latents("m1", {"a": np.ones(3, np.float32)})
    assert "latents-m1.npz cannot be written" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["latents-m1.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"no latents"])
def test_damaged_latents_are_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "latents-m1.npz").write_bytes(content)
    assert VoiceFolder(tmp_path).latents("m1") is None


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "latents-m1.npz", a=np.array([{"code": "runs"}], object))
    assert VoiceFolder(tmp_path).latents("m1") is None
