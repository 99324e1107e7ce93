"""Steps that change how loud it is: gain, fades, normalization, dynamics."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from audiokit.dsp.compress import Compress as CompressStage
from audiokit.dsp.dynamics import Limit as LimitStage
from audiokit.dsp.fades import Fade as FadeStage
from audiokit.dsp.fades import FadeIn as FadeInStage
from audiokit.dsp.fades import FadeOut as FadeOutStage
from audiokit.dsp.gain import Gain as GainStage
from audiokit.dsp.gate import Gate as GateStage
from audiokit.dsp.levels import db_from_gain, sample_peak
from audiokit.dsp.loudness import GATING_BLOCK_S, STEP_S, LoudnessMeter, integrated_loudness
from audiokit.dsp.stage import Stage
from audiokit.editing.step import StageStep, Step, check
from audiokit.editing.streams import Stream
from audiokit.errors import AudioFileError, UsageError

GAINS_DB = (-120.0, 120.0)
LEVELS_DB = (-100.0, 0.0)
TIMES_S = (0.0, 86400.0)
ATTACKS_S = (0.0, 10.0)
RELEASES_S = (0.001, 60.0)


@dataclass(frozen=True, slots=True)
class Gain(StageStep):
    """Change the level."""

    gain_db: float
    """-120 to 120."""

    def __post_init__(self) -> None:
        check("gain", "the change", self.gain_db, GAINS_DB, "dB")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return GainStage(self.gain_db, channels=channels)

    def __str__(self) -> str:
        return f"gain {self.gain_db:+g} dB"


@dataclass(frozen=True, slots=True)
class FadeIn(StageStep):
    """Rise from silence along a straight line."""

    duration_s: float
    """Length of the rise, in seconds."""

    def __post_init__(self) -> None:
        check("fade-in", "its length", self.duration_s, TIMES_S, "s")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return FadeInStage(self.duration_s, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"fade in over {self.duration_s:g} s"


@dataclass(frozen=True, slots=True)
class FadeOut(StageStep):
    """Fall to silence at the end along a straight line. As much as the fade is long is held in memory."""

    duration_s: float
    """Length of the fall, in seconds."""

    def __post_init__(self) -> None:
        check("fade-out", "its length", self.duration_s, TIMES_S, "s")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return FadeOutStage(self.duration_s, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"fade out over {self.duration_s:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade(StageStep):
    """Move the level from one gain to another between two times; each holds before and after."""

    from_db: float = 0.0
    """Gain before `start_s`; -inf is silence."""
    to_db: float = 0.0
    """Gain after `end_s`; -inf is silence."""
    start_s: float = 0.0
    """In seconds."""
    end_s: float
    """In seconds."""

    def __post_init__(self) -> None:
        for what, gain_db in (("from", self.from_db), ("to", self.to_db)):
            check("fade", what, gain_db, (-math.inf, GAINS_DB[1]), "dB")
        for what, time_s in (("start", self.start_s), ("end", self.end_s)):
            check("fade", what, time_s, TIMES_S, "s")
        if self.end_s < self.start_s:
            raise UsageError(f"fade: ends at {self.end_s:g} s; expected an end behind its start, {self.start_s:g} s.")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        times = (self.start_s, self.end_s)
        return FadeStage(self.from_db, self.to_db, *times, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"fade from {self.from_db:+g} to {self.to_db:+g} dB between {self.start_s:g} and {self.end_s:g} s"


class _Normalize(Step):
    """Change the level by a gain that brings a measured level to a target; silence stays as it is."""

    __slots__ = ()

    before: ClassVar[str] = "goes through the sound once more, to measure it"
    target_db: float

    def on(self, stream: Stream) -> Stream:
        """Measure the stream, then put the gain behind it."""
        gain_db = self.target_db - self.measured(stream)
        return Gain(max(GAINS_DB[0], min(GAINS_DB[1], gain_db))).on(stream) if math.isfinite(gain_db) else stream

    @abstractmethod
    def measured(self, stream: Stream) -> float:
        """Go through the stream; give its level in the target's unit, -inf for silence."""


@dataclass(frozen=True, slots=True)
class NormalizeLoudness(_Normalize):
    """Bring the integrated loudness to a target. Peaks may exceed full scale: follow with `Limit`."""

    target_db: float = -16.0
    """In LUFS; -16 is usual for podcasts."""

    def __post_init__(self) -> None:
        check("normalize", "the target", self.target_db, (-70.0, 0.0), "LUFS")

    def measured(self, stream: Stream) -> float:
        """Measure in LUFS."""
        meter = LoudnessMeter(stream.sample_rate, stream.channels)
        for block in stream.blocks():
            meter.push(block)
        if len(meter.step_powers) < round(GATING_BLOCK_S / STEP_S):
            raise AudioFileError(
                f"{self}: the sound is shorter than {GATING_BLOCK_S} s, too short for a loudness. Normalize its peak.",
                reason="too short",
            )
        return integrated_loudness(meter.step_powers)

    def __str__(self) -> str:
        return f"normalize to {self.target_db:g} LUFS"


