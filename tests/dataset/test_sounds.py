"""audiokit.dataset.sounds and audiokit.dataset.clip_pass: what is heard of clips, once, and what is refused for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit.api import prep
from audiokit.audio.files import read, write
from audiokit.dataset.clip_pass import ClipPass, Judge, Work
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.pool import Pool
from audiokit.dataset.prepare import plan
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.sounds import MEASURES, Sounds, refusals
from audiokit.dataset.worker import answer
from audiokit.errors import ConfigError
from tests.analysis.taggers import panns, with_tone, yamnet
from tests.conftest import SAMPLES_DIR
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip, refused_clip

EPISODE = SAMPLES_DIR / "podcast" / "episode 2.m4a"
SENTENCE = next(SAMPLES_DIR.glob("librivox/*-0880.wav"))
ALL = PrepSettings(min_mos=1, max_reverb_s=1.5, max_music=1)
"""Listens for everything and refuses nothing."""


@pytest.mark.parametrize(
    ("numbers", "settings", "reasons"),
    [
        ({"mos": 2.41}, {"min_mos": 3}, ("mos: 2.41 < 3",)),
        ({"mos": 3.0}, {"min_mos": 3}, ()),
        ({"mos": 2.41}, {}, ()),
        ({}, {"min_mos": 3, "max_reverb_s": 0.3, "max_music": 0.5}, ()),
        ({"reverb_s": 0.62}, {"max_reverb_s": 0.3}, ("reverb: 0.62 s > 0.3 s",)),
        ({"reverb_s": 0.3}, {"max_reverb_s": 0.3}, ()),
        ({"laughter": 0.42}, {"max_laughter": 0.3, "sounds_model": "yamnet.onnx"}, ("laughter: 0.42 > 0.3",)),
        ({"laughter": 0.3}, {"max_laughter": 0.3, "sounds_model": "yamnet.onnx"}, ()),
        ({"music": 0.7, "mos": 1.5}, {"max_music": 0.5, "min_mos": 2}, ("mos: 1.50 < 2", "music: 0.70 > 0.5")),
    ],
)
def test_each_rule_names_its_number(
    numbers: dict[str, float], settings: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    assert refusals(a_clip(**numbers), PrepSettings(**settings)) == reasons


@pytest.mark.model
@pytest.mark.parametrize("task", [*MEASURES, "print"])
def test_a_worker_listens_to_a_clip(task: str) -> None:
    if task == "mos":
        pytest.importorskip("speechmos")
    found = answer({"task": task, "name": "a", "path": str(SENTENCE)}, lambda done_s: None)["result"]
    assert found == json.loads(json.dumps(found))
    expected: dict[str, Any] = {"mos": ("mos", 2.5, 4), "reverb": ("reverb_s", 0, 0.15), "music": ("music", 0.1, 0.43)}
    if task in expected:
        name, low, high = expected[task]
        assert low <= found[name] <= high


@pytest.mark.process
def test_a_clip_that_cannot_be_read_is_refused_with_the_reason_and_not_read_twice(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    with Pool(1) as pool:
        sounds: Judge = Sounds(
            layout, PrepSettings(max_music=0.5), pool, Journal(layout.journal), lambda answer, name: answer
        )
        clip, gone = a_clip(), refused_clip("too short: 1 s < 3 s", id="gone")
        assert sounds.judged([clip, gone]) == [clip, gone]
        assert sounds.hear([clip, gone], lambda *_: None)
        assert not sounds.hear([clip, gone], lambda *_: None)
        told = sounds.judged([clip, gone])
    assert told[0].refused_because[0].startswith("not heard: ")
    assert told[1] == gone
    assert sounds.used == set()


@pytest.mark.process
def test_a_pass_does_its_work_once_and_tells_how_far_it_is(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    layout.clips.mkdir()
    clips = [a_clip(id=name, sha256=name, path=f"clips/{name}.wav", duration_s=2.0) for name in ("one", "two")]
    for clip in clips:
        shutil.copy(SENTENCE, tmp_path / str(clip.path))
    work = Work(task="reverb", kind="reverb", version="7", doing="hearing rooms", is_cheap=True)
    told: list[tuple[str, float, float]] = []
    with Pool(1) as pool:
        journal = Journal(layout.journal)
        one = ClipPass(work, tmp_path, pool, journal, lambda answer, name: answer)
        assert one.run([*clips, refused_clip("noise")], lambda *told_now: told.append(told_now))
        assert not one.run(clips, lambda *told_now: told.append(told_now))
    assert told == [("hearing rooms", 2.0, 4.0), ("hearing rooms", 4.0, 4.0)]
    assert one.entries([*clips, refused_clip("noise")]) == {("reverb", "one:7"), ("reverb", "two:7")}
    later = ClipPass(work, tmp_path, pool, Journal(layout.journal), lambda answer, name: answer)
    assert later.known(clips[0]) == one.known(clips[0]) == {"reverb_s": 0.12}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """An episode of the sample podcast, listened to for everything by one process."""
    pytest.importorskip("speechmos")
    return prep(EPISODE, tmp_path_factory.mktemp("heard") / "out", ALL, jobs=1)


@pytest.mark.process
@pytest.mark.model
def test_every_kept_clip_has_its_numbers(heard: Dataset) -> None:
    assert heard.kept
    for clip in heard.kept:
        assert 1.5 < (clip.mos or 0) < 5
        assert 2 < (clip.mos_background or 0) < 5
        assert 0 <= (clip.reverb_s if clip.reverb_s is not None else -1) < 0.2
        assert 0 < (clip.music or 0) < 0.5
    assert "`mos_background`" in (heard.root / "README.md").read_text("utf-8")


@pytest.mark.process
@pytest.mark.model
def test_several_processes_give_the_same_bytes(heard: Dataset, tmp_path: Path) -> None:
    prep(EPISODE, tmp_path / "out", ALL, jobs=2)
    assert fingerprint(tmp_path / "out") == fingerprint(heard.root)


@pytest.mark.process
@pytest.mark.model
def test_a_floor_refuses_the_worst_and_lowering_it_brings_them_back(heard: Dataset, tmp_path: Path) -> None:
    shutil.copytree(heard.root, tmp_path / "out")
    floor = round(float(np.median([clip.mos or 0 for clip in heard.kept])), 2)
    stricter = PrepSettings(min_mos=floor, max_reverb_s=1.5, max_music=1)
    assert all(item.action != "prepare" for item in plan([EPISODE], tmp_path / "out", stricter, jobs=1))
    best = prep(EPISODE, tmp_path / "out", stricter, jobs=1)
    gone = [clip for clip in best.clips if clip.refused_because and clip.refused_because[0].startswith("mos: ")]
    assert 0 < len(gone) < len(heard.kept)
    assert all((clip.mos or 5) < floor and not clip.path for clip in gone)
    assert "mos" in (tmp_path / "out" / "report.html").read_text("utf-8")
    prep(EPISODE, tmp_path / "out", ALL, jobs=1)
    assert fingerprint(tmp_path / "out") == fingerprint(heard.root)


@pytest.mark.process
@pytest.mark.model
def test_a_dataset_made_without_opinions_gets_them_without_being_cut_again(heard: Dataset, tmp_path: Path) -> None:
    plain = prep(EPISODE, tmp_path / "out", jobs=1)
    assert "mos" not in (plain.root / "manifest.jsonl").read_text("utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in (plain.root / "clips").iterdir()}
    rated = prep(EPISODE, tmp_path / "out", PrepSettings(min_mos=1), jobs=1)
    assert {clip.id: clip.mos for clip in rated.kept} == {clip.id: clip.mos for clip in heard.kept}
    assert {path.name: path.stat().st_mtime_ns for path in (plain.root / "clips").iterdir()} == before


@pytest.mark.process
def test_a_missing_network_is_told_before_anything_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from audiokit.errors import MissingDependencyError

    (tmp_path / "speechmos.py").write_text("")  # found first, and holds no network
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[analysis\]"):
        prep(EPISODE, tmp_path / "out", PrepSettings(min_mos=3), jobs=1)
    assert not list((tmp_path / "out" / "clips").iterdir())


def test_what_is_read_is_the_clip_itself() -> None:
    assert (
        MEASURES["music"](read(SENTENCE))
        == answer({"task": "music", "name": "a", "path": str(SENTENCE)}, lambda done_s: None)["result"]
    )


@pytest.fixture(scope="module")
def merry(tmp_path_factory: pytest.TempPathFactory, recording: Path, speech: Callable[..., Any]) -> Path:
    """The recording of five sentences, a tone under the second that the networks of the tests take for laughter."""
    second = speech(1.0).utterances[1]
    path = tmp_path_factory.mktemp("merry") / "merry talk.wav"
    write(path, with_tone(read(recording), second.start_s + 0.5, second.end_s - 0.5, level=0.05))
    return path


def laughing(model: Path, limit: float = 0.3) -> PrepSettings:
    """Refuse laughter, as a network hears it."""
    return PrepSettings(max_laughter=limit, sounds_model=str(model))


@pytest.mark.process
@pytest.mark.model
@pytest.mark.parametrize("writer", [yamnet, panns])
def test_clips_with_laughter_are_refused(
    writer: Callable[[Path], Path], merry: Path, speech: Callable[..., Any], tmp_path: Path
) -> None:
    dataset = prep(merry, tmp_path / "out", laughing(writer(tmp_path / "tagger.onnx")), jobs=1)
    second = speech(1.0).utterances[1]
    gone = [clip for clip in dataset.clips if clip.start_s < second.end_s and clip.end_s > second.start_s]
    assert gone
    for clip in gone:
        assert clip.refused_because == (f"laughter: {clip.laughter:.2f} > 0.3",)
    assert dataset.kept
    assert all((1 if clip.laughter is None else clip.laughter) < 0.15 for clip in dataset.kept)
    report = (dataset.root / "report.html").read_text("utf-8")
    assert "<td>laughter</td>" in report
    assert "max_laughter" in report
    assert "`laughter`" in (dataset.root / "README.md").read_text("utf-8")


@pytest.mark.process
@pytest.mark.model
def test_what_a_network_heard_is_kept_and_another_one_hears_anew(merry: Path, tmp_path: Path) -> None:
    model = yamnet(tmp_path / "tagger.onnx")
    first = prep(merry, tmp_path / "out", laughing(model, 1), jobs=1)
    assert len(first.kept) == len(first.clips)
    journal = first.root / ".audiokit" / "journal.jsonl"
    heard = {
        key: value["laughter"]
        for kind, key, value in map(json.loads, journal.read_text("utf-8").splitlines())
        if kind == "laughter"
    }
    assert set(heard.values()) == {clip.laughter for clip in first.kept}
    side_by_side = prep(merry, tmp_path / "two" / "out", laughing(model, 1), jobs=2)
    assert fingerprint(side_by_side.root) == fingerprint(first.root)

    lines: list[str] = []
    stricter = prep(merry, tmp_path / "out", laughing(model), jobs=1, progress=lambda doing, *_: lines.append(doing))
    assert 0 < len(stricter.kept) < len(first.kept)
    assert "hearing laughter" not in lines

    yamnet(model, classes=(0,))
    deaf = prep(merry, tmp_path / "out", laughing(model), jobs=1, progress=lambda doing, *_: lines.append(doing))
    assert "hearing laughter" in lines
    assert {clip.laughter for clip in deaf.kept} == {0.01}
    assert len(deaf.kept) == len(first.kept)


@pytest.mark.process
@pytest.mark.parametrize(("write", "said"), [
    (lambda path: None, r"tagger\.onnx cannot be read"),
    (lambda path: path.write_text("Dear reader"), r"tagger\.onnx is no ONNX model"),
    (lambda path: panns(path, count=50), r"tagger\.onnx gives 1x50"),
], ids=["absent", "a letter", "other classes"])  # fmt: skip
def test_a_file_that_hears_no_laughter_is_told_before_anything_is_cut(
    write: Callable[[Path], object], said: str, recording: Path, tmp_path: Path
) -> None:
    write(tmp_path / "tagger.onnx")
    with pytest.raises(ConfigError, match=said):
        prep(recording, tmp_path / "out", laughing(tmp_path / "tagger.onnx"), jobs=1)
    assert not list((tmp_path / "out").glob("clips/*"))
