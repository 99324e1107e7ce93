"""audiokit.dataset.merge, and merge_names, merge_speakers and merged with it: several datasets become one."""

from __future__ import annotations

import base64
import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from audiokit.analysis.ge2e import WIDTH
from audiokit.api import export, merge_datasets, prep
from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.export import ExportSettings
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.merge import _place
from audiokit.dataset.merge_names import part_names, renamed
from audiokit.dataset.merge_speakers import together
from audiokit.dataset.merged import Part, read_parts, write_parts
from audiokit.dataset.report import report
from audiokit.dataset.review import reviewing
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.verify import verify
from audiokit.dataset.voiceprint import VERSION
from audiokit.errors import DatasetError, UsageError
from tests.conftest import SAMPLES_DIR, Speech
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip, a_source, refused_clip
from tests.dataset.small import other_recordings, rewritten, small_dataset


@pytest.fixture
def first(tmp_path: Path) -> Dataset:
    return rewritten(small_dataset(tmp_path / "first"))


@pytest.fixture
def second(tmp_path: Path) -> Dataset:
    return other_recordings(tmp_path / "second")


def test_equal_names_do_not_collide(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    merged = merge_datasets([first, second.root], tmp_path / "all")
    assert len(merged) == 10
    assert len({clip.id for clip in merged.clips}) == len({source.name for source in merged.sources}) == 12
    assert [clip.id for clip in merged.clips][::6] == ["0870", "second-0870"]
    assert merged.clips[6].source == f"second/{first.clips[0].source}"
    assert verify(merged) == []
    assert [source.kept for source in merged.sources] == 2 * [1, 1, 1, 1, 1, 0]


def test_every_command_works_on_it(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    merged = Dataset.merge([first, second], tmp_path / "all")
    assert merged.totals["kept"] == 10
    assert {clip.text for clip in merged} == {clip.text for clip in first}
    assert b"second/" in report(merged).read_bytes()
    parts = export(merged, tmp_path / "ljspeech", "ljspeech", ExportSettings(split=(0.8, 0.2)))
    assert sum(map(len, parts.values())) == 10
    with reviewing(merged.root) as session:
        session.decide("second-0880", "refuse", None)
    again = Dataset.open(merged.root)
    assert (len(again), again.merged) == (9, merged.merged)


def test_the_datasets_stay_as_they_are(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    before = fingerprint(first.root), fingerprint(second.root)
    merged = merge_datasets([first, second], tmp_path / "all")
    with reviewing(merged.root) as session:
        session.decide("0880", "refuse", None)
    assert (fingerprint(first.root), fingerprint(second.root)) == before


@pytest.mark.parametrize("copy", [False, True])
def test_a_clip_takes_no_space_twice_unless_copied(
    first: Dataset, second: Dataset, tmp_path: Path, *, copy: bool
) -> None:
    merged = merge_datasets([first, second], tmp_path / "all", copy=copy)
    assert merged.path(merged.kept[0]).stat().st_nlink == (1 if copy else 2)


def test_clips_are_copied_where_a_disk_knows_no_second_names(
    first: Dataset, second: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    assert verify(merge_datasets([first, second], tmp_path / "all")) == []


def test_a_recording_in_both_is_taken_once_and_told(
    first: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twin = rewritten(small_dataset(tmp_path / "twin"), clips=list(first.clips[:2]))
    merged = merge_datasets([first, twin], tmp_path / "all")
    assert len(merged) == 5
    doubled = [source for source in merged.sources if source.skipped]
    assert [source.skipped for source in doubled] == ["duplicate", "duplicate"]
    assert doubled[0].message in caplog.messages
    assert "the same recording is in first" in doubled[0].message


def test_clips_come_from_the_dataset_that_could_prepare_the_recording() -> None:
    rows = {"root": Path("x"), "settings": PrepSettings()}
    failed = Dataset(sources=(a_source(skipped="truncated", id=""),), clips=(), **rows)  # type: ignore[arg-type]
    whole = Dataset(sources=(a_source(),), clips=(a_clip(),), **rows)  # type: ignore[arg-type]
    names = [[source.skipped for source in part.sources] for part in renamed([failed, whole], ["a", "b"])]
    assert names == [["duplicate"], [""]]


def test_folder_names_become_plain_and_different() -> None:
    assert part_names(["Season 1", "season-1", "../..", ""]) == ["season-1", "season-1-2", "dataset", "dataset-2"]


def test_other_rates_and_formats_are_refused(first: Dataset, tmp_path: Path) -> None:
    flac = other_recordings(tmp_path / "flac", format="flac")
    with pytest.raises(DatasetError, match=r"first: 22050 Hz wav; .*flac: 22050 Hz flac.*--format"):
        merge_datasets([first, flac], tmp_path / "all")
    rate = other_recordings(tmp_path / "rate", sample_rate=16_000)
    with pytest.raises(DatasetError, match="16000 Hz wav"):
        merge_datasets([first, rate], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_other_settings_are_told_and_listed(
    first: Dataset, second: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rewritten(second, settings=PrepSettings(loudness_lufs=-23))
    merged = merge_datasets([first, second], tmp_path / "all")
    assert "loudness_lufs differs: -20.0 in first, -23.0 in second" in caplog.messages
    listed = json.loads((merged.root / "dataset.json").read_text())["merged"]
    assert [(part["name"], part["settings"]["loudness_lufs"]) for part in listed] == [("first", -20), ("second", -23)]
    assert listed[1]["sources"] == [source.name for source in merged.sources[6:]]


def test_a_merged_dataset_can_be_merged_again(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    both = merge_datasets([first, second], tmp_path / "both")
    third = other_recordings(tmp_path / "third", "third")
    merged = merge_datasets([both, third], tmp_path / "all")
    assert [part.name for part in merged.merged] == ["both/first", "both/second", "third"]
    assert len(merged) == 15
    assert verify(merged) == []


def test_decisions_and_their_sound_come_along(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    for dataset in (first, second):
        with reviewing(dataset.root) as session:
            session.decide("0880", "refuse", None)
            session.decide("0890", "keep", f"As said in {dataset.root.name}.")
    merged = merge_datasets([first, second], tmp_path / "all")
    assert [clip.text for clip in merged if clip.id.endswith("0890")] == ["As said in first.", "As said in second."]
    with reviewing(merged.root) as session:
        session.decide("second-0880", "keep", None)
    assert "second-0880" in [clip.id for clip in Dataset.open(merged.root)]
    assert verify(Dataset.open(merged.root)) == []


def test_the_first_of_two_decisions_about_one_piece_counts(
    first: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twin = rewritten(small_dataset(tmp_path / "twin"))
    for dataset, verdict in ((first, "keep"), (twin, "refuse")):
        with reviewing(dataset.root) as session:
            session.decide("0880", verdict, None)  # type: ignore[arg-type]
    assert len(merge_datasets([first, twin], tmp_path / "all")) == 5
    assert "0880 was decided about in more than one dataset; the first decision counts" in caplog.messages


def test_a_changed_clip_stops_it_and_nothing_is_left(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    with (second.root / "clips/0930.wav").open("ab") as file:
        file.write(b"more")
    with pytest.raises(DatasetError, match=r"0930\.wav is not what its manifest says.*audiokit dataset verify"):
        merge_datasets([first, second], tmp_path / "all")
    (second.root / "clips/0930.wav").unlink()
    with pytest.raises(DatasetError, match=r"0930\.wav cannot be read"):
        merge_datasets([first, second], tmp_path / "all")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_full_disk_leaves_nothing(
    first: Dataset, second: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(DatasetError, match=r"no space left on the disk of .*all"):
        merge_datasets([first, second], tmp_path / "all")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_dataset_that_is_being_written_is_refused(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    with FileLock(Layout(second.root).state / "lock"), pytest.raises(DatasetError, match="second is being written"):
        merge_datasets([first, second], tmp_path / "all")
    with FileLock(Layout(second.root).state / "lock", blocking=False):
        pass  # and it was let go of again


def test_places_that_cannot_be_meant_are_refused(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="1 datasets to merge"):
        merge_datasets([first], tmp_path / "all")
    with pytest.raises(UsageError, match="named twice"):
        merge_datasets([first, first.root / ".." / "first"], tmp_path / "all")
    with pytest.raises(DatasetError, match="there already"):
        merge_datasets([first, second], first.root)
    with pytest.raises(DatasetError, match="no dataset there"):
        merge_datasets([first, tmp_path / "nothing"], tmp_path / "all")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(UsageError, match=r"s3://bucket/all is an address"):
        merge_datasets([first, second], "s3://bucket/all")


def test_no_file_of_a_dataset_is_written_through_its_second_name(
    first: Dataset, second: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(first.root), fingerprint(second.root)
    link = os.link

    def meet(source: Path, place: Path) -> None:  # what another merge, or a disk that knows no capitals, would do
        if not place.exists():
            link(first.root / "clips/0870.wav", place)
        link(source, place)

    monkeypatch.setattr(os, "link", meet)
    with pytest.raises(DatasetError, match="all cannot be written: File exists"):
        merge_datasets([first, second], tmp_path / "all")
    assert (fingerprint(first.root), fingerprint(second.root)) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


@pytest.mark.parametrize("copy", [False, True])
def test_what_lies_at_a_clips_place_stays(tmp_path: Path, *, copy: bool) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    _place(tmp_path / "one", tmp_path / "place", copy=False)
    with pytest.raises(FileExistsError):
        _place(tmp_path / "two", tmp_path / "place", copy=copy)
    assert (tmp_path / "one").read_text() == "one"


def test_two_merges_do_not_meet(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    stage = tmp_path / ".all.part"
    stage.mkdir()
    with FileLock(f"{stage}.lock"), pytest.raises(DatasetError, match="all is being written by another merge"):
        merge_datasets([first, second], tmp_path / "all")
    assert stage.exists()
    merge_datasets([first, second], tmp_path / "all")
    assert not list(tmp_path.glob(".all*"))


def test_the_current_folder_is_a_place_too(
    first: Dataset, second: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "link").symlink_to("here")
    with pytest.raises(DatasetError, match=r"link is a link; expected a new or an empty folder"):
        merge_datasets([first, second], tmp_path / "link")
    with pytest.raises(UsageError, match="OUT is empty"):
        merge_datasets([first, second], "")
    (tmp_path / "here/notes.txt").touch()
    with pytest.raises(DatasetError, match="here is there already and not an empty folder"):
        merge_datasets([first, second], ".")
    (tmp_path / "here/notes.txt").unlink()
    assert merge_datasets([first, second], ".").root == tmp_path / "here"


def test_prep_refuses_a_merged_dataset(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    merged = merge_datasets([first, second], tmp_path / "all")
    before = fingerprint(merged.root)
    with pytest.raises(DatasetError, match="was merged from other datasets"):
        prep(SAMPLES_DIR / "librivox", merged.root, jobs=1)
    assert fingerprint(merged.root) == before


@pytest.mark.parametrize("place", ["../secret.wav", "clips/../../secret.wav", "/etc/secret.wav", "clips/a\\b.wav"])
def test_a_manifest_cannot_name_files_outside(first: Dataset, place: str) -> None:
    manifest = first.root / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"clips/0880.wav"', json.dumps(place)))
    with pytest.raises(DatasetError, match="expected clips/NAME"):
        Dataset.open(first.root)


def test_parts_survive_the_disk(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert read_parts(layout) == ()
    layout.state.mkdir()
    parts = (Part(name="a", settings={"min_s": 3.0}, sources=("x.wav",)),)
    write_parts(layout, parts)
    assert read_parts(layout) == parts
    layout.merged.write_text('[{"name": "a"}]')
    with pytest.raises(ValueError, match="other fields"):
        read_parts(layout)


def voice_entry(seed: int) -> dict[str, str]:
    """The voiceprint of a made-up person, with a little chance in it."""
    wave = np.maximum(np.random.default_rng(seed).standard_normal(WIDTH), 0)
    steps = np.rint(255 * wave / wave.max()).astype(np.uint8)
    return {"windows": base64.b64encode(np.tile(steps, 3).tobytes()).decode()}


def speakers_of(dataset: Dataset, people: dict[str, int | None]) -> Dataset:
    """Give each person of `people` (label: seed of the voice, None without a voiceprint) a clip, and refuse one."""
    journal = Journal(Layout(dataset.root).journal)
    clips = []
    for clip, (who, seed) in zip(dataset.kept, people.items(), strict=False):
        clips.append(replace(clip, speaker=who))
        if seed is not None:
            journal.add("voice", f"{clip.sha256}:{VERSION}", voice_entry(seed))
    reason = "another voice: 0.90 like speaker-2 > 0.80"
    clips.append(refused_clip(reason, id="talk-refused", source="noise.wav", speaker="speaker-2"))
    return rewritten(dataset, clips=clips)


def labels(clips: tuple[Clip, ...]) -> list[str]:
    return [clip.speaker for clip in clips]


def test_speakers_are_one_if_their_voices_are(first: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = speakers_of(first, {"speaker-1": 1, "speaker-2": 2})
    two = speakers_of(other_recordings(tmp_path / "second", confidence=0.5), {"speaker-1": 2, "speaker-2": 3})
    clips = [[replace(clip, sha256=f"{clip.sha256}{mark}") if clip.sha256 else clip for clip in dataset.clips]
             for mark, dataset in (("", one), ("2", two))]  # fmt: skip
    journals = [Journal(Layout(one.root).journal), Journal(tmp_path / "journal.jsonl")]
    for clip, seed in zip(clips[1], (2, 3), strict=False):
        journals[1].add("voice", f"{clip.sha256}:{VERSION}", voice_entry(seed))
    found = together(clips, journals, ["first", "second"])
    assert found.names[1]["speaker-1"] == found.names[0]["speaker-2"]
    assert len({*found.names[0].values(), *found.names[1].values()}) == 3
    assert found.names[0]["speaker-2"] == "speaker-1"  # who speaks most in both
    assert found.notes == ("speaker-1 of second is speaker-2 of first (1.00 alike)",)


def test_speakers_without_voiceprints_stay_apart(
    first: Dataset, second: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    speakers_of(first, {"speaker-1": None, "speaker-2": None})
    speakers_of(second, {"speaker-1": None, "speaker-2": None})
    merged = merge_datasets([first, second], tmp_path / "all")
    assert len(set(labels(merged.kept))) == 4
    assert "speakers of first, second without a voiceprint are taken for others" in caplog.messages
    for clip in merged.clips:
        if not clip.kept:
            assert clip.refused_because == (f"another voice: 0.90 like {clip.speaker} > 0.80",)


def test_voiceprints_come_along(first: Dataset, second: Dataset, tmp_path: Path) -> None:
    speakers_of(first, {"speaker-1": 1, "speaker-2": 2})
    merged = merge_datasets([first, second], tmp_path / "all")
    journal = Journal(Layout(merged.root).journal)
    assert all(journal.get("voice", f"{clip.sha256}:{VERSION}") for clip in merged if clip.speaker)


@pytest.mark.process
@pytest.mark.model
def test_real_preps_are_merged(speech: Callable[..., Speech], tmp_path: Path) -> None:
    made = []
    for name, pause_s in (("a", 1.0), ("b", 1.3)):
        speech(pause_s).audio.save(tmp_path / f"{name}.wav")
        made.append(prep(tmp_path / f"{name}.wav", tmp_path / name, PrepSettings(speaker="all"), jobs=1))
    merged = merge_datasets(made, tmp_path / "all")
    assert verify(merged) == []
    assert labels(merged.kept) == ["speaker-1"] * sum(map(len, made))
