"""`audiokit prep --engine ray` as a whole: the same bytes as on this machine alone, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from audiokit.dataset.mirror import WRITER
from audiokit.dataset.ray_pool import RayPool
from audiokit.errors import ConfigError
from tests.analysis.taggers import yamnet
from tests.dataset.folders import fingerprint

pytest.importorskip("ray")

pytestmark = [pytest.mark.process, pytest.mark.model]


def start(source: object, out: object, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "audiokit", "prep", str(source), str(out), "--quiet", *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Give the exit code, and what was said on stderr but for what Ray's own core writes there when a node is gone."""
    _, errors = process.communicate(timeout=300)
    ours = [line for line in errors.splitlines(keepends=True) if "core_worker.cc" not in line]
    return process.returncode, "".join(ours)


@pytest.fixture(scope="module")
def whole(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the processes of this machine make of the sample podcast."""
    out = tmp_path_factory.mktemp("whole") / "podcast"
    assert ended(start(samples_dir / "podcast", out, "--jobs", "2")) == (0, "")
    return fingerprint(out)


@pytest.fixture(scope="module")
def cluster(s3_settings: dict[str, str]) -> Iterator[Any]:
    """A Ray cluster whose head has no core: all work is done on its two other nodes, of one core each."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:  # every machine of a cluster has credentials of its own
        for name, value in {**s3_settings, "RAY_USAGE_STATS_ENABLED": "0"}.items():
            patch.setenv(name, value)
        machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        machines.others = [machines.add_node(num_cpus=1) for _ in range(2)]
    yield machines
    machines.shutdown()


def wait_for_clips(process: subprocess.Popen[str], out: Path) -> None:
    journal = out / ".audiokit/journal.jsonl"
    while process.poll() is None and not (journal.exists() and b'["clips"' in journal.read_bytes()):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)


def test_recordings_and_dataset_in_a_store_are_worked_on_by_a_cluster(
    samples_dir: Path, cluster: Any, bucket: str, s3: Any, tmp_path: Path
) -> None:
    s3.put(f"{samples_dir}/podcast/", f"{bucket}/podcast/", recursive=True)
    work = ("--work", str(tmp_path / "work"))
    at_once = start(f"{bucket}/podcast", f"{bucket}/set", "--ray-address", cluster.address, *work)
    assert ended(start(f"{bucket}/podcast", tmp_path / "local/set", "--jobs", "2")) == (0, "")
    assert ended(at_once) == (0, "")
    s3.get(f"{bucket}/set/", f"{tmp_path}/got/", recursive=True)
    (tmp_path / "got" / WRITER).unlink()
    assert fingerprint(tmp_path / "got") == fingerprint(tmp_path / "local/set")


def test_a_node_that_dies_in_the_middle_costs_nothing(
    samples_dir: Path, whole: dict[str, str], cluster: Any, tmp_path: Path
) -> None:
    out = tmp_path / "podcast"
    process = start(samples_dir / "podcast", out, "--ray-address", cluster.address)
    wait_for_clips(process, out)
    assert process.poll() is None
    cluster.remove_node(cluster.others[0], allow_graceful=False)
    assert ended(process) == (0, "")
    assert fingerprint(out) == whole


def test_ctrl_c_leaves_no_ray_behind_and_the_other_engine_goes_on(
    samples_dir: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "podcast"
    process = start(samples_dir / "podcast", out, "--engine", "ray", "--jobs", "2")
    wait_for_clips(process, out)
    family = psutil.Process(process.pid).children(recursive=True)
    assert any("raylet" in child.name() for child in family)
    os.killpg(process.pid, signal.SIGINT)
    code, errors = ended(process)
    assert (code, "same command again" in errors) == (130, True)
    assert not psutil.wait_procs(family, timeout=20)[1]
    assert ended(start(samples_dir / "podcast", out, "--jobs", "2")) == (0, "")
    assert fingerprint(out) == whole


def test_work_on_single_clips_is_the_same_whoever_does_it(samples_dir: Path, cluster: Any, tmp_path: Path) -> None:
    laughter = ("--max-laughter", "0.3", "--sounds-model", str(yamnet(tmp_path / "tagger.onnx")))
    wanted = ("--speaker", "all", "--max-reverb", "0.5", "--max-music", "0.5", "--mos", "1", *laughter)
    made = []
    for name, engine in (
        ("one", ("--jobs", "1")),
        ("two", ("--jobs", "2")),
        ("ray", ("--ray-address", cluster.address)),
    ):
        out = tmp_path / name / "podcast"
        assert ended(start(samples_dir / "podcast/extras", out, *wanted, *engine)) == (0, "")
        made.append(fingerprint(out))
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:a"])
def test_no_cluster_at_the_address_is_said(address: str) -> None:
    with pytest.raises(ConfigError, match=f"no Ray cluster answers at {address}"), RayPool(address):
        pass
