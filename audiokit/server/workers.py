"""All workers of one server as one: whoever is asked counts, lists and tells for all.

They talk over a folder that belongs to them: each writes what it counts and who is connected, twice a second, and reads
the notes of the others. A worker that died stays counted; whoever was connected to it does not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from audiokit.disk import whole_file
from audiokit.server.hub import Hub
from audiokit.server.metrics import Metrics

log = logging.getLogger(__name__)

PERIOD_S = 0.5
KEPT_S = 30.0  # a note is read within one period; a worker that is stopped for longer misses it


class Workers:
    """One process and its siblings.

    Parameters
    ----------
    hub, metrics : of this process.
    folder : where the workers meet; None when there is only this one.
    """

    def __init__(self, hub: Hub, metrics: Metrics, folder: Path | None) -> None:
        self._hub, self._metrics, self._folder = hub, metrics, folder
        self._known = {path.name for path in self._notes()}

    @asynccontextmanager
    async def meeting(self) -> AsyncIterator[None]:
        """Keep in touch for the length of the block."""
        task = asyncio.create_task(self._keep_in_touch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._leave()

    def metrics_text(self) -> str:
        """Give the counts of all workers, in Prometheus' text format."""
        total = Metrics()
        total.absorb(self._metrics.state())
        for pid, other in self._others():
            total.absorb(other["metrics"], with_gauges=_is_alive(pid))
        return total.text()

    def connections(self) -> list[dict[str, object]]:
        """List who is connected to any of them."""
        elsewhere = [each for pid, other in self._others() if _is_alive(pid) for each in other["connections"]]
        return [*self._hub.list(), *elsewhere]

    def broadcast(self, text: str) -> int:
        """Tell everybody; give how many will hear."""
        count = len(self.connections())
        self._hub.broadcast(text)
        self._leave_note({"broadcast": text})
        return count

    def close(self, conversation_id: str, reason: str) -> bool:
        """End one conversation; False when there is none of that id."""
        if self._hub.close(conversation_id, reason):
            return True
        is_elsewhere = any(each["conversation_id"] == conversation_id for each in self.connections())
        if is_elsewhere:
            self._leave_note({"close": conversation_id, "reason": reason})
        return is_elsewhere

    def exchange(self) -> None:
        """Tell the others how things stand, and do what their notes say."""
        self._write_own()
        for path in self._notes():
            if path.name not in self._known:
                self._known.add(path.name)
                self._obey(_read(path))

    async def _keep_in_touch(self) -> None:
        while self._folder:
            try:
                self.exchange()
            except OSError as error:
                log.warning("workers cannot exchange notes: %s", error.strerror)
            await asyncio.sleep(PERIOD_S)

    def _obey(self, note: dict[str, Any]) -> None:
        if "broadcast" in note:
            self._hub.broadcast(note["broadcast"])
        elif "close" in note:
            self._hub.close(note["close"], note["reason"])

    def _write_own(self) -> None:
        if self._folder:
            own = {"metrics": self._metrics.state(), "connections": self._hub.list()}
            _write(self._own(self._folder), own)

    @staticmethod
    def _own(folder: Path) -> Path:
        return folder / f"worker-{os.getpid()}.json"

    def _leave(self) -> None:
        """Tell the last counts; when the parent was killed, whoever leaves last takes the folder away in its stead."""
        if self._folder and _is_orphan():
            self._own(self._folder).unlink(missing_ok=True)  # first: of two that leave at once, one sees no other
            if not any(_is_alive(pid) for pid, _ in self._others()):
                shutil.rmtree(self._folder, ignore_errors=True)
        else:
            self._write_own()

    def _leave_note(self, note: dict[str, str]) -> None:
        if self._folder:
            path = self._folder / f"note-{time.time_ns()}-{os.getpid()}.json"
            self._known.add(path.name)
            _write(path, note)
            for old in self._notes():
                if int(old.name.split("-")[1]) < time.time_ns() - KEPT_S * 1e9:
                    old.unlink(missing_ok=True)

    def _notes(self) -> list[Path]:
        return sorted(self._folder.glob("note-*.json")) if self._folder else []

    def _others(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for path in self._folder.glob("worker-*.json") if self._folder else []:
            pid = int(path.stem.split("-")[1])
            if pid != os.getpid() and (other := _read(path)):
                yield pid, other


def _is_orphan() -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # where signal 0 is Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:  # it was just taken away
        return {}
    return content


def _write(path: Path, content: object) -> None:
    with whole_file(path) as part:
        part.write_text(json.dumps(content), "utf-8")
