"""An orderly end for everybody: audiokit.server.hub, audiokit.server.drain."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field

import pytest

from audiokit.server.drain import drain_on_signals
from audiokit.server.hub import RESTART, Hub
from audiokit.testing.clock import run


@dataclass(eq=False)
class FakeConnection:
    """It ends so many seconds after it was asked to finish."""

    hub: Hub
    conversation_id: str = "conv_1"
    needs_s: float = 1.0
    heard: list[str] = field(default_factory=list)
    ended: tuple[int, str] | None = None

    def notify(self, text: str) -> None:
        self.heard.append(text)

    def finish(self) -> None:
        asyncio.get_running_loop().call_later(self.needs_s, self.end, 1000, "finished")

    def end(self, code: int, reason: str) -> None:
        self.ended = self.ended or (code, reason)
        self.hub.remove(self)  # type: ignore[arg-type]

    def describe(self) -> dict[str, object]:
        return {"conversation_id": self.conversation_id}


def hub_with(*needs_s: float) -> tuple[Hub, list[FakeConnection]]:
    hub = Hub()
    connections = [FakeConnection(hub, f"conv_{number}", each) for number, each in enumerate(needs_s)]
    for connection in connections:
        hub.add(connection)  # type: ignore[arg-type]
    return hub, connections


def test_a_drain_waits_for_running_turns_up_to_its_deadline() -> None:
    async def scene() -> float:
        hub, connections = hub_with(1.0, 60.0)
        await hub.drain(10.0)
        assert [each.ended for each in connections] == [(1000, "finished"), (RESTART, "the server restarts")]
        assert hub.is_draining
        return asyncio.get_running_loop().time()

    assert run(scene()) == pytest.approx(10.0, abs=0.01)


def test_a_drain_of_nobody_is_over_at_once() -> None:
    async def scene() -> float:
        await Hub().drain(10.0)
        return asyncio.get_running_loop().time()

    assert run(scene()) == 0


def test_everybody_hears_a_broadcast() -> None:
    async def scene() -> None:
        hub, connections = hub_with(1.0, 1.0)
        assert hub.broadcast("tea time") == 2
        assert [each.heard for each in connections] == [["tea time"], ["tea time"]]
        assert hub.list() == [{"conversation_id": "conv_0"}, {"conversation_id": "conv_1"}]
        assert not hub.close("conv_9", "x")
        assert hub.close("conv_1", "enough")
        assert connections[1].ended == (1001, "enough")

    run(scene())


def test_a_signal_drains_before_the_former_handler_stops_the_server() -> None:
    stopped, is_over = list[int](), asyncio.Event()

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        is_over.set()

    before = signal.signal(signal.SIGTERM, stop)

    async def scene() -> None:
        hub, connections = hub_with(0.05)
        with drain_on_signals(hub, 5.0):
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                await is_over.wait()
        assert connections[0].ended == (1000, "finished")

    try:
        asyncio.run(scene())
        assert stopped == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_interrupt_does_not_wait() -> None:
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))

    async def scene() -> None:
        hub, _ = hub_with(60.0)
        with drain_on_signals(hub, 60.0):
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0.05)
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0)
            assert stopped == [signal.SIGINT]

    try:
        asyncio.run(scene())
    finally:
        signal.signal(signal.SIGINT, before)
