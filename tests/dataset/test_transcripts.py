"""audiokit.dataset.transcripts: texts of a run, from recognizers that err to clips that are refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from audiokit.api import prep
from audiokit.contracts import Word
from audiokit.dataset.clip import Clip
from audiokit.dataset.duplicates import Duplicates
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.pool import Pool
from audiokit.dataset.preparation import Preparation
from audiokit.dataset.reviews import Review, write_reviews
from audiokit.dataset.select import select
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.transcripts import Transcripts
from audiokit.progress import SILENT
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip, refused_clip

GOOD = "The kettle sings before the first train leaves."
LOOP = "we go we go we go we go we go"
FLAG = PrepSettings(transcribe=True)
REFUSE = replace(FLAG, refuse_doubtful=True)

FORGETFUL = '''
from dataclasses import replace
from audiokit.providers.whisper import Whisper


class Forgetful(Whisper):
    """Hears like Whisper, and forgets the second half of what is long."""

    async def transcribe(self, chunks):
        async for transcript in super().transcribe(chunks):
            words = transcript.text.split()
            text = " ".join(words if len(words) < 8 else words[: len(words) // 2])
            yield replace(transcript, text=text)
'''


class Ears:
    """In the place of the workers: texts by clip, or why there is none."""

    def __init__(self, *heard: dict[str, str], broken: tuple[str, ...] = (), copies: str = "") -> None:
        self.heard = {str(number): texts for number, texts in enumerate(heard, 1)}
        self.broken, self.copies, self.asked = broken, copies, list[tuple[str, str]]()

    def run(self, tasks: Sequence[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
        for index, task in reversed(list(enumerate(tasks))):
            if task["task"] == "print":
                yield index, {"result": self.print(task["name"])}
                continue
            model, clip = task["settings"]["model"] or "1", task["name"]
            self.asked.append((model, clip))
            yield index, {"error": "no line"} if clip in self.broken else {"result": self.row(model, clip)}

    def print(self, clip: str) -> dict[str, str]:
        sound = "copies" if clip in self.copies else clip
        words = np.random.default_rng(list(sound.encode())).integers(0, 2**32, 300, np.uint32)
        return {"print": base64.b64encode(words.astype("<u4").tobytes()).decode()}

    def row(self, model: str, clip: str) -> dict[str, Any]:
        return {
            "text": self.heard[model].get(clip, GOOD), "language": "en", "language_probability": None,
            "confidence": 0.9, "characters_per_s": 14.0, "flags": [],
        }  # fmt: skip


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "out")
    layout.state.mkdir(parents=True)
    return layout


def transcripts(layout: Layout, settings: PrepSettings, ears: Ears, *, met: bool = True) -> Transcripts:
    run = cast("Pool", ears), Journal(layout.journal), lambda answer, name: answer
    texts = Transcripts(layout, settings, *run, Duplicates(layout, settings, *run))
    if met:
        texts.meet(["ears"] * len(settings.recognizers))
    return texts


def clips(*names: str, **changes: Any) -> list[Clip]:
    return [a_clip(id=name, path=f"clips/{name}.wav", sha256=name, **changes) for name in names]


def test_a_doubtful_text_is_flagged_and_kept(layout: Layout) -> None:
    texts = transcripts(layout, FLAG, Ears({"b": LOOP}))
    assert not texts.hear(clips("a", "b"), SILENT)
    assert texts.judged(clips("a", "b")) == clips("a", "b")
    good, bad = texts.flagged(clips("a", "b"), SILENT)
    assert (good.text, good.flags, good.kept, good.unique_words) == (GOOD, (), True, 0.875)
    assert bad.kept
    assert bad.flags == ("repetition: 'we go' again and again",)
    assert (bad.compression, bad.unique_words) == (pytest.approx(1.6, abs=0.5), 0.2)


def test_a_doubtful_text_is_refused_where_that_is_asked_for(layout: Layout) -> None:
    ears = Ears({"b": LOOP})
    texts = transcripts(layout, REFUSE, ears)
    assert texts.hear(clips("a", "b"), SILENT)
    assert not texts.hear(clips("a", "b"), SILENT)
    good, bad = texts.judged(clips("a", "b"))
    assert good.kept
    assert (bad.kept, bad.path, bad.text, bad.flags) == (False, None, LOOP, ())
    assert bad.refused_because == ("repetition: 'we go' again and again",)
    assert texts.flagged([good, bad], SILENT) == [good, bad]
    assert len(ears.asked) == 2


def test_texts_are_not_asked_for_twice(layout: Layout) -> None:
    first = transcripts(layout, FLAG, Ears({})).flagged(clips("a", "b"), SILENT)
    again = Ears({})
    assert transcripts(layout, FLAG, again).flagged(clips("a", "b"), SILENT) == first
    assert again.asked == []


def test_a_later_run_knows_what_is_refused_before_it_has_met_its_recognizer(layout: Layout) -> None:
    transcripts(layout, REFUSE, Ears({"b": LOOP})).hear(clips("a", "b"), SILENT)
    later = transcripts(layout, REFUSE, Ears({}), met=False)
    assert [clip.kept for clip in later.judged(clips("a", "b"))] == [True, False]
    assert not later.meet(["ears"])
    assert later.meet(["another model under the same name"])
    assert [clip.kept for clip in later.judged(clips("a", "b"))] == [True, True]


def test_what_is_refused_is_replaced_by_what_comes_next(layout: Layout) -> None:
    good, better, best = (clips(name, quality=quality)[0] for name, quality in (("a", 0.5), ("b", 0.6), ("c", 0.9)))
    ears = Ears({"c": LOOP})
    texts = transcripts(layout, replace(REFUSE, target_minutes=0.05), ears)  # 3 s: one clip of 5
    while texts.hear([good, better, best], SILENT):
        pass
    assert ears.asked == [("1", "c"), ("1", "b")]


@pytest.mark.parametrize(
    ("heard", "target", "kept", "asked"),
    [
        ({}, None, "ax", "ax"),
        ({"a": LOOP}, None, "bx", "axb"),
        ({"a": LOOP, "b": LOOP}, None, "cx", "axbc"),
        ({"a": LOOP, "b": LOOP, "c": LOOP}, None, "x", "axbc"),
        ({"a": LOOP}, 0.05, "b", "ab"),
        ({"a": LOOP, "b": LOOP, "c": LOOP}, 0.05, "x", "abcx"),
    ],
)
def test_of_several_copies_one_stays_whose_text_is_good(
    layout: Layout, heard: dict[str, str], target: float | None, kept: str, asked: str
) -> None:
    ears = Ears(heard, copies="abc")
    settings = replace(REFUSE, duplicates="refuse", target_minutes=target)  # 0.05 is 3 s: one clip of 5
    run = Preparation(layout=layout, settings=settings, pool=cast("Pool", ears), journal=Journal(layout.journal))
    run.texts.meet(["ears"])
    rows = [clips(name, quality=quality)[0] for name, quality in zip("abcx", (0.9, 0.8, 0.7, 0.6), strict=True)]
    for again in (False, True):
        judged = rows
        for judge in run.judges:
            while judge.hear(judged, SILENT):
                assert not again
            judged = judge.judged(judged)
        assert [clip.id for clip in select(judged, target) if clip.kept] == list(kept)
    assert sorted(clip for _, clip in ears.asked) == sorted(asked)
    assert {clip.refused_because[0].partition(":")[0] for clip in judged if not clip.kept} <= {
        "repetition",
        "duplicate",
    }


def test_two_recognizers_are_compared(layout: Layout) -> None:
    ears = Ears({}, {"b": "The kettle rings before the first train leaves.", "c": "Something else."})
    settings = replace(FLAG, second_stt="whisper:2")
    same, near, far = transcripts(layout, settings, ears).flagged(clips("a", "b", "c"), SILENT)
    assert (same.mismatch, same.flags) == (0.0, ())
    assert (near.second_text, near.flags) == ("The kettle rings before the first train leaves.", ())
    assert near.mismatch == pytest.approx(1 / 39, abs=1e-4)
    assert far.flags == (f"mismatch: {far.mismatch:.2f} > 0.3 to whisper:2",)
    assert [model for model, _ in ears.asked] == ["1"] * 3 + ["2"] * 3


def test_a_recognizer_that_fails_is_no_reason_to_refuse(layout: Layout) -> None:
    ears = Ears({}, broken=("b",))
    texts = transcripts(layout, REFUSE, ears)
    while texts.hear(clips("a", "b"), SILENT):
        pass
    _, silent = texts.judged(clips("a", "b"))
    assert (silent.kept, silent.text, silent.flags) == (True, "", ("no text: no line",))
    assert ears.asked.count(("1", "b")) == 1


@pytest.mark.parametrize(("verdict", "text"), [("keep", None), ("", "We go, we go!")])
def test_a_text_that_a_person_has_looked_at_is_not_doubted(layout: Layout, verdict: Any, text: str | None) -> None:
    (bad,) = clips("b")
    review = Review.of(bad, verdict, text)
    write_reviews(layout, {review.key: review})
    texts = transcripts(layout, REFUSE, Ears({"b": LOOP}))
    texts.hear([bad], SILENT)
    assert texts.judged([bad])[0].kept


def test_clips_that_others_refused_are_left_alone(layout: Layout) -> None:
    ears, noise = Ears({}), refused_clip("noise: SNR 3.0 dB < 15 dB")
    assert transcripts(layout, FLAG, ears).flagged([noise], SILENT) == [noise]
    assert ears.asked == []


def test_without_texts_nothing_is_asked_and_nothing_noted(layout: Layout) -> None:
    ears = Ears({})
    texts = transcripts(layout, PrepSettings(refuse_doubtful=True), ears, met=False)
    texts.meet([])
    assert not texts.hear(clips("a"), SILENT)
    assert texts.flagged(texts.judged(clips("a")), SILENT) == clips("a")
    assert (texts.used, ears.asked) == (set(), [])


@pytest.fixture
def forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a recognizer of an installed plug-in, which the workers' processes find too."""
    folder = tmp_path / "site"
    meta = folder / "forgetful-1.0.dist-info"
    meta.mkdir(parents=True)
    (folder / "forgetful.py").write_text(FORGETFUL)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: forgetful\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[audiokit.stt]\nforgetful = forgetful:Forgetful\n")
    monkeypatch.syspath_prepend(str(folder))
    return "forgetful"


