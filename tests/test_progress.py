from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from audiokit.progress import SILENT, clock_face, notebook, status_line, throttled


def test_throttled_passes_on_one_call_in_an_interval() -> None:
    times_s = iter([0.0, 0.0, 0.05, 0.1, 0.15, 0.21])
    heard: list[float] = []
    progress = throttled(lambda label, done, total: heard.append(done), interval_s=0.1, clock=lambda: next(times_s))
    for done in (1, 2, 3, 4, 5):
        progress("work", done, 9)
    assert heard == [1, 3, 5]


def test_throttled_always_passes_on_the_end() -> None:
    heard: list[float] = []
    progress = throttled(lambda label, done, total: heard.append(done), clock=lambda: 0.0)
    for done in (1, 2, 9):
        progress("work", done, 9)
    assert heard == [1, 9]


@pytest.mark.parametrize(
    ("done", "total", "line"),
    [
        (30, 120, "ep1:  25%|##        | 30/120 [0:00:10<0:00:30]"),
        (120, 120, "ep1: 100%|##########| 120/120 [0:00:10<0:00:00]"),
        (0, 120, "ep1:   0%|          | 0/120 [0:00:10<?]"),
        (30, 0, "ep1: 30 [0:00:10]"),
    ],
)
def test_a_status_line_shows_share_count_and_time(done: float, total: float, line: str) -> None:
    assert status_line("ep1", done, total, 10.0) == line


@pytest.mark.parametrize(("time_s", "face"), [(0, "0:00:00"), (59.6, "0:01:00"), (3725, "1:02:05")])
def test_a_clock_face_is_hours_minutes_seconds(time_s: float, face: str) -> None:
    assert clock_face(time_s) == face


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["plain Python", "IPython in a terminal"])
def test_outside_jupyter_the_notebook_progress_is_silent(
    shell: SimpleNamespace | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "IPython", _module("IPython", get_ipython=lambda: shell))
    assert notebook() is SILENT


def test_without_ipython_the_notebook_progress_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert notebook() is SILENT


def test_in_jupyter_one_line_is_updated_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    handle = SimpleNamespace(update=lambda data, raw: lines.append(data["text/plain"]))
    kernel = SimpleNamespace(kernel="ipykernel")
    monkeypatch.setitem(sys.modules, "IPython", _module("IPython", get_ipython=lambda: kernel))
    monkeypatch.setitem(sys.modules, "IPython.display", _module("IPython.display", display=lambda *_, **__: handle))
    notebook()("ep1", 4, 4)
    assert lines == ["ep1: 100%|##########| 4/4 [0:00:00<0:00:00]"]


def _module(name: str, **attributes: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(attributes)
    return module
