"""The voices of a run: voiceprints taken once by the workers, kept in the journal, and judged together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from audiokit.analysis.speaker import centre
from audiokit.analysis.spectrum import Vector
from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.pool import Answer, Pool
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.speakers import of_speakers, refused
from audiokit.dataset.voiceprint import VERSION, windows
from audiokit.errors import AudioFileError, ConfigError
from audiokit.progress import Progress

Checked = Callable[[Answer, str], Answer]
"""Looks at a worker's answer, given what it was about; stops the run where going on makes no sense."""


class Voices:
    """Who speaks in the clips of one run, if its settings ask for a speaker."""

    def __init__(self, layout: Layout, settings: PrepSettings, pool: Pool, journal: Journal, checked: Checked) -> None:
        self.used: set[tuple[str, str]] = set()
        self._layout, self._settings, self._pool, self._journal = layout, settings, pool, journal
        self._checked = checked
        self._failed: dict[str, str] = {}
        self._wanted: Vector | None = None

    def hear(self, clips: Sequence[Clip], progress: Progress) -> None:
        """Take the voiceprint of each kept clip that has none, a journal line each."""
        todo = [clip for clip in clips if clip.kept and self._journal.get(*_entry(clip)) is None]
        total_s, done_s = sum(clip.duration_s for clip in todo), 0.0
        tasks = [_task(clip.id, self._layout.root / str(clip.path)) for clip in todo]
        for index, answer in self._pool.run(tasks):
            clip = todo[index]
            self._checked(answer, clip.id)
            if "result" in answer:
                self._journal.add(*_entry(clip), answer["result"])
            else:
                self._failed[clip.id] = answer["error"]
            done_s += clip.duration_s
            progress("telling voices apart", done_s, total_s)

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Label and refuse clips by voice; one whose voice is not known yet stays as it is."""
        if not self._settings.speaker:
            return list(clips)
        reference = self._reference()
        known = [clip for clip in clips if clip.kept and self._journal.get(*_entry(clip))]
        self.used = {_entry(clip) for clip in known}
        prints = [windows(self._journal[_entry(clip)]) for clip in known]
        told = {clip.id: clip for clip in of_speakers(known, prints, self._settings, reference)}
        return [self._heard(told.get(clip.id, clip)) for clip in clips]

    def _heard(self, clip: Clip) -> Clip:
        return refused(clip, f"no voiceprint: {self._failed[clip.id]}") if clip.id in self._failed else clip

    def _reference(self) -> Vector | None:
        """Embed the file that `speaker` names, once; None if it names none."""
        name = self._settings.speaker
        if name not in ("auto", "all") and self._wanted is None:
            if not Path(name).is_file():
                raise ConfigError(
                    f"speaker is {name!r}, and there is no such file; expected auto, all, or a recording of the voice"
                )
            for _, answer in self._pool.run([_task(name, Path(name))]):
                self._checked(answer, name)
                if "error" in answer:
                    raise AudioFileError(answer["error"], reason=answer["reason"])
                self._wanted = centre(windows(answer["result"]))
        return self._wanted


def _entry(clip: Clip) -> tuple[str, str]:
    return "voice", f"{clip.sha256}:{VERSION}"


def _task(name: str, path: Path) -> dict[str, str]:
    return {"task": "voiceprint", "name": name, "path": str(path)}
