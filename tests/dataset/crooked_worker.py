"""A worker whose tasks also go wrong: what `test_pool` and `test_worker` start in place of the real one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn, TextIO

import psutil

from audiokit.dataset import worker
from audiokit.errors import AudioFileError, ConfigError, MissingDependencyError, RateLimitError

FOREVER_S = 600.0


class AcmeError(RateLimitError):
    """A plug-in's own error, with an attribute that no JSON can carry."""

    def __init__(self) -> None:
        super().__init__("slow down", provider="acme", retry_after_s=2.5)
        self.response = object()


def echo(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Give back what was sent."""
    return {"echo": task.get("value"), "pid": os.getpid()}


def count(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Tell far more often than anybody wants to hear."""
    for done_s in range(20_000):
        advance(float(done_s))
    return {}


def meet(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Wait until as many others as wanted have come to the same folder."""
    place = Path(task["place"])
    (place / str(os.getpid())).touch()
    while len(list(place.iterdir())) < task["of"]:
        time.sleep(0.01)
    return {}


def die_until(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Leave a mark and die of SIGKILL, as long as there are fewer marks than `times`."""
    marks = len(list(Path(task["place"]).iterdir()))
    if marks < task["times"]:
        (Path(task["place"]) / str(marks)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"marks": marks}


def die_talking(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Die in the middle of the line that answers."""

    def say(answers: TextIO, message: dict[str, Any]) -> None:
        answers.write('{"answer": {"result": {"half')
        answers.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    worker._say = say
    return {}


def crash(task: dict[str, Any], advance: worker.Advance) -> NoReturn:
    """Do what a broken decoder does."""
    ctypes.string_at(0)
    raise AssertionError


def chatter(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Print, as libraries do, from Python and from C."""
    print("not an answer")
    os.write(1, b"nor this\n")
    return {}


def leave(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Answer, then die with nothing to do."""
    say = worker._say

    def last_words(answers: TextIO, message: dict[str, Any]) -> None:
        say(answers, message)
        os.kill(os.getpid(), signal.SIGKILL)

    worker._say = last_words
    (Path(task["place"]) / str(os.getpid())).touch()
    return {}


def outlive(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Wait until the worker that `leave` ran in is dead."""
    place = Path(task["place"])
    while not list(place.iterdir()) or alive(int(next(place.iterdir()).name)):
        time.sleep(0.01)
    return {}


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def hang(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Tell who hangs, then hang."""
    (Path(task["place"]) / str(os.getpid())).touch()
    time.sleep(FOREVER_S)
    return {}


def dawdle(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Take 3 s, with a sign of life now and then."""
    for step in range(6):
        time.sleep(0.5)
        advance(float(step))
    return {}


def fail(task: dict[str, Any], advance: worker.Advance) -> NoReturn:
    """Raise what was asked for."""
    raise {
        "bug": KeyError("no such thing"),
        "file": AudioFileError("a.mp3: it ends too early", reason="truncated"),
        "name": AudioFileError(b"a\xff.mp3: no sound".decode(errors="surrogateescape")),
        "config": ConfigError("no such model"),
        "missing": MissingDependencyError("Acme", extra="acme"),
        "acme": AcmeError(),
        "disk": OSError(28, "No space left on device", task.get("place")),
        "os": PermissionError(13, "Permission denied", "a.mp3"),
    }[task["how"]]


def fail_for_disk(task: dict[str, Any], advance: worker.Advance) -> NoReturn:
    """Raise a file's error that a full disk is behind."""
    try:
        raise OSError(28, "No space left on device")
    except OSError as error:
        raise AudioFileError("clip.wav cannot be written", reason="cannot write") from error


worker.TASKS.update(
    {
        task.__name__: task
        for task in (
            echo,
            count,
            meet,
            die_until,
            die_talking,
            crash,
            chatter,
            leave,
            outlive,
            hang,
            dawdle,
            fail,
            fail_for_disk,
        )
    }
)

COMMAND = (sys.executable, "-P", __file__)

if __name__ == "__main__":
    worker.main()
