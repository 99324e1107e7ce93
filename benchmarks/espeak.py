"""espeak-ng through its C library: speech with the place of every word, which its program does not tell."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# From espeak-ng/speak_lib.h.
SYNCHRONOUS = 2
DONT_EXIT = 0x8000
CHARS_UTF8 = 1
LAST_EVENT, WORD_EVENT = 0, 1
RATE, PITCH = 1, 3

AUDIBLE = 4e-3  # -48 dBFS before a voice is turned down: what is softer disappears in the room noise


class Event(ctypes.Structure):
    """`espeak_EVENT`."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker."""

    name: str
    """As espeak-ng calls it, with a variant: "en-us+m3"."""
    words_per_minute: int
    """How fast it speaks."""
    pitch: int
    """0..100."""
    gain_db: float
    """Its level against the loudest, in dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One sentence as sound."""

    samples: Samples
    """Mono, without silence at either end."""
    words: tuple[tuple[float, float], ...]
    """Start and end in seconds of each word; what is spoken as one ("on the") counts as one."""


class Espeak:
    """The synthesizer; there can be one in a process."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise SystemExit("libespeak-ng was not found. Install it, for example with: apt-get install libespeak-ng1")
        self._library = ctypes.CDLL(name)
        self.sample_rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, None, DONT_EXIT)
        if self.sample_rate <= 0:
            raise SystemExit(
                "espeak-ng did not start. Install its data, for example with: apt-get install espeak-ng-data"
            )
        self._pieces: list[Samples] = []
        self._word_starts: list[int] = []
        self._callback = Callback(self._receive)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, wav: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[Event]) -> int:
        if count:
            self._pieces.append(np.ctypeslib.as_array(wav, (count,)).astype(np.float32) / 32768)
        index = 0
        while events[index].type != LAST_EVENT:
            event = events[index]
            if event.type == WORD_EVENT:
                self._word_starts.append(event.sample)
            index += 1
        return 0

    def say(self, text: str, voice: Voice) -> Utterance:
        """Speak a sentence."""
        self._pieces, self._word_starts = [], []
        self._library.espeak_SetVoiceByName(voice.name.encode())
        self._library.espeak_SetParameter(RATE, voice.words_per_minute, 0)
        self._library.espeak_SetParameter(PITCH, voice.pitch, 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 0, 0, CHARS_UTF8, None, None)
        samples = np.concatenate(self._pieces)
        audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
        first, last = int(audible[0]), int(audible[-1]) + 1
        return Utterance(samples=samples[first:last], words=self._words(audible, first))

    def _words(self, audible: NDArray[np.intp], first: int) -> tuple[tuple[float, float], ...]:
        """Let each word last from the first sound at or after its mark to the last sound before the next mark."""
        places = np.searchsorted(audible, [*self._word_starts, int(audible[-1]) + 1])
        heard = [(audible[a], audible[b - 1] + 1) for a, b in pairwise(places) if b > a]
        return tuple(
            (round(float(a - first) / self.sample_rate, 4), round(float(b - first) / self.sample_rate, 4))
            for a, b in heard
        )
