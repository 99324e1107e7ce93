"""Silence: where it is, what lies between, and how to take it out.

A place is silent when some stretch of `min_silence_s` around it has an RMS, over all channels, at or below a threshold
(0 dBFS is a square wave of full scale): pydub's meaning. Stretches are tried at every `seek_step_s`, to which
`min_silence_s` is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.mix import Join
from audiokit.dsp.stage import nothing, pieces_of, run
from audiokit.dsp.steps import Ahead, Flags, MovingSum, StepEnergies

Span = tuple[float, float]
"""From .. to, in seconds."""

CROSSFADE_S = 0.01  # where silence was cut out: room tone meets room tone without a click


class SilenceDetector:
    """Finds the silence of a stream, keeping one byte for each step.

    Parameters
    ----------
    min_silence_s : shorter pauses are sound.
    threshold_dbfs : highest RMS of a silence.
    seek_step_s : how finely is looked.
    sample_rate, channels : of the stream.

    Raises
    ------
    ValueError : a step that is not more than 0, or longer than the silence.
    """

    def __init__(
        self,
        *,
        min_silence_s: float = 1.0,
        threshold_dbfs: float = -40.0,
        seek_step_s: float = 0.001,
        sample_rate: int,
        channels: int,
    ) -> None:
        self._sample_rate = sample_rate
        self._silent = _SilentSteps(
            min_silence_s, threshold_dbfs, seek_step_s, sample_rate=sample_rate, channels=channels
        )
        self._flags: list[Flags] = []
        self._frames = 0

    def push(self, samples: Samples) -> None:
        """Take the next samples, (frames, channels), any number of them."""
        self._frames += len(samples)
        self._flags.append(self._silent.push(samples))

    def finish(self) -> list[Span]:
        """End the stream; give the silent spans in their order. Nothing can be pushed after it."""
        self._flags.append(self._silent.flush())
        edges = np.flatnonzero(np.diff(np.concatenate(self._flags), prepend=False, append=False))
        places = np.minimum(edges * self._silent.frames, self._frames) / self._sample_rate
        return [(float(start), float(end)) for start, end in places.reshape(-1, 2)]


class _Undecided:
    """Holds the samples of a stream until it is known what they are, a flag a step."""

    def __init__(self, step: int, channels: int) -> None:
        self._step, self._samples = step, nothing(channels)

    def push(self, samples: Samples) -> None:
        """Take the next samples."""
        self._samples = np.concatenate([self._samples, samples])

    def sorted_by(self, flags: Flags) -> Iterator[tuple[bool, Samples]]:
        """Let go of the steps that `flags` decide, in runs of one flag."""
        frames = len(flags) * self._step
        decided, self._samples = self._samples[:frames], self._samples[frames:]
        edges = [0, *(np.flatnonzero(np.diff(flags)) + 1), len(flags)]
        for first, last in pairwise(edges):
            if first < last:
                yield bool(flags[first]), decided[first * self._step : last * self._step]


class SilenceSorter:
    """Tells the sound of a stream from its silence, as late as a silence is long at least.

    Parameters
    ----------
    As for `SilenceDetector`; it looks at every millisecond.
    """

    def __init__(
        self, *, min_silence_s: float = 1.0, threshold_dbfs: float = -40.0, sample_rate: int, channels: int
    ) -> None:
        self._silent = _SilentSteps(min_silence_s, threshold_dbfs, sample_rate=sample_rate, channels=channels)
        self._undecided = _Undecided(self._silent.frames, channels)

    def push(self, samples: Samples) -> list[tuple[bool, Samples]]:
        """Take the next samples; give what is decided, in order: whether it is silent, and the samples."""
        self._undecided.push(samples)
        return list(self._undecided.sorted_by(self._silent.push(samples)))

    def flush(self) -> list[tuple[bool, Samples]]:
        """Give the rest."""
        return list(self._undecided.sorted_by(self._silent.flush()))


class StripSilence:
    """Takes silence out of a stream; see `strip_silence`.

    Holds back `min_silence_s` and `keep_silence_s`; without `inner`, also a silence until sound follows it.
    """

    def __init__(
        self,
        *,
        min_silence_s: float = 1.0,
        threshold_dbfs: float = -40.0,
        keep_silence_s: float = 0.1,
        inner: bool = False,
        seek_step_s: float = 0.001,
        sample_rate: int,
        channels: int,
    ) -> None:
        if keep_silence_s < 0:
            raise ValueError(f"keep_silence_s is {keep_silence_s}; expected 0 or more")
        self._silent = _SilentSteps(
            min_silence_s, threshold_dbfs, seek_step_s, sample_rate=sample_rate, channels=channels
        )
        keep = round(keep_silence_s * self._silent.per_s)
        self._near_sound = Ahead(keep, back=keep)
        self._inner = inner
        self._undecided = _Undecided(self._silent.frames, channels)
        self._nothing = nothing(channels)
        self._join = Join(CROSSFADE_S if inner else 0.0, sample_rate=sample_rate, channels=channels)
        self._began = False
        self._gap: list[Samples] = []

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that are known to stay."""
        self._undecided.push(samples)
        return self._sifted(self._near_sound.push(~self._silent.push(samples)))

    def flush(self) -> Samples:
        """Give the rest, without the silence at the end."""
        stays = np.concatenate([self._near_sound.push(~self._silent.flush()), self._near_sound.flush()])
        return np.concatenate([self._sifted(stays), self._join.flush()])

    def _sifted(self, stays: Flags) -> Samples:
        """Give what stays of those steps that have been decided."""
        pieces = [self._nothing]
        for stay, piece in self._undecided.sorted_by(stays):
            pieces += self._sound(piece) if stay else self._silence(piece)
        return np.concatenate(pieces)

    def _sound(self, piece: Samples) -> list[Samples]:
        gap, self._gap = self._gap, []
        self._began = True
        if gap and self._inner:
            return [self._join.next_part(), self._join.push(piece)]
        return [self._join.push(held) for held in [*gap, piece]]

    def _silence(self, piece: Samples) -> list[Samples]:
        if self._began:
            self._gap = [self._nothing] if self._inner else [*self._gap, piece]
        return []


