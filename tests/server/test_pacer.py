"""Speech that comes at once is played at its pace: audiokit.server.bridge.pacer."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.server.bridge.pacer import LIMIT_S, SEND_AHEAD_S, Pacer
from audiokit.testing.clock import run


class Out:
    """Notes when it got how much."""

    sample_rate = 24000

    def __init__(self) -> None:
        self.played: list[tuple[float, float]] = []
        self.cleared: list[int] = []

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        self.played.append((asyncio.get_running_loop().time(), chunk.duration_s))

    def pause(self) -> None:
        raise AssertionError("a hosted agent does not pause")

    resume = pause

    def clear(self, turn_id: int) -> None:
        self.cleared.append(turn_id)

    @property
    def duration_s(self) -> float:
        return sum(duration_s for _, duration_s in self.played)


def silence(duration_s: float) -> AudioChunk:
    return AudioChunk(np.zeros((round(duration_s * 16000), 1), np.float32), 16000)


def test_nothing_is_sent_long_before_its_time() -> None:
    async def scene() -> Out:
        out = Out()
        pacer = Pacer(out)
        pacer.put(silence(3.0), 1)
        task = asyncio.create_task(pacer.run())
        await asyncio.sleep(4.0)
        task.cancel()
        return out

    out = run(scene())
    assert out.duration_s == pytest.approx(3.0, abs=0.02)
    before_s = 0.0
    for at_s, duration_s in out.played:
        assert at_s >= before_s - SEND_AHEAD_S - 1e-6
        before_s += duration_s
    assert max(duration_s for _, duration_s in out.played) == pytest.approx(0.02)


def test_what_was_not_heard_is_dropped() -> None:
    async def scene() -> Out:
        out = Out()
        pacer = Pacer(out)
        pacer.put(silence(3.0), 1)
        task = asyncio.create_task(pacer.run())
        await asyncio.sleep(1.0)
        assert pacer.silent_since_s(asyncio.get_running_loop().time()) == 0
        pacer.clear(1)
        pacer.put(silence(0.5), 2)
        await asyncio.sleep(2.0)
        assert pacer.silent_since_s(asyncio.get_running_loop().time()) > 1
        task.cancel()
        return out

    out = run(scene())
    assert out.cleared == [1]
    assert out.duration_s == pytest.approx(1.0 + SEND_AHEAD_S + 0.5, abs=0.05)


def test_a_vendor_that_is_far_ahead_has_to_wait() -> None:
    async def scene() -> float:
        pacer = Pacer(Out())
        task = asyncio.create_task(pacer.run())
        await pacer.room()
        pacer.put(silence(LIMIT_S + 10), 1)
        await pacer.room()
        task.cancel()
        return asyncio.get_running_loop().time()

    assert run(scene()) == pytest.approx(10 - SEND_AHEAD_S, abs=0.1)
