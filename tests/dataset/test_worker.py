"""audiokit.dataset.worker."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from audiokit.audio.buffer import Audio
from audiokit.dataset import worker
from tests.dataset.crooked_worker import COMMAND


def deaf(done_s: float) -> None:
    """Take progress from a task that has none to tell."""


def serve(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    """Let a worker in this process do tasks; give the messages it sends."""
    answers = io.StringIO()
    worker.serve(Slow(tasks, answers), answers)  # type: ignore[arg-type]
    return [json.loads(line) for line in answers.getvalue().splitlines()]


class Slow:
    """Lines as a caller writes them: the next when the last is answered."""

    def __init__(self, tasks: tuple[dict[str, Any], ...], answers: io.StringIO) -> None:
        self._tasks, self._answers = tasks, answers

    def __iter__(self) -> Any:
        for at, task in enumerate(self._tasks):
            yield json.dumps(task) + "\n"
            while self._answers.getvalue().count('"answer"') <= at:
                pass


def start() -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8")


def say(process: subprocess.Popen[str], **task: object) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(task) + "\n")
    process.stdin.flush()


@pytest.fixture
def recording(tmp_path: Path, tone: Callable[..., Audio]) -> Path:
    path = tmp_path / "tone.flac"
    soundfile.write(path, tone(duration_s=1.5).samples, 16_000)
    return path


def test_probing_hashes_a_file_and_reads_its_header(recording: Path) -> None:
    found = worker.answer({"task": "probe", "path": str(recording)}, deaf)["result"]
    assert found["sha256"] == hashlib.sha256(recording.read_bytes()).hexdigest()
    assert found["expected_s"] == pytest.approx(1.5)


def test_what_is_no_audio_is_answered_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("no sound")
    answer = worker.answer({"task": "probe", "name": "a.mp3", "path": str(tmp_path / "a.mp3")}, deaf)
    assert (answer["reason"], answer["disk_full"]) == ("not audio", False)
    assert "a.mp3" in answer["error"]


def test_a_file_that_is_gone_is_answered(tmp_path: Path) -> None:
    answer = worker.answer({"task": "probe", "name": "a.mp3", "path": str(tmp_path / "a.mp3")}, deaf)
    assert answer["reason"] in ("missing", "unreadable")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"task": "fail", "how": "file"}, {"reason": "truncated", "error": "a.mp3: it ends too early"}),
        ({"task": "fail", "how": "file"}, {"disk_full": False}),
        ({"task": "fail", "how": "disk"}, {"reason": "unreadable", "disk_full": True}),
        ({"task": "fail_for_disk"}, {"reason": "cannot write", "disk_full": True}),
        ({"task": "fail", "how": "os", "name": "a.mp3"}, {"reason": "unreadable", "disk_full": False}),
        ({"task": "fail", "how": "config"}, {"reason": "failed", "raised": "ConfigError", "details": {}}),
        ({"task": "fail", "how": "missing"}, {"raised": "MissingDependencyError", "details": {"extra": "acme"}}),
        ({"task": "fail", "how": "acme"}, {"raised": "RateLimitError", "error": "slow down"}),
    ],
)  # fmt: skip
def test_an_error_a_user_can_mend_is_an_answer(task: dict[str, Any], expected: dict[str, Any]) -> None:
    assert worker.answer(task, deaf).items() >= expected.items()


def test_a_full_disk_is_named_by_what_could_not_be_written() -> None:
    assert worker.answer({"task": "fail", "how": "disk"}, deaf).get("place") is None
    full = {"task": "fail", "how": "disk", "place": "/elsewhere/audiokit-scratch-1/a.mp3"}
    assert worker.answer(full, deaf)["place"] == "/elsewhere/audiokit-scratch-1/a.mp3"


def test_a_bug_is_no_answer() -> None:
    with pytest.raises(KeyError, match="no such thing"):
        worker.answer({"task": "fail", "how": "bug"}, deaf)


def test_tasks_are_answered_in_order() -> None:
    answers = serve(*[{"task": "echo", "value": value} for value in range(5)])
    assert [message["answer"]["result"]["echo"] for message in answers] == list(range(5))


def test_no_tasks_are_no_answers() -> None:
    assert serve() == []


def test_progress_is_told_at_once_and_then_seldom() -> None:
    *told, answer = serve({"task": "count"})
    assert told[0] == {"done_s": 0.0}
    assert len(told) < 1000
    assert answer == {"answer": {"result": {}}}


@pytest.mark.process
def test_a_worker_without_tasks_ends_with_its_input() -> None:
    process = start()
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


@pytest.mark.process
def test_a_worker_answers_before_it_ends() -> None:
    process = start()
    say(process, task="echo", value="ü")
    assert process.stdout
    assert json.loads(process.stdout.readline())["answer"]["result"]["echo"] == "ü"
    assert process.communicate(timeout=30) == ("", "")


@pytest.mark.process
def test_a_worker_ends_in_the_middle_of_a_task_when_its_input_does(tmp_path: Path) -> None:
    process = start()
    say(process, task="hang", place=str(tmp_path))
    while not list(tmp_path.iterdir()):
        assert process.poll() is None
    process.communicate(timeout=30)
    assert process.returncode == 1


@pytest.mark.process
def test_ctrl_c_in_the_terminal_is_left_to_the_caller(tmp_path: Path) -> None:
    process = start()
    assert process.stdout
    say(process, task="echo", value=1)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    say(process, task="echo", value=2)
    assert json.loads(process.stdout.readline())["answer"]["result"]["echo"] == 2
    process.communicate(timeout=30)


@pytest.mark.process
def test_what_is_printed_goes_to_standard_error() -> None:
    process = start()
    say(process, task="chatter")
    assert process.stdout
    assert json.loads(process.stdout.readline()) == {"answer": {"result": {}}}
    out, errors = process.communicate(timeout=30)
    assert out == ""
    assert sorted(errors.split("\n")) == ["", "nor this", "not an answer"]


@pytest.mark.process
def test_a_message_with_bytes_that_are_no_text_can_be_answered() -> None:
    process = start()
    say(process, task="fail", how="name")
    assert process.stdout
    assert json.loads(process.stdout.readline())["answer"]["reason"] == "unreadable"
    process.communicate(timeout=30)


@pytest.mark.process
def test_the_real_worker_is_started_as_a_module(recording: Path) -> None:
    task = json.dumps({"task": "probe", "path": str(recording)}) + "\n"
    with subprocess.Popen(
        [sys.executable, "-m", "audiokit.dataset.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(task)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["answer"]["result"]["expected_s"] == pytest.approx(1.5)
        process.stdin.close()
        assert process.wait(30) == 0
