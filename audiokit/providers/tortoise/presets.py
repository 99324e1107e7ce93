"""Tortoise's presets, and the settings that can be changed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, cast, get_args

from audiokit.contracts import Setting
from audiokit.errors import ConfigError
from audiokit.providers.checks import number

Preset: TypeAlias = Literal["ultra_fast", "fast", "standard", "high_quality"]

BASE: Mapping[str, Setting] = MappingProxyType(
    {
        "temperature": 0.8, "length_penalty": 1.0, "repetition_penalty": 2.0, "top_p": 0.8,
        "cond_free": True, "cond_free_k": 2.0, "diffusion_temperature": 1.0, "max_mel_tokens": 500,
    }
)  # fmt: skip
"""What tortoise-tts 3.0.0 sets in `tts_with_preset`; coqui-tts has presets of other values under the same names."""

PRESETS: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "ultra_fast": {"num_autoregressive_samples": 16, "diffusion_iterations": 30, "cond_free": False},
        "fast": {"num_autoregressive_samples": 96, "diffusion_iterations": 80},
        "standard": {"num_autoregressive_samples": 256, "diffusion_iterations": 200},
        "high_quality": {"num_autoregressive_samples": 256, "diffusion_iterations": 400},
    }
)
"""The same source: how many readings are made to choose the best from, and how often that one is refined."""

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "num_autoregressive_samples": (1, 1_024),
        "diffusion_iterations": (2, 4_000),
        "temperature": (0.01, 2.0),
        "length_penalty": (-10.0, 10.0),
        "repetition_penalty": (1.0, 50.0),
        "top_p": (0.01, 1.0),
        "cond_free_k": (0.0, 10.0),
        "diffusion_temperature": (0.0, 1.0),
        "max_mel_tokens": (1, 600),
    }
)
WHOLE_NUMBERS = ("num_autoregressive_samples", "diffusion_iterations", "max_mel_tokens")


def settings_of(preset: str, changes: Mapping[str, Setting]) -> dict[str, Setting]:
    """Give everything Tortoise is told for a text.

    Parameters
    ----------
    preset : a name of `PRESETS`.
    changes : single settings that go before the preset's; "preset" among them names another one.

    Raises
    ------
    ConfigError : an unknown preset or setting, or a value outside its range.
    """
    changes = dict(changes)
    preset = str(changes.pop("preset", preset))
    if preset not in PRESETS:
        raise ConfigError(f"tortoise: preset is {preset!r}; expected one of {', '.join(get_args(Preset))}")
    unknown = [name for name in changes if name not in RANGES]
    if unknown:
        raise ConfigError(f"tortoise has no setting {unknown[0]!r}; it has: preset, {', '.join(RANGES)}")
    checked = {name: number("tortoise", name, value, *RANGES[name]) for name, value in changes.items()}
    settings: dict[str, Setting] = {**BASE, **PRESETS[preset], **checked}
    return settings | {name: int(cast("float", settings[name])) for name in WHOLE_NUMBERS}
