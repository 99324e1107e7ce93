"""XTTS in Coqui's own classes, so small and so random that it is made in seconds; what it says is noise."""

from __future__ import annotations

import string
from pathlib import Path

LANGUAGES = ["en", "de", "zh-cn"]


def make_xtts(folder: Path, **changes: int) -> Path:
    """Write config.json, vocab.json and model.pth (45 MB: vocoder and speaker encoder keep their size).

    Parameters
    ----------
    folder : made if it is not there.
    changes : of the network's sizes, by Coqui's names.
    """
    import torch
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    folder.mkdir(parents=True, exist_ok=True)
    write_vocabulary(folder / "vocab.json")
    config = XttsConfig(languages=LANGUAGES, gpt_cond_len=6, gpt_cond_chunk_len=3, max_ref_len=10)
    for name, value in {
        "gpt_layers": 2, "gpt_n_model_channels": 64, "gpt_n_heads": 2, "gpt_max_audio_tokens": 27,
        "gpt_max_text_tokens": 402, "gpt_max_prompt_tokens": 70, "gpt_num_audio_tokens": 66,
        "gpt_start_audio_token": 64, "gpt_stop_audio_token": 65, "gpt_code_stride_len": 256, "decoder_input_dim": 64,
        "gpt_use_perceiver_resampler": True, **changes,
    }.items():  # fmt: skip
        setattr(config.model_args, name, value)
    torch.manual_seed(1)
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(vocab_file=str(folder / "vocab.json"))
    model.init_models()
    halves = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    torch.save({"model": halves}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    return folder


def make_training_files(folder: Path) -> None:
    """Write dvae.pth and mel_stats.pth, which only training needs."""
    import torch
    from TTS.tts.layers.xtts.dvae import DiscreteVAE

    torch.manual_seed(1)
    dvae = DiscreteVAE(
        channels=80, normalization=None, positional_dims=1, num_tokens=64, codebook_dim=512, hidden_dim=512,
        num_resnet_blocks=3, kernel_size=3, num_layers=2, use_transposed_convs=False,
    )  # fmt: skip
    torch.save(dvae.state_dict(), folder / "dvae.pth")
    torch.save(torch.ones(80), folder / "mel_stats.pth")


def write_vocabulary(path: Path) -> None:
    """Write a vocabulary of single letters."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", *(f"[{language}]" for language in LANGUAGES)]
    letters = string.ascii_lowercase + string.digits + ".,!?'-"
    words = {word: index for index, word in enumerate([*special, *letters])}
    tokenizer = Tokenizer(BPE(vocab=words, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(path))
