"""The times of words in a clip: those of the recognizer, fitted to the sound.

Whisper's times come from its cross-attention by dynamic time warping. They reach over pauses and into silence, never
far from the word: so they are put in order, and each word shrinks to where there is sound. A CTC aligner would find
the edges within a few milliseconds; its weights are in no package registry, so none is brought along.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.contracts import Word
from audiokit.dsp.levels import db_from_power, window_powers

Flags: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]

WINDOW_S = 0.01
SILENT_DB = 40.0  # so far under the loudest window there is no sound of speech: s and f are 20 to 35 dB under a vowel


def aligned(words: Sequence[Word], audio: Audio) -> tuple[Word, ...]:
    """Put words in order, and shrink each to where there is sound.

    Parameters
    ----------
    words : as a recognizer timed them, in seconds from the start of `audio`.
    audio : the clip.

    Returns
    -------
    As many words; none overlaps the next, none reaches out of the clip. One that lies in silence keeps its times.
    """
    sounding = _sounding(audio)
    fitted: list[Word] = []
    end_s = 0.0
    for word in words:
        start_s = min(max(word.start_s, end_s), audio.duration_s)
        end_s = min(max(word.end_s, start_s), audio.duration_s)
        fitted.append(_shrunk(replace(word, start_s=start_s, end_s=end_s), sounding))
    return tuple(fitted)


def in_silence(words: Sequence[Word], audio: Audio) -> list[Word]:
    """Find words where there is no sound: not said there, or not said at all."""
    sounding = _sounding(audio)
    return [word for word in words if not _part(word, sounding).any()]


def _sounding(audio: Audio) -> Flags:
    """Tell for each window whether there is sound in it."""
    levels = db_from_power(window_powers(audio.mono().samples, audio.sample_rate, WINDOW_S))
    return np.asarray(levels > levels.max(initial=-np.inf) - SILENT_DB)


def _part(word: Word, sounding: Flags) -> Flags:
    first = int(word.start_s / WINDOW_S)
    return sounding[first : max(first + 1, round(word.end_s / WINDOW_S))]


def _shrunk(word: Word, sounding: Flags) -> Word:
    heard = np.flatnonzero(_part(word, sounding))
    if not len(heard):
        return word
    first_s = int(word.start_s / WINDOW_S) * WINDOW_S
    start_s = max(word.start_s, first_s + heard[0] * WINDOW_S)
    end_s = min(word.end_s, first_s + (heard[-1] + 1) * WINDOW_S)
    start_s, end_s = (math.floor(1000 * float(at_s) + 1e-6) / 1000 for at_s in (start_s, max(start_s, end_s)))
    return replace(word, start_s=start_s, end_s=end_s)  # down, so that none reaches out of the clip
