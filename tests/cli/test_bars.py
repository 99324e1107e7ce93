from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr

import pytest

from audiokit.cli.bars import Unit, facts, progress_bar
from audiokit.progress import SILENT

ERASE_LINE = "\x1b[2K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Give what a terminal of 120 columns receives for these calls of the bar."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")

    def draw(*calls: tuple[str, float, float], unit: Unit = "audio") -> str:
        with redirect_stderr(Terminal()) as screen, progress_bar(quiet=False, unit=unit) as progress:
            for call in calls:
                progress(*call)
        return screen.getvalue()

    return draw


@pytest.mark.parametrize(
    ("done", "total", "speed", "unit", "words"),
    [
        (750, 7200, 118.4, "audio", " 10 %  0:12:30 of 2:00:00  118 x real time  0:00:54 left"),
        (750, 0, 3.25, "audio", "0:12:30  3.2 x real time"),
        (7200, 7200, 118.4, "audio", "100 %  2:00:00 of 2:00:00  118 x real time"),
        (0, 7200, None, "audio", "  0 %  0:00:00 of 2:00:00"),
        (3, 12, 0.5, "items", " 25 %  3 of 12  0:00:18 left"),
        (3, 0, 0.5, "items", "3"),
    ],
)
def test_facts_say_what_is_known(done: float, total: float, speed: float | None, unit: Unit, words: str) -> None:
    assert facts(done, total, speed, unit) == words


def test_a_terminal_shows_label_and_audio_time(drawn: Callable[..., str]) -> None:
    screen = drawn(("ep1.mp3", 60.0, 60.0))
    assert "ep1.mp3" in screen
    assert "100 %  0:01:00 of 0:01:00" in screen


def test_a_label_that_looks_like_markup_is_shown_as_it_is(drawn: Callable[..., str]) -> None:
    assert "[red]ep1[/red].mp3" in drawn(("[red]ep1[/red].mp3", 60.0, 60.0))


def test_of_a_long_label_the_end_is_shown(drawn: Callable[..., str]) -> None:
    assert "…cast/season 1/ep1.mp3 " in drawn(("/recordings/podcast/season 1/ep1.mp3", 60.0, 60.0))


def test_nothing_of_the_bar_stays_behind(drawn: Callable[..., str]) -> None:
    assert drawn(("ep1.mp3", 60.0, 60.0)).endswith(ERASE_LINE)


def test_a_stage_that_begins_again_starts_at_its_own_count(drawn: Callable[..., str]) -> None:
    assert "100 %  4 of 4" in drawn(("one", 9, 9), ("two", 4, 4), unit="items")


def test_a_total_that_is_unknown_is_not_shown(drawn: Callable[..., str]) -> None:
    assert " of " not in drawn(("one", 9, 0), unit="items")


def test_the_result_on_stdout_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with redirect_stderr(Terminal()), progress_bar(quiet=False):
        print("result")
    assert capsys.readouterr().out == "result\n"


@pytest.mark.parametrize(("quiet", "stream"), [(True, Terminal), (False, io.StringIO)])
def test_quiet_or_without_a_terminal_there_is_no_bar(quiet: bool, stream: Callable[[], io.StringIO]) -> None:
    with redirect_stderr(stream()), progress_bar(quiet) as progress:
        assert progress is SILENT
