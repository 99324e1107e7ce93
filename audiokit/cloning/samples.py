"""Which recordings a voice is made of: the best, of one voice, as long as the provider likes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from audiokit.analysis.speaker import ANOTHER_VOICE, Spread, centre, similarity, spread, voices
from audiokit.audio.files import read
from audiokit.cloning.material import Candidate, Material
from audiokit.contracts import Embedding, SampleRequirements, SpeakerEncoder
from audiokit.errors import SampleError
from audiokit.progress import SILENT, Progress

HEARD_S = 600.0  # who speaks is judged by so much, spread over all, and by what is sent: 10 s of work on one core
AT_ONCE = 16  # pieces that are listened to together: some 150 s
STRAY_PART, STRAY_S = 0.1, 6.0  # less of another voice is left out without a word of refusal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """What would be sent, and what not."""

    chosen: tuple[Candidate, ...]
    """By recording and time."""
    left_out: tuple[tuple[Candidate, str], ...]
    """Each with the reason."""
    voice: Embedding
    """The voice of what was chosen."""
    spread: Spread | None
    """How alike the chosen pieces are; None for a single one."""

    @property
    def total_s(self) -> float:
        """Length of all that was chosen, in seconds."""
        return sum(candidate.duration_s for candidate in self.chosen)


def select(
    material: Material,
    requirements: SampleRequirements,
    encoder: SpeakerEncoder,
    *,
    speaker: int = 0,
    progress: Progress = SILENT,
) -> Selection:
    """Choose the best pieces of one voice, up to the provider's ideal length.

    Parameters
    ----------
    material : what there is.
    requirements : how much the provider wants.
    encoder : tells voices apart.
    speaker : 0, and there must be one voice; 1 takes the one that speaks most, 2 the next.
    progress : called with "voices" and seconds, done and in all.

    Raises
    ------
    SampleError : too little, more than one voice, or no such speaker; with file, number and remedy.
    """
    check_enough(material, requirements)
    ear = _Ear(encoder, progress)
    # Where one of several voices is wanted, every piece must be heard.
    ear.hear(material.candidates if speaker else _spread_over(material.candidates, HEARD_S))
    found = _voices(material.candidates, ear.embeddings, encoder.threshold)
    if not speaker:
        _check_one(material, found)
    if speaker > len(found):
        raise SampleError(f"{material.where}: {len(found)} voices, so none is number {speaker}. {_who(found)}")
    wanted = found[max(0, speaker - 1)]
    others = {candidate.path for voice in found if voice is not wanted for candidate in voice.candidates}
    of_voice, strangers = _parted(material.candidates, others, wanted, ear.embeddings)
    rest = Material(candidates=of_voice, where=f"voice {max(1, speaker)} of {material.where}")
    chosen, left_out = _chosen(rest, requirements, wanted, ear)
    heard = [ear.embeddings[candidate.path] for candidate in chosen]
    return Selection(chosen=chosen, left_out=(*strangers, *left_out), voice=centre(heard), spread=spread(heard))


def check_enough(material: Material, requirements: SampleRequirements) -> None:
    """Refuse too little speech.

    Raises
    ------
    SampleError : with how much there is, how much is needed, and what was refused before.
    """
    total_s = sum(candidate.duration_s for candidate in material.candidates)
    if total_s >= requirements.min_total_s:
        return
    refused = ", ".join(map(str, material.refusals))
    advice = "Add recordings of the same voice"
    if "noise" in [refusal.rule for refusal in material.refusals]:
        advice += ", record in a quieter room, or accept more noise with --min-snr"
    raise SampleError(
        f"{material.where}: {total_s:.1f} s of usable speech, at least {requirements.min_total_s:g} s are needed"
        + (f"; refused: {refused}" if refused else "")
        + f". {advice}."
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _VoiceHeard:
    """One voice among the candidates."""

    candidates: tuple[Candidate, ...]
    embedding: Embedding

    @property
    def duration_s(self) -> float:
        return sum(candidate.duration_s for candidate in self.candidates)


class _Ear:
    """Listens to every piece once."""

    def __init__(self, encoder: SpeakerEncoder, progress: Progress) -> None:
        self._encoder, self._progress = encoder, progress
        self._heard_s = 0.0
        self.embeddings: dict[Path, Embedding] = {}

    def hear(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Listen to those not heard before, and give them."""
        new = [candidate for candidate in candidates if candidate.path not in self.embeddings]
        total_s = self._heard_s + sum(candidate.duration_s for candidate in new)
        for start in range(0, len(new), AT_ONCE):
            batch = new[start : start + AT_ONCE]
            found = self._encoder.embed_all([read(candidate.path) for candidate in batch])
            self.embeddings.update(zip((candidate.path for candidate in batch), found, strict=True))
            self._heard_s += sum(candidate.duration_s for candidate in batch)
            self._progress("voices", self._heard_s, total_s)
        return new

    def is_of(self, candidate: Candidate, voice: _VoiceHeard) -> bool:
        """Tell whether a piece, heard before, is spoken by a voice."""
        return similarity(self.embeddings[candidate.path], voice.embedding) >= self._encoder.threshold


