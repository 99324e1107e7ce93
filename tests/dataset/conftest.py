"""What several tests of datasets use: a recording, and a server that speaks S3."""

from __future__ import annotations

import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, speech: Callable[..., object]) -> Path:
    """A wav of five spoken sentences with pauses of 1 s."""
    path = tmp_path_factory.mktemp("recording") / "talk.wav"
    audio = speech(1.0).audio  # type: ignore[attr-defined]
    noise = np.random.default_rng(1).standard_normal(audio.samples.shape).astype(np.float32)
    soundfile.write(path, audio.samples + 1e-4 * noise, audio.sample_rate)
    return path


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a real server of the S3 protocol."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
            break
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def s3_settings(s3_server: str) -> dict[str, str]:
    """The environment in which s3fs finds that server."""
    return {
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "open sesame",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip


@pytest.fixture
def s3(s3_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """s3fs's file system on that server, for this process and those it starts."""
    import s3fs

    for name, value in s3_settings.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    yield s3fs.S3FileSystem()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def bucket(s3: Any) -> str:
    """The address of a new bucket."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    s3.mkdir(name)
    return f"s3://{name}"
