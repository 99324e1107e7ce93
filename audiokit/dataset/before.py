"""How clips sounded before noise was taken out of them: read once more from their recordings, for the report."""

from __future__ import annotations

import base64
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.recordings import on_disk
from audiokit.dataset.settings import PrepSettings
from audiokit.errors import AudiokitError
from audiokit.progress import Progress

if TYPE_CHECKING:
    from audiokit.audio.buffer import Audio

logger = logging.getLogger(__name__)

EACH = 2  # clips of each kind: six of 8 s make 0.5 MB of the page
LONGEST_S = 15.0  # of a clip's sound before: enough to judge, and a page stays small
BITRATE_BPS = 64_000  # for mp3, which every browser plays: noise at less sounds like the coding

Entry = tuple[str, str]
"""Kind and key of a line of the journal."""


def examples(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """Choose the clips whose sound before is worth hearing, each once, by what is remarkable about them."""
    cleaned = [clip for clip in clips if clip.kept and clip.snr_before_db is not None]
    changed = sorted(cleaned, key=lambda clip: ((clip.snr_before_db or 0.0) - clip.snr_db, clip.id))
    ranked = sorted(cleaned, key=lambda clip: (-clip.quality, clip.id))
    chosen: dict[str, list[Clip]] = {}
    taken: set[str] = set()
    for kind, order in (("Changed most", changed), ("Best", ranked), ("Worst of those kept", ranked[::-1])):
        chosen[kind] = [clip for clip in order if clip.id not in taken][:EACH]
        taken.update(clip.id for clip in chosen[kind])
    return {kind: group for kind, group in chosen.items() if group}


def sounds_before(layout: Layout, clips: Sequence[Clip]) -> dict[str, str]:
    """Give what the journal holds of how clips sounded before: mp3 files in base64, by clip."""
    journal = Journal(layout.journal) if clips else None
    found = {clip.id: journal.get(*_entry(clip)) for clip in clips} if journal else {}
    return {name: row["mp3"] for name, row in found.items() if row}


class Before:
    """The sound from before in one run, if noise was taken out in it.

    Parameters
    ----------
    layout, settings, journal : of the run.
    places : where each recording lies, by its name.
    """

    def __init__(self, layout: Layout, settings: PrepSettings, journal: Journal, places: Mapping[str, str]) -> None:
        self._layout, self._settings, self._journal, self._places = layout, settings, journal, places

    def hear(self, clips: Sequence[Clip], progress: Progress) -> set[Entry]:
        """Read what is not known yet of the `examples`; give the lines of the journal that hold any of them.

        A recording that cannot be read again costs its sound, not the run.
        """
        wanted = [clip for group in examples(clips).values() for clip in group]
        of_source: dict[str, list[Clip]] = defaultdict(list)
        for clip in wanted:
            if self._journal.get(*_entry(clip)) is None:
                of_source[clip.source].append(clip)
        total_s, done_s = sum(clip.duration_s for group in of_source.values() for clip in group), 0.0
        for source, group in of_source.items():
            try:
                self._read(source, group)
            except (AudiokitError, OSError) as error:
                logger.warning("the report cannot play how %s sounded before: %s", source, error)
            done_s += sum(clip.duration_s for clip in group)
            progress("hearing the noise again", done_s, total_s)
        return {_entry(clip) for clip in wanted}

    def _read(self, source: str, clips: Sequence[Clip]) -> None:
        """Go through a recording as the first pass did, to the sound that noise was taken out of."""
        import numpy as np

        from audiokit.audio.buffer import Audio
        from audiokit.dataset.listen import Speech, listen

        unheard = Speech(probabilities=np.zeros(0, np.float32), window_s=1.0)  # where speech is, the clips say
        spool = self._layout.work / "before.spool"
        try:
            with on_disk(self._places[source], _quiet) as path:
                heard = listen(path, spool, self._settings, unheard, _quiet)
            for clip in clips:
                end_s = min(clip.end_s, clip.start_s + LONGEST_S)
                sound = Audio(heard.read(clip.start_s, end_s), heard.sample_rate)
                self._journal.add(*_entry(clip), {"mp3": self._encoded(sound, clip.gain_db)})
        finally:
            spool.unlink(missing_ok=True)

    def _encoded(self, sound: Audio, gain_db: float) -> str:
        """Bring it to the level of its clip, so that the two differ in noise alone."""
        from audiokit.audio.buffer import Audio
        from audiokit.audio.files import write
        from audiokit.audio.formats import fitting_rate
        from audiokit.dsp.dynamics import limit
        from audiokit.dsp.levels import gain_from_db

        path = self._layout.work / "before.mp3"
        louder = Audio(sound.samples * gain_from_db(gain_db), sound.sample_rate)
        fitting = louder.resample(fitting_rate(path, sound.sample_rate))
        write(path, limit(fitting, self._settings.peak_dbtp), bitrate_bps=BITRATE_BPS)
        return base64.b64encode(_taken(path)).decode()


def _taken(path: Path) -> bytes:
    data = path.read_bytes()
    path.unlink()
    return data


def _quiet(done_s: float) -> None:
    """Tell nobody how far it is."""


def _entry(clip: Clip) -> Entry:
    return "before", f"{clip.sha256}:1"
