"""What Tortoise knows of a voice: two arrays, computed once from its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiokit.audio.files import read
from audiokit.contracts import Voice
from audiokit.errors import ProviderError
from audiokit.providers.coqui.engine import Engine
from audiokit.providers.coqui.voice_folder import VoiceFolder

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

REFERENCE_RATE = 22_050  # Tortoise: "save the clips as a WAV file with floating point format and a 22,050 sample rate"
DIFFUSION_RATE = 24_000  # its second half listens at this rate

NAMES = ("auto_conditioning", "diffusion_conditioning")
"""In the order Tortoise gives and takes them."""


def folder_of(voice: Voice | None) -> VoiceFolder:
    """Give the folder that Tortoise hears a voice from.

    Raises
    ------
    ProviderError : no voice, or one without a folder.
    """
    if voice is None or voice.folder is None:
        raise ProviderError(
            "Tortoise speaks with a voice it has heard, and none is given. Clone one: "
            "audiokit clone FILES --provider tortoise --name NAME",
            provider="tortoise",
        )
    return VoiceFolder(voice.folder)


def latents_of(folder: VoiceFolder, engine: Engine) -> tuple[torch.Tensor, ...]:
    """Give the two tensors that Tortoise speaks with.

    Parameters
    ----------
    folder : of the voice; latents of another model are computed again.
    engine : with a Tortoise, held alone by the caller.
    """
    import torch

    latents = kept_latents(folder, engine)
    return tuple(torch.from_numpy(latents[name]).to(engine.device) for name in NAMES)


def kept_latents(folder: VoiceFolder, engine: Engine) -> dict[str, NDArray[np.float32]]:
    """Give the latents of a voice; those that this model has not made yet are computed and kept.

    Parameters
    ----------
    folder : of the voice.
    engine : held alone by the caller.
    """
    latents = folder.latents(engine.files.fingerprint)
    if latents is None or set(latents) != set(NAMES):
        latents = _computed(folder.references, engine)
        folder.keep_latents(engine.files.fingerprint, latents)
    return latents


def _computed(references: Sequence[Path], engine: Engine) -> dict[str, NDArray[np.float32]]:
    pairs = [[_loaded(path, rate) for rate in (REFERENCE_RATE, DIFFUSION_RATE)] for path in references]
    heard = engine.model.get_conditioning_latents(pairs)
    return {name: latent.float().cpu().numpy() for name, latent in zip(NAMES, heard, strict=True)}


def _loaded(path: Path, sample_rate: int) -> torch.Tensor:
    import torch

    samples = read(path).mono().resample(sample_rate).samples[:, 0]
    return torch.from_numpy(np.clip(samples, -1.0, 1.0)[np.newaxis, :].copy())
