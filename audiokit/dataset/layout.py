"""Where everything lies in a dataset's folder, and who may write there."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiokit.errors import DatasetError

if TYPE_CHECKING:
    from filelock import FileLock

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one dataset."""

    root: Path
    """The dataset's folder."""

    @property
    def clips(self) -> Path:
        """The clips' folder."""
        return self.root / "clips"

    @property
    def manifest(self) -> Path:
        """One JSON line a clip."""
        return self.root / "manifest.jsonl"

    @property
    def summary(self) -> Path:
        """Settings, totals and sources."""
        return self.root / "dataset.json"

    @property
    def metadata(self) -> Path:
        """Texts in the form of LJSpeech."""
        return self.root / "metadata.csv"

    @property
    def card(self) -> Path:
        """The page that describes the dataset."""
        return self.root / "README.md"

    @property
    def report(self) -> Path:
        """The page that shows the dataset."""
        return self.root / "report.html"

    @property
    def reviews(self) -> Path:
        """What a person decided, one JSON line a clip."""
        return self.root / "reviews.jsonl"

    @property
    def state(self) -> Path:
        """What a later run needs to go on."""
        return self.root / ".audiokit"

    @property
    def journal(self) -> Path:
        """What is done."""
        return self.state / "journal.jsonl"

    @property
    def heard(self) -> Path:
        """What the speech detector heard, a file a recording."""
        return self.state / "speech"

    @property
    def refused(self) -> Path:
        """Clips that a person refused, to take them back."""
        return self.state / "refused"

    @property
    def work(self) -> Path:
        """What is not finished; emptied at each start."""
        return self.state / "work"

    @property
    def merged(self) -> Path:
        """What a merged dataset was made of; no other has it."""
        return self.state / "merged.json"

    @property
    def unfinished(self) -> Path:
        """Lies here from the first change to the last."""
        return self.state / "unfinished"

    def check(self) -> None:
        """Refuse a folder that holds anything but a dataset.

        Raises
        ------
        DatasetError : it is a file, holds files that `prep` did not make, or was merged from other datasets.
        """
        if self.root.exists() and not self.root.is_dir():
            raise DatasetError(f"{self.root} is a file; expected a folder for the dataset. Name another OUT.")
        if self.root.is_dir() and not self.state.is_dir() and any(map(_is_visible, self.root.iterdir())):
            raise DatasetError(
                f"{self.root} holds files and is not a dataset of audiokit; prep would mix with them. "
                "Name a new or empty folder as OUT."
            )
        if self.merged.is_file():
            raise DatasetError(
                f"{self.root} was merged from other datasets, and prep cannot go on with it. Prep those again, and "
                "merge them into a new OUT."
            )

    def disk_full(self, place: str = "") -> DatasetError:
        """Make the error that says so; `place` could not be written, if that is known: it may be on another disk."""
        where = place if place and self.root not in Path(place).parents else self.root
        return DatasetError(
            f"no space left on the disk of {where}. Free some and run the same command again: what is done stays done."
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the dataset alone, in a folder ready for work.

        Raises
        ------
        DatasetError : somebody else is writing it, or the folder cannot be made.
        """
        lock = self._lock()
        try:
            yield
        except OSError as error:
            if error.errno in DISK_FULL:
                raise self.disk_full() from error
            raise
        finally:
            shutil.rmtree(self.work, ignore_errors=True)
            lock.release()

    def _lock(self) -> FileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(self.state / "lock", blocking=False)
        try:
            for folder in (self.heard, self.clips):  # first what marks the folder as a dataset's
                folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir()
        except Timeout as error:
            raise DatasetError(
                f"{self.root} is being written by another prep or review. Wait until it ends, or name another OUT."
            ) from error
        except OSError as error:
            if error.errno in DISK_FULL:
                raise self.disk_full() from error
            raise DatasetError(f"{self.root}: cannot be written ({error.strerror}). Name another OUT.") from error
        return lock


def _is_visible(path: Path) -> bool:
    return not path.name.startswith(".")  # .DS_Store and the like are nobody's work
