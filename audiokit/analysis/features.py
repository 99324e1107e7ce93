"""Timbre of a recording of any length: MFCC, centroid, roll-off, zero crossings, onset strength, tonality.

The same numbers as `librosa.feature` gives for `librosa.load(path)`, whole. librosa cuts mel levels off 80 dB below the
loudest of the recording, which only its end knows: so the levels wait in a temporary file, 22 kB for each second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

import numpy as np
from numpy.typing import NDArray

from audiokit.analysis.growing import Growing
from audiokit.analysis.spectrum import (
    MELS,
    MFCCS,
    RATE,
    WINDOW,
    Vector,
    Windows,
    bin_frequencies_hz,
    cosine_matrix,
    mel_filters,
    power_spectra,
)
from audiokit.audio.buffer import Samples

DYNAMICS_DB = 80.0  # librosa.power_to_db's top_db
FLOOR_POWER = 1e-10  # librosa.power_to_db's amin
ROLLOFF = 0.85  # librosa.feature.spectral_rolloff's
NOISE = 1e-10  # librosa.zero_crossings' threshold
ONSET_DELAY = 3  # spectra: one of difference, two of centring, as librosa.onset.onset_strength counts
BATCH = 128  # spectra computed at once; fits the processor's cache
MEMORY_BYTES = 1 << 24  # levels of 12 minutes stay in memory
PICTURE_COLUMNS = 1200
TONAL_HZ = (200.0, 5000.0)
TONAL_BINS = 16  # 172 Hz: narrow enough that noise of any colour is flat inside, wide enough to hold a partial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """What the spectra of a recording tell."""

    mfcc_mean: Vector
    """Mean of each of 20 coefficients."""
    mfcc_deviation: Vector
    """Standard deviation of each."""
    centroid_hz: float
    """Mean spectral centroid, in Hz."""
    rolloff_hz: float
    """Mean frequency below which 85 % of the magnitude lies, in Hz."""
    zero_crossing_rate: float
    """Mean part of the samples at which the sign changes, at 22,050 Hz."""
    onset_strength: Vector
    """Rise of the mel levels at each spectrum, in dB, averaged over bands."""
    tonality_db: Vector
    """How far each spectrum stands out of noise; see `tonality_db`."""
    picture_db: Vector
    """Mel levels in dB, shape (MELS, columns), at most PICTURE_COLUMNS columns of equal length."""


class FeatureReader:
    """Reads a mono stream at 22,050 Hz; `close` it when `finish` has answered."""

    def __init__(self) -> None:
        self._waves: Windows[np.float32] = Windows(np.zeros(WINDOW // 2, np.float32))
        self._signs: Windows[np.bool_] | None = None
        self._last_sign = False
        self._levels = _LevelSpool()
        self._sums = np.zeros(2)  # centroid, roll-off
        self._crossings = 0.0
        self._tonality = Growing()

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        if len(samples):
            wave = samples[:, 0]
            negative = wave < -NOISE
            if self._signs is None:
                self._signs = Windows(np.full(WINDOW // 2, negative[0]))
            self._last_sign = bool(negative[-1])
            self._read(self._waves.push(wave), self._signs.push(negative))

    def finish(self) -> Features:
        """Give everything; the ends are padded as librosa does: silence for spectra, the last sign for crossings."""
        if self._signs is not None:
            rest = np.full(WINDOW // 2, self._last_sign)
            self._read(self._waves.push(np.zeros(WINDOW // 2, np.float32)), self._signs.push(rest))
        spectra = self._levels.count
        mean, deviation = self._levels.mfcc()
        centroid_hz, rolloff_hz = self._sums / max(spectra, 1)
        return Features(
            mfcc_mean=mean,
            mfcc_deviation=deviation,
            centroid_hz=float(centroid_hz),
            rolloff_hz=float(rolloff_hz),
            zero_crossing_rate=self._crossings / max(spectra, 1),
            onset_strength=self._levels.onset_strength(),
            tonality_db=self._tonality.values(),
            picture_db=self._levels.picture(),
        )

    def close(self) -> None:
        """Let go of the temporary file."""
        self._levels.close()

    def _read(self, windows: Vector, negative: NDArray[np.bool_]) -> None:
        # A window's own first sample has no neighbour before it.
        self._crossings += np.count_nonzero(negative[:, 1:] != negative[:, :-1]) / WINDOW
        for start in range(0, len(windows), BATCH):
            powers = power_spectra(windows[start : start + BATCH])
            self._levels.push(powers @ mel_filters())
            self._sums += _centroids_and_rolloffs(np.sqrt(powers)).sum(axis=1)
            self._tonality.append(tonality_db(powers))


def tonality_db(powers: Vector) -> Vector:
    """Tell tones from noise: how much less flat each spectrum is than a straight line, in dB.

    The spectral flatness, geometric over arithmetic mean, of bands of 172 Hz from 200 Hz to 5 kHz, averaged by their
    energy. Narrow bands make the colour of a noise vanish: any noise reads 2 to 3 dB; notes, whose partials stand
    alone in their bands, read 6 dB and more.

    Parameters
    ----------
    powers : power spectra, shape (spectra, WINDOW / 2 + 1).
    """
    low = round(TONAL_HZ[0] / RATE * WINDOW)
    bands = round((TONAL_HZ[1] - TONAL_HZ[0]) / RATE * WINDOW) // TONAL_BINS
    inside = powers[:, low : low + bands * TONAL_BINS].reshape(len(powers), bands, TONAL_BINS) + np.float32(FLOOR_POWER)
    energies = inside.mean(axis=2)
    flatness_db = 10 * (np.log10(inside).mean(axis=2) - np.log10(energies))
    tonality: Vector = -(energies * flatness_db).sum(axis=1) / energies.sum(axis=1)
    return tonality


def _centroids_and_rolloffs(magnitudes: Vector) -> NDArray[np.float64]:
    """Give centroid and roll-off of each spectrum, in Hz, shape (2, spectra); 0 for silence."""
    sums = magnitudes.cumsum(axis=1)
    totals = sums[:, -1]
    centroids = magnitudes @ bin_frequencies_hz() / np.where(totals > 0, totals, 1)
    rolloffs = bin_frequencies_hz()[np.argmax(sums >= ROLLOFF * totals[:, np.newaxis], axis=1)]
    return np.stack([centroids, rolloffs]).astype(np.float64)


class _LevelSpool:
    """Mel powers, kept until the loudest is known."""

    def __init__(self) -> None:
        self.count = 0
        self._file = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  lives as long as its reader
        self._loudest = FLOOR_POWER

    def push(self, mel_powers: Vector) -> None:
        self._file.write(mel_powers.tobytes())
        self._loudest = max(self._loudest, float(mel_powers.max()))
        self.count += len(mel_powers)

    def close(self) -> None:
        self._file.close()

    def mfcc(self) -> tuple[Vector, Vector]:
        """Give mean and standard deviation of each coefficient."""
        sums, squares = np.zeros(MFCCS), np.zeros(MFCCS)
        for levels_db in self._batches():
            coefficients = levels_db @ cosine_matrix()
            sums += coefficients.sum(axis=0, dtype=np.float64)
            squares += np.square(coefficients, dtype=np.float64).sum(axis=0)
        means = sums / max(self.count, 1)
        variances = squares / max(self.count, 1) - np.square(means)
        return means.astype(np.float32), np.sqrt(np.maximum(variances, 0)).astype(np.float32)

    def onset_strength(self) -> Vector:
        strengths = [np.zeros(ONSET_DELAY, np.float32)]
        before: Vector | None = None
        for levels_db in self._batches():
            levels_db = levels_db if before is None else np.concatenate([before, levels_db])
            strengths.append(np.maximum(np.diff(levels_db, axis=0), 0).mean(axis=1))
            before = levels_db[-1:]
        return np.concatenate(strengths)[: self.count]

    def picture(self) -> Vector:
        columns = min(self.count, PICTURE_COLUMNS)
        picture, counts = np.zeros((columns, MELS), np.float32), np.zeros((columns, 1), np.float32)
        first = 0
        for levels_db in self._batches():
            places = np.arange(first, first + len(levels_db)) * columns // self.count
            np.add.at(picture, places, levels_db)
            np.add.at(counts, places, 1)
            first += len(levels_db)
        return np.ascontiguousarray((picture / counts).T)

    def _batches(self) -> Iterator[Vector]:
        floor = np.float32(max(FLOOR_POWER, self._loudest / 10 ** (DYNAMICS_DB / 10)))
        self._file.seek(0)
        while data := self._file.read(4 * MELS * 8 * BATCH):
            powers = np.frombuffer(data, np.float32).reshape(-1, MELS)
            yield np.float32(10) * np.log10(np.maximum(powers, floor))
