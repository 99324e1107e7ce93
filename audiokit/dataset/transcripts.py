"""The texts of a run: written once by the workers, kept in the journal, and judged together."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from audiokit.analysis.wordings import character_errors
from audiokit.contracts import Word
from audiokit.dataset.clip import Clip, refused
from audiokit.dataset.clip_pass import Checked, ClipPass, Judge, Work
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.reviews import Key, key_of, read_reviews
from audiokit.dataset.select import select
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.transcript_checks import Fences, compression_of, doubts, fences, unique_words_of
from audiokit.progress import Progress


class Transcripts:
    """What is said in the clips of one run, if its settings ask for it.

    Where doubtful texts are refused, it is one of the judges; else it writes flags once the clips are selected.

    Parameters
    ----------
    layout, settings, pool, journal, checked : of the run.
    duplicates : judges after this one; of several copies, only one at a time is worth a text.
    """

    def __init__(
        self,
        layout: Layout,
        settings: PrepSettings,
        pool: Engine,
        journal: Journal,
        checked: Checked,
        duplicates: Judge,
    ) -> None:
        self.used: set[tuple[str, str]] = set()
        self._duplicates = duplicates
        self._layout, self._settings, self._pool, self._journal = layout, settings, pool, journal
        self._checked = checked
        self._recognizers = settings.recognizers if settings.transcribe else ()
        self._refuses = settings.transcribe and settings.refuse_doubtful
        self._passes = [self._pass(how) for how in self._recognizers]

    def meet(self, keys: Sequence[str]) -> bool:
        """Note which recognizers these are, by their `settings_key`; tell whether one is new.

        What others wrote is not theirs. The journal keeps it, so that a later run knows what is refused before it has
        opened any.
        """
        ids = [{"id": sha256(key.encode()).hexdigest()[:8]} for key in keys]
        new = [
            (how, met) for how, met in zip(self._recognizers, ids, strict=True)
            if self._journal.get(*_met(how)) != met
        ]  # fmt: skip
        for how, met in new:
            self._journal.add(*_met(how), met)
        self._passes = [self._pass(how) for how in self._recognizers]
        return bool(new)

    def lacking(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the wanted clips without a text, where one may be refused, and those that may be copies."""
        if not self._refuses:
            return []
        wanted = self._wanted(clips)
        return [*self._duplicates.lacking(clips), *(clip for one in self._passes for clip in one.lacking(wanted))]

    def hear(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Transcribe the wanted clips as long as one of them may be refused; tell whether one had no text yet."""
        if not self._refuses:
            return False
        if (
            self._duplicates.hear(clips, progress)
            or self._write(self._wanted(clips), progress)
            or self._write(self._wanted(self.judged(clips)), progress)
        ):
            return True
        self.used = self._entries(clips) | self._duplicates.used
        return False

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Refuse clips whose text is doubtful, where that is asked for; one without a text yet stays as it is.

        Only wanted clips are judged, then those wanted in the place of what was refused: of others nobody need know
        what is said. Usual is what the first ones say, whatever comes in after them.
        """
        if not self._refuses:
            return list(clips)
        judged: dict[str, Clip] = {}
        usual: Fences | None = None
        settled = self._settled()
        while new := [clip for clip in self._left(clips, judged) if clip.kept and clip.id not in judged]:
            told = [self._with_text(clip) for clip in new]
            usual = fences(told) if usual is None else usual
            judged |= {clip.id: self._doubted(clip, usual, settled) for clip in told}
        return [judged.get(clip.id, clip) for clip in clips]

    def _left(self, clips: Sequence[Clip], judged: Mapping[str, Clip]) -> list[Clip]:
        return self._wanted([judged.get(clip.id, clip) for clip in clips])

    def _wanted(self, clips: Sequence[Clip]) -> list[Clip]:
        """Refuse what is not needed of these clips: copies of others, and all beyond the wanted minutes."""
        return select(self._duplicates.judged(clips), self._settings.target_minutes)

    def flagged(self, clips: Sequence[Clip], progress: Progress) -> list[Clip]:
        """Give the kept clips texts, with flags where they are doubtful; what was judged already stays as it is."""
        if self._refuses or not self._recognizers:
            return list(clips)
        self._write(clips, progress)
        self.used = self._entries(clips)
        told = [self._with_text(clip) if clip.kept else clip for clip in clips]
        usual, settled = fences(told), self._settled()
        return [self._doubted(clip, usual, settled) for clip in told]

    def _pass(self, how: PrepSettings) -> ClipPass:
        recognizer = (self._journal.get(*_met(how)) or {"id": ""})["id"]
        work = Work(
            task="transcribe", kind="text", version=f"{how.text_key}:{recognizer}", doing="transcribing",
            details={"settings": how.to_json()},
        )  # fmt: skip
        return ClipPass(work, self._layout.root, self._pool, self._journal, self._checked)

    def _write(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Transcribe kept clips that have no text yet, one recognizer after the other; tell whether there were any."""
        written = [one.run(clips, progress) for one in self._passes]
        return any(written)

    def _entries(self, clips: Sequence[Clip]) -> set[tuple[str, str]]:
        """Name the lines of the journal that hold texts of kept clips, and those about who wrote them."""
        return {_met(how) for how in self._recognizers}.union(*(one.entries(clips) for one in self._passes))

    def _settled(self) -> set[Key]:
        """Name the pieces whose texts a person has looked at."""
        reviews = read_reviews(self._layout).values()
        return {review.key for review in reviews if review.verdict == "keep" or review.text is not None}

    def _with_text(self, clip: Clip) -> Clip:
        if failures := [one.failed[clip.id] for one in self._passes if clip.id in one.failed]:
            return replace(clip, flags=(f"no text: {failures[0]}",))
        found = [row for one in self._passes if (row := one.known(clip))]
        if len(found) < len(self._passes):
            return clip
        text, *others = [row["text"] for row in found]
        words = tuple(Word(**word) for word in found[0].get("words", ()))
        numbers = {**found[0], "words": words, "flags": tuple(found[0]["flags"]), **_measured(text)}
        return replace(clip, **numbers, **(_compared(text, others[0]) if others else {}))

    def _doubted(self, clip: Clip, usual: Fences, settled: Container[Key]) -> Clip:
        is_known = clip.kept and clip.characters_per_s is not None  # else nobody has listened, or nobody could
        if not is_known or key_of(clip) in settled:
            return clip
        found = (*doubts(clip, self._settings, usual), *clip.flags)
        return replace(refused(clip, *found), flags=()) if found and self._refuses else replace(clip, flags=found)


def _met(how: PrepSettings) -> tuple[str, str]:
    return "recognizer", how.text_key


def _measured(text: str) -> dict[str, Any]:
    if not text:
        return {}
    return {"compression": round(compression_of(text), 3), "unique_words": round(unique_words_of(text), 3)}


def _compared(text: str, other: str) -> dict[str, Any]:
    wrong, letters = character_errors(text, other)
    return {"second_text": other, "mismatch": round(wrong / letters, 4) if letters else 0.0}
