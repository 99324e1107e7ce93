"""Which files make a model of Coqui's: found in a folder, or downloaded by name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audiokit.errors import ConfigError
from audiokit.progress import SILENT, Progress
from audiokit.providers.coqui.package import check_installed
from audiokit.providers.fingerprint import sampled

CHECKPOINTS = ("model.pth", "model_file.pth", "model_file.pth.tar", "best_model.pth", "checkpoint.pth")
WHOLE_FOLDERS = ("bark", "tortoise")  # models of several checkpoints, which Coqui wants to be shown as a folder


@dataclass(frozen=True, kw_only=True)  # no slots: they and cached_property exclude each other
class ModelFiles:
    """One model on disk."""

    name: str
    """As the user named it."""
    checkpoint: Path
    """The weights: a file, or a folder of several."""
    config: Path
    """Its config.json."""
    vocoder: Path | None = None
    """Weights of a vocoder of its own."""
    vocoder_config: Path | None = None
    """The vocoder's config.json."""

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What config.json holds."""
        return _read_config(self.config)

    @property
    def kind(self) -> str:
        """The model's class in Coqui's words, such as "xtts" or "vits"."""
        return str(self.settings.get("model", ""))

    @property
    def streams(self) -> bool:
        """Whether it is an XTTS, which gives sound while it speaks."""
        return self.kind == "xtts"

    @property
    def languages(self) -> tuple[str, ...]:
        """Its own codes of the languages it speaks; empty where config.json names none."""
        return tuple(self.settings.get("languages") or ())

    @property
    def sample_rate(self) -> int:
        """Rate of the speech it makes, in Hz."""
        config = _read_config(self.vocoder_config) if self.vocoder_config else self.settings
        audio, data = config.get("audio") or {}, config.get("data") or {}  # the latter in fairseq's models
        rate = audio.get("output_sample_rate") or audio.get("sample_rate") or data.get("sampling_rate")
        if not isinstance(rate, int):
            raise ConfigError(f"{self.config}: no audio.sample_rate in it; expected a model's config.json of Coqui's.")
        return rate

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen letters that change with the weights: voices and cached speech belong to one model."""
        digest = hashlib.sha256(self.config.read_bytes())
        for path in self._weights():
            for part in sampled(path):
                digest.update(part)
        return digest.hexdigest()[:16]

    def _weights(self) -> list[Path]:
        whole = self.checkpoint.is_dir()
        files = sorted(self.checkpoint.rglob("*.pth")) if whole else [self.checkpoint]
        return [*files, *([self.vocoder] if self.vocoder else [])]


def find_model(model: str, *, name: str, accept_licence: bool = False, progress: Progress = SILENT) -> ModelFiles:
    """Find a model: a folder or a checkpoint of this machine, else one of Coqui's by name.

    Parameters
    ----------
    model : a folder with config.json and a checkpoint, a checkpoint beside its config.json, or a name.
    name : the one used when `model` is empty.
    accept_licence : the user accepts the licence of the weights, where it asks for that.
    progress : called with the model's name and bytes, done and in all, while it is downloaded.

    Raises
    ------
    ConfigError : no such model, an incomplete folder, or a licence that nobody accepted.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : it cannot be downloaded.
    """
    check_installed()
    path = Path(model).expanduser()
    if model and path.exists():
        return _in_folder(path)
    from audiokit.providers.coqui.download import download

    return download(model or name, accept_licence=accept_licence, progress=progress)


def _in_folder(path: Path) -> ModelFiles:
    folder = path if path.is_dir() else path.parent
    config = folder / "config.json"
    if not config.is_file():
        raise ConfigError(f"{folder} has no config.json; expected a model's folder as Coqui writes it.")
    kind = _read_config(config).get("model")
    checkpoint = path if path.is_file() or kind in WHOLE_FOLDERS else _checkpoint_in(folder)
    return ModelFiles(name=str(path), checkpoint=checkpoint, config=config)


def _checkpoint_in(folder: Path) -> Path:
    """Find the weights: under one of Coqui's names, else the only ones, else the newest of a training."""
    named = [folder / name for name in CHECKPOINTS if (folder / name).is_file()]
    steps = sorted((path for path in folder.glob("*_[0-9]*.pth")), key=lambda path: path.stat().st_mtime)
    found = [*named[:1], *steps[-1:], *folder.glob("*.pth")]
    if not found:
        raise ConfigError(f"{folder} has a config.json and no checkpoint; expected model.pth or best_model.pth in it.")
    return found[0]


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Expected a model's config.json of Coqui's.") from error
    if not isinstance(config, dict):
        raise ConfigError(f"{path} is no JSON object. Expected a model's config.json of Coqui's.")
    return config
