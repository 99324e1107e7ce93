"""audiokit.agent.track: what was heard, to the sample."""

from __future__ import annotations

import numpy as np

from audiokit.agent.track import Track
from audiokit.audio.buffer import Samples

RATE = 100


def heard(*calls: tuple[object, ...]) -> str:
    """Play letters of ten frames each, and write what was heard, a letter for 0.1 s."""
    pieces: list[Samples] = []
    track = Track(RATE, pieces.append)
    for name, *arguments in calls:
        if name == "play":
            text, now_s = arguments
            codes = np.repeat([float(ord(letter)) for letter in str(text)], 10).astype(np.float32)[:, np.newaxis]
            arguments = [codes, now_s]
        getattr(track, str(name))(*arguments)
    joined = np.concatenate(pieces)[:, 0] if pieces else np.zeros(0)
    assert track.frames == len(joined)
    return "".join(chr(int(code)) if code else "." for code in joined[::10])


def test_silence_lies_before_between_and_behind() -> None:
    assert heard(("play", "ab", 0.2), ("play", "c", 0.6), ("advance", 1.0)) == "..ab..c..."


def test_what_comes_early_is_heard_after_what_is_queued() -> None:
    assert heard(("play", "ab", 0.0), ("play", "cd", 0.1), ("advance", 0.5)) == "abcd."


def test_a_pause_is_silent_and_loses_nothing() -> None:
    assert heard(("play", "abcd", 0.0), ("pause", 0.2), ("resume", 0.5), ("advance", 0.8)) == "ab...cd."


def test_clear_drops_what_was_not_heard_and_ends_a_pause() -> None:
    assert heard(("play", "abcd", 0.0), ("pause", 0.2), ("clear", 0.3), ("play", "e", 0.4), ("finish",)) == "ab..e"


def test_a_clock_that_stands_still_writes_nothing_twice() -> None:
    assert heard(("play", "a", 0.1), ("advance", 0.1), ("advance", 0.1), ("finish",), ("finish",)) == ".a"
