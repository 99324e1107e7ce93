"""audiokit.dataset.ray_pool, audiokit.dataset.ray_task and audiokit.dataset.engine, on a real Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from audiokit.dataset.engine import RayCluster, open_engine
from audiokit.dataset.pool import Answer, Pool
from audiokit.dataset.ray_pool import RayPool
from audiokit.errors import ConfigError
from tests.dataset import crooked_ray

ray = pytest.importorskip("ray")

pytestmark = pytest.mark.process


def task(kind: str, **details: object) -> dict[str, Any]:
    return {"task": kind, "name": kind, **details}


def done(pool: RayPool, *tasks: dict[str, Any]) -> dict[int, Answer]:
    return dict(pool.run(tasks))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two machines, where all work is done on the one that is not the caller's."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    machines.add_node(num_cpus=2)
    ray.init(machines.address, log_to_driver=False)
    yield machines.address
    ray.shutdown()
    machines.shutdown()


@pytest.fixture
def pool(address: str) -> Iterator[RayPool]:
    """A pool whose tasks go wrong on demand."""
    with RayPool(address, work=crooked_ray.work) as pool:
        yield pool
    assert ray.is_initialized()  # it was not ours to end


def test_every_task_is_answered_once_with_its_own_answer(pool: RayPool) -> None:
    answers = list(pool.run([task("echo", value=value) for value in range(20)]))
    assert sorted((index, answer["result"]["echo"]) for index, answer in answers) == [(at, at) for at in range(20)]
    assert done(pool) == {}


def test_work_is_done_on_another_machine_and_its_recording_is_sent_there(pool: RayPool, tmp_path: Path) -> None:
    (tmp_path / "talk 1.mp3").write_text("sound")
    answers = done(pool, task("read", path=str(tmp_path / "talk 1.mp3")), task("where"))
    assert answers[0]["result"]["text"] == "sound"
    assert Path(answers[0]["result"]["path"]).name == "talk 1.mp3"
    assert answers[0]["result"]["path"] != str(tmp_path / "talk 1.mp3")
    assert not Path(answers[0]["result"]["path"]).exists()
    assert answers[1]["result"]["node"] != ray.get_runtime_context().get_node_id()


@pytest.mark.parametrize("is_heard", [False, True])
def test_what_is_made_there_comes_back_before_the_answer(pool: RayPool, tmp_path: Path, is_heard: bool) -> None:
    (tmp_path / "a.mp3").write_text("sound")
    for name in ("clips", "work"):
        (tmp_path / name).mkdir()
    if is_heard:
        (tmp_path / "a.npz").write_text("before")
    folders = {name: str(tmp_path / name) for name in ("clips", "work")}
    details = {"path": str(tmp_path / "a.mp3"), "heard": str(tmp_path / "a.npz"), **folders}
    (answer,) = done(pool, task("make", makes=["a-1.wav", "a-2.wav"], **details)).values()
    assert answer["result"] == {"was_there": is_heard}
    made = {path.name: path.read_text() for path in (tmp_path / "clips").iterdir()}
    assert made == {name: f"sound of {name}" for name in ("a-1.wav", "a-2.wav")}
    assert (tmp_path / "a.npz").read_text() == ("before" if is_heard else "heard")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_recording_that_cannot_be_sent_is_answered(pool: RayPool, tmp_path: Path) -> None:
    (answer,) = done(pool, task("read", path=str(tmp_path / "gone.mp3"))).values()
    assert (answer["reason"], answer["passing"]) == ("unreadable", True)
    assert "gone.mp3" in answer["error"]


def test_a_recording_may_have_any_name(pool: RayPool, tmp_path: Path) -> None:
    for name in ("clips", "work", "speech"):
        (tmp_path / name).write_text("sound")
        folders = {folder: str(tmp_path / f"of {name}" / folder) for folder in ("clips", "work")}
        for folder in folders.values():
            Path(folder).mkdir(parents=True)
        details = {"path": str(tmp_path / name), "heard": str(tmp_path / "a.npz"), **folders}
        (answer,) = done(pool, task("make", makes=["a.wav"], **details)).values()
        assert "result" in answer
        assert (tmp_path / f"of {name}" / "clips/a.wav").exists()


def test_what_is_no_file_is_not_waited_for(pool: RayPool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (answer,) = done(pool, task("read", path=str(tmp_path / "pipe.wav"))).values()
    assert (answer["reason"], "pipe.wav is not a regular file" in answer["error"]) == ("unreadable", True)


def test_a_recording_that_does_not_come_is_given_up(pool: RayPool, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("sound")
    details = {"path": str(tmp_path / "a.mp3"), "stall_s": 2.0}
    answers = done(pool, task("fetch_from_a_dead_share", **details), task("echo", value=1))
    assert answers[0]["reason"] == "stalled"
    assert answers[1]["result"]["echo"] == 1


def test_a_message_names_the_callers_file(pool: RayPool, tmp_path: Path) -> None:
    path = tmp_path / "folder.mp3"
    path.write_text("no text\n" * 20)
    details = {"path": str(path), **{name: str(tmp_path / name) for name in ("clips", "work", "heard")}}
    (answer,) = done(pool, task("make", makes=["no/such/folder"], **details)).values()
    assert f"{tmp_path}/clips/no/such/folder" in answer["error"]


def test_progress_is_told_by_task(pool: RayPool) -> None:
    told: list[tuple[int, float]] = []
    list(pool.run([task("echo"), task("count")], lambda index, done_s: told.append((index, done_s))))
    assert {index for index, _ in told} == {1}
    assert 0 < len(told) < 1000


def test_a_killed_worker_is_replaced_and_its_task_done(pool: RayPool, tmp_path: Path) -> None:
    answers = done(pool, task("die_until", place=str(tmp_path), times=1), task("echo", value=1))
    assert answers[0] == {"result": {"marks": 1}}
    assert answers[1]["result"]["echo"] == 1


def test_a_task_that_kills_two_workers_is_given_up(pool: RayPool, tmp_path: Path) -> None:
    answers = done(pool, task("die_until", place=str(tmp_path), times=9), task("crash"), task("echo", value=1))
    assert answers[0]["reason"] == answers[1]["reason"] == "crashed"
    assert answers[0]["error"].startswith("its worker died (")
    assert answers[2]["result"]["echo"] == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_a_bug_is_answered_as_a_crash_with_its_last_line_and_logged(
    pool: RayPool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "audiokit"):
        (answer,) = done(pool, task("fail", how="bug")).values()
    assert answer == {"error": "its worker died (KeyError: 'no such thing')", "reason": "crashed"}
    assert "please report it" in caplog.text


def test_an_error_that_a_user_can_mend_is_the_answer(pool: RayPool) -> None:
    (answer,) = done(pool, task("fail", how="config")).values()
    assert (answer["error"], answer["raised"]) == ("no such model", "ConfigError")


def test_a_task_that_tells_nothing_is_given_up_and_its_core_freed(pool: RayPool, tmp_path: Path) -> None:
    hangs = [task("hang", place=str(tmp_path), stall_s=1.0)] * 2
    answers = done(pool, *hangs, task("dawdle", stall_s=2.0), task("echo", value=1))
    assert [answers[at]["reason"] for at in (0, 1)] == ["stalled", "stalled"]
    assert answers[2]["result"] == {}
    assert answers[3]["result"]["echo"] == 1


def test_what_still_runs_is_cancelled_at_the_end(address: str, tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), RayPool(address, work=crooked_ray.work) as pool:
        next(pool.run([task("echo"), *[task("hang", place=str(tmp_path))] * 4]))
        raise KeyboardInterrupt
    with RayPool(address, work=crooked_ray.work) as pool:  # two cores are free again
        meet = str(tmp_path / "meet")
        Path(meet).mkdir()
        assert done(pool, *[task("meet", place=meet, of=2)] * 2) == {0: {"result": {}}, 1: {"result": {}}}


def test_another_version_of_audiokit_is_refused(pool: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiokit.dataset.ray_pool.version", lambda name: "0.0.1")
    (answer,) = done(pool, task("echo")).values()
    assert answer["raised"] == "ConfigError"
    assert "this one 0.0.1" in answer["error"]


def test_engines_are_chosen_by_name() -> None:
    assert isinstance(open_engine("local", 2), Pool)
    assert open_engine("ray", None) == open_engine(RayCluster(), None)
    engine = open_engine(RayCluster(address="10.0.0.5:6379"), 4)
    assert isinstance(engine, RayPool)
    assert (engine.address, engine.jobs) == ("10.0.0.5:6379", 4)
    with pytest.raises(ConfigError, match="expected local or ray"):
        open_engine("dask", None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="jobs is 0"):
        RayPool("", 0)
