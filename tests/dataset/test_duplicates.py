"""audiokit.dataset.duplicates: which of several clips with the same sound stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.fingerprint import Print, fingerprint
from audiokit.api import prep
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dataset.clip import Clip
from audiokit.dataset.duplicates import Duplicates, duplicates, read_print, take_print
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.pool import Pool
from audiokit.dataset.review import reviewing
from audiokit.dataset.settings import PrepSettings
from tests.conftest import SAMPLES_DIR
from tests.dataset import folders
from tests.dataset.rows import a_clip

PODCAST = SAMPLES_DIR / "podcast"
ONCE = PrepSettings(duplicates="refuse")
TRUTH = json.loads((SAMPLES_DIR / "podcast.truth.json").read_text("utf-8"))["files"]


def sound(seed: int, steps: int = 300) -> Print:
    return np.random.default_rng(seed).integers(0, 2**32, steps, np.uint32)


def clips_of(*qualities: float) -> list[Clip]:
    return [a_clip(id=f"clip-{at}", quality=quality) for at, quality in enumerate(qualities)]


@pytest.mark.parametrize(
    ("qualities", "gone"),
    [((0.5, 0.9, 0.7), {"clip-0", "clip-2"}), ((0.9, 0.9, 0.9), {"clip-1", "clip-2"})],
    ids=["the best stays", "of equals the first"],
)
def test_one_of_several_stays(qualities: tuple[float, ...], gone: set[str]) -> None:
    reasons = duplicates(clips_of(*qualities), [sound(1)] * 3)
    stays = ({"clip-0", "clip-1", "clip-2"} - gone).pop()
    assert reasons == dict.fromkeys(gone, f"duplicate: of {stays}, 1.00 alike")


def test_what_nobody_repeats_stays() -> None:
    assert duplicates(clips_of(0.5, 0.6), [sound(1), sound(2)]) == {}
    assert duplicates([], []) == {}


def test_a_part_goes_even_if_it_is_better_and_what_is_mostly_new_stays() -> None:
    whole = sound(1)
    assert list(duplicates(clips_of(0.5, 0.9), [whole, whole[100:250]])) == ["clip-1"]
    begun = np.concatenate([whole[150:], sound(2, 200)])
    assert duplicates(clips_of(0.5, 0.9), [whole, begun]) == {}


def test_of_a_chain_of_parts_something_stays() -> None:
    whole = sound(1, 400)
    prints = [whole[:300], whole[:250], whole[:330], whole]
    for qualities in ((0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.2, 0.1), (0.2, 0.4, 0.1, 0.3), (0.3, 0.1, 0.4, 0.2)):
        reasons = duplicates(clips_of(*qualities), prints)
        assert len(reasons) == 3
        (stays,) = {f"clip-{at}" for at in range(4)} - set(reasons)
        assert {reason.split()[2] for reason in reasons.values()} == {f"{stays},"}


def test_a_print_survives_json() -> None:
    audio = read(next(SAMPLES_DIR.glob("librivox/*-0880.wav")))
    kept = json.loads(json.dumps(take_print(audio)))
    assert np.array_equal(read_print(kept), fingerprint(audio))
    assert len(kept["print"]) < 300 * audio.duration_s


@pytest.mark.process
def test_a_clip_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    with Pool(1) as pool:
        judge = Duplicates(layout, ONCE, pool, Journal(layout.journal), lambda answer, name: answer)
        clip = a_clip()
        assert judge.judged([clip]) == [clip]
        assert judge.hear([clip], lambda *_: None)
        assert not judge.hear([clip], lambda *_: None)
        (told,) = judge.judged([clip])
    assert not told.kept
    assert told.refused_because[0].startswith("not heard: ")


@pytest.fixture(scope="module")
def podcast(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The sample podcast, whose reader is heard with the same sentences in several episodes."""
    return prep(PODCAST, tmp_path_factory.mktemp("twins") / "out", ONCE, jobs=2)


def said_in(clip: Clip) -> set[str]:
    return {
        span["text"] for span in TRUTH[clip.source.partition("podcast/")[2]]["speech"]
        if span["start_s"] < clip.end_s and clip.start_s < span["end_s"]
    }  # fmt: skip