@pytest.fixture
def recording(tmp_path: Path, speech: Callable[..., Any]) -> Path:
    audio = speech(1.0).audio
    soundfile.write(tmp_path / "talk.wav", audio.samples, audio.sample_rate)
    return tmp_path / "talk.wav"


@pytest.mark.process
@pytest.mark.model
def test_a_second_opinion_refuses_and_takes_back(recording: Path, forgetful: str, tmp_path: Path) -> None:
    settings = PrepSettings(transcribe=True, second_stt=forgetful, align=True, min_s=1.5)
    out = tmp_path / "out"
    flagged = prep(recording, out, settings, jobs=2)
    before = fingerprint(out)
    doubted = {clip.id for clip in flagged.kept if any(flag.startswith("mismatch: ") for flag in clip.flags)}
    assert 0 < len(doubted) < len(flagged.kept)
    assert all(clip.second_text and clip.mismatch is not None for clip in flagged.kept)
    assert all(in_order(clip) for clip in flagged.kept)

    strict = replace(settings, refuse_doubtful=True)
    refused = [clip for clip in prep(recording, out, strict).clips if clip.id in doubted]
    assert all(clip.refused_because[0].startswith("mismatch: 0.") and not clip.flags for clip in refused)
    assert not any((out / "clips" / f"{name}.wav").exists() for name in doubted)
    once = fingerprint(out)
    prep(recording, out, strict)
    assert fingerprint(out) == once
    prep(recording, out, settings)
    assert fingerprint(out) == before
    assert Dataset.open(out) == flagged


def in_order(clip: Clip) -> bool:
    """Tell whether a clip's words are its text, one behind the other."""
    times = [time_s for word in clip.words for time_s in (word.start_s, word.end_s)]
    is_whole = "".join(word.text for word in clip.words) == clip.text.replace(" ", "")
    return is_whole and times == sorted(times) and times[-1] <= clip.duration_s and is_word(clip.words[0])


def is_word(word: Word) -> bool:
    return 0 < word.confidence <= 1 and 0 < word.end_s - word.start_s < 2
