"""The same sound found again: a fingerprint that a new gain, an mp3 encoder or another start does not change.

Each window of 256 ms, one every 20 ms, gives 32 bits: for each two neighbouring bands whether the difference of their
powers grew since the window before. Of the same sound nine bits in ten stay; two sounds share half by chance.

Source
------
J. Haitsma, T. Kalker: A highly robust audio fingerprinting system, ISMIR 2002; here with windows and steps that are
1.5 times as short and long, and a search for many recordings at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Audio

SAMPLE_RATE = 4000
WINDOW, HOP = 1024, 80
STEP_S = HOP / SAMPLE_RATE
BITS = 32
LOWEST_HZ, HIGHEST_HZ = 300.0, 1800.0  # where telephones, codecs and small loudspeakers all have something
NEIGHBOURS = 4  # with how many others of the same 32 bits a window is compared
LEAST_HITS = 3  # windows alike to the bit at the same distance in time before two recordings are compared in full
LONGEST = 1 << 16  # windows: 22 minutes
PIECE = 50  # windows, a second, that are the same sound or not
SAME = 0.65  # part of the bits from which a piece is: of the same sound 0.75 stay through noise, by chance 0.5 do

Print = np.ndarray[tuple[int], np.dtype[np.uint32]]
"""A word of 32 bits for each window."""
_Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two recordings that hold the same sound."""

    first: int
    """Place of the one among the prints that were compared."""
    second: int
    """Place of the other, higher."""
    alike: float
    """Part of the bits that are the same where the sound is, 0..1; 0.5 is chance."""
    steps: int
    """How much of one is in the other, in windows of STEP_S."""


def fingerprint(audio: Audio) -> Print:
    """Take the fingerprint of a recording of up to 20 minutes.

    Parameters
    ----------
    audio : any rate of 4 kHz and more, any channels.
    """
    wave = np.pad(audio.mono().resample(SAMPLE_RATE).samples[:, 0], WINDOW // 2)
    bands = _difference_of_bands()
    spectra = np.fft.rfft(sliding_window_view(wave, WINDOW)[::HOP] * _hann())[:, : len(bands)]
    differences = (np.square(spectra.real) + np.square(spectra.imag)) @ bands
    grown = np.packbits(differences[1:] > differences[:-1], axis=1)
    return grown.view(">u4")[:, 0].astype(np.uint32)


def find_twins(prints: Sequence[Print], *, least_alike: float) -> Iterator[Twins]:
    """Find the pairs that share a sound, without comparing all with all: 2 s for 10,000 clips of 8 s.

    Parameters
    ----------
    prints : of recordings that were not made from each other.
    least_alike : part of the bits that must be the same, 0..1. Of different sounds at most 0.6 are.
    """
    for first, second, shift in _hits(prints):
        tries = [_compared(prints[first], prints[second], shift + aside) for aside in (-1, 0, 1)]
        alike, steps = max(tries)
        if alike >= least_alike:
            yield Twins(first=first, second=second, alike=alike, steps=steps)


def _compared(first: Print, second: Print, shift: int) -> tuple[float, int]:
    """Give the part of equal bits where both hold the same sound, and for how many windows they do.

    Parameters
    ----------
    first, second : the prints; `second` starts `shift` windows later.
    """
    one, other = first[max(0, shift) :], second[max(0, -shift) :]
    steps = min(len(one), len(other))
    if not steps:
        return 0.0, 0
    alike = 1 - np.bitwise_count(one[:steps] ^ other[:steps]) / BITS
    starts = np.arange(0, max(1, steps - PIECE + 1), PIECE)
    lengths = np.diff([*starts, steps])
    same = np.repeat(np.add.reduceat(alike, starts) / lengths >= SAME, lengths)
    return (float(alike[same].mean()), int(same.sum())) if same.any() else (0.0, 0)


def _hits(prints: Sequence[Print]) -> Iterator[tuple[int, int, int]]:
    """Give pairs with some equal words at one distance in time, once each: first, second, the distance in windows."""
    words = np.concatenate([np.zeros(0, np.uint32), *prints])
    if not words.any():
        return
    lengths = [len(one) for one in prints]
    owners: _Counts = np.repeat(np.arange(len(prints)), lengths)
    places: _Counts = np.concatenate([np.arange(length) for length in lengths])
    order = np.argsort(words, kind="stable")
    order = order[words[order] != 0]  # what digital silence gives
    found = np.concatenate([_equal(words, owners, places, order, aside) for aside in range(1, NEIGHBOURS + 1)])
    keys, counts = np.unique(found, return_counts=True)
    keys, counts = keys[counts >= LEAST_HITS], counts[counts >= LEAST_HITS]
    pairs, shifts = np.divmod(keys, 2 * LONGEST)
    best = np.lexsort((shifts, -counts, pairs))
    best = best[np.unique(pairs[best], return_index=True)[1]]
    for pair, shift in zip(pairs[best].tolist(), (shifts[best] - LONGEST).tolist(), strict=True):
        yield pair // len(prints), pair % len(prints), shift


def _equal(words: Print, owners: _Counts, places: _Counts, order: Any, aside: int) -> _Counts:
    """Give a number for each two equal words that stand `aside` in the order: of whom they are, and how far apart."""
    one, other = order[:-aside], order[aside:]
    same = (words[one] == words[other]) & (owners[one] != owners[other])
    one, other = one[same], other[same]
    pairs = owners[one] * (owners[-1] + 1) + owners[other]
    return np.asarray(pairs * 2 * LONGEST + places[one] - places[other] + LONGEST, np.int64)


@cache
def _difference_of_bands() -> Vector:
    """Give the matrix from powers to differences of neighbouring bands, (bins, BITS); bands grow with frequency."""
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BITS + 2) * WINDOW / SAMPLE_RATE
    bins = np.arange(int(np.ceil(edges[-1])))[:, np.newaxis]
    bands = ((bins >= edges[:-1]) & (bins < edges[1:])).astype(np.float32)
    return np.asarray(bands[:, :-1] - bands[:, 1:], np.float32)


@cache
def _hann() -> Vector:
    return np.hanning(WINDOW).astype(np.float32)
