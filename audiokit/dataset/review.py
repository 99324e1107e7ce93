"""Listening through a dataset by hand: what was decided goes into `reviews.jsonl` and the manifest at once."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import Any

from audiokit.dataset.card import write_metadata
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset, Source, write_manifest
from audiokit.dataset.reviews import (
    Review,
    Verdict,
    is_refused_by_hand,
    key_of,
    park_refused,
    parked_file,
    read_reviews,
    refuse_by_hand,
    write_by_hand,
    write_reviews,
)
from audiokit.dataset.store import is_address, shown
from audiokit.dataset.write import write_dataset
from audiokit.disk import file_sha256
from audiokit.errors import DatasetError, UsageError

LONGEST_TEXT = 10_000  # characters; a minute of speech has 1,500


@contextmanager
def reviewing(root: str | PathLike[str]) -> Iterator[ReviewSession]:
    """Open a dataset to decide about its clips; nobody else can write it meanwhile.

    Raises
    ------
    DatasetError : no dataset there, not finished, or being written.
    UsageError : an address; what is decided is written in a folder of this machine.
    """
    if is_address(root):
        raise UsageError(f"{shown(str(root))} is an address; expected a dataset on this machine. Copy it here first.")
    Dataset.open(root)  # before the lock makes folders where there is none
    layout = Layout(Path(root))
    with layout.writing():
        session = ReviewSession(Dataset.open(root))
        try:
            yield session
        finally:
            session.finish()


class ReviewSession:
    """The clips of one dataset that have sound, and what a person decides about them; safe to call from threads."""

    def __init__(self, dataset: Dataset) -> None:
        self._layout, self._settings, self._sources = Layout(dataset.root), dataset.settings, dataset.sources
        self._reviews = read_reviews(self._layout)
        clips = write_by_hand(refuse_by_hand(dataset.clips, self._reviews), self._reviews)
        self._clips = {clip.id: clip for clip in clips}
        self._lock = Lock()  # of those who write; who reads gets one whole state or the next
        park_refused(self._layout, clips)

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self._layout.root.resolve().name

    def rows(self) -> list[dict[str, Any]]:
        """Give what the page shows of every clip that can be listened to."""
        return [self._row(clip) for clip in self._clips.values() if clip.kept or is_refused_by_hand(clip)]

    def sound(self, clip_id: str) -> Path | None:
        """Find a clip's file; None for an unknown clip, or one without sound."""
        clip = self._clips.get(clip_id)
        if clip is None:
            return None
        return self._layout.root / clip.path if clip.path else parked_file(self._layout, clip)

    def decide(self, clip_id: str, verdict: Verdict, text: str | None) -> dict[str, Any]:
        """Keep or refuse a clip, or correct its text; nothing of either takes earlier decisions back.

        Parameters
        ----------
        clip_id : of a clip that has sound.
        verdict : "keep", "refuse", or "" for undecided.
        text : what is said; None for what the recognizer heard.

        Returns
        -------
        The clip's new row.

        Raises
        ------
        KeyError : no such clip.
        DatasetError : its sound is gone, or the text is too long.
        """
        with self._lock:
            original = self._original(self._clips[clip_id])
            text = None if text is None else _plain(text)
            if text is not None and len(text) > LONGEST_TEXT:
                raise DatasetError(f"{clip_id}: a text of {len(text)} characters; expected {LONGEST_TEXT} at most")
            if text == original.text:
                text = None
            reviews = {key: review for key, review in self._reviews.items() if key != key_of(original)}
            if verdict or text is not None:
                reviews[key_of(original)] = Review.of(original, verdict, text)
            (clip,) = write_by_hand(refuse_by_hand([original], reviews), reviews)
            self._write(reviews, {**self._clips, clip_id: clip}, clip)
            return self._row(clip)

    def finish(self) -> None:
        """Bring the pages about the dataset up to date."""
        clips = list(self._clips.values())
        write_dataset(self._layout, self._settings, recounted(self._sources, clips), clips)

    def _write(self, reviews: dict[Any, Review], clips: dict[str, Clip], changed: Clip) -> None:
        """Put it on the disk, the decision first: from it alone, the rest can be made again."""
        write_reviews(self._layout, reviews)
        self._reviews = reviews
        self._move(changed)
        self._clips = clips
        everything = list(clips.values())
        write_manifest(self._layout, self._settings, recounted(self._sources, everything), everything)
        write_metadata(self._layout, everything)

    def _move(self, clip: Clip) -> None:
        """Bring the sound of a clip to where it belongs now."""
        before = self._clips[clip.id]
        if before.path and not clip.path:
            self._layout.refused.mkdir(exist_ok=True)
            os.replace(self._layout.root / before.path, self._layout.refused / Path(before.path).name)
        elif clip.path and not before.path:
            os.replace(self._layout.refused / Path(clip.path).name, self._layout.root / clip.path)

    def _original(self, clip: Clip) -> Clip:
        """Give a clip as it was before anybody decided about it."""
        review = self._reviews.get(key_of(clip))
        if review is not None:
            clip = replace(clip, **review.was)
        if not is_refused_by_hand(clip):
            return clip
        file = parked_file(self._layout, clip)
        if file is None:
            raise DatasetError(
                f"{clip.id}: its sound is gone from {self._layout.refused}. Take its line out of reviews.jsonl and run "
                "the same prep again."
            )
        return replace(clip, kept=True, path=f"clips/{file.name}", sha256=file_sha256(file), refused_because=())

    def _row(self, clip: Clip) -> dict[str, Any]:
        review = self._reviews.get(key_of(clip))
        return {
            "id": clip.id, "source": clip.source, "start_s": clip.start_s, "duration_s": clip.duration_s,
            "text": clip.text, "snr_db": clip.snr_db, "quality": clip.quality, "flags": clip.flags,
            "kept": clip.kept, "verdict": review.verdict if review else "",
            "corrected": review is not None and review.text is not None,
        }  # fmt: skip


def _plain(text: str) -> str:
    """Give one line of what can be written as UTF-8."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def recounted(sources: Sequence[Source], clips: Sequence[Clip]) -> list[Source]:
    """Count each recording's clips anew."""
    of_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        of_source[clip.source].append(clip)
    return [source if source.skipped else _counted(source, of_source[source.name]) for source in sources]


def _counted(source: Source, clips: Sequence[Clip]) -> Source:
    kept = [clip for clip in clips if clip.kept]
    kept_s = round(sum(clip.duration_s for clip in kept), 3)
    return replace(source, kept=len(kept), kept_s=kept_s, refused=len(clips) - len(kept))
