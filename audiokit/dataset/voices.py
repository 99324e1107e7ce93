"""The voices of a run: voiceprints taken once by the workers, kept in the journal, and judged together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiokit.analysis.speaker import centre
from audiokit.analysis.spectrum import Vector
from audiokit.dataset.clip import Clip, refused
from audiokit.dataset.clip_pass import Checked, ClipPass, Work
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.speakers import of_speakers
from audiokit.dataset.voiceprint import VERSION, at_once, windows
from audiokit.errors import AudioFileError, ConfigError
from audiokit.progress import Progress

WORK = Work(task="voiceprint", kind="voice", version=VERSION, doing="telling voices apart")


class Voices:
    """Who speaks in the clips of one run, if its settings ask for a speaker."""

    def __init__(
        self, layout: Layout, settings: PrepSettings, pool: Engine, journal: Journal, checked: Checked
    ) -> None:
        self.used: set[tuple[str, str]] = set()
        self._settings, self._pool, self._checked = settings, pool, checked
        self._prints = ClipPass(WORK, layout.root, pool, journal, checked)
        self._wanted: Vector | None = None

    def lacking(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the kept clips that have no voiceprint."""
        return self._prints.lacking(clips) if self._settings.speaker else []

    def hear(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Take the voiceprint of each kept clip that has none; tell whether there was one."""
        return bool(self._settings.speaker) and self._prints.run(clips, progress)

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Label and refuse clips by voice; one whose voice is not known yet stays as it is."""
        if not self._settings.speaker:
            return list(clips)
        reference = self._reference()
        known = {clip.id: found for clip in clips if clip.kept and (found := self._prints.known(clip))}
        heard = [clip for clip in clips if clip.id in known]
        self.used = self._prints.entries(clips)
        prints = [windows(found) for found in known.values()]
        mixed = [at_once(found) for found in known.values()]
        told = {clip.id: clip for clip in of_speakers(heard, prints, self._settings, reference, at_once=mixed)}
        return [self._heard(told.get(clip.id, clip)) for clip in clips]

    def _heard(self, clip: Clip) -> Clip:
        failure = self._prints.failed.get(clip.id)
        return refused(clip, f"no voiceprint: {failure}") if failure else clip

    def _reference(self) -> Vector | None:
        """Embed the file that `speaker` names, once; None if it names none."""
        name = self._settings.speaker
        if name not in ("auto", "all") and self._wanted is None:
            if not Path(name).is_file():
                raise ConfigError(
                    f"speaker is {name!r}, and there is no such file; expected auto, all, or a recording of the voice"
                )
            for _, answer in self._pool.run([self._prints.task(name, Path(name))]):
                self._checked(answer, name)
                if "error" in answer:
                    raise AudioFileError(answer["error"], reason=answer["reason"])
                self._wanted = centre(windows(answer["result"]))
        return self._wanted
