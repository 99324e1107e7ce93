"""audiokit.dataset.speakers and audiokit.dataset.voices: whose clips these are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.ge2e import WIDTH, unit
from audiokit.analysis.spectrum import Vector
from audiokit.api import prep
from audiokit.audio.files import read
from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.planned import Planned
from audiokit.dataset.pool import Pool
from audiokit.dataset.prepare import plan
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.speakers import TOGETHER, of_speakers, share, steadiness, tell_apart
from audiokit.dataset.voices import Voices
from audiokit.errors import AudioFileError, ConfigError, DatasetError
from tests.conftest import SAMPLES_DIR
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip

PODCAST = SAMPLES_DIR / "podcast"
TRUTH = json.loads((SAMPLES_DIR / "podcast.truth.json").read_text("utf-8"))["files"]


def voice(seed: int, count: int = 6, *, spread: float = 0.3, alike: float = 0.05) -> Vector:
    """Make the windows of a clip as the encoder does: none negative, all people somewhat alike."""
    everybody = unit(np.abs(np.random.default_rng(0).standard_normal(WIDTH)).astype(np.float32))
    own = unit(np.maximum(np.random.default_rng(seed).standard_normal(WIDTH), 0).astype(np.float32))
    chance = np.random.default_rng(1000 * seed + count).standard_normal((count, WIDTH)).astype(np.float32)
    return unit(np.maximum(np.sqrt(alike) * everybody + np.sqrt(1 - alike) * own + spread * unit(chance), 0))


def clips_of(*recordings: str, length_s: float = 5.0) -> list[Clip]:
    return [
        a_clip(id=f"clip-{at}", source=f"{name}.wav", source_sha256=name, duration_s=length_s)
        for at, name in enumerate(recordings)
    ]


def test_one_voice_is_steady_and_a_change_is_not() -> None:
    assert steadiness(voice(1, 12)) > 0.9
    assert steadiness(np.concatenate([voice(1, 6), voice(2, 6)])) < 0.72
    assert steadiness(np.concatenate([voice(1, 2), voice(2, 1)])) == 1.0  # too short to tell by itself


def test_the_share_of_another_voice_goes_from_none_to_all() -> None:
    own, other = (unit(voice(seed, 40).sum(axis=0)) for seed in (1, 2))
    assert share(voice(1, 8), own, other) < 0.2
    assert share(voice(2, 8), own, other) > 0.8
    assert 0.3 < share(unit(voice(1, 8) + voice(2, 8)), own, other) < 0.7
    assert share(np.concatenate([voice(1, 8), voice(2, 2)]), own, other) > 0.8
    assert share(voice(2, 1), own, other) > 0.8


def test_voices_are_joined_across_recordings_and_numbered_by_seconds() -> None:
    prints = [voice(1, 5), voice(2, 6), voice(2, 7), voice(3, 8), voice(2, 9), voice(1, 10)]
    found = tell_apart(prints, ["a", "a", "a", "b", "b", "b"], [3.0, 5.0, 5.0, 20.0, 5.0, 3.0])
    assert found.of_clip == (2, 1, 1, 0, 1, 2)
    assert found.seconds == (20.0, 15.0, 6.0)
    assert found.two_voices == ("",) * 6
    assert found.alike.argmax(axis=1).tolist() == list(found.of_clip)


def test_a_long_recording_is_told_apart_in_blocks() -> None:
    prints = [voice(1 + at % 2, 3, spread=0.2) for at in range(TOGETHER + 40)]
    found = tell_apart(prints, ["a"] * len(prints), [5.0] * len(prints))
    assert len(found.seconds) == 2
    assert set(found.of_clip[::2]) == {0}
    assert set(found.of_clip[1::2]) == {1}


def test_a_clip_of_two_voices_is_refused_whoever_is_wanted() -> None:
    prints = [voice(1, 8), voice(1, 9), voice(2, 8), np.concatenate([voice(1, 6), voice(2, 6)])]
    told = of_speakers(clips_of("a", "a", "a", "a"), prints, PrepSettings(speaker="all"), None)
    assert [clip.kept for clip in told] == [True, True, True, False]
    assert [clip.speaker for clip in told] == ["speaker-1", "speaker-1", "speaker-2", ""]
    assert told[3].refused_because[0].startswith("two voices: 0.")
    assert (told[3].path, told[3].sha256) == (None, None)


def test_a_word_thrown_in_by_a_known_voice_is_heard() -> None:
    prints = [voice(1, 8), voice(2, 8), np.concatenate([voice(1, 7), voice(2, 1)])]
    told = of_speakers(clips_of("a", "a", "a"), prints, PrepSettings(speaker="all"), None)
    assert told[2].refused_because[0].endswith("of another > 0.4")


def test_a_clip_of_two_at_once_is_refused_and_has_no_say_in_who_is_who() -> None:
    mixture = unit(voice(1, 8) + voice(2, 8))
    prints = [voice(1, 8), voice(2, 8), *[mixture] * 3]
    told = of_speakers(
        clips_of(*"aaaaa"), prints, PrepSettings(speaker="all"), None, at_once=[0.1, 0.22, 0.931, 0.93, 0.93]
    )
    assert [clip.speaker for clip in told] == ["speaker-1", "speaker-2", "", "", ""]
    assert told[2].refused_because == ("two voices: both at once, 0.93 > 0.23",)
    assert not told[4].kept


def test_where_all_clips_are_of_two_at_once_all_are_refused() -> None:
    told = of_speakers(clips_of("a", "a"), [voice(1, 8), voice(2, 8)], PrepSettings(speaker="all"), None,
                       at_once=[0.5, 0.5])  # fmt: skip
    assert not any(clip.kept for clip in told)


def test_a_voice_of_a_moment_refuses_nobody_else() -> None:
    many = [voice(1, 4 + at) for at in range(10)]
    clips = clips_of(*["a"] * 12, length_s=10.0)
    clips[-1] = a_clip(id="moment", source_sha256="a", duration_s=3.0)
    prints = [*many, np.concatenate([voice(1, 7), voice(2, 1)]), voice(2, 4)]
    told = of_speakers(clips, prints, PrepSettings(speaker="all"), None)
    assert [clip.kept for clip in told] == [True] * 12
    assert told[-1].speaker == "speaker-2"


def test_the_voice_that_speaks_most_is_kept() -> None:
    prints = [voice(1, 5), voice(2, 6), voice(2, 7)]
    told = of_speakers(clips_of("a", "a", "b"), prints, PrepSettings(speaker="auto"), None)
    assert [clip.kept for clip in told] == [False, True, True]
    assert told[0].refused_because[0].startswith("speaker: 0.")
    assert told[0].refused_because[0].endswith("< 0.75")
    assert told[0].speaker == "speaker-2"


def test_the_voice_of_a_reference_is_kept() -> None:
    prints = [voice(1, 5), voice(2, 6), voice(2, 7)]
    reference = unit(voice(1, 9).sum(axis=0))
    told = of_speakers(clips_of("a", "a", "b"), prints, PrepSettings(speaker="ann.wav"), reference)
    assert [clip.kept for clip in told] == [True, False, False]


def test_with_nobody_like_the_reference_nothing_is_kept() -> None:
    prints = [voice(1, 5), voice(2, 6)]
    reference = unit(voice(3, 9).sum(axis=0))
    told = of_speakers(clips_of("a", "a"), prints, PrepSettings(speaker="ann.wav"), reference)
    assert not any(clip.kept for clip in told)
    assert all(clip.refused_because[0].endswith("< 0.7, the nearest") for clip in told)


def test_another_voice_is_refused_even_where_it_is_alike() -> None:
    settings = PrepSettings(speaker="auto", min_similarity=0.2)
    told = of_speakers(clips_of("a", "a", "b"), [voice(1, 5), voice(2, 6), voice(2, 7)], settings, None)
    assert [clip.kept for clip in told] == [False, True, True]
    assert told[0].refused_because[0].startswith("another voice: ")
    assert "like speaker-2 > " in told[0].refused_because[0]


def test_of_no_clips_nothing_is_told() -> None:
    assert of_speakers([], [], PrepSettings(speaker="auto"), None) == []


def spoken_by(clip: Clip) -> set[str]:
    """Name who speaks in a clip of the sample podcast."""
    return {
        span["speaker"] for span in TRUTH[clip.source.partition("podcast/")[2]]["speech"]
        if span["start_s"] < clip.end_s and clip.start_s < span["end_s"]
    }  # fmt: skip


def alone(dataset: Dataset, who: str) -> set[str]:
    """Name the clips that one person speaks alone and that no rule but those of speakers refuses."""
    rules = ("speaker", "another voice", "two voices")
    return {
        clip.id for clip in dataset.clips
        if spoken_by(clip) == {who} and all(reason.startswith(rules) for reason in clip.refused_because)
    }  # fmt: skip


@pytest.fixture(scope="module")
def of_all(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The sample podcast with a label for each clip."""
    return prep(PODCAST, tmp_path_factory.mktemp("all") / "out", PrepSettings(speaker="all"), jobs=1)


