"""Tickets that were used (audiokit.server.spent)."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest

from audiokit.server import spent
from audiokit.server.spent import Spent


@pytest.fixture(params=["alone", "several"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> list[Spent]:
    return [Spent()] if request.param == "alone" else [Spent(tmp_path), Spent(tmp_path)]


def test_a_ticket_is_used_once_by_whichever_worker(workers: list[Spent]) -> None:
    assert workers[0].spend("60.aa", 60, now_s=0)
    assert [each.spend("60.aa", 60, now_s=59.9) for each in workers] == [False] * len(workers)
    assert workers[-1].spend("60.bb", 60, now_s=0)
    assert not workers[0].spend("60.bb", 60, now_s=0)


def test_old_tickets_are_forgotten(workers: list[Spent], tmp_path: Path) -> None:
    for number in range(1000):
        assert workers[number % len(workers)].spend(f"{number}.aa", number + 60, now_s=number)
    assert sum(map(len, workers)) <= 62
    assert len(list(tmp_path.iterdir())) in (0, sum(map(len, workers)))


def test_more_tickets_than_can_be_remembered_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spent, "MOST", 3)
    store = Spent()
    assert [store.spend(f"60.{number}", 60, now_s=0) for number in range(5)] == [True] * 3 + [False] * 2
    assert store.spend("121.0", 121, now_s=61)


def test_a_ticket_that_cannot_be_noted_is_not_good(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not Spent(tmp_path / "gone").spend("60.aa", 60, now_s=0)
    assert "cannot be noted" in caplog.text


def _spend(folder: Path) -> int:
    store = Spent(folder)
    return sum(store.spend(f"60.{number}", 60, now_s=0) for number in range(200))


@pytest.mark.process
def test_of_workers_that_come_at_once_only_one_is_first(tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        counts = pool.map(_spend, [tmp_path, tmp_path])
        pool.close()
        pool.join()
    assert sum(counts) == 200
