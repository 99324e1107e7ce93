"""audiokit.providers.deepgram.live: the watch that cuts a line on which nothing comes back."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from audiokit.providers.deepgram.live import Watch


def watched(*steps: str, silence_s: float = 0.05) -> tuple[Watch, list[str]]:
    """Do what the steps say, waiting twice as long as the watch at "wait"; give the watch and what it did."""
    done: list[str] = []
    watch = Watch(silence_s)
    socket = SimpleNamespace(transport=SimpleNamespace(abort=lambda: done.append("cut")))

    async def follow() -> None:
        watch.starts(cast("Any", socket))
        for step in steps:
            if step == "wait":
                await asyncio.sleep(2 * silence_s)
            else:
                getattr(watch, step)()

    asyncio.run(follow())
    return watch, done


@pytest.mark.parametrize(
    "steps",
    [("wait",), ("asked", "heard", "wait"), ("asked", "stops", "wait"), ("asked", "asked", "heard", "wait")],
)
def test_a_line_on_which_all_is_answered_is_not_cut(steps: tuple[str, ...]) -> None:
    watch, done = watched(*steps)
    assert (watch.is_over, done) == (False, [])


@pytest.mark.parametrize("steps", [("asked", "wait"), ("asked", "heard", "asked", "wait"), ("asked", "asked", "wait")])
def test_a_line_on_which_nothing_is_answered_is_cut(steps: tuple[str, ...]) -> None:
    watch, done = watched(*steps)
    assert (watch.is_over, done) == (True, ["cut"])


def test_what_was_asked_is_counted() -> None:
    assert watched("asked", "heard", "asked")[0].count == 2
