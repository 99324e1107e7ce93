"""A recording that makes no progress is given up, told, and tried again by the next run (audiokit.dataset.prepare)."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from audiokit.api import prep
from audiokit.dataset.settings import PrepSettings
from tests.conftest import SAMPLES_DIR

pytestmark = [pytest.mark.process, pytest.mark.model]


def stop_first_worker(until_s: float) -> None:
    """Freeze the first worker that appears, as a disk does that does not answer: it has a file to look at."""
    while time.monotonic() < until_s:
        for child in psutil.Process().children():
            if "audiokit.dataset.worker" in child.cmdline():
                child.send_signal(signal.SIGSTOP)
                return
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be frozen there")
def test_one_that_stands_still_costs_itself_only(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.wav", "b.wav"):
        shutil.copy(sorted((SAMPLES_DIR / "librivox").glob("*.wav"))[name == "b.wav"], tmp_path / "in" / name)
    settings = PrepSettings(stall_s=5, min_s=1, min_snr_db=-100, keep_forced_cuts=True)
    stopper = threading.Thread(target=stop_first_worker, args=(time.monotonic() + 30,))
    stopper.start()
    dataset = prep(tmp_path / "in", tmp_path / "out", settings, jobs=1)
    stopper.join()
    assert [source.skipped for source in dataset.sources] == ["stalled", ""]
    assert "a.wav: no progress for 5 s" in dataset.sources[0].message
    again = prep(tmp_path / "in", tmp_path / "out", settings, jobs=1)
    assert [source.skipped for source in again.sources] == ["", ""]
