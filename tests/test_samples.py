"""The committed samples are what the truth file and LICENSE.md say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PODCAST = SAMPLES / "podcast"
FILES: dict[str, dict[str, Any]] = json.loads((SAMPLES / "podcast.truth.json").read_text("utf-8"))["files"]
GOOD = [path for path, facts in FILES.items() if "fails_because" not in facts]
BAD = [path for path, facts in FILES.items() if "fails_because" in facts]
WINDOW_S = 0.01


def decoded(path: str) -> tuple[NDArray[np.float32], int]:
    """Give samples (frames, channels) and rate, by libsndfile if it can, else by PyAV."""
    try:
        samples, sample_rate = soundfile.read(PODCAST / path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        with av.open(PODCAST / path) as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler("fltp", stream.layout)
            pieces = [piece.to_ndarray() for frame in container.decode(stream) for piece in resampler.resample(frame)]
            return np.concatenate(pieces, axis=1).T, stream.sample_rate
    return samples, sample_rate


def levels_dbfs(path: str) -> NDArray[np.float64]:
    """Give the RMS level of each 10 ms."""
    samples, sample_rate = decoded(path)
    windows = int(len(samples) / sample_rate / WINDOW_S)
    edges = np.rint(np.arange(windows) * WINDOW_S * sample_rate).astype(int)
    sums = np.add.reduceat((samples.astype(np.float64) ** 2).mean(axis=1), edges)
    return 10 * np.log10(sums / (WINDOW_S * sample_rate) + 1e-12)


def test_folder_holds_exactly_the_files_of_the_truth() -> None:
    found = {path.relative_to(PODCAST).as_posix() for path in PODCAST.rglob("*") if path.is_file()}
    assert found == set(FILES)


@pytest.mark.parametrize("path", FILES)
def test_file_has_the_size_of_the_truth(path: str) -> None:
    assert (PODCAST / path).stat().st_size == FILES[path]["size_bytes"]


@pytest.mark.parametrize("path", GOOD)
def test_decoded_sound_has_the_length_rate_and_channels_of_the_truth(path: str) -> None:
    samples, sample_rate = decoded(path)
    assert (sample_rate, samples.shape[1]) == (FILES[path]["sample_rate"], FILES[path]["channels"])
    # An AAC packet holds 1,024 frames and the last one is decoded whole.
    assert 0 <= len(samples) / sample_rate - FILES[path]["duration_s"] + 0.001 < 1024 / sample_rate + 0.001


@pytest.mark.parametrize("path", GOOD)
def test_speech_begins_and_ends_where_the_truth_says(path: str) -> None:
    levels = levels_dbfs(path)
    for region in FILES[path]["speech"]:
        start, end = (round(region[edge] / WINDOW_S) for edge in ("start_s", "end_s"))
        loud = np.percentile(levels[start:end], 90)
        assert levels[start : start + 15].max() > loud - 15
        assert levels[end - 30 : end].max() > loud - 25
        assert np.median(levels[end + 5 : end + 25]) < loud - 25


@pytest.mark.parametrize("path", GOOD)
def test_regions_are_ordered_apart_and_inside_the_file(path: str) -> None:
    regions = sorted(
        (region["start_s"], region["end_s"]) for kind in ("speech", "music") for region in FILES[path][kind]
    )
    edges = [edge for region in regions for edge in region]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= FILES[path]["duration_s"] + 0.001


def test_music_touches_the_first_word_of_the_second_episode() -> None:
    second = FILES["episode 2.m4a"]
    assert 0 <= second["speech"][0]["start_s"] - second["music"][0]["end_s"] < 0.02


def test_cover_and_chapters_are_in_the_second_episode() -> None:
    with av.open(PODCAST / "episode 2.m4a") as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["Levels", "Cuts"]
        assert [stream.type for stream in container.streams].count("video") == 1


def test_two_recordings_share_one_name() -> None:
    names = [Path(path).name for path in GOOD]
    assert names.count("episode 1.mp3") == 2


@pytest.mark.parametrize("path", BAD)
def test_bad_file_cannot_be_decoded(path: str) -> None:
    with pytest.raises(av.error.InvalidDataError):
        av.open(PODCAST / path)


def test_there_are_two_minutes_of_speech_and_the_host_has_a_third() -> None:
    seconds = {"reader": 0.0, "host": 0.0}
    for path in GOOD:
        for region in FILES[path]["speech"]:
            seconds[region["speaker"]] += region["end_s"] - region["start_s"]
    assert 120 < sum(seconds.values()) < 180
    assert 0.25 < seconds["host"] / sum(seconds.values()) < 0.45


def test_host_never_repeats_a_sentence() -> None:
    said = [region["text"] for path in GOOD for region in FILES[path]["speech"] if region["speaker"] == "host"]
    assert len(said) == len(set(said))


def test_librivox_transcripts_name_every_utterance() -> None:
    lines = (SAMPLES / "librivox" / "transcription.txt").read_text("utf-8").splitlines()
    named = {line.rpartition("(")[2].removesuffix(")") for line in lines}
    assert named == {path.stem for path in (SAMPLES / "librivox").glob("*.wav")}


def test_samples_stay_small() -> None:
    sizes_bytes = [path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()]
    assert sum(sizes_bytes) < 6_000_000


def test_every_sample_is_named_in_the_licence_page() -> None:
    page = (SAMPLES / "LICENSE.md").read_text("utf-8")
    files = [path for folder in ("podcast", "librivox") for path in (SAMPLES / folder).rglob("*") if path.is_file()]
    assert [path.name for path in files if f"`{path.relative_to(SAMPLES).as_posix()}`" not in page] == []
