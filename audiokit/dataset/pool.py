"""A pool of worker processes that survives the death of any of them."""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from audiokit import errors

logger = logging.getLogger(__name__)

Task = dict[str, Any]
Answer = dict[str, Any]
Tell = Callable[[int, float], None]
"""Called with the index of a task and the seconds of audio it is through."""

TRIES = 2  # a worker killed from outside deserves a second try; a file that kills two is at fault itself
CLOSE_S = 5.0
LOOK_EVERY_S = 0.5
WORKER = (sys.executable, "-P", "-m", "audiokit.dataset.worker")
"""`-P`: no file of the current folder, such as a json.py, stands in for a module."""
STEADY = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread a worker: the same sums in the same order, whatever the number of workers."""
# glibc gives blocks from this size on back to the system: FFmpeg's index of a 12-hour m4b left 50 MB behind without.
FRUGAL = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(4 << 20)}


def cores() -> int:
    """Count the processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False, slots=True)
class _Worker:
    process: subprocess.Popen[str]
    log: IO[bytes]
    task: int | None = None
    silent_s: float = 0.0
    stalled_s: float = 0.0


@dataclass(eq=False, slots=True)
class Pool:
    """Runs tasks in up to `jobs` processes, started when needed; a context manager that ends them."""

    jobs: int
    """How many processes at most, at least 1."""
    command: tuple[str, ...] = WORKER
    """What starts a worker."""
    _looked_at_s: float = field(default_factory=time.monotonic)
    _events: queue.SimpleQueue[tuple[_Worker, str]] = field(default_factory=queue.SimpleQueue)
    _workers: list[_Worker] = field(default_factory=list)

    @property
    def lasting_workers(self) -> int:
        """All of them, once they have been started."""
        return self.jobs

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ValueError(f"jobs is {self.jobs}; expected at least 1")

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for worker in self._workers:
            self._end(worker, at_once=kind is not None)
        self._workers.clear()

    def run(self, tasks: Sequence[Task], tell: Tell = lambda index, done_s: None) -> Iterator[tuple[int, Answer]]:
        """Do all tasks; give (index, answer) as they end, in any order.

        An answer holds "result", or "error" with "reason" ("crashed" when the worker died of it, "stalled" when it
        told nothing for longer than its "stall_s").
        """
        waiting = list(range(len(tasks)))[::-1]
        tries = [0] * len(tasks)
        for _ in range(min(self.jobs, len(tasks)) - len(self._workers)):
            self._start()
        for worker in self._workers:
            self._give(worker, tasks, waiting, tries)
        left = len(tasks)
        while left:
            worker, line = self._next_event(tasks)
            index = worker.task
            if worker not in self._workers:
                continue
            message = json.loads(line) if line else self._bury(worker)
            if index is None:  # it died with nothing to do
                continue
            if "done_s" in message:
                tell(index, message["done_s"])
                continue
            worker.task = None
            if message.get("again") and tries[index] < TRIES:
                waiting.append(index)
            else:
                left -= 1
                yield index, message["answer"]
            if line or waiting:
                self._give(worker if line else self._start(), tasks, waiting, tries)

    def _next_event(self, tasks: Sequence[Task]) -> tuple[_Worker, str]:
        """Wait for a line or the end of a worker; end those that are stalled meanwhile."""
        while True:
            now_s = time.monotonic()
            watched_s, self._looked_at_s = min(now_s - self._looked_at_s, 2 * LOOK_EVERY_S), now_s  # not while asleep
            for worker in self._workers:
                worker.silent_s += watched_s
                longest_s = tasks[worker.task].get("stall_s") if worker.task is not None else None
                if longest_s and worker.silent_s > longest_s:
                    worker.stalled_s = longest_s
                    worker.process.kill()
            with suppress(queue.Empty):
                return self._events.get(timeout=LOOK_EVERY_S)

    def _start(self) -> _Worker:
        log = tempfile.TemporaryFile()  # noqa: SIM115  what decoders print, kept for the message about a crash
        environment = {**os.environ, **STEADY, **FRUGAL, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", env=environment,
        )  # fmt: skip
        worker = _Worker(process, log)
        self._workers.append(worker)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        for line in worker.process.stdout or ():
            if line.endswith("\n"):  # a worker killed while it writes leaves half a line
                worker.silent_s = 0.0
                self._events.put((worker, line))
        if worker.process.stdout:
            worker.process.stdout.close()
        self._events.put((worker, ""))  # the end of its output is the end of the worker

    def _give(self, worker: _Worker, tasks: Sequence[Task], waiting: list[int], tries: list[int]) -> None:
        if not waiting or worker.process.stdin is None:
            return
        worker.task = waiting.pop()
        tries[worker.task] += 1
        worker.silent_s = 0.0
        with suppress(BrokenPipeError):  # it died idle; its end of output is on the way and brings the task back
            worker.process.stdin.write(json.dumps(tasks[worker.task]) + "\n")
            worker.process.stdin.flush()

    def _bury(self, worker: _Worker) -> Answer:
        self._workers.remove(worker)
        code = worker.process.wait()
        worker.log.seek(0)
        last_words = worker.log.read().decode(errors="replace").strip()
        self._end(worker, at_once=True)
        if worker.stalled_s:
            return {"answer": stalled(worker.stalled_s)}
        is_fault = "Traceback (most recent call last)" in last_words  # ... which the next worker would meet as well
        if is_fault:
            logger.error("a worker failed; this is a fault of audiokit, please report it:\n%s", last_words)
        how = f"killed by signal {-code}" if code < 0 else last_words.rpartition("\n")[2] or f"exit code {code}"
        return {"answer": {"error": f"its worker died ({how})", "reason": "crashed"}, "again": not is_fault}

    def _end(self, worker: _Worker, *, at_once: bool) -> None:
        if at_once:
            worker.process.kill()
        with suppress(BrokenPipeError):
            if worker.process.stdin:
                worker.process.stdin.close()
        try:
            worker.process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        worker.log.close()


def stalled(longest_s: float) -> Answer:
    """Answer for a task that told nothing for so many seconds."""
    told = f"no progress for {longest_s:g} s: damaged, or its disk does not answer. Check both."
    return {"error": told, "reason": "stalled", "passing": True}


def as_raised(answer: Answer) -> errors.AudiokitError:
    """Make the error again that a worker met."""
    kind: type[errors.AudiokitError] = getattr(errors, answer["raised"])
    error = kind.__new__(kind)
    error.args = (answer["error"],)  # past the class's own arguments, which the message and the details hold
    error.__dict__.update(answer["details"])
    return error
