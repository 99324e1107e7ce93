"""Steps that change when something sounds, how fast, and in what form: cuts, tempo, channels, rate, width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiokit.dsp.channels import Invert as InvertStage
from audiokit.dsp.channels import Pan as PanStage
from audiokit.dsp.quantize import WIDTHS
from audiokit.dsp.quantize import Quantize as QuantizeStage
from audiokit.dsp.silence import StripSilence as StripSilenceStage
from audiokit.dsp.stage import Stage
from audiokit.dsp.stretch import FASTEST, MOST_SEMITONES, SLOWEST
from audiokit.dsp.stretch import PitchShift as PitchStage
from audiokit.dsp.stretch import Speed as SpeedStage
from audiokit.editing.step import StageStep, Step, check
from audiokit.editing.streams import Reversed, Staged, Stream, Trimmed, with_channels, with_rate
from audiokit.errors import UsageError

RATES_HZ = (1000, 768000)
MOST_CHANNELS = 256
LONGEST_S = 1e6


@dataclass(frozen=True, slots=True)
class Trim(Step):
    """Keep what lies between two times. What comes after the end is not even decoded."""

    start_s: float = 0.0
    """In seconds; negative counts from the end, and so much is then held in memory."""
    end_s: float | None = None
    """In seconds; negative counts from the end; None is the end."""

    def __post_init__(self) -> None:
        check("trim", "the start", self.start_s, (-LONGEST_S, LONGEST_S), "s")
        if self.end_s is not None:
            check("trim", "the end", self.end_s, (-LONGEST_S, LONGEST_S), "s")
            if self.end_s <= self.start_s and (self.start_s < 0 or self.end_s >= 0):
                raise UsageError(f"trim: {self.start_s:g} s to {self.end_s:g} s; expected an end behind the start.")
            if self.start_s < 0 <= self.end_s:
                raise UsageError(
                    f"trim: {self.start_s:g} s from the end to {self.end_s:g} s; expected both from the end."
                )

    def on(self, stream: Stream) -> Stream:
        """Cut a stream."""
        start = round(self.start_s * stream.sample_rate)
        end = None if self.end_s is None else round(self.end_s * stream.sample_rate)
        return Trimmed(stream, start, end)

    def __str__(self) -> str:
        return f"trim to {self.start_s:g} s .. {'the end' if self.end_s is None else f'{self.end_s:g} s'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StripSilence(StageStep):
    """Take silence out at both ends, or everywhere; see `audiokit.dsp.silence`."""

    threshold_dbfs: float = -40.0
    """Highest RMS of a silence, in dBFS."""
    min_silence_s: float = 1.0
    """Shorter pauses are sound, in seconds."""
    keep_silence_s: float = 0.1
    """How much silence stays before and after sound, in seconds."""
    inner: bool = False
    """Also between sounds."""

    def __post_init__(self) -> None:
        check("strip-silence", "threshold", self.threshold_dbfs, (-120.0, 0.0), "dBFS")
        check("strip-silence", "min", self.min_silence_s, (0.01, 3600.0), "s")
        check("strip-silence", "keep", self.keep_silence_s, (0.0, 3600.0), "s")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return StripSilenceStage(
            threshold_dbfs=self.threshold_dbfs,
            min_silence_s=self.min_silence_s,
            keep_silence_s=self.keep_silence_s,
            inner=self.inner,
            sample_rate=sample_rate,
            channels=channels,
        )

    def __str__(self) -> str:
        where = "everywhere" if self.inner else "at both ends"
        return (
            f"strip silence {where}: {self.min_silence_s:g} s and more below {self.threshold_dbfs:g} dBFS, "
            f"{self.keep_silence_s:g} s of it stay"
        )


@dataclass(frozen=True, slots=True)
class Speed(StageStep):
    """Play faster or slower at the same pitch."""

    factor: float
    """2 is twice as fast; 0.25 to 4."""

    def __post_init__(self) -> None:
        check("speed", "the factor", self.factor, (SLOWEST, FASTEST))

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return SpeedStage(self.factor, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"speed x {self.factor:g}"


@dataclass(frozen=True, slots=True)
class Pitch(StageStep):
    """Change the pitch, not the tempo."""

    semitones: float
    """12 is an octave up; -12 to 12."""

    def __post_init__(self) -> None:
        check("pitch", "the shift", self.semitones, (-MOST_SEMITONES, MOST_SEMITONES), "semitones")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return PitchStage(self.semitones, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"pitch {self.semitones:+g} semitones"


@dataclass(frozen=True, slots=True)
class Reverse(Step):
    """Play backwards, by way of a temporary file of the sound's size in float32."""

    before: ClassVar[str] = "writes the sound into a temporary file"

    def on(self, stream: Stream) -> Stream:
        """Turn a stream round."""
        return Reversed(stream)

    def __str__(self) -> str:
        return "reverse"


@dataclass(frozen=True, slots=True)
class Pan(Step):
    """Move mono or stereo to a side; mono becomes stereo."""

    position: float
    """-1 is left, 0 the middle, 1 right."""

    def __post_init__(self) -> None:
        check("pan", "the position", self.position, (-1.0, 1.0))

    def on(self, stream: Stream) -> Stream:
        """Put the stage behind a stream."""
        return Staged(stream, lambda: PanStage(self.position, channels=stream.channels), channels=2)

    def __str__(self) -> str:
        return f"pan to {self.position:+g}"


@dataclass(frozen=True, slots=True)
class Invert(StageStep):
    """Turn the phase of all channels."""

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return InvertStage(channels=channels)

    def __str__(self) -> str:
        return "invert the phase"


@dataclass(frozen=True, slots=True)
class Channels(Step):
    """Copy mono to several channels, or mix several to one."""

    channels: int
    """How many; 1 is the average of all."""

    def __post_init__(self) -> None:
        check("channels", "their number", self.channels, (1, MOST_CHANNELS))

    def on(self, stream: Stream) -> Stream:
        """Change a stream's channels."""
        return with_channels(stream, self.channels)

    def __str__(self) -> str:
        return "mono" if self.channels == 1 else f"{self.channels} channels"


@dataclass(frozen=True, slots=True)
class Mono(Channels):
    """Mix all channels to one: their average."""

    channels: int = 1


@dataclass(frozen=True, slots=True)
class Rate(Step):
    """Resample."""

    sample_rate: int
    """In Hz."""

    def __post_init__(self) -> None:
        check("sample-rate", "the new rate", self.sample_rate, RATES_HZ, "Hz")

    def on(self, stream: Stream) -> Stream:
        """Change a stream's rate."""
        return with_rate(stream, self.sample_rate)

    def __str__(self) -> str:
        return f"resample to {self.sample_rate} Hz"


@dataclass(frozen=True, slots=True)
class Width(Step):
    """Round to what integers of some bits hold; a file written from it gets that width where its format has it."""

    bits: int
    """8, 16, 24 or 32."""

    def __post_init__(self) -> None:
        if self.bits not in WIDTHS:
            raise UsageError(f"width: {self.bits} bits; expected one of {', '.join(map(str, WIDTHS))}.")

    def on(self, stream: Stream) -> Stream:
        """Put the stage behind a stream."""
        rounded = Staged(stream, lambda: QuantizeStage(self.bits, channels=stream.channels))
        rounded.bits = self.bits
        return rounded

    def __str__(self) -> str:
        return f"round to {self.bits} bits"
