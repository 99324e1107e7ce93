"""audiokit.cloning.samples and audiokit.cloning.material: which recordings a voice is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.speaker import similarity
from audiokit.cloning.material import Material, Refusal, from_clips
from audiokit.cloning.samples import HEARD_S, check_enough, select
from audiokit.errors import SampleError
from tests.cloning.makers import REQUIREMENTS, PitchEncoder, material, tone


def test_the_best_are_taken_up_to_the_ideal_length(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 10, quality) for quality in (0.2, 0.9, 0.5, 0.8, 0.7)])
    selection = select(found, REQUIREMENTS, PitchEncoder())
    assert [clip.quality for clip in selection.chosen] == [0.9, 0.8, 0.7]
    assert selection.total_s == 30
    assert [(clip.quality, reason) for clip, reason in selection.left_out] == [
        (0.2, "not needed: 30 s of better speech are enough"),
        (0.5, "not needed: 30 s of better speech are enough"),
    ]


def test_the_longest_allowed_is_never_exceeded(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 25, 0.9), (100, 40, 0.8), (100, 5, 0.7)])
    selection = select(found, REQUIREMENTS, PitchEncoder())
    assert [clip.quality for clip in selection.chosen] == [0.9, 0.7]


def test_pieces_that_are_too_long_to_choose_from_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match=r"pieces of up to 61 s, of which no choice has 10 to 60 s in all\. Cut them"):
        select(material(tmp_path, [(100, 61, 0.9)]), REQUIREMENTS, PitchEncoder())


def test_too_little_speech_is_told_with_what_was_refused_and_why() -> None:
    refused = (
        Refusal(rule="noise", duration_s=41.0, example="talk.wav at 0:04.2: SNR 9.1 dB < 15 dB"),
        Refusal(rule="clipping", duration_s=3.2, example="talk.wav at 1:10.0: 2.00% > 0.10%"),
    )
    with pytest.raises(SampleError) as error:
        check_enough(Material(candidates=(), refusals=refused, where="talk.wav"), REQUIREMENTS)
    assert str(error.value) == (
        "talk.wav: 0.0 s of usable speech, at least 10 s are needed; refused: 41 s for noise "
        "(talk.wav at 0:04.2: SNR 9.1 dB < 15 dB), 3 s for clipping (talk.wav at 1:10.0: 2.00% > 0.10%). "
        "Add recordings of the same voice, record in a quieter room, or accept more noise with --min-snr."
    )


def test_too_little_without_noise_does_not_blame_noise(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match=r"6\.0 s of usable speech.*\. Add recordings of the same voice\.$"):
        select(material(tmp_path, [(100, 6, 0.9)]), REQUIREMENTS, PitchEncoder())


def test_two_voices_are_refused_with_where_each_is_heard(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 10, 0.5), (100, 10, 0.9), (200, 10, 0.8)])
    with pytest.raises(SampleError) as error:
        select(found, REQUIREMENTS, PitchEncoder())
    assert str(error.value) == (
        "talk.wav: 2 voices (similarity 0.00, one voice has 0.72 or more). Voice 1 speaks 20 s, such as talk.wav at "
        "0:10.0. Voice 2 speaks 10 s, such as talk.wav at 0:20.0. Give recordings of one person, or choose: "
        "--speaker 1 takes the voice that speaks most."
    )


@pytest.mark.parametrize(("speaker", "pitch_hz", "left_out"), [(1, 100, 1), (2, 200, 2)])
def test_one_of_several_voices_can_be_chosen(speaker: int, pitch_hz: float, left_out: int, tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 12, 0.5), (200, 12, 0.9), (100, 12, 0.8)])
    selection = select(found, REQUIREMENTS, PitchEncoder(), speaker=speaker)
    assert similarity(selection.voice, PitchEncoder().embed(tone(pitch_hz, 1))) > 0.99
    assert [reason for _, reason in selection.left_out] == ["another voice: similarity 0.00"] * left_out


def test_a_voice_that_is_not_there_cannot_be_chosen(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 12, 0.5)])
    with pytest.raises(SampleError, match=r"1 voices, so none is number 2\. Voice 1 speaks 12 s"):
        select(found, REQUIREMENTS, PitchEncoder(), speaker=2)


def test_the_chosen_voice_must_speak_enough(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 30, 0.5), (200, 7, 0.9)])
    with pytest.raises(SampleError, match=r"voice 2 of talk.wav: 7\.0 s of usable speech, at least 10 s"):
        select(found, REQUIREMENTS, PitchEncoder(), speaker=2)


def test_a_stray_sentence_of_somebody_else_is_left_out(tmp_path: Path) -> None:
    found = material(tmp_path, [(100, 20, 0.5), (200, 4, 0.9), (100, 20, 0.8)])
    selection = select(found, REQUIREMENTS, PitchEncoder())
    assert [clip.duration_s for clip in selection.chosen] == [20, 20]
    assert [(clip.duration_s, reason) for clip, reason in selection.left_out] == [(4, "another voice: similarity 0.00")]


def test_groups_that_are_much_alike_are_one_voice(tmp_path: Path) -> None:
    # 146 Hz lies at 41 degrees to 100 Hz: less alike than the threshold, more than another voice.
    assert 0.72 < np.cos(np.radians(0.46 * 90)) < 0.76
    encoder = PitchEncoder()
    encoder.threshold = 0.9
    selection = select(material(tmp_path, [(100, 10, 0.5), (146, 10, 0.9)]), REQUIREMENTS, encoder)
    assert len(selection.chosen) == 2


def hours(folder: Path, clips: Sequence[tuple[float, float, float]]) -> Material:
    """Clips of 1 s, each of which is said to last long enough that only every fourth is heard."""
    few = material(folder, clips)
    long = tuple(replace(clip, duration_s=4 * HEARD_S / len(clips)) for clip in few.candidates)
    return replace(few, candidates=long)


def test_hours_are_heard_in_part_and_all_that_is_sent_as_well(tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    found = hours(tmp_path, [(100, 1, 0.9 if number == 1 else 0.5) for number in range(128)])
    length_s = 4 * HEARD_S / 128
    selection = select(
        found,
        replace(REQUIREMENTS, ideal_total_s=length_s, max_total_s=length_s),
        PitchEncoder(),
        progress=lambda label, done, total: told.append((done, total)),
    )
    assert told == [(HEARD_S / 2, HEARD_S), (HEARD_S, HEARD_S), (HEARD_S + length_s, HEARD_S + length_s)]
    assert [clip.quality for clip in selection.chosen] == [0.9]


def test_a_guest_who_was_not_among_what_was_heard_is_never_sent(tmp_path: Path) -> None:
    # Every fourth clip is heard first: the host's. The best clips are the guest's.
    clips = [(200, 1, 0.9) if number % 8 == 1 else (100, 1, 0.5) for number in range(64)]
    found = hours(tmp_path, clips)
    length_s = found.candidates[0].duration_s
    selection = select(found, replace(REQUIREMENTS, ideal_total_s=4 * length_s, max_total_s=1e6), PitchEncoder())
    assert [clip.quality for clip in selection.chosen] == [0.5] * 4
    assert similarity(selection.voice, PitchEncoder().embed(tone(100, 1))) > 0.99
    guests = [(clip.quality, reason) for clip, reason in selection.left_out if "another voice" in reason]
    assert guests == [(0.9, "another voice: similarity 0.00")] * 8
    assert len(selection.chosen) + len(selection.left_out) == 64


def test_the_spread_tells_how_alike_the_samples_are(tmp_path: Path) -> None:
    selection = select(material(tmp_path, [(100, 10, 0.5), (100, 10, 0.9)]), REQUIREMENTS, PitchEncoder())
    assert selection.spread is not None
    assert selection.spread.lowest > 0.99


@dataclass(frozen=True)
class Clip:
    source: str = "talk.wav"
    start_s: float = 61.5
    duration_s: float = 5.0
    quality: float = 0.8
    snr_db: float = 33.0
    kept: bool = True
    refused_because: tuple[str, ...] = ()


def test_clips_of_a_dataset_become_candidates() -> None:
    clips = [Clip(), Clip(kept=False, refused_because=("noise: SNR 3 dB < 15 dB", "clipping: 1 % > 0.1 %"))]
    found = from_clips(clips, lambda clip: Path(clip.source), "dataset")
    assert [candidate.name for candidate in found.candidates] == ["talk.wav at 1:01.5"]
    assert [(refusal.rule, refusal.duration_s, refusal.example) for refusal in found.refusals] == [
        ("noise", 5.0, "talk.wav at 1:01.5: SNR 3 dB < 15 dB"),
        ("clipping", 5.0, "talk.wav at 1:01.5: 1 % > 0.1 %"),
    ]
