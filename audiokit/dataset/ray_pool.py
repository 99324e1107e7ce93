"""Tasks on the machines of a Ray cluster, with what `Pool` promises: every task answered, whoever dies."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from audiokit.dataset import ray_task
from audiokit.dataset.pool import FRUGAL, STEADY, TRIES, Answer, Task, Tell
from audiokit.errors import ConfigError, MissingDependencyError

logger = logging.getLogger(__name__)

NODE_TRIES = 5  # a machine that is taken away, as cheap ones are, says nothing about the recording
AHEAD = 2  # tasks asked for per core, so that none waits and a cluster that grows with its queue grows
SEVERAL = 16  # messages a task may be ahead of us, such as clips of 1 MB
KNOCK_S = 10.0
IDLE_S = 60.0  # without any news; a task at work tells more often


@dataclass(slots=True)
class RayPool:
    """Runs tasks on a Ray cluster; a context manager that ends what it started, and nothing else."""

    address: str = ""
    """As in `RayCluster`."""
    jobs: int | None = None
    """How many tasks at most at once, at least 1; None: as many as there are cores."""
    work: Callable[[Task, str, str], Iterator[ray_task.Message]] = ray_task.work
    """What Ray runs for each task."""
    _ray: Any = None
    _is_ours: bool = False
    _home: str = ""
    _running: dict[Any, int] = field(default_factory=dict)

    @property
    def lasting_workers(self) -> int:
        """One: on which machine a task is done, and whether a worker outlives it, is Ray's to say."""
        return 1

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"jobs is {self.jobs}; expected at least 1")

    def __enter__(self) -> Self:
        """Connect, or start a Ray on this machine.

        Raises
        ------
        MissingDependencyError : Ray is not installed.
        ConfigError : no cluster answers at the address.
        """
        if find_spec("ray") is None:
            raise MissingDependencyError("Ray", extra="ray")
        self._ray = import_module("ray")
        if not self._ray.is_initialized():
            self._connect(self.address or os.environ.get("RAY_ADDRESS", ""))
            self._is_ours = True
        self._home = self._ray.get_runtime_context().get_node_id()
        return self

    def _connect(self, address: str) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if not address:
            self._ray.init("local", num_cpus=self.jobs, include_dashboard=False, **quiet)
            return
        try:
            _reach(address)
            self._ray.init(address, **quiet)
        except (OSError, RuntimeError, ValueError) as error:
            raise ConfigError(
                f"no Ray cluster answers at {address} ({error}). Start one (ray start --head) and run prep on one of "
                "its machines, or leave out the address."
            ) from error

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Cancel what still runs; stop a Ray of our own, leave any other."""
        for stream in self._running:
            with suppress(Exception):  # it may have ended, or its machine
                self._ray.cancel(stream, force=True)
        self._running.clear()
        if self._is_ours:
            self._ray.shutdown()

    def run(self, tasks: Sequence[Task], tell: Tell = lambda index, done_s: None) -> Iterator[tuple[int, Answer]]:
        """Do all tasks; see `Engine.run`."""
        waiting = list(range(len(tasks)))[::-1]
        deaths = [_Deaths() for _ in tasks]
        while waiting or self._running:
            while waiting and len(self._running) < self._width():
                index = waiting.pop()
                self._running[self._start(tasks[index])] = index
            for stream in self._ready():
                index = self._running.pop(stream)
                message = self._next(stream, deaths[index])
                if "answer" in message:
                    if message["answer"].get("reason") == "stalled":
                        self._ray.cancel(stream, force=True)
                    yield index, message["answer"]
                elif "again" in message:
                    waiting.append(index)
                else:
                    self._running[stream] = index  # behind the others, so that none waits for a talkative one
                    self._take(tasks[index], index, message, tell)

    def _width(self) -> int:
        if self.jobs is not None:
            return self.jobs
        return AHEAD * max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _start(self, task: Task) -> Any:
        """Ask Ray for one task; it decides where, and when."""
        environment = {"env_vars": {**STEADY, **FRUGAL}}  # the same sums in the same order, whatever the machine
        remote = self._ray.remote(num_cpus=1, max_retries=0, runtime_env=environment)(self.work)
        stream = remote.options(num_returns="streaming", _generator_backpressure_num_objects=SEVERAL)
        if "heard" in task:
            task = {**task, "is_heard": Path(task["heard"]).is_file()}
        return stream.remote(task, self._home, version("audiokit"))

    def _ready(self) -> list[Any]:
        """Wait for news; give the streams that have some."""
        since_s = time.monotonic()
        while True:
            streams = list(self._running)
            ready, _ = self._ray.wait(streams, num_returns=1, timeout=IDLE_S, fetch_local=False)
            if ready:
                more, _ = self._ray.wait(streams, num_returns=len(streams), timeout=0, fetch_local=False)
                return list(more or ready)
            logger.warning("no news from the Ray cluster for %.0f s; has it a free core?", time.monotonic() - since_s)

    def _next(self, stream: Any, deaths: _Deaths) -> dict[str, Any]:
        """Give a task's next message; of one that died, its answer or the word to begin it again."""
        errors = self._ray.exceptions
        try:
            message: dict[str, Any] = self._ray.get(next(stream))
            return message
        except StopIteration:
            return deaths.note("its worker ended without an answer", is_node=False)
        except errors.RayTaskError as error:  # the next worker would meet it as well
            logger.error("a worker failed; this is a fault of audiokit, please report it:\n%s", error)
            last_words = str(error).strip().rpartition("\n")[2]
            return _crashed(last_words)
        except errors.RayError as error:
            is_node = isinstance(error, errors.NodeDiedError | errors.ObjectLostError | errors.LocalRayletDiedError)
            return deaths.note(_first_line(error), is_node=is_node)

    def _take(self, task: Task, index: int, message: dict[str, Any], tell: Tell) -> None:
        """Hand on how far a task is, or write a file that it made on another machine, whole or not at all."""
        if "done_s" in message:
            tell(index, message["done_s"])
            return
        place = Path(task[message["file"]])
        target = place / message["name"] if message["file"] == "clips" else place
        part = Path(task["work"]) / f"{message['name']}.part"
        part.write_bytes(message["data"])
        os.replace(part, target)


@dataclass(eq=False, slots=True)
class _Deaths:
    """How often a task died, and of what."""

    workers: int = 0
    nodes: int = 0

    def note(self, how: str, *, is_node: bool) -> dict[str, Any]:
        """Count one; give up after `TRIES` of a worker or `NODE_TRIES` of a machine."""
        self.nodes += is_node
        self.workers += not is_node
        return _crashed(how) if self.workers >= TRIES or self.nodes >= NODE_TRIES else {"again": True}


def _reach(address: str) -> None:
    """Knock at a cluster's door; Ray itself would knock for minutes."""
    host, mark, port = address.rpartition(":")
    if "://" in address:
        raise ValueError("expected a host and a port; Ray's client protocol cannot carry recordings")
    if mark:
        socket.create_connection((host, int(port)), timeout=KNOCK_S).close()


def _crashed(how: str) -> dict[str, Any]:
    return {"answer": {"error": f"its worker died ({how})", "reason": "crashed"}}


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
