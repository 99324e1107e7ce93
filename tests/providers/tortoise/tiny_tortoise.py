"""Tortoise in Coqui's own classes, so small and so random that it is made in seconds; what it says is noise."""

from __future__ import annotations

from pathlib import Path


def make_tortoise(folder: Path) -> Path:
    """Write config.json and Tortoise's checkpoints (the vocoder keeps its size)."""
    import torch
    from TTS.tts.configs.tortoise_config import TortoiseConfig
    from TTS.tts.models.tortoise import Tortoise

    folder.mkdir(parents=True, exist_ok=True)
    config = TortoiseConfig()
    for name, value in {
        "ar_layers": 1, "ar_model_dim": 64, "ar_heads": 2, "ar_max_mel_tokens": 604,
        "diff_model_channels": 64, "diff_num_layers": 1, "diff_in_latent_channels": 64, "diff_num_heads": 2,
        "clvp_dim_text": 64, "clvp_dim_speech": 64, "clvp_dim_latent": 64, "clvp_text_enc_depth": 1,
        "clvp_text_heads": 2, "clvp_speech_enc_depth": 1, "clvp_speech_heads": 2, "autoregressive_batch_size": 1,
    }.items():  # fmt: skip
        setattr(config.model_args, name, value)
    torch.manual_seed(1)
    model = Tortoise(config)
    for name, part in {
        "autoregressive": model.autoregressive,
        "diffusion_decoder": model.diffusion,
        "clvp2": model.clvp,
    }.items():
        torch.save(part.state_dict(), folder / f"{name}.pth")
    torch.save({"model_g": model.vocoder.state_dict()}, folder / "vocoder.pth")
    torch.save(torch.ones(80), folder / "mel_norms.pth")
    config.save_json(str(folder / "config.json"))
    return folder
