"""A loaded model: once in a process for each device, and one text at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from audiokit.errors import AudiokitError, ConfigError, ProviderError
from audiokit.providers.coqui.files import ModelFiles
from audiokit.providers.coqui.package import importing

if TYPE_CHECKING:
    from TTS.utils.synthesizer import Synthesizer

LOADED_AT_MOST = 2  # XTTS takes 2 GB each

_one_load = Lock()


class Engine:
    """A model with the lock that its users share: it keeps the text it works on in itself."""

    def __init__(self, files: ModelFiles, synthesizer: Synthesizer, device: str) -> None:
        self.files = files
        self.synthesizer = synthesizer
        self.model: Any = synthesizer.tts_model
        self.device = device
        self._lock = Lock()

    @contextmanager
    def alone(self, seed: int) -> Iterator[None]:
        """Have the model for one text, with chance that starts from `seed`; Coqui's errors become ours.

        Raises
        ------
        ProviderError : whatever the model raises inside the block.
        """
        import torch

        devices = [] if self.device == "cpu" else [torch.device(self.device)]
        with self._lock, torch.random.fork_rng(devices), translated(self.files.name):
            state = random.getstate()  # Tortoise uses this one too
            torch.manual_seed(seed)
            random.seed(seed)
            try:
                yield
            finally:
                random.setstate(state)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn what Coqui and torch raise inside the block into a ProviderError.

    Parameters
    ----------
    name : the model's, for the message.
    """
    try:
        yield
    except AudiokitError:
        raise
    except ImportError as error:
        raise ProviderError(
            f"{name}: {error}. Some languages need more packages: pip install 'coqui-tts[languages]'", provider="coqui"
        ) from error
    except Exception as error:  # assertions, KeyErrors, CUDA's RuntimeErrors: a model can fail in any way
        told = str(error).strip().splitlines()
        raise ProviderError(
            f"{name} failed: {type(error).__name__}: {told[0] if told else ''}", provider="coqui"
        ) from error


def checked_device(device: str) -> str:
    """Give the device to use: "auto" is the first GPU, else the CPU.

    Raises
    ------
    ConfigError : no such device here.
    MissingDependencyError : torch is not installed.
    """
    with importing():
        import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()):
        raise ConfigError(f"device is {device!r}; expected auto, cpu, cuda, or one GPU of several such as cuda:1")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f"device is {device!r} and torch {torch.__version__} sees {torch.cuda.device_count()} GPUs here. Use auto "
            "or cpu, or install a torch built for CUDA."
        )
    return device


def open_engine(files: ModelFiles, device: str) -> Engine:
    """Load a model, or give the one that is loaded already.

    Parameters
    ----------
    files : as `find_model` gives them.
    device : as `checked_device` gives it.

    Raises
    ------
    ConfigError : the files are no model that this coqui-tts can read.
    """
    with _one_load:  # lru_cache alone lets two threads load it both
        return _loaded(files, files.fingerprint, device)


@lru_cache(maxsize=LOADED_AT_MOST)
def _loaded(files: ModelFiles, fingerprint: str, device: str) -> Engine:
    with importing():
        from transformers.utils.logging import set_verbosity_error
        from TTS.utils.synthesizer import Synthesizer

    set_verbosity_error()  # it warns of token numbers that Coqui never uses
    try:
        synthesizer = Synthesizer(
            tts_checkpoint=files.checkpoint,
            tts_config_path=files.config,
            vocoder_checkpoint=files.vocoder,
            vocoder_config=files.vocoder_config,
        ).to(device)
    except Exception as error:  # a checkpoint of another version may fail in any way
        raise ConfigError(
            f"{files.checkpoint} does not load as a {files.kind or 'Coqui'} model: {type(error).__name__}: "
            f"{str(error).strip()[:300]}. Expected the files as Coqui wrote them, and the same coqui-tts."
        ) from error
    return Engine(files, synthesizer, device)
