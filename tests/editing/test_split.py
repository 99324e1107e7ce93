"""audiokit.api.split and audiokit.editing.split."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit import AtSilence, AtTimes, AudioFileError, Every, UsageError, split
from audiokit.audio.buffer import Audio
from audiokit.audio.encode import Writer
from audiokit.audio.files import read, write
from audiokit.dsp.silence import split_on_silence

Where = AtSilence | Every | AtTimes


def test_silences_are_where_the_function_finds_them(talk: Audio, talk_file: Path, tmp_path: Path) -> None:
    pieces = split(talk_file, tmp_path / "out")
    wanted = split_on_silence(read(talk_file), min_silence_s=0.5, threshold_dbfs=-40, keep_silence_s=0.2)
    assert len(pieces) == len(wanted) >= 5
    for piece, audio in zip(pieces, wanted, strict=True):
        assert np.array_equal(read(piece.path).samples, audio.samples)


@pytest.mark.parametrize("keep_s", [0.0, 0.1, 0.4, 1.0, 30.0])
@pytest.mark.parametrize("gaps_s", [(0.0, 0.6, 2.5, 0.0), (3.0, 0.3, 0.9, 0.7), (0.2, 5.0, 0.5, 4.0)])
def test_room_is_shared_as_in_memory(tmp_path: Path, keep_s: float, gaps_s: tuple[float, ...]) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, (8000, 1)).astype(np.float32)
    samples = [part for gap_s in gaps_s for part in (np.zeros((round(gap_s * 8000), 1), np.float32), noise)][:-1]
    write(tmp_path / "bursts.wav", Audio(np.concatenate(samples), 8000), subtype="FLOAT")
    pieces = split(tmp_path / "bursts.wav", tmp_path / "out", AtSilence(keep_silence_s=keep_s))
    wanted = split_on_silence(read(tmp_path / "bursts.wav"), min_silence_s=0.5, keep_silence_s=keep_s)
    assert len(pieces) == len(wanted) >= 2
    for piece, audio in zip(pieces, wanted, strict=True):
        found = read(piece.path)
        assert abs(found.frames - audio.frames) <= 1  # the frame in the middle of a gap goes to either side
        shared = min(found.frames, audio.frames)
        assert np.abs(found.samples[-shared:] - audio.samples[-shared:]).max() == pytest.approx(0, abs=1e-6)


def test_pieces_lie_at_the_sentences(speech: Callable[..., object], talk_file: Path, tmp_path: Path) -> None:
    pieces = split(talk_file, tmp_path / "out", AtSilence(min_silence_s=0.8, keep_silence_s=0.3))
    for piece, sentence in zip(pieces, speech(1.0).utterances, strict=True):  # type: ignore[attr-defined]
        assert piece.start_s < sentence.start_s < sentence.end_s < piece.end_s


@pytest.mark.parametrize(("where", "edges_s"), [
    (Every(4.0), [0, 4, 8, 10]), (Every(5.0), [0, 5, 10]), (Every(100.0), [0, 10]),
    (AtTimes((2.5, 7.0)), [0, 2.5, 7, 10]), (AtTimes((9.9,)), [0, 9.9, 10]),
])  # fmt: skip
def test_pieces_joined_are_the_recording(ramp: Audio, tmp_path: Path, where: Where, edges_s: list[float]) -> None:
    write(tmp_path / "ramp.wav", ramp)
    pieces = split(tmp_path / "ramp.wav", tmp_path / "out", where)
    assert [(piece.start_s, piece.end_s) for piece in pieces] == list(pairwise(edges_s))
    joined = np.concatenate([read(piece.path).samples for piece in pieces])
    assert np.array_equal(joined, read(tmp_path / "ramp.wav").samples)


def test_names_are_numbered(ramp: Audio, tmp_path: Path) -> None:
    write(tmp_path / "my talk.wav", ramp)
    split(tmp_path / "my talk.wav", tmp_path / "a" / "b", Every(5.0), extension="flac")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["my talk_001.flac", "my talk_002.flac"]


def test_depth_is_kept(ramp: Audio, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", ramp, subtype="PCM_24")
    (piece,) = split(tmp_path / "a.wav", tmp_path / "out", Every(60.0))
    assert soundfile.info(piece.path).subtype == "PCM_24"


def test_pieces_get_a_rate_that_their_format_knows(ramp: Audio, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", ramp.resample(22050))
    pieces = split(tmp_path / "a.wav", tmp_path / "out", Every(4.0), extension="opus")
    assert [round(read(piece.path).duration_s, 2) for piece in pieces] == [4, 4, 2]


def test_pieces_that_are_there_stay_unless_forced(ramp: Audio, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", ramp)
    split(tmp_path / "a.wav", tmp_path / "out", Every(5.0))
    with pytest.raises(UsageError, match=r"a_001.wav: is there already.*--force"):
        split(tmp_path / "a.wav", tmp_path / "out", Every(4.0))
    assert len(split(tmp_path / "a.wav", tmp_path / "out", Every(4.0), force=True)) == 3


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_stops_in_the_middle_leaves_nothing(
    ramp: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def failing(self: Writer) -> None:
        finished.append(self)
        whole(self)
        if len(finished) == 2:
            raise error

    finished: list[Writer] = []
    whole = Writer.finish
    write(tmp_path / "a.wav", ramp)
    monkeypatch.setattr(Writer, "finish", failing)
    with pytest.raises(error):
        split(tmp_path / "a.wav", tmp_path / "out", Every(3.0))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("where", "told"), [
    (AtTimes((5.0, 10.0)), "10 s lies not before the end of a.wav, 10 s"),
    (AtTimes((12.0, 15.0)), "12 s lies not before the end"),
])  # fmt: skip
def test_a_time_behind_the_end_is_refused_and_leaves_nothing(
    ramp: Audio, tmp_path: Path, where: Where, told: str
) -> None:
    write(tmp_path / "a.wav", ramp)
    with pytest.raises(UsageError, match=told):
        split(tmp_path / "a.wav", tmp_path / "out", where)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("make", "told"), [
    (lambda: Every(0), "--every is 0 s; expected 0.01"),
    (lambda: AtTimes(()), "--at is none; expected rising times"),
    (lambda: AtTimes((5.0, 2.0)), "--at is 5, 2"),
    (lambda: AtTimes((0.0, 2.0)), "more than 0 s"),
    (lambda: AtSilence(threshold_dbfs=3), "--silence is 3 dBFS; expected -120 to 0 dBFS"),
    (lambda: AtSilence(min_silence_s=0), "--min-silence is 0 s"),
    (lambda: AtSilence(keep_silence_s=-1), "--keep is -1 s"),
])  # fmt: skip
def test_bad_settings_name_the_option_the_value_and_what_is_allowed(make: Callable[[], Where], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        make()
    assert told in str(refused.value)


def test_silence_throughout_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", Audio(np.zeros(48000), 16000))
    with pytest.raises(AudioFileError, match="nothing is louder than -40 dBFS") as refused:
        split(tmp_path / "a.wav", tmp_path / "out")
    assert refused.value.reason == "silent"
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder_for_pieces(ramp: Audio, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", ramp)
    with pytest.raises(UsageError, match="is a file; expected a folder"):
        split(tmp_path / "a.wav", tmp_path / "a.wav", Every(5.0))
