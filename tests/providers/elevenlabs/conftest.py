"""The service of ElevenLabs on this machine, and the environment that leads there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.retry import Retry
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

QUICK = Retry(first_pause_s=0.01, longest_pause_s=0.02)


@pytest.fixture
def service() -> ElevenLabs:
    return ElevenLabs()


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Collect all lines of all loggers; pytest's own collector begins anew when a test ends."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, collector = logging.getLogger(), Collector()
    level = root.level
    root.addHandler(collector)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(collector)


@pytest.fixture(scope="session")
def running() -> Iterator[Host]:
    """A host whose service is changed for every test."""
    with Host(ElevenLabs()) as host:
        yield host


@pytest.fixture
def host(
    running: Host,
    service: ElevenLabs,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Host]:
    """The running service; after each test, neither log nor output may show the key, and no request a violation."""
    running.clear()
    running.app = service
    monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
    monkeypatch.setenv("ELEVENLABS_BASE_URL", running.url)
    with everything_logged() as lines:
        yield running
    assert KEY not in "\n".join([*lines, *capfd.readouterr()])
    running.check()


@pytest.fixture
def samples(tmp_path: Path) -> Callable[[int], list[Path]]:
    """A maker of recordings: half a second each, every one different."""

    def make(count: int) -> list[Path]:
        paths = []
        for number in range(count):
            paths.append(tmp_path / f"take {number}.wav")
            wave = 0.3 * np.sin(np.arange(8000) * (number + 1) / 20)
            Audio(wave.astype(np.float32), 16000).save(paths[-1])
        return paths

    return make
