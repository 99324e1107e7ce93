"""audiokit.dataset.pool, with real processes."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from audiokit import errors
from audiokit.dataset.pool import Answer, Pool, as_raised
from tests.dataset.crooked_worker import COMMAND, alive

pytestmark = pytest.mark.process


def task(kind: str, **details: object) -> dict[str, Any]:
    return {"task": kind, **details}


def done(pool: Pool, *tasks: dict[str, Any]) -> dict[int, Answer]:
    return dict(pool.run(tasks))


def workers() -> list[int]:
    return [process.pid for process in psutil.Process().children() if is_worker(process)]


def is_worker(process: psutil.Process) -> bool:
    """Tell workers from what other tests of this process have left, such as a tracker of multiprocessing."""
    try:
        return any("worker" in word for word in process.cmdline())
    except psutil.ZombieProcess:
        return True
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Two workers whose tasks go wrong on demand."""
    with Pool(2, COMMAND) as pool:
        yield pool
    assert workers() == []


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A folder where tasks leave marks."""
    return str(tmp_path)


def test_every_task_is_answered_once_with_its_own_answer(pool: Pool) -> None:
    answers = list(pool.run([task("echo", value=value) for value in range(50)]))
    assert sorted((index, answer["result"]["echo"]) for index, answer in answers) == [(at, at) for at in range(50)]


def test_no_tasks_need_no_worker(pool: Pool) -> None:
    assert done(pool) == {}
    assert workers() == []


def test_no_more_workers_are_started_than_there_are_tasks(pool: Pool) -> None:
    done(pool, task("echo"))
    assert len(workers()) == 1


def test_tasks_run_side_by_side(pool: Pool, place: str) -> None:
    assert done(pool, *[task("meet", place=place, of=2)] * 2) == {0: {"result": {}}, 1: {"result": {}}}


def test_a_short_task_does_not_wait_for_a_long_one(pool: Pool, place: str) -> None:
    tasks = [task("outlive", place=place), *[task("echo", value=0)] * 5, task("leave", place=place)]
    assert next(reversed(done(pool, *tasks))) == 0


def test_workers_serve_the_next_tasks_too(pool: Pool, place: str) -> None:
    done(pool, *[task("meet", place=place, of=2)] * 2)
    pids = workers()
    assert {answer["result"]["pid"] for answer in done(pool, *[task("echo")] * 8).values()} <= set(pids)
    assert workers() == pids


@pytest.mark.parametrize("value", ["naïve 日本 🎙", "two\nlines\r\u2028", "x" * 500_000, ["a", {"b": None}]])
def test_any_value_goes_there_and_back(pool: Pool, value: object) -> None:
    assert done(pool, task("echo", value=value))[0]["result"]["echo"] == value


def test_progress_is_told_by_task_and_not_too_often(pool: Pool) -> None:
    told: list[tuple[int, float]] = []
    list(pool.run([task("echo"), task("count")], lambda index, done_s: told.append((index, done_s))))
    assert {index for index, _ in told} == {1}
    assert 0 < len(told) < 1000


def test_what_a_library_prints_is_no_answer(pool: Pool) -> None:
    assert done(pool, task("chatter")) == {0: {"result": {}}}


def test_a_killed_worker_is_replaced_and_its_task_done(pool: Pool, place: str) -> None:
    answers = done(pool, task("die_until", place=place, times=1), *[task("echo", value=1)] * 4)
    assert answers[0] == {"result": {"marks": 1}}
    assert [answers[at]["result"]["echo"] for at in range(1, 5)] == [1] * 4


def test_a_task_that_kills_two_workers_is_given_up_and_the_rest_goes_on(pool: Pool, place: str) -> None:
    answers = done(pool, task("die_until", place=place, times=9), *[task("echo", value=1)] * 4)
    assert answers[0] == {"error": "its worker died (killed by signal 9)", "reason": "crashed"}
    assert [answers[at]["result"]["echo"] for at in range(1, 5)] == [1] * 4
    assert len(list(Path(place).iterdir())) == 2


def test_a_decoder_that_crashes_takes_only_its_own_task(pool: Pool) -> None:
    answers = done(pool, task("crash"), task("echo", value=1))
    assert answers[0]["error"] == "its worker died (killed by signal 11)"
    assert answers[1]["result"]["echo"] == 1


def test_all_workers_dying_at_once_lose_nothing(pool: Pool, tmp_path: Path) -> None:
    places = [tmp_path / str(at) for at in range(6)]
    for place in places:
        place.mkdir()
    answers = done(pool, *[task("die_until", place=str(place), times=1) for place in places])
    assert [answers[at]["result"]["marks"] for at in range(6)] == [1] * 6


def test_half_an_answer_is_none(pool: Pool) -> None:
    assert done(pool, task("die_talking"))[0]["reason"] == "crashed"


def test_a_worker_that_dies_with_nothing_to_do_is_not_missed(pool: Pool, place: str) -> None:
    done(pool, task("leave", place=place), task("outlive", place=place))
    assert len(done(pool, *[task("echo")] * 4)) == 4


def test_a_worker_that_dies_between_two_runs_is_replaced(pool: Pool) -> None:
    done(pool, *[task("echo")] * 2)
    for pid in workers():
        psutil.Process(pid).kill()
    assert len(done(pool, *[task("echo")] * 4)) == 4


def test_a_last_task_that_crashes_starts_no_needless_worker(pool: Pool, place: str) -> None:
    done(pool, task("die_until", place=place, times=9))
    assert workers() == []


def test_a_bug_is_answered_as_a_crash_with_its_last_line_and_logged(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "audiokit"):
        answer = done(pool, task("fail", how="bug"))[0]
    assert answer == {"error": "its worker died (KeyError: 'no such thing')", "reason": "crashed"}
    assert "Traceback" in caplog.text
    assert "please report it" in caplog.text


def test_a_task_of_an_unknown_kind_is_a_bug(pool: Pool) -> None:
    assert "KeyError: 'nonsense'" in done(pool, task("nonsense"))[0]["error"]


def until(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end_s


def stopped(stop: type[BaseException], place: str, pids: list[int]) -> None:
    """Raise `stop` while two tasks hang; note in `pids` who ran them."""
    with Pool(2, COMMAND) as pool:
        next(pool.run([task("echo"), *[task("hang", place=place)] * 4]))
        until(lambda: list(Path(place).iterdir()))
        pids += workers()
        raise stop


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_an_error_while_tasks_run_ends_all_processes_at_once(stop: type[BaseException], place: str) -> None:
    started_s, pids = time.monotonic(), []
    with pytest.raises(stop):
        stopped(stop, place, pids)
    assert len(pids) == 2
    assert not any(map(alive, pids))
    assert time.monotonic() - started_s < 20


def test_a_run_that_is_left_early_ends_its_processes(place: str) -> None:
    with Pool(2, COMMAND) as pool:
        next(pool.run([task("echo"), *[task("hang", place=place)] * 4]))
        until(lambda: list(Path(place).iterdir()))
        pids = workers()
    assert len(pids) == 2
    assert not any(map(alive, pids))


def test_a_pool_of_no_workers_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="jobs is 0"):
        Pool(0)


def test_files_of_the_current_folder_do_not_stand_in_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "queue", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stray file was imported')")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp3").write_text("no sound")
    with Pool(1) as pool:
        answer = done(pool, task("probe", name="a.mp3", path="a.mp3"))[0]
    assert answer["reason"] == "not audio"


@pytest.mark.parametrize("entry", ["", ".", "../plugins"])
def test_a_worker_finds_the_modules_that_its_caller_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "of_a_plugin.py").write_text(
        "from tests.dataset.crooked_worker import worker\nworker.main()"
    )
    monkeypatch.chdir(tmp_path / "plugins")
    monkeypatch.setattr(sys, "path", [*sys.path, entry])
    with Pool(1, (sys.executable, "-P", "-m", "of_a_plugin")) as pool:
        assert done(pool, task("echo", value=1))[0]["result"]["echo"] == 1


def test_workers_compute_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    with Pool(1, COMMAND) as pool:
        done(pool, task("echo"))
        (pid,) = workers()
        environment = psutil.Process(pid).environ()
    assert {environment[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")} == {"1"}


@pytest.mark.parametrize(
    ("how", "kind", "exit_code"),
    [("config", errors.ConfigError, 4), ("missing", errors.MissingDependencyError, 6),
     ("acme", errors.RateLimitError, 8)],
)  # fmt: skip
def test_an_error_of_a_worker_is_raised_as_what_it_was(
    pool: Pool, how: str, kind: type[errors.AudiokitError], exit_code: int
) -> None:
    error = as_raised(done(pool, task("fail", how=how))[0])
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert str(error) in {"no such model", str(errors.MissingDependencyError("Acme", extra="acme")), "slow down"}


def test_an_error_keeps_its_plain_attributes(pool: Pool) -> None:
    error = as_raised(done(pool, task("fail", how="acme"))[0])
    assert isinstance(error, errors.RateLimitError)
    assert (error.provider, error.status, error.retryable, error.retry_after_s) == ("acme", 429, True, 2.5)


def test_nothing_is_left_open(place: str) -> None:
    before = psutil.Process().num_fds() if os.name != "nt" else psutil.Process().num_handles()
    for _ in range(3):
        with Pool(2, COMMAND) as pool:
            done(pool, task("die_until", place=place, times=9), *[task("echo")] * 3)
    after = psutil.Process().num_fds() if os.name != "nt" else psutil.Process().num_handles()
    assert after <= before


def test_a_task_without_progress_is_ended_and_told(pool: Pool, place: str) -> None:
    answers = done(pool, task("hang", place=place, stall_s=1.0), task("echo", value=5))
    assert answers[1]["result"]["echo"] == 5
    assert answers[0]["reason"] == "stalled"
    assert "no progress for 1 s" in answers[0]["error"]
    assert answers[0]["passing"] is True
    assert len(list(Path(place).iterdir())) == 1  # it was not tried again
    assert done(pool, task("echo", value=6))[0]["result"]["echo"] == 6


def test_a_task_that_tells_how_far_it_is_is_not_ended(pool: Pool) -> None:
    done(pool, task("echo"))  # its worker is up
    assert "result" in done(pool, task("dawdle", stall_s=2.0))[0]
