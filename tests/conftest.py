"""What every test may use, and what no test may do: touch the home folder, hold a key, reach the network."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from audiokit.audio.buffer import Audio, Samples

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # behind a shell's &; programs under test would be deaf, too
    signal.signal(signal.SIGINT, signal.default_int_handler)

SAMPLES_DIR = Path(__file__).parent.parent / "samples"
SPEECH_RATE = 16000

Tone = Callable[..., Audio]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A sentence and where it is spoken."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speech:
    """Real speech with its truth: 16 kHz mono, recordings with some quiet room at their ends, nothing between them."""

    audio: Audio
    utterances: tuple[Utterance, ...]


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """The committed recordings."""
    return SAMPLES_DIR


@pytest.fixture(scope="session")
def tone() -> Tone:
    """A maker of mono sines: `tone(freq_hz, duration_s, sample_rate, level_dbfs)`, the level being that of the peak."""

    def make(
        freq_hz: float = 1000.0, duration_s: float = 1.0, sample_rate: int = 16000, level_dbfs: float = -20.0
    ) -> Audio:
        time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
        wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * freq_hz * time_s)
        return Audio(wave.astype(np.float32), sample_rate)

    return make


@pytest.fixture(scope="session")
def speech() -> Callable[..., Speech]:
    """A maker of speech: `speech(pause_s)` joins the LibriVox recordings, digital silence before, between, behind."""

    def make(pause_s: float = 1.0) -> Speech:
        pause = np.zeros(round(pause_s * SPEECH_RATE), np.float32)
        pieces, utterances = [pause], []
        for line in (SAMPLES_DIR / "librivox" / "transcription.txt").read_text("utf-8").splitlines():
            text, _, stem = line.removesuffix(")").rpartition(" (")
            samples, _ = soundfile.read(SAMPLES_DIR / "librivox" / f"{stem}.wav", dtype="float32")
            offset_s = sum(map(len, pieces)) / SPEECH_RATE
            start_s, end_s = (offset_s + edge_s for edge_s in _spoken_span(samples))
            text = text.removeprefix("<s> ").removesuffix(" </s>")
            utterances.append(Utterance(start_s=start_s, end_s=end_s, text=text))
            pieces += [samples, pause]
        return Speech(audio=Audio(np.concatenate(pieces), SPEECH_RATE), utterances=tuple(utterances))

    return make


def _spoken_span(samples: Samples) -> tuple[float, float]:
    """Find the first and the last 20 ms above -40 dBFS RMS: the room of these recordings stays below -41 dBFS."""
    window = SPEECH_RATE // 50
    levels = (samples[: len(samples) // window * window].reshape(-1, window) ** 2).mean(axis=1)
    spoken = np.flatnonzero(levels > 10 ** (-40 / 10))
    return float(spoken[0]) / 50, float(spoken[-1] + 1) / 50


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(tempfile.mkdtemp(dir=_homes))  # mktemp would look through all homes before it for the next number
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("AUDIOKIT_HOME", str(home / "audiokit"))
    monkeypatch.setattr("audiokit.config.ENV_FILE", home / ".env")
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in [name for name in os.environ if name.endswith("_API_KEY") or name in ("NO_COLOR", "FORCE_COLOR")]:
        monkeypatch.delenv(name)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """The system's keyring, as its package shows it: passwords by service and name."""
    kept: dict[tuple[str, str], str] = {}

    class KeyringError(Exception):
        pass

    def delete(service: str, name: str) -> None:
        if kept.pop((service, name), None) is None:
            raise KeyringError("not found")

    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    vars(errors)["KeyringError"] = KeyringError
    vars(module).update(
        __spec__=ModuleSpec("keyring", None),
        errors=errors,
        get_password=lambda service, name: kept.get((service, name)),
        set_password=lambda service, name, secret: kept.update({(service, name): secret}),
        delete_password=delete,
    )
    monkeypatch.setitem(sys.modules, "keyring", module)
    return kept


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Undo what a server that ran inside the tests did to the log."""
    loggers = [logging.getLogger(name) for name in ("audiokit", "uvicorn")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate, logger.handlers = propagate, handlers


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            pytest.fail(f"a test reached for the network: {address}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a host's name, still to be looked up in the network
        return False
