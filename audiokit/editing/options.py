"""How steps are spelled: the option of each, for the shell's help and for what is said about bad values."""

from __future__ import annotations

from typing import NamedTuple

FLAG = ""
"""The value of an option that takes none."""


class Spelling(NamedTuple):
    """How a step is spelled."""

    metavar: str
    """What its value looks like; empty: it takes none."""
    help: str
    """One line."""


OPTIONS = {
    "trim": Spelling("START-END", "Keep 0:10-1:30; an empty side is that end, -5 counts from it."),
    "gain": Spelling("DB", "Change the level, such as -5."),
    "fade-in": Spelling("SECONDS", "Rise from silence."),
    "fade-out": Spelling("SECONDS", "Fall to silence at the end."),
    "fade": Spelling("from=DB,to=DB,start=T,end=T", "Move the level between two times; end is needed."),
    "highpass": Spelling("HZ", "Remove what lies below; for speech 80."),
    "lowpass": Spelling("HZ", "Remove what lies above."),
    "bandpass": Spelling("LOW-HIGH", "Keep what lies between, in Hz, such as 300-3400."),
    "dehum": Spelling("HZ", "Take out the hum of the mains: 50, or 60."),
    "denoise": Spelling("", "Take noise out of speech (neural; about 6 x real time)."),
    "compress": Spelling(
        "KEY=VALUE,...|default",
        "Even out loud and quiet: threshold (-20), ratio (4), attack (0.005), release (0.05), knee (0), makeup (0).",
    ),
    "gate": Spelling(
        "KEY=VALUE,...|default",
        "Quieten pauses: threshold (-50), attack (0.005), hold (0.1), release (0.1), range (40).",
    ),
    "normalize": Spelling(
        "LEVEL", "Bring to a level: -16LUFS, -20RMS or -1dBFS (the peak). Listens through once more first."
    ),
    "limit": Spelling("DBTP", "Keep the true peak below, such as -1dBTP."),
    "strip-silence": Spelling(
        "KEY=VALUE,...|default",
        "Take silence out at both ends: threshold (-40), min (1), keep (0.1); inner=yes: everywhere.",
    ),
    "speed": Spelling("FACTOR", "Faster at the same pitch, such as 1.1; 0.25 to 4."),
    "pitch": Spelling("SEMITONES", "Higher at the same tempo; -12 to 12."),
    "reverse": Spelling("", "Play backwards. Needs room for a temporary file."),
    "pan": Spelling("POSITION", "Move to a side: -1 is left, 1 right."),
    "invert": Spelling("", "Turn the phase."),
    "mono": Spelling("", "Mix all channels to one."),
    "channels": Spelling("N", "Copy mono to N channels, or mix to 1."),
    "sample-rate": Spelling("HZ", "Resample, such as 44100."),
    "width": Spelling("BITS", "Bits of a sample: 8, 16, 24 or 32."),
}
"""Every step by the name of its option, in the order of the help."""
