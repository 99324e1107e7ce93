"""The machine: Python, the system, a GPU that models can really use."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from audiokit.health.finding import Finding, State

ASK_S = 10.0
TRIAL_S = 60.0  # a driver that hangs is given up
CUDA_LIBRARIES = (
    "pip install nvidia-cublas-cu12 'nvidia-cudnn-cu12==9.*' && export LD_LIBRARY_PATH=$(python -c "
    "'import nvidia.cublas.lib as b, nvidia.cudnn.lib as d; print(*b.__path__, *d.__path__, sep=\":\")')"
)
"""What CTranslate2's wheel does not bring, nor find by itself."""
DRIVER = "see https://www.nvidia.com/drivers"


def look(*, online: bool = False) -> Iterator[Finding]:
    """Look at Python, audiokit itself and the GPU."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    yield Finding(area="machine", name="Python", state="ok", found=f"{platform.python_version()} on {system}")
    place = Path(__file__).parent.parent
    yield Finding(area="machine", name="audiokit", state="ok", found=f"{version('audiokit')} in {place}")
    yield gpu()


def gpu() -> Finding:
    """Find NVIDIA's GPUs, and let one transcribe something."""
    names = _nvidia_gpus()
    if not names:
        return _gpu("ok", "none by NVIDIA; all models run on the processor")
    if find_spec("faster_whisper") is None:
        return _gpu("ok", f"{', '.join(names)}; nothing installed uses it")
    if problem := _trial():
        mend = DRIVER if "driver" in problem else CUDA_LIBRARIES
        return _gpu("missing", f"{', '.join(names)}, but Whisper runs on the processor only: {problem}", mend)
    return _gpu("ok", f"{', '.join(names)}; Whisper runs on it")


def _gpu(state: State, found: str, mend: str = "") -> Finding:
    return Finding(area="machine", name="GPU", state=state, found=found, mend=mend)


def _nvidia_gpus() -> list[str]:
    try:
        told = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=ASK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # no driver, or one without a GPU
        return []
    return [line.strip() for line in told.stdout.splitlines() if line.strip()]


def _trial() -> str:
    """Transcribe on the GPU; give what went wrong. In a process of its own: without cuDNN, CTranslate2 ends it."""
    command = [sys.executable, "-m", "audiokit.health.gpu_trial"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TRIAL_S)
    except subprocess.TimeoutExpired:
        return f"no answer within {TRIAL_S:.0f} s"
    if ended.returncode == 0:
        return ""
    lines = ended.stderr.strip().splitlines()
    return lines[-1] if lines else f"it ended with {ended.returncode}"
