"""audiokit.providers.tortoise.presets: what Tortoise is told."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from audiokit.errors import ConfigError
from audiokit.providers.tortoise.presets import PRESETS, RANGES, Preset, settings_of


@pytest.mark.parametrize(
    ("preset", "readings", "steps", "free"),
    [
        ("ultra_fast", 16, 30, False),
        ("fast", 96, 80, True),
        ("standard", 256, 200, True),
        ("high_quality", 256, 400, True),
    ],
)
def test_presets_are_tortoises_own(preset: str, readings: int, steps: int, free: bool) -> None:
    settings = settings_of(preset, {})
    told = (settings["num_autoregressive_samples"], settings["diffusion_iterations"], settings["cond_free"])
    assert told == (readings, steps, free)
    assert (settings["temperature"], settings["repetition_penalty"], settings["top_p"]) == (0.8, 2.0, 0.8)


def test_single_settings_go_before_the_preset() -> None:
    settings = settings_of("fast", {"diffusion_iterations": 20, "temperature": 0.3})
    assert (settings["diffusion_iterations"], settings["temperature"]) == (20, 0.3)
    assert isinstance(settings["diffusion_iterations"], int)
    assert settings["num_autoregressive_samples"] == 96


def test_a_voice_may_name_another_preset() -> None:
    assert settings_of("fast", {"preset": "standard"}) == settings_of("standard", {})


def test_every_setting_has_a_value_inside_its_range() -> None:
    assert tuple(PRESETS) == get_args(Preset)
    for preset in PRESETS:
        settings = settings_of(preset, {})
        for name, (least, most) in RANGES.items():
            assert least <= float(settings[name]) <= most


@pytest.mark.parametrize(
    ("preset", "changes", "message"),
    [
        ("slow", {}, "preset is 'slow'; expected one of ultra_fast, fast, standard, high_quality"),
        ("fast", {"speed": 2}, "tortoise has no setting 'speed'; it has: preset, num_autoregressive_samples"),
        ("fast", {"diffusion_iterations": 0}, "diffusion_iterations is 0; expected a number from 2 to 4000"),
    ],
)
def test_what_tortoise_does_not_have_is_refused(preset: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings_of(preset, changes)
    assert message in str(refused.value)
