"""The codecs: a tone goes into every format and comes out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.audio.formats import FORMATS
from audiokit.errors import AudioFileError
from audiokit.health.finding import Finding

TONE_HZ, TONE_S, SAMPLE_RATE = 1000.0, 0.1, 48_000  # a rate that every format holds
LEVEL = 0.5
TOLERANCE_DB = 1.0  # mp3, the furthest off, comes out 0.45 dB lower
MEND = "pip install --force-reinstall av soundfile lameenc"


def look(*, online: bool = False) -> Iterator[Finding]:
    """Write and read every format; a line for those that work, and one for each that does not."""
    working = []
    for extension in FORMATS:
        if problem := tried(extension):
            yield Finding(area="codecs", name=extension, state="broken", found=problem, mend=MEND)
        else:
            working.append(extension)
    if working:
        yield Finding(
            area="codecs", name="formats", state="ok", found=f"{', '.join(working)}: a tone written and read again"
        )


def tried(extension: str) -> str:
    """Write a tone and read it; give what is wrong with it, or nothing."""
    time_s = np.arange(round(TONE_S * SAMPLE_RATE)) / SAMPLE_RATE
    tone = Audio((LEVEL * np.sin(2 * np.pi * TONE_HZ * time_s)).astype(np.float32), SAMPLE_RATE)
    with TemporaryDirectory(prefix="audiokit-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"tone.{extension}"
        try:
            tone.save(path)
            heard = Audio.read(path)
        except (AudioFileError, ImportError, OSError) as error:
            return f"{type(error).__name__}: {error}"
    if not 0.9 < heard.duration_s / TONE_S < 2.0:  # raw aac and mp3 have padding at their ends
        return f"{heard.duration_s:.2f} s came out of {TONE_S} s"
    middle = heard.mono().samples[len(heard.samples) // 4 : len(heard.samples) // 2, 0]
    level_db = 20 * float(np.log10(max(np.sqrt(2 * np.mean(middle**2)), 1e-9) / LEVEL))
    return "" if abs(level_db) < TOLERANCE_DB else f"the tone came out {level_db:+.1f} dB off"
