"""What runs on a machine of a Ray cluster: one task, with what it needs brought there and what it makes sent back.

On the machine of the caller a task works in place. Elsewhere nothing is taken for granted but audiokit itself: the
recording is fetched (from its store, or in blocks from the caller's machine) into a folder that is deleted in the end,
and the clips come back as messages before the answer.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import gethostname
from tempfile import gettempdir
from threading import Thread
from typing import Any

from audiokit.dataset.pool import CLOSE_S, Answer, Task, stalled
from audiokit.dataset.recordings import BLOCK_BYTES
from audiokit.dataset.scratch import scratch
from audiokit.dataset.store import is_address
from audiokit.dataset.worker import answer, teller

Message = dict[str, Any]
"""`{"done_s": seconds}` on the way, `{"file": kind, "name": ..., "data": bytes}` a file, `{"answer": ...}` at last."""


def work(task: Task, home: str, expected: str) -> Iterator[Message]:
    """Do one task.

    Parameters
    ----------
    task : as for `worker.answer`; its paths are of the caller's machine.
    home : Ray's id of that machine.
    expected : the caller's version of audiokit.
    """
    ray = import_module("ray")
    if version("audiokit") != expected:
        yield {"answer": _other_version(expected)}
        return
    is_home = ray.get_runtime_context().get_node_id() == home
    for message in _news(task) if is_home else _away(task, home):
        yield message
        if message.get("answer", {}).get("reason") == "stalled":  # its thread still hangs, and Ray would use us again
            time.sleep(CLOSE_S)  # the caller cancels us; if it does not, we end ourselves
            os._exit(1)


class _SilentError(Exception):
    """A file's next block does not come."""


def blocks(path: str) -> Iterator[bytes]:
    """Read a file of the caller's machine, there."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(f"{path} is not a regular file, and cannot be sent to another machine")
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _away(task: Task, home: str) -> Iterator[Message]:
    """Work in a folder of this machine."""
    with scratch() as folder:
        try:
            own = _brought(task, home, folder)
        except OSError as error:  # Ray raises what the other side met
            yield {"answer": {"error": f"{task['name']}: {error}", "reason": "unreadable", "passing": True}}
            return
        except _SilentError:
            yield {"answer": stalled(task["stall_s"])}
            return
        for message in _news(own):
            if "answer" not in message:
                yield message
        yield from _made(own)
    yield {"answer": _in_terms_of(task, own, message["answer"])}


def _brought(task: Task, home: str, folder: Path) -> Task:
    """Give the task with paths of this machine, and what it reads at these."""
    own = dict(task)
    if "path" in task and not is_address(task["path"]):
        (folder / "recording").mkdir()  # whose name may be any of those below
        own["path"] = str(_fetched(task, "path", home, folder / "recording"))
    if "clips" in task:
        for name in ("clips", "work", "speech"):
            (folder / name).mkdir()
        own |= {"clips": str(folder / "clips"), "work": str(folder / "work")}
        own["heard"] = str(folder / "speech" / Path(task["heard"]).name)
        if task.get("is_heard"):
            _fetched(task, "heard", home, folder / "speech")
    return own


def _fetched(task: Task, what: str, home: str, folder: Path) -> Path:
    """Bring a file from the caller's machine, block by block; each may take as long as the task may be silent."""
    ray = import_module("ray")
    strategies = import_module("ray.util.scheduling_strategies")
    there = strategies.NodeAffinitySchedulingStrategy(home, soft=False)
    reader = ray.remote(num_cpus=0, max_retries=0)(blocks).options(
        num_returns="streaming", scheduling_strategy=there, _generator_backpressure_num_objects=2
    )
    stream = reader.remote(task[what])
    target = folder / Path(task[what]).name
    with target.open("wb") as file:
        while True:
            ready, _ = ray.wait([stream], timeout=task.get("stall_s"), fetch_local=False)
            if not ready:
                ray.cancel(stream, force=True)
                raise _SilentError
            try:
                file.write(ray.get(next(stream)))
            except StopIteration:
                return target


def _made(own: Task) -> Iterator[Message]:
    """Give the files that a task has made."""
    if "clips" not in own:
        return
    for path in sorted(Path(own["clips"]).iterdir()):
        yield {"file": "clips", "name": path.name, "data": path.read_bytes()}
    heard = Path(own["heard"])
    if heard.is_file() and not own.get("is_heard"):
        yield {"file": "heard", "name": heard.name, "data": heard.read_bytes()}


def _in_terms_of(task: Task, own: Task, given: Answer) -> Answer:
    """Name the caller's paths in a message, where this machine's stand; its full disk is this machine's."""
    if given.get("disk_full"):
        given = {**given, "place": f"{gettempdir()} on {gethostname()}"}
    if "error" in given:
        for name in ("path", "clips", "work", "heard"):
            if task.get(name):
                given = {**given, "error": given["error"].replace(own[name], task[name])}
    return given


def _news(task: Task) -> Iterator[Message]:
    """Do a task in a thread; give what it tells, and its answer. A bug is raised."""
    news: SimpleQueue[Message | BaseException] = SimpleQueue()

    def do() -> None:
        try:
            news.put({"answer": answer(task, teller(news.put))})
        except BaseException as error:  # the thread's end is nobody's to see
            news.put(error)

    Thread(target=do, daemon=True).start()
    while True:
        try:
            message = news.get(timeout=task.get("stall_s"))
        except Empty:
            yield {"answer": stalled(task["stall_s"])}
            return
        if isinstance(message, BaseException):
            raise message
        yield message
        if "answer" in message:
            return


def _other_version(expected: str) -> Answer:
    return {
        "error": f"a machine of the Ray cluster has audiokit {version('audiokit')}, this one {expected}; their clips "
        "could differ. Install the same everywhere.",
        "reason": "failed", "raised": "ConfigError", "details": {},
    }  # fmt: skip
