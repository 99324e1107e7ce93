"""What XTTS knows of a voice: two arrays, computed once from its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiokit.audio.files import read
from audiokit.contracts import Voice
from audiokit.errors import AudioFileError, ProviderError, SampleError
from audiokit.providers.coqui.engine import Engine
from audiokit.providers.coqui.voice_folder import VoiceFolder

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

REFERENCE_RATE = 22_050  # what XTTS' style encoder was trained on
SHORTEST_S = 0.33  # XTTS leaves out what is shorter, and fails when nothing is left

NAMES = ("gpt_cond_latent", "speaker_embedding")
"""In XTTS' own words; the order is that of `inference_stream`."""


def latents_of(voice: Voice | None, engine: Engine) -> list[torch.Tensor]:
    """Give the two tensors that XTTS speaks with.

    Parameters
    ----------
    voice : a cloned one, whose latents are computed again if they are another model's; or one of the speakers that
        came with the model, by `voice_id`.
    engine : with an XTTS, held alone by the caller.

    Raises
    ------
    ProviderError : no voice, or one that the model does not know.
    """
    if voice is not None and voice.folder is not None:
        return _tensors(kept_latents(VoiceFolder(voice.folder), engine), engine)
    speakers = _built_in(engine.model)
    if voice is not None and voice.voice_id in speakers:
        return list(speakers[voice.voice_id].values())
    asked = f"there is no speaker {voice.voice_id!r} in it" if voice else "no voice is given"
    has = f"; it has: {', '.join(list(speakers)[:8])}" if speakers else ", and it has none of its own"
    raise ProviderError(
        f"{engine.files.name} speaks with a voice: {asked}{has}. Clone one: "
        "audiokit clone FILES --provider coqui --name NAME",
        provider="coqui",
    )


def compute(references: Sequence[Path], engine: Engine) -> dict[str, NDArray[np.float32]]:
    """Compute the latents of recordings, with the lengths that the model's config.json names.

    Parameters
    ----------
    references : recordings of one voice.
    engine : with an XTTS, held alone by the caller.

    Raises
    ------
    SampleError : less than a third of a second in all, or a file that cannot be read.
    """
    import torch

    model, settings = engine.model, engine.model.config
    heard = [_loaded(path, settings.max_ref_len, normalized=settings.sound_norm_refs) for path in references]
    frames = sum(piece.shape[1] for piece in heard)
    if frames < SHORTEST_S * REFERENCE_RATE:
        raise SampleError(
            f"{frames / REFERENCE_RATE:.2f} s of samples; XTTS needs at least {SHORTEST_S} s, and 6 s to sound alike"
        )
    with torch.inference_mode():
        embeddings = [model.get_speaker_embedding(piece.to(engine.device), REFERENCE_RATE) for piece in heard]
        conditioning = model.get_gpt_cond_latents(
            torch.cat(heard, dim=1).to(engine.device),
            REFERENCE_RATE,
            length=settings.gpt_cond_len,
            chunk_length=settings.gpt_cond_chunk_len,
        )
        pair = (conditioning, torch.stack(embeddings).mean(dim=0))
    return {name: latent.float().cpu().numpy() for name, latent in zip(NAMES, pair, strict=True)}


def kept_latents(folder: VoiceFolder, engine: Engine) -> dict[str, NDArray[np.float32]]:
    """Give the latents of a voice; those that this model has not made yet are computed and kept.

    Parameters
    ----------
    folder : of the voice.
    engine : see `compute`.
    """
    latents = folder.latents(engine.files.fingerprint)
    if latents is None or set(latents) != set(NAMES):
        latents = compute(folder.references, engine)
        folder.keep_latents(engine.files.fingerprint, latents)
    return latents


def _loaded(path: Path, longest_s: float, *, normalized: bool) -> torch.Tensor:
    """Read a recording as XTTS wants it: (1, frames) at 22,050 Hz."""
    import torch

    try:
        samples = read(path).mono().resample(REFERENCE_RATE).samples[: round(longest_s * REFERENCE_RATE), 0]
    except AudioFileError as error:
        raise SampleError(str(error)) from error
    if normalized and len(samples):
        samples = samples / max(float(np.abs(samples).max()), 1e-9) * np.float32(0.75)
    return torch.from_numpy(np.clip(samples, -1.0, 1.0)[np.newaxis, :].copy())


def _tensors(latents: dict[str, NDArray[np.float32]], engine: Engine) -> list[torch.Tensor]:
    import torch

    return [torch.from_numpy(latents[name]).to(engine.device) for name in NAMES]


def _built_in(model: Any) -> dict[str, Any]:
    manager = getattr(model, "speaker_manager", None)
    speakers = getattr(manager, "speakers", None)
    return speakers if isinstance(speakers, dict) else {}
