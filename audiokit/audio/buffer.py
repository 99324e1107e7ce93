"""`Audio`: samples with their rate, the value every function takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from os import PathLike

    from pydub import AudioSegment
    from torch import Tensor

    from audiokit.audio.bridges import BitDepth, PydubSegment

Samples = NDArray[np.float32]
"""float32, shape (frames, channels)."""

Downmix = Literal["average", "left", "right", "louder"]
"""How several channels become one."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Audio:
    """A piece of sound: read-only samples and their rate.

    Parameters
    ----------
    samples : float array, shape (frames, channels) or (frames,) for mono, nominal range [-1, 1].
        Kept as read-only float32, C-contiguous, always 2-D. An array that already is so is not copied.
    sample_rate : frames per second, in Hz.

    Raises
    ------
    TypeError : integer samples (their full scale is unknown here; use `Audio.from_integers`).
    ValueError : wrong shape, no channel, a rate below 1 Hz, or values that are not finite.
    """

    samples: Samples
    """float32, shape (frames, channels), read-only; values outside [-1, 1] are legal in memory."""
    sample_rate: int
    """Frames per second, in Hz."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", _checked(self.samples))
        if int(self.sample_rate) != self.sample_rate or self.sample_rate < 1:
            raise ValueError(f"sample_rate is {self.sample_rate!r}; expected a whole number of Hz, at least 1")
        object.__setattr__(self, "sample_rate", int(self.sample_rate))

    @classmethod
    def from_integers(cls, samples: ArrayLike, sample_rate: int) -> Audio:
        """Scale signed integers of 8, 16 or 32 bits to [-1, 1).

        Parameters
        ----------
        samples : integer array, shape (frames, channels) or (frames,); the dtype gives full scale.
        sample_rate : in Hz.
        """
        integers = np.asarray(samples)
        if integers.dtype.kind != "i":
            raise TypeError(f"samples are {integers.dtype}; expected signed integers")
        full_scale = float(2 ** (8 * integers.dtype.itemsize - 1))
        return cls((integers / full_scale).astype(np.float32), sample_rate)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Audio:
        """Read a whole recording; see `audiokit.audio.files.read`."""
        from audiokit.audio.files import read

        return read(path)

    def save(self, path: str | PathLike[str], **options: Any) -> None:
        """Write to a file; see `audiokit.audio.files.write` for the options."""
        from audiokit.audio.files import write

        write(path, self, **options)

    @property
    def frames(self) -> int:
        """How many samples each channel has."""
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def __getitem__(self, span: slice) -> Audio:
        """Cut out `audio[start_s:end_s]`, in seconds; negative counts from the end, as in a list."""
        if not isinstance(span, slice) or span.step is not None:
            raise TypeError("Audio is sliced by seconds: audio[1.5:3.0]")
        start, stop = (None if edge is None else round(edge * self.sample_rate) for edge in (span.start, span.stop))
        return Audio(self.samples[start:stop], self.sample_rate)

    def __add__(self, other: Audio | float) -> Audio:
        """Raise the level, `audio + 3.0` in dB, or put another sound behind: `audio + audio`.

        Raises
        ------
        ValueError : the other sound has another rate or other channels.
        """
        if isinstance(other, Audio):
            return Audio(np.concatenate([self.samples, _alike(self, other).samples]), self.sample_rate)
        if isinstance(other, Real):
            return Audio(self.samples * np.float32(10 ** (float(other) / 20)), self.sample_rate)
        return NotImplemented

    def __radd__(self, other: int) -> Audio:
        """Let `sum()` join sounds: it starts with 0."""
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def __sub__(self, gain_db: float) -> Audio:
        """Lower the level: `audio - 3.0` in dB."""
        if isinstance(gain_db, Real):
            return self + -gain_db
        return NotImplemented

    def __mul__(self, times: int) -> Audio:
        """Repeat: `audio * 3` is three times as long; `audio * 0` has no frames."""
        if not isinstance(times, int):
            return NotImplemented
        if times < 0:
            raise ValueError(f"repeated {times} times; expected 0 or more")
        return Audio(np.tile(self.samples, (times, 1)), self.sample_rate)

    def mono(self, downmix: Downmix = "average") -> Audio:
        """Mix to one channel.

        Parameters
        ----------
        downmix : "average" of all channels, the "left" (first) or "right" (second) one, or the "louder" by RMS.
        """
        return Audio(downmixed(self.samples, downmix), self.sample_rate)

    def resample(self, sample_rate: int) -> Audio:
        """Change the rate with soxr; see `audiokit.audio.resample.resample`."""
        from audiokit.audio.resample import resample

        return resample(self, sample_rate)

    def to_numpy(self) -> Samples:
        """Give a copy of the samples, (frames, channels), to write into; `samples` is the same without a copy."""
        return self.samples.copy()

    def to_pydub(self, bits: BitDepth = 16) -> AudioSegment:
        """Make a `pydub.AudioSegment`; see `audiokit.audio.bridges.to_pydub`."""
        from audiokit.audio.bridges import to_pydub

        return to_pydub(self, bits)

    @classmethod
    def from_pydub(cls, segment: PydubSegment) -> Audio:
        """Take a `pydub.AudioSegment`; see `audiokit.audio.bridges.from_pydub`."""
        from audiokit.audio.bridges import from_pydub

        return from_pydub(segment)

    def to_torch(self, *, copy: bool = True) -> Tensor:
        """Make a (channels, frames) tensor; see `audiokit.audio.bridges.to_torch`."""
        from audiokit.audio.bridges import to_torch

        return to_torch(self, copy=copy)

    @classmethod
    def from_torch(cls, tensor: Tensor, sample_rate: int) -> Audio:
        """Take a (channels, frames) or (frames,) tensor; see `audiokit.audio.bridges.from_torch`."""
        from audiokit.audio.bridges import from_torch

        return from_torch(tensor, sample_rate)

    def to_librosa(self) -> tuple[Samples, int]:
        """Give `y, sr` as `librosa.load` does; see `audiokit.audio.bridges.to_librosa`."""
        from audiokit.audio.bridges import to_librosa

        return to_librosa(self)

    @classmethod
    def from_librosa(cls, samples: NDArray[np.floating[Any]], sample_rate: int) -> Audio:
        """Take librosa's (frames,) or (channels, frames); see `audiokit.audio.bridges.from_librosa`."""
        from audiokit.audio.bridges import from_librosa

        return from_librosa(samples, sample_rate)

    def _repr_html_(self) -> str:
        from audiokit.audio.player import to_html

        return to_html(self)

    def __repr__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"Audio({self.duration_s:.3f} s, {self.sample_rate} Hz, {channels})"


