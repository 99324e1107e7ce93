"""VITS in Coqui's own classes, small and random: any of the models that do not stream."""

from __future__ import annotations

from pathlib import Path


def make_vits(folder: Path, *, speakers: tuple[str, ...] = ()) -> Path:
    """Write config.json and model_file.pth; with `speakers`, one that has several."""
    import torch
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    folder.mkdir(parents=True, exist_ok=True)
    network = VitsArgs(
        hidden_channels=16, hidden_channels_ffn_text_encoder=32, num_layers_text_encoder=1, num_layers_flow=2,
        num_layers_posterior_encoder=1, upsample_initial_channel_decoder=32, init_discriminator=False,
        use_speaker_embedding=bool(speakers), speaker_embedding_channels=8, num_chars=60,
    )  # fmt: skip
    letters = CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="<PAD>",
        eos="<EOS>",
        bos="<BOS>",
        blank="<BLNK>",
        characters="abcdefghijklmnopqrstuvwxyz",
        punctuations=" .,!?'-",
        phonemes="",
    )
    config = VitsConfig(model_args=network, characters=letters, text_cleaner="basic_cleaners", test_sentences=[])
    config.audio.sample_rate = 16_000
    if speakers:
        config.use_speaker_embedding = True
        config.speakers = list(speakers)
    torch.manual_seed(1)
    model = Vits(config)
    torch.save({"model": model.state_dict()}, folder / "model_file.pth")
    config.save_json(str(folder / "config.json"))
    return folder
