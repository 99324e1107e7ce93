"""Several workers as one server: audiokit.server.workers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from audiokit.agent.events import TurnEnded, TurnMetrics
from audiokit.server.hub import Hub
from audiokit.server.metrics import Metrics
from audiokit.server.workers import Workers
from tests.server.test_hub import FakeConnection


class Process:
    """One worker, with one connection."""

    def __init__(self, pid: int, folder: Path | None, patch: pytest.MonkeyPatch) -> None:
        self.pid, self._patch = pid, patch
        self.hub, self.metrics = Hub(), Metrics()
        self.connection = FakeConnection(self.hub, f"conv_{pid}")
        self.hub.add(self.connection)  # type: ignore[arg-type]
        self.metrics.sessions.add(1, "v2")
        self._workers = Workers(self.hub, self.metrics, folder)

    @property
    def workers(self) -> Workers:
        """Act as this process."""
        self._patch.setattr(os, "getpid", lambda: self.pid)
        return self._workers


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Process, Process]:
    """Our own process, and one that lives too: its parent."""
    return Process(os.getpid(), tmp_path, monkeypatch), Process(os.getppid(), tmp_path, monkeypatch)


def exchange(*processes: Process) -> None:
    for process in processes:
        process.workers.exchange()


def turn(latency_s: float) -> TurnEnded:
    return TurnEnded(at_s=0, metrics=TurnMetrics(speech_end_s=1.0, first_audio_s=1.0 + latency_s))


def test_counts_are_added_up(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.metrics.count(turn(0.25))
    second.metrics.count(turn(0.45))
    exchange(first, second)
    for process in pair:
        text = process.workers.metrics_text()
        assert 'audiokit_sessions{protocol="v2"} 2\n' in text
        assert 'audiokit_turn_seconds_bucket{stage="first_audio",le="0.3"} 1\n' in text
        assert 'audiokit_turn_seconds_bucket{stage="first_audio",le="0.5"} 2\n' in text
        assert 'audiokit_turn_seconds_sum{stage="first_audio"} 0.7\n' in text


def test_everybody_is_listed_told_and_closed_by_whoever_is_asked(pair: tuple[Process, Process]) -> None:
    first, second = pair
    exchange(first, second)
    assert {each["conversation_id"] for each in first.workers.connections()} == {f"conv_{each.pid}" for each in pair}
    assert first.workers.broadcast("tea time") == 2
    assert first.workers.close(f"conv_{second.pid}", "enough")
    assert not first.workers.close("conv_nobody", "enough")
    exchange(second, first, second)
    assert [each.connection.heard for each in pair] == [["tea time"], ["tea time"]]
    assert second.connection.ended == (1001, "enough")
    assert first.connection.ended is None


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be asked whether it lives")
def test_a_dead_worker_stays_counted_and_its_connections_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, dead = Process(os.getpid(), tmp_path, monkeypatch), Process(2**22 - 1, tmp_path, monkeypatch)
    dead.metrics.count(turn(0.25))
    exchange(dead, first)
    text = first.workers.metrics_text()
    assert 'audiokit_sessions{protocol="v2"} 1\n' in text
    assert 'audiokit_turns_total{outcome="spoken"} 1\n' in text
    assert len(first.workers.connections()) == 1


def test_a_worker_that_is_alone_needs_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Process(os.getpid(), None, monkeypatch)
    alone.workers.exchange()
    assert alone.workers.broadcast("tea time") == 1
    assert len(alone.workers.connections()) == 1


def test_a_state_survives_json() -> None:
    metrics, copy = Metrics(), Metrics()
    metrics.count(turn(0.25))
    copy.absorb(json.loads(json.dumps(metrics.state())))
    assert copy.text() == metrics.text()


def test_old_notes_are_taken_away(pair: tuple[Process, Process], tmp_path: Path) -> None:
    (tmp_path / "note-1-1.json").write_text('{"broadcast": "long ago"}', "utf-8")
    pair[0].workers.broadcast("tea time")
    assert not (tmp_path / "note-1-1.json").exists()
