"""A dataset behind an address: worked on in a folder of this machine, and kept there as the work goes on.

The store is complete at every moment: a recording's clips lie there before the journal says so, and what is about to
be overwritten is taken back first. So another machine goes on where this one was lost. Only one may write: the lock is
an object that can be created once, and who writes last is written down, so that a folder of yesterday is not trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audiokit import config
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.ledger import Ledger, json_object
from audiokit.dataset.store import Store, is_address, shown
from audiokit.disk import replace_text, whole_file
from audiokit.errors import ConfigError, DatasetError

STATE, CLIPS = ".audiokit/", "clips/"
LOCK, WRITER, JOURNAL, PIECES = f"{STATE}writing", f"{STATE}writer", f"{STATE}journal.jsonl", f"{STATE}journal/"
OWN_LOCK, UNFINISHED, REVIEWS = f"{STATE}lock", f"{STATE}unfinished", "reviews.jsonl"
PAGES = ("metadata.csv", "README.md", "report.html", REVIEWS)
LAST = ("manifest.jsonl", "dataset.json")
"""What makes a dataset of a folder: written when all else is there."""
APART = {LOCK, WRITER, JOURNAL, OWN_LOCK, UNFINISHED}
"""What is not simply copied."""
FLUSH_S = 5.0  # texts and voiceprints are quicker made than stored one by one


def working_folder(address: str, work: str | os.PathLike[str] | None = None) -> Path:
    """Give the folder of this machine where the dataset behind an address is worked on.

    It has the dataset's name, which stands in its pages, and is kept: the next run finds what this one had.

    Parameters
    ----------
    address : of the dataset.
    work : folder for such folders; by default "work" in audiokit's home folder.
    """
    place = address.rstrip("/")
    base = Path(work) if work is not None else config.home() / "work"
    return base / hashlib.sha256(place.encode()).hexdigest()[:12] / shown(place).rpartition("/")[2]


def layout_of(out: str | os.PathLike[str], work: str | os.PathLike[str] | None = None) -> Layout:
    """Give the folder of this machine for a dataset.

    Raises
    ------
    ConfigError : a folder for work, where the dataset's own is one of this machine.
    """
    if is_address(out):
        return Layout(working_folder(os.fspath(out), work))
    if work is not None:
        raise ConfigError(f"work is for an OUT such as s3://bucket/dataset; {out} is worked on where it lies")
    return Layout(Path(out))


@contextmanager
def written(layout: Layout, out: str | os.PathLike[str]) -> Iterator[Journal]:
    """Hold a dataset alone, here and behind its address if it has one; give its journal."""
    with layout.writing():
        if not is_address(out):
            yield Journal(layout.journal)
            return
        with Mirror(layout, os.fspath(out)).writing() as journal:
            yield journal


def brought(layout: Layout, out: str | os.PathLike[str]) -> None:
    """Bring a dataset here that lies behind an address."""
    if is_address(out):
        with layout.writing():
            Mirror(layout, os.fspath(out)).bring()


class Mirror:
    """A folder and its place in a store, which are kept equal."""

    def __init__(self, layout: Layout, address: str) -> None:
        self._layout, self._store = layout, Store(address)
        self._ledger = Ledger(layout.root.parent / "stored.jsonl")
        self._me = _identity(layout.root.parent / "id")
        self._session = uuid.uuid4().hex
        self._pieces = 0
        self._told_unfinished = False

    def bring(self) -> None:
        """Make the folder what the store holds, unless it was this folder that was written there last.

        The caller holds the folder's own lock.

        Raises
        ------
        DatasetError : the place holds files and no dataset.
        ConfigError, MissingDependencyError : it cannot be reached.
        """
        there = self._checked()
        writer = self._writer()
        if writer.get("id") == self._me:
            self._bring_reviews(there)
            return
        self._clear()
        names = [name for name in there if _is_copied(name)]
        self._store.fetch(names, self._layout.root)
        self._ledger.note(self._layout.root, names)
        journal = self._stored_journal(there, str(writer.get("journal", "")))
        self._layout.journal.write_bytes(journal)
        if UNFINISHED in there:
            self._layout.unfinished.touch()

    @contextmanager
    def writing(self) -> Iterator[Journal]:
        """Hold the place alone; give the journal whose lines arrive there too. In the end the two are equal."""
        self._checked()
        self._lock()
        try:
            self.bring()
            journal = StoredJournal(self._layout, self)
            self._begin(journal.whole_file())
            yield journal
            self._finish()
        finally:
            if json_object(self._store.read(LOCK)).get("session") == self._session:  # it may have been broken
                self._store.remove([LOCK])

    def keep(self, names: Iterable[str]) -> None:
        """Store files of the folder that are new or changed.

        Raises
        ------
        DatasetError : somebody else took the place over.
        """
        self._refuse_taken_over()
        self._send(names)

    def _send(self, names: Iterable[str]) -> None:
        changed = [name for name in names if self._ledger.is_new(self._layout.root, name)]
        if not changed:
            return
        if not self._told_unfinished:
            self._store.write(UNFINISHED, b"")
            self._told_unfinished = True
        self._store.send(self._layout.root, changed)
        self._ledger.note(self._layout.root, changed)

    def add(self, lines: bytes) -> None:
        """Store the next lines of the journal.

        Raises
        ------
        DatasetError : somebody else took the place over.
        """
        self._refuse_taken_over()
        self._pieces += 1
        self._store.write(f"{PIECES}{self._session}/{self._pieces:08}.jsonl", lines)

    def _refuse_taken_over(self) -> None:
        if self._writer().get("journal") != self._session:
            raise DatasetError(
                f"{self._store.address} is written by another prep now, which broke this one's lock. What was stored "
                "is kept; run the same again when the other has ended."
            )

    def _checked(self) -> dict[str, int]:
        """List what is there; refuse a place that holds anything but a dataset."""
        there = self._store.list()
        others = [name for name in there if name != LOCK]
        if others and not any(name.startswith(STATE) for name in others):
            raise DatasetError(
                f"{self._store.address} holds files and is not a dataset of audiokit; prep would mix with them. "
                "Name a new or empty place as OUT."
            )
        return there

    def _lock(self) -> None:
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        row = {"id": self._me, "session": self._session, "owner": owner, "since": since}
        data = json.dumps(row).encode()
        if self._store.create(LOCK, data):
            return
        there = json_object(self._store.read(LOCK))
        if there.get("id") != self._me:  # of this folder, whose own lock is ours: then its owner was killed
            raise DatasetError(
                f"{self._store.address} is being written by {there.get('owner', 'another prep')} since "
                f"{there.get('since', 'unknown')}. Wait until it ends; if it is gone for certain, delete "
                f"{self._store.address}/{LOCK} and run the same again: what is done stays done."
            )
        self._store.write(LOCK, data)

    def _begin(self, journal: bytes) -> None:
        """Start a journal of pieces there; from the moment the writer is noted, it is the one that counts."""
        before = [name for name in self._store.list() if name.startswith(PIECES)]
        self._pieces += 1
        self._store.write(f"{PIECES}{self._session}/{self._pieces:08}.jsonl", journal)
        self._store.write(WRITER, json.dumps({"id": self._me, "journal": self._session}).encode())
        self._store.remove(before)

    def _finish(self) -> None:
        """Store all that is new, forget what is gone, the manifest last."""
        here, there = self._here(), self._store.list()
        self._ledger.forget(name for name in here if there.get(name) != (self._layout.root / name).stat().st_size)
        self.keep(name for name in here if name not in LAST)
        self._refuse_taken_over()  # while we sent
        self._store.write(JOURNAL, self._layout.journal.read_bytes())
        self._store.write(WRITER, json.dumps({"id": self._me, "journal": ""}).encode())
        gone = there.keys() - set(here)
        self._store.remove([name for name in sorted(gone) if self._is_removed(name)])
        self._send(LAST)
        if self._told_unfinished or UNFINISHED in there:
            self._store.remove([UNFINISHED])

    def _here(self) -> list[str]:
        """List the files of the folder that are copied."""
        layout = self._layout
        files = (path for path in layout.root.rglob("*") if path.is_file() and layout.work not in path.parents)
        return sorted(filter(_is_copied, (path.relative_to(layout.root).as_posix() for path in files)))

    def _is_removed(self, name: str) -> bool:
        """Tell what is removed there when it is not here any more: what we have put there."""
        ours = name in self._ledger or name.startswith(STATE)
        return ours and name not in APART - {OWN_LOCK}

    def _writer(self) -> dict[str, Any]:
        return json_object(self._store.read(WRITER))

    def _stored_journal(self, there: Iterable[str], session: str) -> bytes:
        if not session:
            return self._store.read(JOURNAL) or b""
        pieces = sorted(name for name in there if name.startswith(f"{PIECES}{session}/"))
        return b"".join(self._store.read(name) or b"" for name in pieces)

    def _bring_reviews(self, there: Iterable[str]) -> None:
        """Take what a person decided from the store, unless it was changed here since."""
        is_here = self._layout.reviews.exists()
        if REVIEWS in there and not (is_here and self._ledger.is_new(self._layout.root, REVIEWS)):
            with whole_file(self._layout.reviews) as part:
                part.write_bytes(self._store.read(REVIEWS) or b"")
            self._ledger.note(self._layout.root, [REVIEWS])

    def _clear(self) -> None:
        self._ledger.clear()
        for name in [*self._here(), JOURNAL, UNFINISHED]:
            (self._layout.root / name).unlink(missing_ok=True)


class StoredJournal(Journal):
    """A journal whose lines are stored too, each behind the clips it speaks of."""

    def __init__(self, layout: Layout, mirror: Mirror) -> None:
        super().__init__(layout.journal)
        self._layout, self._mirror = layout, mirror
        self._stored_bytes = self._size_bytes
        self._flushed_s = time.monotonic()

    def whole_file(self) -> bytes:
        """Give all lines."""
        return self._layout.journal.read_bytes()[: self._size_bytes] if self._size_bytes else b""

    def add(self, kind: str, key: str, value: dict[str, Any], *, sync: bool = True) -> None:
        """Store the clips a line is about, write the line, store it soon."""
        clips = [row["file"]["name"] for row in value.get("clips", ()) if row["file"]]
        if clips:
            self._flush()  # what was said of clips of these names is taken back before they are overwritten
            heard = self._layout.heard.glob(f"{key.split(':')[1]}-*.npz")
            self._mirror.keep([*(f"clips/{name}" for name in clips),
                               *(path.relative_to(self._layout.root).as_posix() for path in heard)])  # fmt: skip
        super().add(kind, key, value, sync=sync)
        if clips or time.monotonic() - self._flushed_s > FLUSH_S:
            self._flush()

    def _flush(self) -> None:
        """Store the lines that are not stored yet."""
        if self._stored_bytes < self._size_bytes:
            with self._layout.journal.open("rb") as file:
                file.seek(self._stored_bytes)
                self._mirror.add(file.read(self._size_bytes - self._stored_bytes))
            self._stored_bytes = self._size_bytes
        self._flushed_s = time.monotonic()


def _is_copied(name: str) -> bool:
    """Tell the files of a dataset, but for those with a way of their own."""
    if name.startswith(PIECES) or name in APART:
        return False
    return name.startswith((STATE, CLIPS)) or name in (*PAGES, *LAST)


def _identity(path: Path) -> str:
    """Give a folder its own name, once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, uuid.uuid4().hex)
    return path.read_text(encoding="utf-8")
