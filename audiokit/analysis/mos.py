"""DNSMOS: how listeners would rate speech, from 1 (bad) to 5 (excellent), estimated by a neural network.

Source
------
C. K. A. Reddy, V. Gopal, R. Cutler: DNSMOS P.835, ICASSP 2022. Networks and calibration are those of the package
speechmos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiokit.analysis.activity import Region
from audiokit.analysis.segments import region_mask
from audiokit.analysis.silero import SAMPLE_RATE, Vector
from audiokit.analysis.tracks import LEVEL_S, Pieces
from audiokit.audio.buffer import Samples
from audiokit.errors import MissingDependencyError

WINDOW = 144_160  # frames: 9.01 s, what the network takes
NAMES = ("ovrl_mos", "sig_mos", "bak_mos")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mos:
    """Mean opinion scores, 1..5."""

    overall: float
    """The whole impression."""
    signal: float
    """The voice: distortion, reverberation."""
    background: float
    """The absence of noise."""


class MosReader:
    """Rates a mono stream at 16 kHz, 9 s at a time without overlap.

    Raises
    ------
    MissingDependencyError : speechmos is not installed.
    """

    def __init__(self) -> None:
        try:
            from speechmos import dnsmos
        except ImportError as error:
            raise MissingDependencyError("DNSMOS (speechmos)", extra="analysis") from error
        self._rate = dnsmos.run
        self._pieces = Pieces(WINDOW, self._read)
        self._found: list[list[float]] = []

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._pieces.push(samples)

    def finish(self, speech: Sequence[Region]) -> Mos | None:
        """Average the pieces that are half speech or more, or all when none is; None for a stream without a frame.

        Parameters
        ----------
        speech : where somebody speaks.
        """
        rest = self._pieces.rest()
        if not self._found and len(rest):
            self._read(np.resize(rest, WINDOW))  # shorter than one piece: repeated, as DNSMOS does
        if not self._found:
            return None
        scores = np.array(self._found)
        piece = round(WINDOW / SAMPLE_RATE / LEVEL_S)
        spoken = region_mask(speech, len(scores) * piece).reshape(len(scores), piece).mean(axis=1) >= 0.5
        overall, signal, background = scores[spoken if spoken.any() else slice(None)].mean(axis=0)
        return Mos(overall=float(overall), signal=float(signal), background=float(background))

    def _read(self, wave: Vector) -> None:
        scores = self._rate(np.clip(wave, -1, 1), SAMPLE_RATE)
        self._found.append([float(scores[name]) for name in NAMES])
