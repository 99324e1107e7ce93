"""DNSMOS: how listeners would rate speech, from 1 (bad) to 5 (excellent), estimated by a neural network.

Source
------
C. K. A. Reddy, V. Gopal, R. Cutler: DNSMOS P.835, ICASSP 2022. The network is that of the package speechmos, the
calibration that of its paper's code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from audiokit.analysis.activity import Region
from audiokit.analysis.onnx_session import session
from audiokit.analysis.segments import region_mask
from audiokit.analysis.silero import SAMPLE_RATE
from audiokit.analysis.spectrum import Vector
from audiokit.analysis.tracks import LEVEL_S, Pieces
from audiokit.audio.buffer import Audio, Samples
from audiokit.errors import MissingDependencyError

WINDOW = 144_160  # frames: 9.01 s, what the network takes
NETWORK = Path("dnsmos_models", "sig_bak_ovr.onnx")
# From what the network says to opinions: coefficients of squares, first powers and constants.
SIGNAL, BACKGROUND, OVERALL = (
    (-0.08397278, 1.22083953, 0.0052439), (-0.13166888, 1.60915514, -0.39604546), (-0.06766283, 1.11546468, 0.04602535),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mos:
    """Mean opinion scores, 1..5."""

    overall: float
    """The whole impression."""
    signal: float
    """The voice: distortion, reverberation."""
    background: float
    """The absence of noise."""


def rate(audio: Audio) -> Mos:
    """Rate a short recording by the 9 s in its middle; a shorter one is repeated, as DNSMOS does.

    Parameters
    ----------
    audio : any rate and channels, at least one frame.

    Raises
    ------
    MissingDependencyError : speechmos is not installed.
    """
    wave = audio.mono().resample(SAMPLE_RATE).samples[:, 0]
    start = max(0, (len(wave) - WINDOW) // 2)
    return network()(np.resize(wave[start : start + WINDOW], WINDOW))


class MosReader:
    """Rates a mono stream at 16 kHz, 9 s at a time without overlap.

    Raises
    ------
    MissingDependencyError : speechmos is not installed.
    """

    def __init__(self) -> None:
        self._rate = network()
        self._pieces = Pieces(WINDOW, self._read)
        self._found: list[tuple[float, float, float]] = []

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
        found = self._rate(wave)
        self._found.append((found.overall, found.signal, found.background))


@cache
def network() -> Callable[[Vector], Mos]:
    """Load the network once: from WINDOW frames to scores.

    It is run without the package around it, which rates everything by a second network too.

    Raises
    ------
    MissingDependencyError : speechmos or onnxruntime is not installed.
    """
    package = find_spec("speechmos")
    path = Path((package and package.origin) or "").parent / NETWORK
    if not path.is_file():
        raise MissingDependencyError("DNSMOS (speechmos)", extra="analysis")
    graph = session(path, extra="analysis")

    def rated(wave: Vector) -> Mos:
        raw = graph.run(None, {"input_1": np.clip(wave, -1, 1)[np.newaxis]})[0][0]
        signal, background, overall = map(np.polyval, (SIGNAL, BACKGROUND, OVERALL), map(float, raw))
        return Mos(overall=float(overall), signal=float(signal), background=float(background))

    return rated
