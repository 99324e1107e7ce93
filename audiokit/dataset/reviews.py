"""What a person decided about clips: kept beside the dataset, applied whenever its manifest is written.

`reviews.jsonl` belongs to the person: no run of `prep` changes it. A decision is about a piece of a recording, named by
the recording's hash, start and end; when other settings cut the recording otherwise, the decision waits for a run that
gives the same piece again. A hand refuses what the rules keep; it keeps nothing that a rule refuses, because no
sound of that was ever written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.disk import replace_text
from audiokit.errors import DatasetError

Verdict = Literal["", "keep", "refuse"]
VERDICTS = ("", "keep", "refuse")
BY_HAND = "by hand"
"""Why a clip was refused that a person refused."""
RECOGNIZED = ("text", "confidence", "characters_per_s", "flags")
"""The fields of a clip that a person's word replaces."""

SUFFIXES = (".wav", ".flac")

Key = tuple[str, float, float]
"""A recording's hash, start and end in seconds: what a decision is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided about one piece of a recording."""

    clip: str
    """Id of the clip, for people; the next three fields are what counts."""
    source_sha256: str
    """Hash of the recording."""
    start_s: float
    """Where the piece starts in the recording, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    verdict: Verdict
    """Kept, refused, or not decided."""
    text: str | None
    """What is said, as the person wrote it; None leaves the recognizer's text."""
    was: Mapping[str, Any]
    """The `RECOGNIZED` fields as they were before, to go back to."""

    @property
    def key(self) -> Key:
        """Name the piece."""
        return self.source_sha256, self.start_s, self.end_s

    @classmethod
    def of(cls, clip: Clip, verdict: Verdict, text: str | None) -> Review:
        """Note a decision about a clip that is as the rules and the recognizer left it."""
        return cls(
            clip=clip.id, source_sha256=clip.source_sha256, start_s=clip.start_s, end_s=clip.end_s, verdict=verdict,
            text=text, was={name: getattr(clip, name) for name in RECOGNIZED},
        )  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Review:
        """Read what `asdict` gave.

        Raises
        ------
        ValueError, TypeError : other fields, or a verdict nobody can give.
        """
        if not isinstance(data, Mapping) or set(data) != {known.name for known in fields(cls)}:
            raise ValueError("no decision")
        if data["verdict"] not in VERDICTS or not isinstance(data["text"], str | None):
            raise ValueError(f"verdict {data['verdict']!r}, text {data['text']!r}")
        if set(data["was"]) != set(RECOGNIZED):
            raise ValueError(f"was holds {', '.join(data['was'])}")
        return cls(**{**data, "was": {**data["was"], "flags": tuple(data["was"]["flags"])}})


Reviews = dict[Key, Review]


def read_reviews(layout: Layout) -> Reviews:
    """Read all decisions; none where there is no file.

    Raises
    ------
    DatasetError : the file is damaged; what a person decided is not to be lost silently.
    """
    reviews: Reviews = {}
    try:
        with layout.reviews.open(encoding="utf-8") as lines:
            for line in lines:
                review = Review.from_json(json.loads(line))
                reviews[review.key] = review
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise DatasetError(
            f"{layout.reviews}, line {len(reviews) + 1}: {error}; expected a decision as audiokit writes it. Mend or "
            "delete the line."
        ) from error
    return reviews


def write_reviews(layout: Layout, reviews: Reviews) -> None:
    """Write all decisions, whole or not at all; none, no file."""
    if not reviews:
        layout.reviews.unlink(missing_ok=True)
        return
    lines = (json.dumps(asdict(review), ensure_ascii=False) + "\n" for review in reviews.values())
    replace_text(layout.reviews, "".join(lines))


def key_of(clip: Clip) -> Key:
    """Name the piece of a recording that a clip is."""
    return clip.source_sha256, clip.start_s, clip.end_s


def refuse_by_hand(clips: Iterable[Clip], reviews: Reviews) -> list[Clip]:
    """Refuse the kept clips that a person refused."""
    return [_judged(clip, reviews.get(key_of(clip))) for clip in clips]


def _judged(clip: Clip, review: Review | None) -> Clip:
    if not clip.kept or review is None or review.verdict != "refuse":
        return clip
    return replace(clip, kept=False, path=None, sha256=None, refused_because=(BY_HAND,))


def is_refused_by_hand(clip: Clip) -> bool:
    """Tell whether a person refused it, so that its sound still lies somewhere."""
    return clip.refused_because == (BY_HAND,)


def write_by_hand(clips: Iterable[Clip], reviews: Reviews) -> list[Clip]:
    """Give clips the texts that a person wrote; who wrote or kept has looked at what was flagged."""
    return [_written(clip, reviews.get(key_of(clip))) for clip in clips]


def _written(clip: Clip, review: Review | None) -> Clip:
    if review is not None and review.text is not None:
        rate = sum(character.isalnum() for character in review.text) / clip.duration_s
        clip = replace(clip, text=review.text, confidence=None, characters_per_s=round(rate, 2), flags=())
    return replace(clip, flags=()) if review is not None and review.verdict == "keep" else clip


def park_refused(layout: Layout, clips: Sequence[Clip]) -> None:
    """Move the sound of clips refused by hand out of `clips/`, to where it can be taken back from."""
    parked = _parked(clips)
    for file in list(layout.clips.iterdir()) if parked else ():
        if file.stem in parked and file.suffix in SUFFIXES:
            layout.refused.mkdir(exist_ok=True)
            os.replace(file, layout.refused / file.name)


def drop_parked(layout: Layout, clips: Sequence[Clip]) -> None:
    """Delete what no clip can take back any more."""
    parked = _parked(clips)
    for file in list(layout.refused.iterdir()) if layout.refused.is_dir() else ():
        if file.stem not in parked:
            file.unlink()


def _parked(clips: Sequence[Clip]) -> set[str]:
    return {clip.id for clip in clips if is_refused_by_hand(clip)}


def parked_file(layout: Layout, clip: Clip) -> Path | None:
    """Find the sound of a clip that was refused by hand; None when it is gone."""
    files = (layout.refused / f"{clip.id}{suffix}" for suffix in SUFFIXES)
    return next(filter(Path.is_file, files), None)