@dataclass(frozen=True, slots=True)
class NormalizeRms(_Normalize):
    """Bring the root mean square over all channels to a target. Peaks may exceed full scale: follow with `Limit`."""

    target_db: float = -20.0
    """In dBFS; 0 is a square wave of full scale. Audiobooks want -23 to -18."""

    def __post_init__(self) -> None:
        check("normalize", "the target", self.target_db, LEVELS_DB, "dB RMS")

    def measured(self, stream: Stream) -> float:
        """Measure in dBFS."""
        energy, count = 0.0, 0
        for block in stream.blocks():
            energy += float(np.square(block, dtype=np.float64).sum())
            count += block.size
        return db_from_gain(math.sqrt(energy / max(count, 1)))

    def __str__(self) -> str:
        return f"normalize to {self.target_db:g} dB RMS"


@dataclass(frozen=True, slots=True)
class NormalizePeak(_Normalize):
    """Bring the highest sample to a target."""

    target_db: float = -1.0
    """In dBFS."""

    def __post_init__(self) -> None:
        check("normalize", "the target", self.target_db, LEVELS_DB, "dBFS")

    def measured(self, stream: Stream) -> float:
        """Measure in dBFS."""
        return db_from_gain(max((sample_peak(block) for block in stream.blocks()), default=0.0))

    def __str__(self) -> str:
        return f"normalize to a peak of {self.target_db:g} dBFS"


@dataclass(frozen=True, slots=True)
class Limit(StageStep):
    """Keep the true peak at or below a ceiling."""

    ceiling_dbtp: float = -1.0
    """In dBTP."""

    def __post_init__(self) -> None:
        check("limit", "the ceiling", self.ceiling_dbtp, (-60.0, 0.0), "dBTP")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return LimitStage(self.ceiling_dbtp, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"limit to {self.ceiling_dbtp:g} dBTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compress(StageStep):
    """Make loud places quieter; see `audiokit.dsp.compress`."""

    threshold_dbfs: float = -20.0
    """RMS from which on the gain falls, in dBFS."""
    ratio: float = 4.0
    """What exceeds the threshold by some dB, exceeds it by 1/ratio of that afterwards; at least 1."""
    attack_s: float = 0.005
    """Time constant with which the gain falls, in seconds."""
    release_s: float = 0.05
    """Time constant with which it recovers, in seconds."""
    knee_db: float = 0.0
    """Width of the bend around the threshold, in dB."""
    makeup_db: float = 0.0
    """Gain for everything afterwards, in dB."""

    def __post_init__(self) -> None:
        check("compress", "threshold", self.threshold_dbfs, LEVELS_DB, "dBFS")
        check("compress", "ratio", self.ratio, (1.0, math.inf))
        check("compress", "attack", self.attack_s, ATTACKS_S, "s")
        check("compress", "release", self.release_s, RELEASES_S, "s")
        check("compress", "knee", self.knee_db, (0.0, 60.0), "dB")
        check("compress", "makeup", self.makeup_db, GAINS_DB, "dB")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return CompressStage(
            threshold_dbfs=self.threshold_dbfs,
            ratio=self.ratio,
            attack_s=self.attack_s,
            release_s=self.release_s,
            knee_db=self.knee_db,
            makeup_db=self.makeup_db,
            sample_rate=sample_rate,
            channels=channels,
        )

    def __str__(self) -> str:
        return (
            f"compress above {self.threshold_dbfs:g} dBFS by {self.ratio:g}:1 (attack {self.attack_s:g} s, "
            f"release {self.release_s:g} s, knee {self.knee_db:g} dB, make-up {self.makeup_db:g} dB)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(StageStep):
    """Quieten the pauses; see `audiokit.dsp.gate`."""

    threshold_dbfs: float = -50.0
    """RMS from which on the gate is open, in dBFS."""
    attack_s: float = 0.005
    """How long before a sound it begins to open, in seconds."""
    hold_s: float = 0.1
    """How long it stays open after a sound, in seconds."""
    release_s: float = 0.1
    """Time constant of its closing, in seconds."""
    range_db: float = 40.0
    """How much a closed gate takes away, in dB."""

    def __post_init__(self) -> None:
        check("gate", "threshold", self.threshold_dbfs, LEVELS_DB, "dBFS")
        check("gate", "attack", self.attack_s, ATTACKS_S, "s")
        check("gate", "hold", self.hold_s, ATTACKS_S, "s")
        check("gate", "release", self.release_s, RELEASES_S, "s")
        check("gate", "range", self.range_db, (0.0, math.inf), "dB")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return GateStage(
            threshold_dbfs=self.threshold_dbfs,
            attack_s=self.attack_s,
            hold_s=self.hold_s,
            release_s=self.release_s,
            range_db=self.range_db,
            sample_rate=sample_rate,
            channels=channels,
        )

    def __str__(self) -> str:
        return (
            f"gate below {self.threshold_dbfs:g} dBFS by {self.range_db:g} dB (attack {self.attack_s:g} s, "
            f"hold {self.hold_s:g} s, release {self.release_s:g} s)"
        )