def detect_silence(
    audio: Audio, *, min_silence_s: float = 1.0, threshold_dbfs: float = -40.0, seek_step_s: float = 0.001
) -> list[Span]:
    """Find the silent spans, in their order.

    A sound that is shorter than `min_silence_s` has none.

    Parameters
    ----------
    audio : any rate, any channels.
    min_silence_s : shorter pauses are sound.
    threshold_dbfs : highest RMS of a silence.
    seek_step_s : how finely is looked.
    """
    detector = SilenceDetector(
        min_silence_s=min_silence_s,
        threshold_dbfs=threshold_dbfs,
        seek_step_s=seek_step_s,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
    )
    for piece in pieces_of(audio):
        detector.push(piece)
    return detector.finish()


def detect_nonsilent(
    audio: Audio, *, min_silence_s: float = 1.0, threshold_dbfs: float = -40.0, seek_step_s: float = 0.001
) -> list[Span]:
    """Find the spans between the silent ones; see `detect_silence`."""
    silences = detect_silence(
        audio, min_silence_s=min_silence_s, threshold_dbfs=threshold_dbfs, seek_step_s=seek_step_s
    )
    return spans_between(silences, audio.duration_s)


def split_on_silence(
    audio: Audio,
    *,
    min_silence_s: float = 1.0,
    threshold_dbfs: float = -40.0,
    keep_silence_s: float = 0.1,
    seek_step_s: float = 0.001,
) -> list[Audio]:
    """Cut at the silences.

    Parameters
    ----------
    audio : any rate, any channels.
    min_silence_s, threshold_dbfs, seek_step_s : see `detect_silence`.
    keep_silence_s : how much silence stays at both ends of each piece; a silence shorter than twice that is shared
        evenly. `math.inf` keeps all.
    """
    spans = detect_nonsilent(audio, min_silence_s=min_silence_s, threshold_dbfs=threshold_dbfs, seek_step_s=seek_step_s)
    return [audio[start:end] for start, end in spans_with_room(spans, keep_silence_s, audio.duration_s)]


def strip_silence(
    audio: Audio,
    *,
    min_silence_s: float = 1.0,
    threshold_dbfs: float = -40.0,
    keep_silence_s: float = 0.1,
    inner: bool = False,
    seek_step_s: float = 0.001,
) -> Audio:
    """Take silence out: at both ends, and with `inner` everywhere. A sound that is silent throughout becomes empty.

    Parameters
    ----------
    audio : any rate, any channels.
    min_silence_s, threshold_dbfs, seek_step_s : see `detect_silence`.
    keep_silence_s : how much silence stays before and after sound.
    inner : shorten silences between sounds too, to twice `keep_silence_s`; over each cut 10 ms are crossfaded.
    """
    stage = StripSilence(
        min_silence_s=min_silence_s,
        threshold_dbfs=threshold_dbfs,
        keep_silence_s=keep_silence_s,
        inner=inner,
        seek_step_s=seek_step_s,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
    )
    return run(stage, audio)


def spans_between(spans: Sequence[Span], duration_s: float) -> list[Span]:
    """Give what `spans` leave out of 0 .. `duration_s`."""
    edges = [0.0, *(edge for span in spans for edge in span), duration_s]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def spans_with_room(spans: Sequence[Span], room_s: float, duration_s: float) -> list[Span]:
    """Widen spans by `room_s` at both ends, within 0 .. `duration_s`; neighbours that would meet share the gap."""
    edges = [-math.inf, *(edge for span in spans for edge in span), math.inf]
    gaps = list(zip(edges[::2], edges[1::2], strict=True))
    return [
        (max(0.0, start - min(room_s, (start - before) / 2)), min(duration_s, end + min(room_s, (after - end) / 2)))
        for (before, start), (end, after) in pairwise(gaps)
    ]


class _SilentSteps:
    """Says of each step of a stream whether it is silent, as late as a silence is long at least."""

    def __init__(
        self,
        min_silence_s: float,
        threshold_dbfs: float,
        seek_step_s: float = 0.001,
        *,
        sample_rate: int,
        channels: int,
    ) -> None:
        if not 0 < seek_step_s <= min_silence_s:
            raise ValueError(
                f"seek_step_s is {seek_step_s}; expected more than 0 and at most min_silence_s, {min_silence_s}"
            )
        self._steps = StepEnergies(seek_step_s, sample_rate=sample_rate, channels=channels)
        self.frames, self.per_s = self._steps.frames, self._steps.steps_per_s
        window = max(1, round(min_silence_s * self.per_s))
        self._energies = MovingSum(window)
        self._most_energy = gain_from_db(2 * threshold_dbfs) * window * self._steps.values
        self._filling = window - 1  # steps until the first window is full; before, nothing is silent
        self._quiet_ahead = Ahead(window - 1)

    def push(self, samples: Samples) -> Flags:
        """Take the next samples; give answers, the first of them for the first step."""
        return self._answers(self._steps.push(samples))

    def flush(self) -> Flags:
        """Give the answers that are left."""
        return np.concatenate([self._answers(self._steps.flush()), self._quiet_ahead.flush()])

    def _answers(self, energies: Samples) -> Flags:
        quiet = self._energies.push(energies) <= self._most_energy
        quiet[: self._filling] = False
        self._filling = max(0, self._filling - len(quiet))
        return self._quiet_ahead.push(quiet)
