"""Steps that change what is in the sound: filters, hum, noise."""

from __future__ import annotations

from dataclasses import dataclass

from audiokit.dsp.dehum import Dehum as DehumStage
from audiokit.dsp.denoise import Denoise as DenoiseStage
from audiokit.dsp.filters import Bandpass as BandpassStage
from audiokit.dsp.filters import Highpass as HighpassStage
from audiokit.dsp.filters import Lowpass as LowpassStage
from audiokit.dsp.stage import Stage
from audiokit.editing.step import StageStep, check
from audiokit.errors import UsageError

FREQUENCIES_HZ = (1.0, 192000.0)


@dataclass(frozen=True, slots=True)
class Highpass(StageStep):
    """Remove what lies below a frequency: rumble, plosives."""

    cutoff_hz: float = 80.0
    """Where the level has fallen by 3 dB, in Hz."""

    def __post_init__(self) -> None:
        check("highpass", "the cutoff", self.cutoff_hz, FREQUENCIES_HZ, "Hz")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return HighpassStage(self.cutoff_hz, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"highpass at {self.cutoff_hz:g} Hz"


@dataclass(frozen=True, slots=True)
class Lowpass(StageStep):
    """Remove what lies above a frequency: hiss."""

    cutoff_hz: float
    """Where the level has fallen by 3 dB, in Hz."""

    def __post_init__(self) -> None:
        check("lowpass", "the cutoff", self.cutoff_hz, FREQUENCIES_HZ, "Hz")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return LowpassStage(self.cutoff_hz, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"lowpass at {self.cutoff_hz:g} Hz"


@dataclass(frozen=True, slots=True)
class Bandpass(StageStep):
    """Keep what lies between two frequencies; 300 and 3400 sound like a telephone."""

    low_hz: float
    """Lower edge, in Hz."""
    high_hz: float
    """Upper edge, in Hz."""

    def __post_init__(self) -> None:
        check("bandpass", "the lower edge", self.low_hz, FREQUENCIES_HZ, "Hz")
        check("bandpass", "the upper edge", self.high_hz, FREQUENCIES_HZ, "Hz")
        if self.low_hz >= self.high_hz:
            raise UsageError(f"bandpass: {self.low_hz:g}-{self.high_hz:g} Hz; expected the lower edge first.")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return BandpassStage(self.low_hz, self.high_hz, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"bandpass from {self.low_hz:g} to {self.high_hz:g} Hz"


@dataclass(frozen=True, slots=True)
class Dehum(StageStep):
    """Take out the hum of the mains and its overtones."""

    mains_hz: float = 50.0
    """50, in the Americas 60."""

    def __post_init__(self) -> None:
        check("dehum", "the mains", self.mains_hz, (10.0, 1000.0), "Hz")

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return DehumStage(self.mains_hz, sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return f"dehum {self.mains_hz:g} Hz and its overtones"


@dataclass(frozen=True, slots=True)
class Denoise(StageStep):
    """Take noise out of speech with a small neural network (extra "denoise"), at about 6 x real time a channel."""

    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make the stage."""
        return DenoiseStage(sample_rate=sample_rate, channels=channels)

    def __str__(self) -> str:
        return "denoise"
