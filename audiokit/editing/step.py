"""What a step is: a value that says what to do, and turns one stream into another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from audiokit.dsp.stage import Stage
from audiokit.editing.streams import Staged, Stream
from audiokit.errors import UsageError


class Step(ABC):
    """One operation with its settings. `str()` says it in words."""

    __slots__ = ()

    before: ClassVar[str] = ""
    """What it must do before it can begin, in words for a plan; empty: nothing."""

    @abstractmethod
    def on(self, stream: Stream) -> Stream:
        """Do it to a stream.

        Raises
        ------
        UsageError : the settings do not go with this sound.
        """


class StageStep(Step):
    """A step that works on the sound as it comes, and keeps its rate and channels."""

    __slots__ = ()

    @abstractmethod
    def stage(self, sample_rate: int, channels: int) -> Stage:
        """Make a fresh stage for sound of this rate and so many channels."""

    def on(self, stream: Stream) -> Stream:
        """Put the stage behind a stream."""
        try:
            return Staged(stream, lambda: self.stage(stream.sample_rate, stream.channels))
        except ValueError as error:
            raise UsageError(f"{self}: {error} (the sound has {stream.sample_rate} Hz)") from error


def check(step: str, what: str, value: float, allowed: tuple[float, float], unit: str = "") -> None:
    """Refuse a number out of its range.

    Raises
    ------
    UsageError : names the step, the value and the range.
    """
    low, high = allowed
    if not low <= value <= high:
        unit = unit and f" {unit}"
        raise UsageError(f"{step}: {what} is {value:g}{unit}; expected {low:g} to {high:g}{unit}.")
