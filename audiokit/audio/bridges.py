"""Doors to the arrays and objects of pydub, torch and librosa, each by its own conventions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples
from audiokit.errors import MissingDependencyError

if TYPE_CHECKING:
    from pydub import AudioSegment
    from torch import Tensor

BitDepth = Literal[8, 16, 24, 32]
"""Bits of a signed integer sample."""


class PydubSegment(Protocol):
    """What is read of a `pydub.AudioSegment`."""

    raw_data: bytes
    """Little-endian signed integers, channels interleaved."""
    sample_width: int
    """Bytes of a sample: 1, 2 or 4."""
    frame_rate: int
    """In Hz."""
    channels: int
    """How many channels."""


def to_pydub(audio: Audio, bits: BitDepth = 16) -> AudioSegment:
    """Make a `pydub.AudioSegment`; values outside [-1, 1) are clipped, the others rounded to the nearest step.

    What came from integers of `bits` or fewer is exact. float32 holds 24 bits, so of 32 bits the upper 24 survive
    (all 32 of a sample below -48 dBFS). pydub has no 24-bit samples: 24 bits stand at the top of 32.

    Parameters
    ----------
    audio : any rate, any channels.
    bits : resolution of the samples.

    Raises
    ------
    MissingDependencyError : pydub is not installed, or on Python 3.13 and later its `audioop`.
    """
    if bits not in (8, 16, 24, 32):
        raise ValueError(f"bits is {bits!r}; expected 8, 16, 24 or 32")
    integers = _quantized(audio.samples, bits)
    width = {8: 1, 16: 2, 24: 4, 32: 4}[bits]
    if bits == 24:
        integers <<= 8
    segment = _import_pydub().AudioSegment
    data = integers.astype(f"<i{width}").tobytes()
    return segment(data, sample_width=width, frame_rate=audio.sample_rate, channels=audio.channels)


def from_pydub(segment: PydubSegment) -> Audio:
    """Take a `pydub.AudioSegment`: exact for 8, 16 and 24 bits, rounded to float32's 24 bits for 32.

    pydub fills 24-bit samples up to 32 with ones where they are negative. That is undone; float32 could not hold
    what it would otherwise be.

    Parameters
    ----------
    segment : any rate, any channels, 8, 16 or 32 bits a sample.
    """
    integers = np.frombuffer(segment.raw_data, f"<i{segment.sample_width}")
    if segment.sample_width == 4 and not np.any((integers ^ (integers >> 31)) & 0xFF):
        integers = integers & ~0xFF
    return Audio.from_integers(integers.reshape(-1, segment.channels), segment.frame_rate)


def to_torch(audio: Audio, *, copy: bool = True) -> Tensor:
    """Make a float32 `torch.Tensor` of shape (channels, frames), torchaudio's convention.

    Parameters
    ----------
    audio : any rate, any channels.
    copy : False shares the memory of `audio`. torch knows no read-only tensors: never write into a shared one.

    Raises
    ------
    MissingDependencyError : torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError("torch", extra="torch") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        shared = torch.from_numpy(audio.samples).T
    return shared.clone(memory_format=torch.contiguous_format) if copy else shared


def from_torch(tensor: Tensor, sample_rate: int) -> Audio:
    """Take a floating-point `torch.Tensor`, shape (channels, frames) or (frames,), from any device.

    Mono float32 on the CPU is not copied: writing into the tensor later changes the sound.
    """
    return from_librosa(tensor.detach().cpu().numpy(), sample_rate)


def to_librosa(audio: Audio) -> tuple[Samples, int]:
    """Give what `librosa.load` gives: a read-only array, 1-D for mono, else (channels, frames); and the rate in Hz."""
    return (audio.samples[:, 0] if audio.channels == 1 else audio.samples.T), audio.sample_rate


def from_librosa(samples: NDArray[np.floating[Any]], sample_rate: int) -> Audio:
    """Take librosa's array, shape (frames,) or (channels, frames), and its rate in Hz."""
    return Audio(np.asarray(samples).T, sample_rate)


def _quantized(samples: Samples, bits: int) -> NDArray[np.int32]:
    full_scale = 2.0 ** (bits - 1)
    # float64: float32 has no number between 2**31 - 128 and 2**31, and clipping would end above full scale.
    steps = np.rint(samples * full_scale if bits <= 16 else samples.astype(np.float64) * full_scale)
    return np.clip(steps, -full_scale, full_scale - 1).astype(np.int32)


def _import_pydub() -> Any:
    with warnings.catch_warnings():
        # pydub's own: invalid escapes, audioop's deprecation, no ffmpeg. None of them concerns what is used here.
        warnings.simplefilter("ignore")
        try:
            import pydub
        except ImportError as error:
            raise MissingDependencyError("pydub", extra="pydub") from error
    return pydub