def downmixed(samples: Samples, downmix: Downmix = "average") -> Samples:
    """Mix (frames, channels) to (frames, 1); see `Audio.mono`."""
    channels = samples.shape[1]
    if channels == 1:
        return samples
    if downmix == "average":
        # A matrix product: 7 x faster than mean(axis=1), which strides over pairs.
        return samples @ np.full((channels, 1), 1 / channels, np.float32)
    if downmix == "louder":
        chosen = int(np.argmax(np.einsum("fc,fc->c", samples, samples)))
    elif downmix in ("left", "right"):
        chosen = 0 if downmix == "left" else 1
    else:
        raise ValueError(f"downmix is {downmix!r}; expected average, left, right or louder")
    return np.ascontiguousarray(samples[:, chosen : chosen + 1])


def _alike(audio: Audio, other: Audio) -> Audio:
    """Give `other` if it can follow `audio` sample by sample."""
    if (audio.sample_rate, audio.channels) != (other.sample_rate, other.channels):
        raise ValueError(f"{audio!r} and {other!r} cannot be joined; bring one to the other with resample() or mono()")
    return other


def _checked(samples: ArrayLike) -> Samples:
    array = np.asarray(samples)
    if array.dtype.kind != "f":
        raise TypeError(f"samples are {array.dtype}; expected floats in [-1, 1] (integers: Audio.from_integers)")
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"samples have shape {np.shape(samples)}; expected (frames, channels)")
    array = np.ascontiguousarray(array, dtype=np.float32)
    # min and max hand NaN on, so two cheap passes see every value without a mask of the same length.
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        raise ValueError("samples hold values that are not finite (NaN or infinity)")
    array = array.view()
    array.flags.writeable = False
    return array
