"""Ray tasks that also go wrong: `crooked_worker`'s, done as Ray does the real ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audiokit.dataset import ray_task, worker
from tests.dataset import crooked_worker


def work(task: dict[str, Any], home: str, expected: str) -> Iterator[ray_task.Message]:
    """Do one task."""
    crooked_worker.worker.TASKS.update(read=read, make=make, where=where)
    if task["task"] == "fetch_from_a_dead_share":
        ray_task.blocks = hanging_blocks  # this process ends with the task
    yield from ray_task.work(task, home, expected)


def hanging_blocks(path: str) -> Iterator[bytes]:
    """Read a file of a share that answers once."""
    yield b"sound"
    time.sleep(crooked_worker.FOREVER_S)


def read(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Say what a file holds, and where it was found."""
    return {"path": task["path"], "text": Path(task["path"]).read_text()}


def make(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Make what preparing a recording makes."""
    for name in task["makes"]:
        (Path(task["clips"]) / name).write_text(f"sound of {name}")
    heard = Path(task["heard"])
    was_there = heard.exists()
    heard.write_text("changed" if was_there else "heard")
    return {"was_there": was_there}


def where(task: dict[str, Any], advance: worker.Advance) -> dict[str, Any]:
    """Say on which machine this runs."""
    import ray

    return {"node": ray.get_runtime_context().get_node_id()}