@pytest.mark.process
@pytest.mark.model
def test_sentences_that_come_again_in_other_episodes_and_codecs_are_refused(podcast: Dataset) -> None:
    by_id = {clip.id: clip for clip in podcast.clips}
    gone = [clip for clip in podcast.clips if clip.refused_because and clip.refused_because[0].startswith("dupl")]
    assert len(gone) == 8
    for clip in gone:
        stays = by_id[clip.refused_because[0].split()[2].rstrip(",")]
        assert stays.kept
        assert said_in(clip) <= said_in(stays)
    sole = [text for clip in podcast.kept if len(said_in(clip)) == 1 for text in said_in(clip)]
    assert len(sole) == len(set(sole))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same sentences twice, loud and soft."""
    folder = tmp_path_factory.mktemp("loud and soft")
    for name, gain in (("loud.wav", 1.0), ("soft.wav", 0.3)):
        pause = np.zeros((16_000, 1), np.float32)
        sentences = [read(path).samples for path in sorted(SAMPLES_DIR.glob("librivox/*.wav"))]
        wave = np.concatenate([piece for sentence in sentences for piece in (pause, sentence)] + [pause])
        noise = np.random.default_rng(1).standard_normal(wave.shape).astype(np.float32)
        Audio((wave + 1e-4 * noise) * np.float32(gain), 16_000).save(folder / name)
    return [folder / "loud.wav", folder / "soft.wav"]


@pytest.mark.process
@pytest.mark.model
def test_twins_of_a_recording_are_refused_and_come_back_when_they_are_asked_for(
    twins: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    once = prep(twins, out, ONCE, jobs=1)
    assert len(once.kept) > 2
    assert len({clip.start_s for clip in once.kept}) == len(once.kept) == once.totals["refused"]["duplicate"]["clips"]
    both = prep(twins, out, jobs=1)
    assert '"duplicates"' not in (out / "dataset.json").read_text("utf-8")
    assert len(both.kept) == 2 * len(once.kept)
    again = prep(twins, out, ONCE, jobs=1)
    assert [clip.id for clip in again.kept] == [clip.id for clip in once.kept]


@pytest.mark.process
@pytest.mark.model
def test_clips_that_were_not_needed_are_heard_when_duplicates_are_looked_for_later(
    twins: list[Path], tmp_path: Path
) -> None:
    few, out = PrepSettings(target_minutes=0.2), tmp_path / "later/out"
    assert len(prep(twins, out, few, jobs=1).kept) < 5
    later = prep(twins, out, replace(few, duplicates="refuse"), jobs=1)
    assert "not heard" not in later.totals["refused"]
    prep(twins, tmp_path / "at once/out", replace(few, duplicates="refuse"), jobs=1)
    assert folders.fingerprint(out) == folders.fingerprint(tmp_path / "at once/out")


@pytest.mark.process
@pytest.mark.model
def test_a_copy_comes_in_where_a_person_refuses_the_other_and_goes_when_it_is_taken_back(
    twins: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = prep(twins, out, ONCE, jobs=1).kept[0]
    before = folders.fingerprint(out)
    for verdict, kept in (("refuse", 1), ("", 0)):
        with reviewing(out) as session:
            session.decide(first.id, verdict, None)
        now = prep(twins, out, ONCE, jobs=1)
        copies = [clip for clip in now.kept if clip.id != first.id and clip.start_s == first.start_s]
        assert len(copies) == kept
    assert folders.fingerprint(out) == before


def test_a_jingle_of_sixty_episodes_is_kept_once() -> None:
    random = np.random.default_rng(3)
    qualities = random.uniform(0.3, 1.0, 60).round(4).tolist()
    assert len(duplicates(clips_of(*qualities), [sound(1)] * 60)) == 59


def test_an_intro_before_other_words_refuses_nothing() -> None:
    intro = sound(1)[:150]
    prints = [np.concatenate([intro, sound(other)[:100]]) for other in (2, 3)]
    assert duplicates(clips_of(0.5, 0.9), prints) == {}
