"""audiokit.analysis.report and audiokit.analysis.survey: one pass, and what it says."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import audiokit
from audiokit.analysis import survey
from audiokit.analysis.bandwidth import bandwidth_hz
from audiokit.analysis.report import Report, analyze
from audiokit.analysis.tags import tags
from audiokit.audio.buffer import Audio
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.true_peak import true_peak_dbtp
from audiokit.errors import AudioFileError, MissingDependencyError


@pytest.fixture(scope="module")
def truth(samples_dir: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads((samples_dir / "podcast.truth.json").read_text("utf-8"))["files"]
    return files


@pytest.fixture(scope="module")
def episode(samples_dir: Path) -> Report:
    return analyze(samples_dir / "podcast" / "episode 1.mp3")


@pytest.fixture
def no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingDependencyError("the neural speech detector", extra="offline")

    monkeypatch.setattr(survey, "SpeechReader", missing)


def talk(pause_dbfs: float, speech: Callable[..., Any]) -> Audio:
    """Real speech in noise of a known level, one second of it between sentences."""
    audio = speech(1.0).audio
    noise = np.random.default_rng(5).standard_normal(audio.samples.shape).astype(np.float32)
    return Audio(audio.samples + np.float32(10 ** (pause_dbfs / 20)) * noise, audio.sample_rate)


def overlap_s(report: Report, kind: str, regions: list[dict[str, float]]) -> float:
    """How much of the regions lies in segments of a kind, in seconds."""
    spans = [(part.start_s, part.end_s) for part in report.segments if part.kind == kind]
    wanted = [(region["start_s"], region["end_s"]) for region in regions]
    return sum(max(0.0, min(end, upper) - max(start, lower)) for start, end in spans for lower, upper in wanted)


def length_s(regions: list[dict[str, float]]) -> float:
    return sum(region["end_s"] - region["start_s"] for region in regions)


def test_a_sine_has_the_numbers_of_a_sine(tone: Callable[..., Audio]) -> None:
    report = analyze(tone(440, 3, 44_100, -12))
    assert report.levels.rms_dbfs == pytest.approx(-15.01, abs=0.001)
    assert report.pitch.median_hz == pytest.approx(440, rel=0.01)
    assert report.pitch.voiced_fraction == pytest.approx(1, abs=0.01)
    assert report.timbre.zero_crossing_rate == pytest.approx(2 * 440 / 22_050, rel=0.02)
    assert [part.kind for part in report.segments] == ["music"]
    assert report.activity.speech_fraction == 0
    assert report.activity.snr_db is None
    assert (report.file.sample_rate, report.file.channels, report.file.duration_s) == (44_100, 1, 3)


def test_levels_are_those_of_the_whole(samples_dir: Path, episode: Report) -> None:
    whole = audiokit.Audio.read(samples_dir / "podcast" / "episode 1.mp3")
    assert episode.levels.integrated_lufs == pytest.approx(loudness_lufs(whole), abs=1e-3)
    assert episode.levels.true_peak_dbtp == pytest.approx(true_peak_dbtp(whole), abs=1e-3)
    assert episode.activity.bandwidth_hz == pytest.approx(bandwidth_hz(whole.mono()), abs=100)


def test_a_file_tells_what_it_is(episode: Report) -> None:
    file = episode.file
    assert (file.format, file.codec, file.sample_rate, file.channels, file.bit_depth) == ("mp3", "mp3", 44_100, 2, None)
    assert file.duration_s == pytest.approx(59.124, abs=0.03)
    assert file.tags == {"artist": "The quiet room", "genre": "Podcast", "title": "Episode 1: A quiet room"}


def test_a_wav_tells_its_bits(samples_dir: Path) -> None:
    assert analyze(samples_dir / "podcast" / "episode 3.wav").file.bit_depth == 24


def test_tags_of_other_containers_are_found(samples_dir: Path) -> None:
    for name in ("episode 2.m4a", "extras/bonus.webm"):
        assert tags(samples_dir / "podcast" / name)["artist"] == "The quiet room"


def test_what_has_no_tags_has_none(samples_dir: Path) -> None:
    assert tags(samples_dir / "podcast" / "episode 3.wav") == {}


@pytest.mark.model
@pytest.mark.parametrize("name", ["episode 1.mp3", "episode 2.m4a"])
def test_music_and_speech_of_the_podcast_are_told_apart(samples_dir: Path, truth: dict[str, Any], name: str) -> None:
    report = analyze(samples_dir / "podcast" / name)
    music, speech = truth[name]["music"], truth[name]["speech"]
    assert overlap_s(report, "music", music) > 0.95 * length_s(music)
    assert overlap_s(report, "speech", speech) > 0.97 * length_s(speech)
    assert overlap_s(report, "speech", music) < 0.1
    assert overlap_s(report, "music", speech) < 0.1  # in the second episode they touch


@pytest.mark.model
def test_fractions_add_up_to_one(episode: Report) -> None:
    activity = episode.activity
    assert activity.speech_fraction is not None
    assert activity.music_fraction is not None
    assert activity.noise_fraction is not None
    sum_of_all = (
        activity.speech_fraction + activity.music_fraction + activity.noise_fraction + activity.silence_fraction
    )
    assert sum_of_all == pytest.approx(1)
    assert activity.speech_fraction == pytest.approx(0.68, abs=0.04)


@pytest.mark.model
@pytest.mark.parametrize("pause_dbfs", [-60.0, -45.0])
def test_noise_floor_and_snr_are_those_of_the_mixture(pause_dbfs: float, speech: Callable[..., Any]) -> None:
    activity = analyze(talk(pause_dbfs, speech)).activity
    assert activity.noise_floor_dbfs == pytest.approx(pause_dbfs, abs=1)
    speech_dbfs = analyze(talk(-120, speech)).levels.rms_dbfs - 10 * math.log10(0.79)  # 79 % of it is speech
    assert activity.snr_db == pytest.approx(speech_dbfs - pause_dbfs, abs=2)


@pytest.mark.model
def test_the_pitch_is_that_of_the_voice(speech: Callable[..., Any]) -> None:
    pitch = analyze(talk(-60, speech)).pitch
    assert pitch.median_hz == pytest.approx(100, abs=15)  # the reader's, as pYIN hears it
    assert pitch.method == "yin"


@pytest.mark.model
def test_pyin_hears_the_same_pitch(speech: Callable[..., Any]) -> None:
    pitch = analyze(talk(-60, speech)[:9], ask=["pyin"]).pitch
    assert pitch.median_hz == pytest.approx(100, abs=15)
    assert pitch.method == "pyin"


def test_without_a_detector_speech_is_unknown_and_the_notes_say_why(
    no_detector: None, speech: Callable[..., Any]
) -> None:
    report = analyze(talk(-60, speech))
    assert report.activity.speech_fraction is None
    assert {part.kind for part in report.segments} == {"sound", "silence"}
    assert report.activity.noise_floor_dbfs == pytest.approx(-60, abs=1)
    assert any("audiokit[offline]" in note for note in report.notes)


def test_what_is_not_asked_for_is_none(episode: Report) -> None:
    assert (episode.tempo_bpm, episode.beats_s, episode.onsets_s, episode.mos) == (None, None, None, None)


def test_what_is_asked_for_is_there(tone: Callable[..., Audio]) -> None:
    ticks = np.tile(np.pad(tone(1000, 0.05).samples, ((0, 7200), (0, 0))), (20, 1))
    report = analyze(Audio(ticks, 16_000), ask=["tempo", "beats", "onsets"])
    assert report.tempo_bpm == pytest.approx(120, abs=3)
    assert report.beats_s
    assert len(report.onsets_s or ()) == pytest.approx(20, abs=1)


@pytest.mark.parametrize("ask", [["tempos"], "tempo"])
def test_what_cannot_be_asked_for_is_refused(ask: Any, tone: Callable[..., Audio]) -> None:
    with pytest.raises(ValueError, match="tempo, beats, onsets, pyin, mos"):
        analyze(tone(), ask=ask)


def test_json_is_plain_even_for_silence() -> None:
    plain = analyze(Audio(np.zeros(8000, np.float32), 16_000)).to_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["levels"]["integrated_lufs"] is None
    assert plain["fit_for_cloning"]["is_fit"] is False


def test_a_notebook_shows_the_sheet(episode: Report) -> None:
    assert re.fullmatch(r"Report\('.+episode 1\.mp3', 0:00:59, \d of 5 checks fails?\)", repr(episode))
    html = replace(episode, name="<b>.mp3")._repr_html_()
    assert "<pre>&lt;b&gt;.mp3" in html
    assert f"{episode.levels.integrated_lufs:.1f} LUFS" in html


def test_a_recording_without_its_end_is_measured_as_far_as_it_goes(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    soundfile.write(tmp_path / "whole.wav", tone(440, 4).samples, 16_000)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "whole.wav").read_bytes()[:64_044])
    report = analyze(tmp_path / "cut.wav")
    assert report.file.duration_s == pytest.approx(2)
    assert any("cut.wav" in note for note in report.notes)


def test_a_file_that_is_none_is_refused(samples_dir: Path) -> None:
    with pytest.raises(AudioFileError, match="a text"):
        analyze(samples_dir / "podcast" / "show notes.mp3")


def test_no_sound_at_all_is_refused() -> None:
    with pytest.raises(AudioFileError, match="no sound"):
        analyze(Audio(np.zeros((0, 1), np.float32), 16_000))


@pytest.mark.parametrize("frames", [1, 100, 3000])
@pytest.mark.parametrize("sample_rate", [8000, 192_000])
def test_the_shortest_sounds_have_a_report(frames: int, sample_rate: int) -> None:
    report = analyze(Audio(np.full((frames, 2), 0.1, np.float32), sample_rate))
    assert report.levels.peak_dbfs == pytest.approx(-20, abs=0.01)
    assert report.levels.integrated_lufs is None


def test_progress_reaches_the_end(samples_dir: Path) -> None:
    told: list[tuple[float, float]] = []
    path = samples_dir / "podcast" / "episode 3.wav"
    analyze(path, progress=lambda label, done, total: told.append((done, total)))
    assert told[-1][0] == pytest.approx(told[-1][1])


def test_api_and_package_give_the_same_function(samples_dir: Path) -> None:
    path = samples_dir / "podcast" / "episode 3.wav"
    assert audiokit.analyze(path).file.codec == audiokit.info(path).codec == "pcm_24"


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak memory from /proc")
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    # What fills up to a bound is filled by both recordings when the bounds are low.
    script = """
import re, sys
from audiokit.analysis import features, meters, report
features.MEMORY_BYTES, meters.EXCERPT_BLOCKS = 100_000, 2
report.analyze(sys.argv[1])
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
    noise = (0.1 * np.random.default_rng(1).standard_normal((8000 * 60, 1))).astype(np.float32)
    peaks = []
    for minutes in (1, 6):
        path = tmp_path / f"{minutes}.wav"
        soundfile.write(path, np.tile(noise, (minutes, 1)), 8000)
        ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
        peaks.append(int(ran.stdout) / 1024)
    assert peaks[1] < 200
    assert peaks[1] - peaks[0] < 5
