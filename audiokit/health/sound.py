"""Microphone and speaker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from audiokit.audio.devices import find_device
from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.health.finding import Finding

PORTAUDIO = "sudo apt install libportaudio2"


def look(*, online: bool = False) -> Iterator[Finding]:
    """Find the microphone and the speaker that a conversation would use."""
    yield _found("microphone", "input")
    yield _found("speaker", "output")


def _found(name: str, kind: Literal["input", "output"]) -> Finding:
    try:
        device = find_device(None, kind)
    except MissingDependencyError as error:
        # The package is here and the system's library is not: that has a note.
        mend = PORTAUDIO if hasattr(error, "__notes__") else f"pip install 'audiokit[{error.extra}]'"
        what = "PortAudio" if mend == PORTAUDIO else "sounddevice"
        return Finding(area="sound", name=name, state="missing", found=f"{what} is not installed", mend=mend)
    except ConfigError:
        mend = "audiokit agent talk --input question.wav --output reply.wav"
        return Finding(area="sound", name=name, state="missing", found="none on this machine", mend=mend)
    channels = device.inputs if kind == "input" else device.outputs
    return Finding(
        area="sound", name=name, state="ok", found=f"{device.name}: {channels} channels, {device.sample_rate} Hz"
    )
