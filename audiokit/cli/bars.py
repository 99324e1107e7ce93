"""A progress bar on stderr for a command that takes its time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from audiokit.cli.output import console
from audiokit.progress import SILENT, Progress, clock_face, throttled

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

Unit = Literal["audio", "items"]
"""What `done` and `total` count: seconds of audio, or things."""

LABEL_LENGTH = 22  # 80 columns less the longest facts, 56, and the gaps


@contextmanager
def progress_bar(quiet: bool, unit: Unit = "audio") -> Iterator[Progress]:
    """Give a Progress that draws one bar, gone at the end; silent when stderr is no terminal.

    Parameters
    ----------
    quiet : draw nothing.
    unit : what `done` and `total` count.
    """
    if quiet or not sys.stderr.isatty():
        yield SILENT
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[facts]}", markup=False),
    )
    # Drawn by the calls themselves: a thread that redraws would make every later fork of the process unsafe.
    with Bar(*columns, console=console(), auto_refresh=False, transient=True, redirect_stdout=False) as bar:
        yield throttled(_drawer(bar, unit))


def facts(done: float, total: float, speed: float | None, unit: Unit) -> str:
    """Say in words what a bar cannot show.

    Parameters
    ----------
    done : in seconds of audio, or in items.
    total : the same in all; 0 is unknown.
    speed : the same per second of time; None or 0 is unknown.
    unit : what `done` and `total` count.
    """
    count = clock_face if unit == "audio" else "{:.0f}".format
    parts = [f"{100 * done / total:3.0f} %", f"{count(done)} of {count(total)}"] if total else [count(done)]
    if speed and unit == "audio":
        parts.append(f"{speed:.{0 if speed >= 10 else 1}f} x real time")
    if speed and total > done:
        parts.append(f"{clock_face((total - done) / speed)} left")
    return "  ".join(parts)


def _drawer(bar: Bar, unit: Unit) -> Progress:
    task_id = bar.add_task("", total=None, facts="")
    task = bar.tasks[0]

    def draw(label: str, done: float, total: float) -> None:
        if done < task.completed:  # the next stage begins, with a speed of its own
            bar.reset(task_id)
        task.total = total or None  # update(total=...) would forget the speed each time a total is refined
        bar.update(task_id, description=_shortened(label), completed=done)
        bar.update(task_id, facts=facts(done, total, task.speed, unit), refresh=True)

    return draw


def _shortened(label: str) -> str:
    """Keep the end, where a path has the file's name, so that the facts fit into 80 columns."""
    return label if len(label) <= LABEL_LENGTH else f"…{label[1 - LABEL_LENGTH :]}"
