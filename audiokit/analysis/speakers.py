"""How many people speak in a recording, from a sample of its speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiokit.analysis.activity import Region
from audiokit.analysis.ge2e import Ge2eEncoder
from audiokit.analysis.segments import region_mask
from audiokit.analysis.silero import SAMPLE_RATE
from audiokit.analysis.speaker import voices
from audiokit.analysis.spectrum import Vector
from audiokit.analysis.tracks import LEVEL_S, Pieces
from audiokit.audio.buffer import Audio, Samples

PIECE_S = 2.4  # long enough to know a voice, short enough to hold one person of a conversation
PIECE = round(PIECE_S * SAMPLE_RATE)
MOST = 100  # pieces kept: 15 MB; of a longer recording every 2nd, 4th, 8th ...
SPOKEN = 0.7  # part of a piece that must be speech
LEAST = 0.08  # part of the speech below which a voice is a mixture of two, or a word thrown in


class SpeakerReader:
    """Counts the voices of a mono stream at 16 kHz."""

    def __init__(self) -> None:
        self._pieces = Pieces(PIECE, self._keep)
        self._kept: list[tuple[int, Vector]] = []
        self._seen, self._stride = 0, 1

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._pieces.push(samples)

    def finish(self, speech: Sequence[Region]) -> tuple[float, ...]:
        """Give each voice's part of the speech, 0..1, the largest first; empty when nobody speaks.

        Parameters
        ----------
        speech : where somebody speaks.
        """
        if not self._kept:  # shorter than one piece
            self._kept.append((0, self._pieces.rest()))
        spoken = [wave for at, wave in self._kept if len(wave) and self._is_spoken(at, speech)]
        if not spoken:
            return ()
        labels = voices(Ge2eEncoder().embed_all([Audio(wave, SAMPLE_RATE) for wave in spoken]))
        counts = np.bincount(labels)
        heard = counts[(counts >= LEAST * len(spoken)) & ((counts > 1) | (len(spoken) < 3))]
        return tuple(sorted((float(part) for part in heard / max(1, heard.sum())), reverse=True))

    def _keep(self, wave: Vector) -> None:
        if self._seen % self._stride == 0:
            self._kept.append((self._seen, wave.copy()))
        self._seen += 1
        if len(self._kept) > MOST:
            self._kept = self._kept[::2]
            self._stride *= 2

    @staticmethod
    def _is_spoken(at: int, speech: Sequence[Region]) -> bool:
        steps = round(PIECE_S / LEVEL_S)
        here = [region for region in speech if region.end_s > at * PIECE_S and region.start_s < (at + 1) * PIECE_S]
        mask = region_mask(here, (at + 1) * steps)[at * steps :]
        return bool(mask.mean() >= SPOKEN)