def _spread_over(candidates: Sequence[Candidate], limit_s: float) -> Sequence[Candidate]:
    """Give all candidates, or every second, third ... when there is too much to listen to."""
    total_s = sum(candidate.duration_s for candidate in candidates)
    return candidates[:: max(1, round(total_s / limit_s))]


def _voices(
    candidates: Sequence[Candidate], embeddings: Mapping[Path, Embedding], threshold: float
) -> list[_VoiceHeard]:
    """Group what was listened to, the voice that speaks most first."""
    heard = [candidate for candidate in candidates if candidate.path in embeddings]
    rows = np.array([embeddings[candidate.path] for candidate in heard])
    labels = voices(rows, threshold)
    found = [
        _VoiceHeard(
            candidates=tuple(candidate for candidate, of in zip(heard, labels, strict=True) if of == label),
            embedding=centre(rows[labels == label]),
        )
        for label in range(int(labels.max()) + 1)
    ]
    return sorted(found, key=lambda voice: -voice.duration_s)


def _check_one(material: Material, found: Sequence[_VoiceHeard]) -> None:
    first, *others = found
    total_s = sum(voice.duration_s for voice in found)
    strong = [voice for voice in others if voice.duration_s >= max(STRAY_S, STRAY_PART * total_s)]
    if strong:
        alike = similarity(first.embedding, strong[0].embedding)
        raise SampleError(
            f"{material.where}: {len(strong) + 1} voices (similarity {alike:.2f}, one voice has {ANOTHER_VOICE:g} or "
            f"more). {_who([first, *strong])} Give recordings of one person, or choose: --speaker 1 takes the voice "
            "that speaks most."
        )


def _who(found: Sequence[_VoiceHeard]) -> str:
    """Say where each voice is heard best."""
    lines = []
    for number, voice in enumerate(found, 1):
        best = max(voice.candidates, key=lambda candidate: candidate.quality)
        lines.append(f"Voice {number} speaks {voice.duration_s:.0f} s, such as {best.name}.")
    return " ".join(lines)


def _parted(
    candidates: Sequence[Candidate], others: Collection[Path], wanted: _VoiceHeard, embeddings: Mapping[Path, Embedding]
) -> tuple[tuple[Candidate, ...], list[tuple[Candidate, str]]]:
    """Part the candidates of one voice from those of `others`."""
    left_out = [
        (candidate, f"another voice: similarity {similarity(embeddings[candidate.path], wanted.embedding):.2f}")
        for candidate in candidates
        if candidate.path in others
    ]
    return tuple(candidate for candidate in candidates if candidate.path not in others), left_out


def _chosen(
    material: Material, requirements: SampleRequirements, wanted: _VoiceHeard, ear: _Ear
) -> tuple[tuple[Candidate, ...], list[tuple[Candidate, str]]]:
    """Choose the best, listen to what of it was not heard yet, and choose again until nobody else is among it."""
    left_out: list[tuple[Candidate, str]] = []
    while True:
        check_enough(material, requirements)
        chosen, too_much = _best(material.candidates, requirements)
        strangers = {candidate.path for candidate in ear.hear(chosen) if not ear.is_of(candidate, wanted)}
        if not strangers:
            _check_long_enough(chosen, material, requirements)
            return chosen, [*left_out, *too_much]
        of_voice, others = _parted(material.candidates, strangers, wanted, ear.embeddings)
        material = replace(material, candidates=of_voice)
        left_out += others


def _check_long_enough(chosen: Sequence[Candidate], material: Material, requirements: SampleRequirements) -> None:
    if sum(candidate.duration_s for candidate in chosen) < requirements.min_total_s:
        raise SampleError(
            f"{material.where}: pieces of up to {max(piece.duration_s for piece in material.candidates):.0f} s, of "
            f"which no choice has {requirements.min_total_s:g} to {requirements.max_total_s:g} s in all. Cut them "
            "shorter: audiokit prep --max-seconds 12"
        )


def _best(
    candidates: Sequence[Candidate], requirements: SampleRequirements
) -> tuple[tuple[Candidate, ...], list[tuple[Candidate, str]]]:
    """Take the best until the ideal length is reached; give them, and the rest, in their old order."""
    taken: set[Path] = set()
    taken_s = 0.0
    for candidate in sorted(candidates, key=lambda candidate: -candidate.quality):
        fits = taken_s + candidate.duration_s <= requirements.max_total_s
        if taken_s < requirements.ideal_total_s and fits:
            taken.add(candidate.path)
            taken_s += candidate.duration_s
    reason = f"not needed: {taken_s:.0f} s of better speech are enough"
    return (
        tuple(candidate for candidate in candidates if candidate.path in taken),
        [(candidate, reason) for candidate in candidates if candidate.path not in taken],
    )
