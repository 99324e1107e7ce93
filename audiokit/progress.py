"""How long work tells how far it is: one callable, and no bar inside the library."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Called with a label, what is done and what there is in all, in the same unit (`total` 0: unknown)."""

    def __call__(self, label: str, done: float, total: float) -> None:
        """Report `done` of `total`."""
        ...


def SILENT(label: str, done: float, total: float) -> None:  # noqa: N802  a constant that happens to be a function
    """Report nothing: the default everywhere."""


def throttled(progress: Progress, *, interval_s: float = 0.1, clock: Callable[[], float] = time.monotonic) -> Progress:
    """Pass on at most one call in `interval_s`, and always the one that says all is done.

    Parameters
    ----------
    progress : who hears of it.
    interval_s : the shortest time between two calls, in seconds.
    clock : the time in seconds, from any start.
    """
    next_s = clock()

    def forward(label: str, done: float, total: float) -> None:
        nonlocal next_s
        now_s = clock()
        if now_s >= next_s or 0 < total <= done:
            next_s = now_s + interval_s
            progress(label, done, total)

    return forward


def notebook() -> Progress:
    """Give a Progress that keeps one line up to date below the cell of a Jupyter notebook; elsewhere it is silent."""
    # A kernel has IPython loaded long before any cell runs; a terminal's IPython cannot update a line in place.
    ipython = sys.modules.get("IPython")
    if getattr(ipython and ipython.get_ipython(), "kernel", None) is None:
        return SILENT
    from importlib import import_module

    started_s = time.monotonic()
    handle = import_module("IPython.display").display({"text/plain": ""}, raw=True, display_id=True)

    def draw(label: str, done: float, total: float) -> None:
        line = status_line(label, done, total, time.monotonic() - started_s)
        handle.update({"text/plain": line}, raw=True)

    return throttled(draw)


def status_line(label: str, done: float, total: float, elapsed_s: float) -> str:
    """Write progress as text: `ep1.mp3:  42%|####      | 30/72 [0:00:10<0:00:14]`.

    Parameters
    ----------
    label : what is worked on.
    done, total : in any one unit; `total` 0 is unknown.
    elapsed_s : time since the work began, in seconds.
    """
    if total <= 0:
        return f"{label}: {done:.0f} [{clock_face(elapsed_s)}]"
    share = min(1.0, done / total)
    left = clock_face(elapsed_s * (1 - share) / share) if share else "?"
    bar = f"{'#' * round(10 * share):10}"
    return f"{label}: {100 * share:3.0f}%|{bar}| {done:.0f}/{total:.0f} [{clock_face(elapsed_s)}<{left}]"


def clock_face(time_s: float) -> str:
    """Write seconds as h:mm:ss."""
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