@pytest.fixture(scope="module")
def of_one(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The sample podcast without its second voice."""
    return prep(PODCAST, tmp_path_factory.mktemp("auto") / "out", PrepSettings(speaker="auto"), jobs=2)


@pytest.mark.process
@pytest.mark.model
def test_a_podcast_of_two_gives_the_clips_of_the_one_who_speaks_most(of_one: Dataset) -> None:
    assert {clip.id for clip in of_one.kept} == alone(of_one, "reader")
    assert {clip.speaker for clip in of_one.kept} == {"speaker-1"}
    assert list(of_one.totals["speakers"]) == ["speaker-1", "speaker-2"]
    assert of_one.totals["speakers"]["speaker-2"]["kept"] == 0


@pytest.mark.process
@pytest.mark.model
def test_a_podcast_of_two_is_kept_apart_by_labels(of_all: Dataset) -> None:
    told = {clip.id: clip.speaker for clip in of_all.kept}
    assert {id for id, speaker in told.items() if speaker == "speaker-1"} == alone(of_all, "reader")
    assert {id for id, speaker in told.items() if speaker == "speaker-2"} == alone(of_all, "host")
    both = [clip for clip in of_all.clips if len(spoken_by(clip)) == 2]
    assert both
    assert all(clip.refused_because[0].startswith("two voices") for clip in both)
    assert "| speaker-2 |" in (of_all.root / "README.md").read_text("utf-8")


@pytest.mark.process
@pytest.mark.model
def test_what_was_dropped_as_anothers_comes_back_and_order_does_not_matter(
    of_one: Dataset, of_all: Dataset, tmp_path: Path
) -> None:
    shutil.copytree(of_one.root, tmp_path / "out")
    prep(PODCAST, tmp_path / "out", PrepSettings(speaker="all"), jobs=2)
    assert fingerprint(tmp_path / "out") == fingerprint(of_all.root)


@pytest.mark.process
@pytest.mark.model
def test_a_reference_chooses_the_other_voice_and_cuts_nothing_again(of_all: Dataset, tmp_path: Path) -> None:
    spans = [span for span in TRUTH["episode 2.m4a"]["speech"] if span["speaker"] == "host"]
    read(PODCAST / "episode 2.m4a")[spans[-3]["start_s"] : spans[-1]["end_s"]].save(tmp_path / "host.wav")
    shutil.copytree(of_all.root, tmp_path / "out")
    settings = PrepSettings(speaker=str(tmp_path / "host.wav"))
    planned = plan([PODCAST], tmp_path / "out", settings, jobs=1)
    assert all(isinstance(item, Planned) and item.action != "prepare" for item in planned)
    chosen = prep(PODCAST, tmp_path / "out", settings, jobs=1)
    assert {clip.id for clip in chosen.kept} == alone(chosen, "host")


@pytest.mark.process
@pytest.mark.model
def test_unasked_nobody_is_told_apart(of_all: Dataset, tmp_path: Path) -> None:
    shutil.copytree(of_all.root, tmp_path / "out")
    plain = prep(PODCAST / "extras", tmp_path / "out", jobs=1)
    assert {clip.speaker for clip in plain.clips} == {""}
    written = [path for path in plain.root.rglob("*") if path.suffix in {".json", ".jsonl", ".md"}]
    assert not any(
        '"speaker' in path.read_text("utf-8") or "min_similarity" in path.read_text("utf-8") for path in written
    )


@pytest.mark.process
@pytest.mark.parametrize(("name", "error", "said"), [
    ("nowhere.wav", ConfigError, "expected auto, all, or a recording"),
    ("words.wav", AudioFileError, "words.wav"),
])  # fmt: skip
def test_a_reference_that_is_none_is_refused_before_any_work(
    name: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    (tmp_path / "words.wav").write_text("no sound")
    with pytest.raises(error, match=said):
        prep(PODCAST, tmp_path / "out", PrepSettings(speaker=str(tmp_path / name)), jobs=1)
    assert not list((tmp_path / "out" / "clips").iterdir())


@pytest.mark.process
@pytest.mark.model
def test_a_reference_like_nobody_gives_nothing(of_all: Dataset, tmp_path: Path, tone: Callable[..., object]) -> None:
    shutil.copytree(of_all.root, tmp_path / "out")
    tone(440, 4.0).save(tmp_path / "tone.wav")  # type: ignore[attr-defined]
    with pytest.raises(DatasetError, match=r"nothing usable .*speaker: \d+"):
        prep(PODCAST, tmp_path / "out", PrepSettings(speaker=str(tmp_path / "tone.wav")), jobs=1)


@pytest.mark.process
def test_a_clip_that_cannot_be_heard_is_refused_with_the_reason(tmp_path: Path) -> None:
    layout, settings = Layout(tmp_path), PrepSettings(speaker="all")
    layout.state.mkdir()
    with Pool(1) as pool:
        voices = Voices(layout, settings, pool, Journal(layout.journal), lambda answer, name: answer)
        clip = a_clip()
        assert voices.judged([clip]) == [clip]
        voices.hear([clip], lambda *_: None)
        (told,) = voices.judged([clip])
    assert not told.kept
    assert told.refused_because[0].startswith("no voiceprint: ")
    assert voices.used == set()
