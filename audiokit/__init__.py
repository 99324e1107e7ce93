"""audiokit: from a folder of recordings to a voice that talks back.

Every public name is here and is imported when it is first used, so `import audiokit` itself costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take this name for true; `typing` itself costs 15 ms of import
if TYPE_CHECKING:
    from audiokit import progress
    from audiokit.analysis.report import Report
    from audiokit.api import analyze, edit, info, prep, split
    from audiokit.audio.buffer import Audio
    from audiokit.audio.chunk import AudioChunk
    from audiokit.audio.formats import Encoding
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
    )

    __version__: str

__all__ = [
    "AtSilence",
    "AtTimes",
    "Audio",
    "AudioChunk",
    "AudioFileError",
    "AudiokitError",
    "AuthenticationError",
    "CacheError",
    "ConfigError",
    "Dataset",
    "DatasetError",
    "Encoding",
    "Every",
    "MissingDependencyError",
    "MissingKeyError",
    "PrepSettings",
    "ProviderError",
    "ProviderTimeout",
    "ProviderUnavailable",
    "QuotaError",
    "RateLimitError",
    "Report",
    "SampleError",
    "UsageError",
    "__version__",
    "analyze",
    "edit",
    "info",
    "prep",
    "progress",
    "split",
    "steps",
]

_HOMES = {
    "AtSilence": "audiokit.editing.split",
    "AtTimes": "audiokit.editing.split",
    "Audio": "audiokit.audio.buffer",
    "AudioChunk": "audiokit.audio.chunk",
    "Dataset": "audiokit.dataset.manifest",
    "Encoding": "audiokit.audio.formats",
    "Every": "audiokit.editing.split",
    "PrepSettings": "audiokit.dataset.settings",
    "Report": "audiokit.analysis.report",
    "analyze": "audiokit.api",
    "edit": "audiokit.api",
    "info": "audiokit.api",
    "prep": "audiokit.api",
    "split": "audiokit.api",
}
"""Where a public name lives; an error is in `audiokit.errors`."""

_MODULES = {"progress": "audiokit.progress", "steps": "audiokit.editing.steps"}
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
