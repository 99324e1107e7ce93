"""Work on one clip at a time: done once by the workers, kept in the journal, looked up by those who judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from audiokit.dataset.clip import Clip
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.pool import Answer
from audiokit.progress import Progress

Checked = Callable[[Answer, str], Answer]
"""Looks at a worker's answer, given what it was about; stops the run where going on makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is found out about each clip."""

    task: str
    """The worker's task; it is told the clip's path, and the `details`."""
    kind: str
    """Kind of its lines in the journal."""
    version: str
    """Part of their keys: another version finds something else in the same sound."""
    doing: str
    """What progress says meanwhile."""
    is_cheap: bool = False
    """Whether doing it again takes no longer than waiting for the disk."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the worker is told, by name."""


class Judge(Protocol):
    """What decides about clips by more than the numbers they were cut with."""

    used: set[tuple[str, str]]
    """The lines of the journal that the last judgement was made from."""

    def lacking(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the clips that `hear` would listen to, whose sound must be there for that."""
        ...

    def hear(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Find out what is not known of the kept clips; tell whether there was something."""
        ...

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Judge the kept clips; one of which something is not known yet stays as it is."""
        ...


class ClipPass:
    """One work over the clips of a dataset.

    Parameters
    ----------
    work : what is to be found out.
    root : the dataset's folder.
    pool, journal : of the run.
    checked : looks at each answer.
    """

    def __init__(self, work: Work, root: Path, pool: Engine, journal: Journal, checked: Checked) -> None:
        self._work, self._root, self._pool, self._journal, self._checked = work, root, pool, journal, checked
        self.failed: dict[str, str] = {}
        """Why nothing could be found out about a clip, by its id."""

    def run(self, clips: Iterable[Clip], progress: Progress) -> bool:
        """Do the work on each kept clip of which nothing is known, a line each; tell whether there was one.

        Where it failed it is not tried again before the next run.
        """
        todo = self.lacking(clips)
        total_s, done_s = sum(clip.duration_s for clip in todo), 0.0
        for index, answer in self._pool.run([self.task(clip.id, self._root / str(clip.path)) for clip in todo]):
            clip = todo[index]
            self._checked(answer, clip.id)
            if "result" in answer:
                self._journal.add(*self._entry(clip), answer["result"], sync=not self._work.is_cheap)
            else:
                self.failed[clip.id] = answer["error"]
            done_s += clip.duration_s
            progress(self._work.doing, done_s, total_s)
        return bool(todo)

    def lacking(self, clips: Iterable[Clip]) -> list[Clip]:
        """Give the kept clips of which nothing is known, without those where it failed."""
        return [clip for clip in clips if clip.kept and clip.id not in self.failed and self.known(clip) is None]

    def known(self, clip: Clip) -> dict[str, Any] | None:
        """Give what was found out about a clip that has a file."""
        return self._journal.get(*self._entry(clip))

    def entries(self, clips: Sequence[Clip]) -> set[tuple[str, str]]:
        """Name the lines of the journal that hold something about kept clips."""
        return {self._entry(clip) for clip in clips if clip.kept and self.known(clip) is not None}

    def task(self, name: str, path: Path) -> dict[str, Any]:
        """Say it to a worker."""
        return {"task": self._work.task, "name": name, "path": str(path), **self._work.details}

    def _entry(self, clip: Clip) -> tuple[str, str]:
        return self._work.kind, f"{clip.sha256}:{self._work.version}"
