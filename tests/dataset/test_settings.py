"""audiokit.dataset.settings."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

import pytest

from audiokit.dataset.settings import PrepSettings
from audiokit.errors import ConfigError

RANGES: dict[str, tuple[float, float]] = {
    "sample_rate": (8_000, 192_000), "highpass_hz": (0, 1_000), "min_s": (0.5, 60), "max_s": (1, 600),
    "max_pause_s": (0.1, 10), "room_s": (0.05, 0.15), "loudness_lufs": (-60, 0), "peak_dbtp": (-40, 0),
    "min_snr_db": (-100, 100), "min_bandwidth_hz": (0, 96_000), "max_clipped": (0, 1), "min_speech": (0, 1),
    "min_similarity": (-1, 1), "min_mos": (1, 5), "max_reverb_s": (0, 1.5), "max_music": (0, 1),
    "max_laughter": (0, 1), "min_language": (0, 1), "max_mismatch": (0, 1),
    "target_minutes": (0.01, 1_000_000), "stall_s": (1, 86_400),
}  # fmt: skip

# What a changed setting makes new: what was heard, what was cut, or only which clips are kept and their texts.
TOUCHES: dict[str, tuple[Any, str]] = {
    "sample_rate": (22_050, "speech"), "channel": ("left", "speech"), "highpass_hz": (80.0, "speech"),
    "vad": ("energy", "speech"), "keep_truncated": (True, "speech"),
    "min_s": (2.0, "cut"), "max_s": (10.0, "cut"), "max_pause_s": (0.5, "cut"), "room_s": (0.1, "cut"),
    "denoise": (True, "cut"), "loudness_lufs": (None, "cut"), "loudness_per": ("clip", "cut"),
    "peak_dbtp": (-1.0, "cut"), "format": ("flac", "cut"),
    "min_snr_db": (20.0, "kept"), "min_bandwidth_hz": (0.0, "kept"), "max_clipped": (0.1, "kept"),
    "min_speech": (0.6, "kept"), "keep_forced_cuts": (True, "kept"), "target_minutes": (30.0, "kept"),
    "transcribe": (True, "kept"), "stt": ("acme", "kept"), "model": ("small", "kept"), "language": ("en", "kept"),
    "speaker": ("auto", "kept"), "min_similarity": (0.8, "kept"),
    "min_mos": (3.0, "kept"), "max_reverb_s": (0.3, "kept"), "max_music": (0.5, "kept"),
    "max_laughter": (0.3, "kept"), "sounds_model": ("yamnet.onnx", "kept"),
    "duplicates": ("refuse", "kept"), "min_language": (0.5, "kept"),
    "second_stt": ("acme", "kept"), "max_mismatch": (0.2, "kept"), "align": (True, "kept"),
    "refuse_doubtful": (True, "kept"), "stall_s": (60.0, "kept"),
}  # fmt: skip


def with_room(name: str, value: Any) -> PrepSettings:
    """Set one field, and what it needs: the other end of the clips' length where it is in no way, a network."""
    needed: dict[str, dict[str, Any]] = {
        "min_s": {"max_s": 600}, "max_s": {"min_s": 0.5}, "max_laughter": {"sounds_model": "cnn14.onnx"},
    }  # fmt: skip
    return PrepSettings(**{**needed.get(name, {}), name: value})


@pytest.mark.parametrize(("name", "value"), [(name, edge) for name, edges in RANGES.items() for edge in edges])
def test_the_ends_of_a_range_are_allowed(name: str, value: float) -> None:
    assert getattr(with_room(name, value), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, (low, high) in RANGES.items()
     for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), math.nan, math.inf, -math.inf)],
)  # fmt: skip
def test_what_lies_outside_a_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is .*; expected "):
        with_room(name, value)


def test_every_number_has_a_range() -> None:
    numbers = {field.name for field in fields(PrepSettings) if "float" in str(field.type) or field.type == "int"}
    assert numbers == set(RANGES)


@pytest.mark.parametrize(
    ("name", "choices"),
    [("channel", ("average", "left", "right", "louder")), ("loudness_per", ("recording", "clip")),
     ("format", ("wav", "flac")), ("duplicates", ("keep", "refuse"))],
)  # fmt: skip
def test_a_word_is_one_of_its_choices(name: str, choices: tuple[str, ...]) -> None:
    for choice in choices:
        assert getattr(PrepSettings(**{name: choice}), name) == choice  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"^{name} is 'other'; expected one of {', '.join(choices)}"):
        PrepSettings(**{name: "other"})  # type: ignore[arg-type]


@pytest.mark.parametrize(("min_s", "max_s"), [(5, 5), (6, 5)])
def test_the_shortest_clip_is_shorter_than_the_longest(min_s: float, max_s: float) -> None:
    with pytest.raises(ConfigError, match=f"min_s is {min_s} and max_s {max_s}"):
        PrepSettings(min_s=min_s, max_s=max_s)


def test_laughter_is_not_heard_without_a_network() -> None:
    with pytest.raises(ConfigError, match=r"max_laughter is 0\.3 without a network .* as sounds_model"):
        PrepSettings(max_laughter=0.3)


@pytest.mark.parametrize("name", ["loudness_lufs", "target_minutes"])
def test_what_can_be_off_is_none(name: str) -> None:
    assert getattr(PrepSettings(**{name: None}), name) is None  # type: ignore[arg-type]


def test_whole_numbers_and_fractions_are_one_setting() -> None:
    whole, fraction = PrepSettings(min_s=2, loudness_lufs=-20), PrepSettings(min_s=2.0, loudness_lufs=-20.0)
    assert (whole, whole.cut_key) == (fraction, fraction.cut_key)
    assert json.dumps(whole.to_json()) == json.dumps(fraction.to_json())


@pytest.mark.parametrize("name", TOUCHES)
def test_settings_survive_json(name: str) -> None:
    settings = with_room(name, TOUCHES[name][0])
    assert PrepSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("given", [{"second_stt": "whisper"}, {"model": "base", "second_stt": "whisper:base"}])
def test_a_recognizer_is_not_compared_with_itself(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"second_stt is '{given['second_stt']}', as the first is"):
        PrepSettings(**given)


def test_the_second_recognizer_hears_the_same_clips() -> None:
    settings = PrepSettings(language="de", second_stt="whisper:base", align=True)
    first, second = settings.recognizers
    assert first == settings
    assert (second.stt, second.model, second.language, second.align) == ("whisper", "base", "de", False)
    assert second.text_key not in (first.text_key, PrepSettings(language="de").text_key)
    assert first.text_key == PrepSettings(language="de", align=True).text_key


def test_unknown_settings_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="unknown settings colour, pitch"):
        PrepSettings.from_json({**PrepSettings().to_json(), "pitch": 1, "colour": 2})


def test_settings_of_json_are_checked_too() -> None:
    with pytest.raises(ConfigError, match="min_speech is 2"):
        PrepSettings.from_json({"min_speech": 2})


@pytest.mark.parametrize("field", fields(PrepSettings), ids=lambda field: field.name)
def test_a_setting_makes_new_exactly_what_it_touches(field: Any) -> None:
    value, touched = TOUCHES[field.name]
    before, after = PrepSettings(), with_room(field.name, value)
    assert getattr(before, field.name) != value
    assert (before.speech_key != after.speech_key) == (touched == "speech")
    assert (before.cut_key != after.cut_key) == (touched in ("speech", "cut"))


def test_keys_are_the_same_in_every_process() -> None:
    assert PrepSettings().speech_key == PrepSettings().speech_key != PrepSettings().cut_key
    assert len(PrepSettings().cut_key) == 16
