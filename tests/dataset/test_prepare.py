"""audiokit.dataset.prepare and audiokit.dataset.recording, from recordings on disk to a dataset on disk."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from audiokit.api import prep
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.planned import Planned
from audiokit.dataset.pool import Pool
from audiokit.dataset.preparation import VOID, Preparation
from audiokit.dataset.settings import PrepSettings
from audiokit.dsp.true_peak import true_peak_dbtp
from audiokit.errors import AudioFileError, ConfigError, DatasetError
from tests.dataset.folders import fingerprint

pytestmark = [pytest.mark.process, pytest.mark.model]

ALL = PrepSettings(min_snr_db=-100, min_bandwidth_hz=0, max_clipped=1, min_speech=0)
"""Refuses nothing but by length."""


@pytest.fixture(scope="module")
def podcast(tmp_path_factory: pytest.TempPathFactory, samples_dir: Path) -> Dataset:
    """The sample podcast, prepared once."""
    return prep(samples_dir / "podcast", tmp_path_factory.mktemp("out") / "podcast", jobs=2)


@pytest.fixture(scope="module")
def truth(samples_dir: Path) -> dict[str, dict[str, list[dict[str, float]]]]:
    files = json.loads((samples_dir / "podcast.truth.json").read_text(encoding="utf-8"))["files"]
    assert isinstance(files, dict)
    return files


def good_files(truth: dict[str, dict[str, object]]) -> list[str]:
    return [name for name, row in truth.items() if row.get("speech")]


def truth_name(source: str) -> str:
    return source.partition("podcast/")[2]


def test_the_sample_podcast_gives_clips_of_every_sound_recording(podcast: Dataset, truth: dict[str, dict]) -> None:
    assert sorted(truth_name(source.name) for source in podcast.sources if source.kept) == sorted(good_files(truth))


def test_damaged_samples_are_skipped_with_their_reason(podcast: Dataset, truth: dict[str, dict]) -> None:
    skipped = {truth_name(source.name): source for source in podcast.sources if source.skipped}
    assert sorted(skipped) == sorted(set(truth) - set(good_files(truth)))
    assert {source.skipped for source in skipped.values()} <= {"truncated", "not audio", "unreadable"}
    assert all(Path(name).name in source.message for name, source in skipped.items())


def test_durations_are_those_of_the_decoded_samples(podcast: Dataset, truth: dict[str, dict]) -> None:
    for source in podcast.sources:
        if not source.skipped:
            assert source.duration_s == pytest.approx(truth[truth_name(source.name)]["duration_s"], abs=0.03)


def test_no_sample_clip_begins_or_ends_inside_an_utterance_with_sound(podcast: Dataset, truth: dict[str, dict]) -> None:
    for clip in podcast.kept:
        audio, told = podcast.audio(clip), truth[truth_name(clip.source)]
        peak = float(np.abs(audio.samples).max())
        played = [(span["start_s"], span["end_s"]) for span in told.get("music", [])]
        for at_s, edge in ((clip.start_s, audio[:0.03]), (clip.end_s, audio[-0.03:])):
            if not shared_s([(at_s - 0.03, at_s + 0.03)], played):  # music may be all there is before the first word
                assert float(np.abs(edge.samples).max()) < peak * 10 ** (-25 / 20), clip.id
        spans = [(span["start_s"], span["end_s"]) for span in told["speech"]]
        assert any(clip.start_s < end_s and start_s < clip.end_s for start_s, end_s in spans), clip.id


def test_the_samples_speech_is_found_and_their_music_is_not(podcast: Dataset, truth: dict[str, dict]) -> None:
    for name in good_files(truth):
        clips = [(clip.start_s, clip.end_s) for clip in podcast.clips if truth_name(clip.source) == name]
        spoken = [(span["start_s"], span["end_s"]) for span in truth[name]["speech"]]
        played = [(span["start_s"], span["end_s"]) for span in truth[name].get("music", [])]
        assert shared_s(clips, spoken) >= 0.98 * sum(end_s - start_s for start_s, end_s in spoken), name
        room_s = sum(shared_s([(start_s - 0.15, start_s), (end_s, end_s + 0.15)], played) for start_s, end_s in spoken)
        assert shared_s(clips, played) <= room_s + 0.05 + shared_s(spoken, played), name


def shared_s(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def test_clips_are_files_of_the_promised_form_and_length(podcast: Dataset) -> None:
    for clip in podcast.kept:
        info = soundfile.info(podcast.path(clip))
        assert (info.samplerate, info.channels, info.subtype, info.format) == (24_000, 1, "PCM_16", "WAV")
        assert 3 <= clip.duration_s <= 12
        assert info.frames == round(clip.duration_s * 24_000)


def test_one_gain_a_recording_brings_its_speech_to_the_loudness(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out", PrepSettings(min_s=0.5, max_pause_s=0.5, peak_dbtp=0))
    joined = np.concatenate([dataset.audio(clip).samples for clip in dataset.kept])
    assert len(dataset) == len(dataset.clips)
    assert len({clip.gain_db for clip in dataset.kept}) == 1
    assert pyloudnorm.Meter(24_000).integrated_loudness(joined) == pytest.approx(-20, abs=0.1)


def test_one_gain_a_clip_brings_each_to_the_loudness(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out", PrepSettings(loudness_per="clip", loudness_lufs=-23, peak_dbtp=0))
    for clip in dataset.kept:
        measured = pyloudnorm.Meter(24_000).integrated_loudness(dataset.audio(clip).samples)
        assert measured == pytest.approx(-23, abs=0.15)
        assert measured == pytest.approx(clip.lufs, abs=0.1)


def test_no_loudness_leaves_the_level_as_it_was(recording: Path, tmp_path: Path) -> None:
    dataset = prep(
        recording, tmp_path / "out", PrepSettings(loudness_lufs=None, sample_rate=16_000, highpass_hz=0, peak_dbtp=0)
    )
    clip = dataset.kept[0]
    original = read(recording)[clip.start_s + 0.05 : clip.end_s - 0.05].samples
    assert np.abs(dataset.audio(clip)[0.05:-0.05].samples - original).max() < 1e-4


def test_peaks_stay_under_the_ceiling_however_loud(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out", PrepSettings(loudness_lufs=-10, peak_dbtp=-3))
    assert any(clip.limited for clip in dataset.kept)
    for clip in dataset.kept:
        assert true_peak_dbtp(dataset.audio(clip)) <= -3 + 0.05
        assert true_peak_dbtp(dataset.audio(clip)) == pytest.approx(clip.peak_dbtp, abs=0.1)


@pytest.mark.parametrize(("format_name", "rate"), [("flac", 44_100), ("wav", 22_050), ("wav", 8_000)])
def test_form_and_rate_are_as_asked(recording: Path, tmp_path: Path, format_name: str, rate: int) -> None:
    settings = PrepSettings(format=format_name, sample_rate=rate, min_bandwidth_hz=0)  # type: ignore[arg-type]
    dataset = prep(recording, tmp_path / "out", settings)
    info = soundfile.info(dataset.path(dataset.kept[0]))
    assert (info.format.lower(), info.samplerate, info.subtype) == (format_name, rate, "PCM_16")


@pytest.mark.parametrize(("channel", "left_db", "heard"), [
    ("left", 0, True), ("right", 0, False), ("louder", 0, True), ("louder", -60, False), ("average", 0, True),
])  # fmt: skip
def test_the_channel_is_the_one_asked_for(
    recording: Path, tmp_path: Path, channel: str, left_db: float, heard: bool
) -> None:
    spoken = read(recording)
    hum = 0.002 * np.sin(2 * np.pi * 200 * np.arange(spoken.frames) / spoken.sample_rate).astype(np.float32)
    left = spoken.samples[:, 0] * np.float32(10 ** (left_db / 20))
    soundfile.write(tmp_path / "two.wav", np.stack([left, hum], axis=1), spoken.sample_rate)
    settings = PrepSettings(channel=channel)  # type: ignore[arg-type]
    if heard:
        assert prep(tmp_path / "two.wav", tmp_path / "out", settings).totals["speech_s"] > 15
    else:
        with pytest.raises(DatasetError, match="nothing usable"):
            prep(tmp_path / "two.wav", tmp_path / "out", settings)


def test_the_number_of_workers_changes_no_byte(samples_dir: Path, tmp_path: Path) -> None:
    for jobs in (1, 3):
        prep(samples_dir / "podcast", tmp_path / str(jobs) / "out", jobs=jobs)
    assert fingerprint(tmp_path / "1") == fingerprint(tmp_path / "3")


def test_a_second_run_finds_everything_done(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out")
    before = fingerprint(tmp_path / "out"), [dataset.path(clip).stat().st_mtime_ns for clip in dataset.kept]
    dataset = prep(recording, tmp_path / "out")
    assert before == (fingerprint(tmp_path / "out"), [dataset.path(clip).stat().st_mtime_ns for clip in dataset.kept])


def test_a_lost_clip_is_made_again(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out")
    before = fingerprint(tmp_path / "out")
    dataset.path(dataset.kept[0]).unlink()
    prep(recording, tmp_path / "out")
    assert fingerprint(tmp_path / "out") == before


def test_a_stricter_threshold_refuses_without_cutting_again(
    recording: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = prep(recording, tmp_path / "out", ALL)
    times = {clip.id: dataset.path(clip).stat().st_mtime_ns for clip in dataset.kept}
    snr_db = sorted(clip.snr_db for clip in dataset.kept)
    settings = PrepSettings(**{**ALL.to_json(), "min_snr_db": snr_db[1]})
    stricter = prep(recording, tmp_path / "out", settings)
    assert len(stricter) == len(dataset) - 1
    assert all(stricter.path(clip).stat().st_mtime_ns == times[clip.id] for clip in stricter.kept)
    assert sorted(path.name for path in (tmp_path / "out/clips").iterdir()) == sorted(
        Path(str(clip.path)).name for clip in stricter.kept
    )
    assert "min_snr_db" in caplog.text
    assert "0 of 1 recordings are prepared again" in caplog.text


def test_changed_settings_end_as_if_they_had_been_there_from_the_start(recording: Path, tmp_path: Path) -> None:
    changed = PrepSettings(loudness_lufs=-23, min_snr_db=5, max_s=8)
    prep(recording, tmp_path / "changed/out")
    prep(recording, tmp_path / "changed/out", changed)
    prep(recording, tmp_path / "fresh/out", changed)
    assert fingerprint(tmp_path / "changed") == fingerprint(tmp_path / "fresh")


def test_another_loudness_does_not_detect_speech_again(recording: Path, tmp_path: Path) -> None:
    prep(recording, tmp_path / "out")
    (heard,) = (tmp_path / "out/.audiokit/speech").iterdir()
    before = heard.stat().st_mtime_ns
    prep(recording, tmp_path / "out", PrepSettings(loudness_lufs=-25))
    assert heard.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no zip at all", b"nothing of the kind"])
def test_a_damaged_memory_of_what_was_heard_means_listening_again(
    recording: Path, tmp_path: Path, damage: bytes
) -> None:
    settings = PrepSettings(loudness_lufs=-25)
    prep(recording, tmp_path / "fresh/out", settings)
    prep(recording, tmp_path / "out")
    (heard,) = (tmp_path / "out/.audiokit/speech").iterdir()
    heard.write_bytes(damage)
    prep(recording, tmp_path / "out", settings)
    assert fingerprint(tmp_path / "out") == fingerprint(tmp_path / "fresh/out")


def test_the_same_target_again_cuts_nothing(recording: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = PrepSettings(target_minutes=0.1)
    prep(recording, tmp_path / "out", settings)
    before = fingerprint(tmp_path / "out")
    (heard,) = (tmp_path / "out/.audiokit/speech").iterdir()
    heard.unlink()  # it would come again if the recording were prepared again
    prep(recording, tmp_path / "out", settings)
    assert not list((tmp_path / "out/.audiokit/speech").iterdir())
    assert {name: value for name, value in before.items() if "speech/" not in name} == fingerprint(tmp_path / "out")


def test_a_source_without_recordings_leaves_the_dataset_alone(recording: Path, tmp_path: Path) -> None:
    prep(recording, tmp_path / "out")
    before = fingerprint(tmp_path / "out")
    (tmp_path / "empty").mkdir()
    for sources in (tmp_path / "empty", []):
        with pytest.raises(AudioFileError, match="no recordings in"):
            prep(sources, tmp_path / "out")
    assert fingerprint(tmp_path / "out") == before


def test_a_dataset_of_other_recordings_is_not_swept_away(
    recording: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, gain in (("a.wav", 0.9), ("b.wav", 0.8)):
        soundfile.write(tmp_path / name, read(recording).samples * gain, 16_000)
    prep([tmp_path / "a.wav", recording], tmp_path / "out")
    before = fingerprint(tmp_path / "out")
    with pytest.raises(DatasetError, match="made from other recordings"):
        prep(tmp_path / "b.wav", tmp_path / "out")
    assert fingerprint(tmp_path / "out") == before
    assert len(prep([recording, tmp_path / "b.wav"], tmp_path / "out").sources) == 2
    assert "a.wav" in caplog.text


def test_strict_stops_at_what_an_earlier_run_has_skipped(recording: Path, tmp_path: Path) -> None:
    Audio(np.zeros((160_000, 1), np.float32), 16_000).save(tmp_path / "silence.wav")
    prep([recording, tmp_path / "silence.wav"], tmp_path / "out")
    with pytest.raises(AudioFileError, match=r"silence\.wav: silent"):
        prep([recording, tmp_path / "silence.wav"], tmp_path / "out", strict=True)


def test_a_wrong_recognizer_shows_before_the_work_and_spares_the_dataset(recording: Path, tmp_path: Path) -> None:
    prep(recording, tmp_path / "out")
    before = fingerprint(tmp_path / "out")
    for settings in (PrepSettings(transcribe=True, stt="wisper"), PrepSettings(transcribe=True, language="de")):
        with pytest.raises(ConfigError):
            prep(recording, tmp_path / "out", settings)
    assert fingerprint(tmp_path / "out") == before


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text need a file system that takes any bytes")
def test_a_bad_file_whose_name_is_no_text_is_skipped_like_any_other(recording: Path, tmp_path: Path) -> None:
    shutil.copy(recording, tmp_path / "talk.wav")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp3")).write_bytes(b"no sound at all")
    dataset = prep(tmp_path, tmp_path / "out")
    assert [source.skipped for source in dataset.sources] == ["not audio", ""]


def test_speech_cut_by_the_recordings_edge_is_refused(recording: Path, tmp_path: Path) -> None:
    spoken = read(recording)
    soundfile.write(tmp_path / "part.wav", spoken[5.0:20.0].samples, 16_000)  # in the middle of a sentence
    first = prep(tmp_path / "part.wav", tmp_path / "out").clips[0]
    assert first.start_cut == "recording"
    assert any(reason.startswith("forced cut") for reason in first.refused_because)


def test_same_names_do_not_collide_and_twins_are_prepared_once(recording: Path, tmp_path: Path) -> None:
    for name in ("a/talk.wav", "b/talk.wav", "c/copy.wav"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(recording, tmp_path / name)
    soundfile.write(tmp_path / "b/talk.wav", read(recording).samples * 0.9, 16_000)
    dataset = prep([tmp_path / folder for folder in "abc"], tmp_path / "out")
    assert [source.skipped for source in dataset.sources] == ["", "", "duplicate"]
    assert len({clip.path for clip in dataset.kept}) == len(dataset.kept)
    assert {clip.source for clip in dataset.kept} == {(tmp_path / f"{name}/talk.wav").as_posix() for name in "ab"}


def test_target_minutes_keep_the_best_from_all_recordings(podcast: Dataset, samples_dir: Path, tmp_path: Path) -> None:
    few = prep(samples_dir / "podcast", tmp_path / "out", PrepSettings(target_minutes=0.5))
    assert 30 <= sum(clip.duration_s for clip in few.kept) < 30 + 12
    assert len({clip.source for clip in few.kept}) >= 2
    assert len(few.clips) == len(podcast.clips)
    assert any("not needed" in clip.refused_because[0] for clip in few.clips if not clip.kept)


def test_every_refusal_names_rule_and_number(recording: Path, tmp_path: Path) -> None:
    noisy = read(recording)
    noise = np.random.default_rng(2).standard_normal(noisy.samples.shape).astype(np.float32)
    soundfile.write(tmp_path / "noisy.wav", np.clip(noisy.samples + 0.03 * noise, -1, 1), 16_000)
    dataset = prep([recording, tmp_path / "noisy.wav"], tmp_path / "out")
    refused = [clip for clip in dataset.clips if clip.source.endswith("noisy.wav") and not clip.kept]
    assert refused
    assert all(any(reason.startswith("noise: SNR") for reason in clip.refused_because) for clip in refused)
    assert dataset.totals["refused"]["noise"]["clips"] == len(refused)


def test_nothing_usable_is_an_error_that_says_why(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    tone(440, 8, 16_000, -20).save(tmp_path / "tone.wav")
    Audio(np.zeros((160_000, 1), np.float32), 16_000).save(tmp_path / "silence.wav")
    with pytest.raises(DatasetError, match=r"nothing usable came out of 2 recordings: .*silent: 1"):
        prep(tmp_path, tmp_path / "out")
    assert [source.skipped for source in Dataset.open(tmp_path / "out").sources] == ["silent", ""]


def test_strict_stops_at_the_first_bad_recording(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(recording, tmp_path / "in/b.wav")
    (tmp_path / "in/a.mp3").write_text("no sound at all")
    with pytest.raises(AudioFileError, match=r"a\.mp3"):
        prep(tmp_path / "in", tmp_path / "out", strict=True)
    assert len(prep(tmp_path / "in", tmp_path / "out")) > 0


def test_a_truncated_recording_is_skipped_unless_asked_for(recording: Path, tmp_path: Path) -> None:
    data = recording.read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    with pytest.raises(DatasetError, match="truncated: 1"):
        prep(tmp_path / "cut.wav", tmp_path / "out")
    dataset = prep(tmp_path / "cut.wav", tmp_path / "out", PrepSettings(keep_truncated=True))
    assert len(dataset) > 0
    assert "cut.wav" in dataset.sources[0].message


def test_a_folder_with_other_things_is_refused(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("dear")
    with pytest.raises(DatasetError, match="holds files and is not a dataset"):
        prep(recording, tmp_path / "out")
    assert (tmp_path / "out/thesis.txt").read_text() == "dear"


def test_a_file_of_the_user_among_the_clips_survives(recording: Path, tmp_path: Path) -> None:
    prep(recording, tmp_path / "out")
    (tmp_path / "out/clips/notes.wav").write_text("mine")
    prep(recording, tmp_path / "out", PrepSettings(max_s=6))
    assert (tmp_path / "out/clips/notes.wav").read_text() == "mine"


def test_an_unknown_detector_is_a_setting_that_is_wrong(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="silver"):
        prep(recording, tmp_path / "out", PrepSettings(vad="silver"))


def test_the_energy_detector_prepares_a_clean_recording_too(recording: Path, tmp_path: Path) -> None:
    dataset = prep(recording, tmp_path / "out", PrepSettings(vad="energy"))
    assert dataset.totals["speech_s"] > 15


def test_the_dataset_may_lie_inside_its_source(recording: Path, tmp_path: Path) -> None:
    shutil.copy(recording, tmp_path / "talk.wav")
    first = prep(tmp_path, tmp_path / "dataset")
    assert [source.name for source in prep(tmp_path, tmp_path / "dataset").sources] == [first.sources[0].name]


def test_transcripts_name_what_is_said(podcast: Dataset, samples_dir: Path, tmp_path: Path) -> None:
    dataset = prep(samples_dir / "podcast/episode 3.wav", tmp_path / "out", PrepSettings(transcribe=True))
    said = " ".join(clip.text.lower() for clip in dataset.kept)
    assert "cold-hearted" in said
    assert all(clip.language == "en" and clip.confidence and clip.characters_per_s for clip in dataset.kept)
    lines = (tmp_path / "out/metadata.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split("|") for line in lines] == [
        [clip.id, clip.text, clip.text] for clip in dataset.kept if clip.text
    ]
    assert not any("cut word" in flag for clip in dataset.kept for flag in clip.flags)


def test_what_was_cut_otherwise_is_taken_back_in_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, settings = Layout(tmp_path), PrepSettings()
    layout.state.mkdir()
    journal = Journal(layout.journal)
    for key in ("sha1:a-1:old", "sha1:a-1:older", "sha1:a-12:old", "sha2:b-2:old", "sha3:c-3:old"):
        journal.add("clips", key, {"clips": []})
    run = Preparation(layout=layout, settings=settings, pool=Pool(1), journal=journal)
    looks: list[str] = []
    keys = Journal.keys
    monkeypatch.setattr(Journal, "keys", lambda self, kind: [looks.append(kind), *keys(self, kind)][1:])
    run._void(
        [
            Planned(name=name, place=name, action="prepare", id=name, sha256=sha)
            for name, sha in (("a-1", "sha1"), ("b-2", "sha2"))
        ]
    )
    void = [key for key in keys(journal, "clips") if journal["clips", key] == VOID]
    assert (void, looks) == (["sha1:a-1:old", "sha1:a-1:older", "sha2:b-2:old"], ["clips"])
