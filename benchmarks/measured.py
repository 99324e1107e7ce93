"""Run a program and measure what it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.02
CHILDREN_TOLD = Path("/proc/self/task", str(os.getpid()), "children").exists()

# The program takes the launcher's place, so that nothing of the launcher is measured but its start.
LAUNCHER = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, [int(core) for core in sys.argv[1].split(",")])
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a program took."""

    wall_s: float
    """From start to end, in seconds."""
    cpu_s: float
    """User and system time of it and the processes it waited for, in seconds."""
    peak_bytes: int
    """Largest sum of resident memory over its process tree, looked at every 20 ms; 0 where nobody looked."""
    failure: str
    """Last line of its stderr if it failed, else empty."""


def cores() -> list[int]:
    """List the cores this process may use, the last first: the first is usually the busiest."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0), reverse=True)
    return list(range(os.cpu_count() or 1))


def run(command: Sequence[str], on_cores: Sequence[int], *, is_watched: bool = True) -> Cost:
    """Run `command` on the given cores and nothing but these (where the system can).

    Looking at its memory takes a part of a core: where the program is given all of them, time it unwatched.
    """
    pinned = ",".join(map(str, on_cores))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"} if len(on_cores) == 1 else None
    before, started_s = os.times(), time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, pinned, *command],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
        peak_bytes = 0
        while is_watched and process.poll() is None:
            peak_bytes = max(peak_bytes, resident_bytes(process.pid))
            time.sleep(SAMPLE_S)
        process.wait()
        wall_s, after = time.perf_counter() - started_s, os.times()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    failure = "" if process.returncode == 0 else (said or [f"exit code {process.returncode}"])[-1]
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall_s=wall_s, cpu_s=cpu_s, peak_bytes=peak_bytes, failure=failure)


def resident_bytes(pid: int) -> int:
    """Sum the resident memory of a process and its descendants; pages they share count more than once."""
    total = 0
    for process in family(pid):
        with suppress(psutil.Error):  # it ended while being looked at
            total += psutil.Process(process).memory_info().rss
    return total


def family(pid: int) -> list[int]:
    """List a process and its descendants.

    Linux tells a thread's children. Elsewhere psutil looks at every process of the machine, which takes a good part of
    the core that is measured.
    """
    if not CHILDREN_TOLD:
        with suppress(psutil.NoSuchProcess):
            return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    told = ""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            told += f" {(thread / 'children').read_text()}"
    return [pid, *(one for child in told.split() for one in family(int(child)))]
