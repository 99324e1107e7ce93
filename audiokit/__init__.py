"""audiokit: from a folder of recordings to a voice that talks back.

Every public name is here and is imported when it is first used, so `import audiokit` itself costs next to nothing.
"""

from __future__ import annotations

import os

# onnxruntime 1.31 reports its use to its maker, and keeps a device's id in the home folder, unless it is told not to
# before it is first imported. Recordings of voices are nobody else's business; who sets the variable decides.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

TYPE_CHECKING = False  # type checkers take this name for true; `typing` itself costs 15 ms of import
if TYPE_CHECKING:
    from audiokit import progress
    from audiokit.agent import events
    from audiokit.agent.agent import Agent
    from audiokit.agent.settings import AgentSettings
    from audiokit.analysis.report import Report
    from audiokit.api import analyze, converse, edit, export, info, merge_datasets, prep, serve, split
    from audiokit.audio.buffer import Audio
    from audiokit.audio.chunk import AudioChunk
    from audiokit.audio.formats import Encoding
    from audiokit.cloned import clone, evaluate, plan_clone
    from audiokit.cloning.clone import CloneSettings
    from audiokit.cloning.voices import VoiceBook
    from audiokit.dataset.engine import RayCluster
    from audiokit.dataset.exports.export import ExportSettings
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.settings import PrepSettings
    from audiokit.editing import steps
    from audiokit.editing.split import AtSilence, AtTimes, Every
    from audiokit.errors import (
        AudioFileError,
        AudiokitError,
        AuthenticationError,
        CacheError,
        ConfigError,
        DatasetError,
        MissingDependencyError,
        MissingKeyError,
        ProviderError,
        ProviderTimeout,
        ProviderUnavailable,
        QuotaError,
        RateLimitError,
        SampleError,
        UsageError,
        VoiceLimitError,
        VoiceNotFoundError,
    )
    from audiokit.health.doctor import doctor
    from audiokit.health.finding import Finding
    from audiokit.server.settings import ServerSettings
    from audiokit.speech import cost
    from audiokit.speech.cache import SpeechCache
    from audiokit.speech.prices import PriceTable
    from audiokit.speech.speaking import SaySettings
    from audiokit.speech.usage import UsageCounter
    from audiokit.spoken import narrate, say, stream_speech, warm

    __version__: str

__all__ = [
    "Agent",
    "AgentSettings",
    "AtSilence",
    "AtTimes",
    "Audio",
    "AudioChunk",
    "AudioFileError",
    "AudiokitError",
    "AuthenticationError",
    "CacheError",
    "CloneSettings",
    "ConfigError",
    "Dataset",
    "DatasetError",
    "Encoding",
    "Every",
    "ExportSettings",
    "Finding",
    "MissingDependencyError",
    "MissingKeyError",
    "PrepSettings",
    "PriceTable",
    "ProviderError",
    "ProviderTimeout",
    "ProviderUnavailable",
    "QuotaError",
    "RateLimitError",
    "RayCluster",
    "Report",
    "SampleError",
    "SaySettings",
    "ServerSettings",
    "SpeechCache",
    "UsageCounter",
    "UsageError",
    "VoiceBook",
    "VoiceLimitError",
    "VoiceNotFoundError",
    "__version__",
    "analyze",
    "clone",
    "converse",
    "cost",
    "doctor",
    "edit",
    "evaluate",
    "events",
    "export",
    "info",
    "merge_datasets",
    "narrate",
    "plan_clone",
    "prep",
    "progress",
    "say",
    "serve",
    "split",
    "steps",
    "stream_speech",
    "warm",
]

_HOMES = {
    "Agent": "audiokit.agent.agent",
    "AgentSettings": "audiokit.agent.settings",
    "AtSilence": "audiokit.editing.split",
    "AtTimes": "audiokit.editing.split",
    "Audio": "audiokit.audio.buffer",
    "AudioChunk": "audiokit.audio.chunk",
    "CloneSettings": "audiokit.cloning.clone",
    "Dataset": "audiokit.dataset.manifest",
    "Encoding": "audiokit.audio.formats",
    "Every": "audiokit.editing.split",
    "ExportSettings": "audiokit.dataset.exports.export",
    "Finding": "audiokit.health.finding",
    "PrepSettings": "audiokit.dataset.settings",
    "PriceTable": "audiokit.speech.prices",
    "RayCluster": "audiokit.dataset.engine",
    "Report": "audiokit.analysis.report",
    "SaySettings": "audiokit.speech.speaking",
    "ServerSettings": "audiokit.server.settings",
    "SpeechCache": "audiokit.speech.cache",
    "UsageCounter": "audiokit.speech.usage",
    "VoiceBook": "audiokit.cloning.voices",
    "analyze": "audiokit.api",
    "clone": "audiokit.cloned",
    "converse": "audiokit.api",
    "doctor": "audiokit.health.doctor",
    "edit": "audiokit.api",
    "evaluate": "audiokit.cloned",
    "export": "audiokit.api",
    "info": "audiokit.api",
    "merge_datasets": "audiokit.api",
    "narrate": "audiokit.spoken",
    "plan_clone": "audiokit.cloned",
    "prep": "audiokit.api",
    "say": "audiokit.spoken",
    "serve": "audiokit.api",
    "split": "audiokit.api",
    "stream_speech": "audiokit.spoken",
    "warm": "audiokit.spoken",
}
"""Where a public name lives; an error is in `audiokit.errors`."""

_MODULES = {
    "cost": "audiokit.speech.cost",
    "events": "audiokit.agent.events",
    "progress": "audiokit.progress",
    "steps": "audiokit.editing.steps",
}
"""Public names that are modules."""


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'audiokit' has no attribute {name!r}")
    value = _load(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _load(name: str) -> object:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("audiokit")
    if name in _MODULES:
        return import_module(_MODULES[name])
    return getattr(import_module(_HOMES.get(name, "audiokit.errors")), name)
