"""audiokit.providers.coqui.xtts: languages and settings, before a model is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from audiokit.errors import ConfigError, ProviderError
from audiokit.providers.coqui.xtts import KNOBS, checked_knobs, checked_language

SPOKEN = ("en", "es", "pt", "zh-cn")


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        ("zh", "zh-cn"),
        ("zh-CN", "zh-cn"),
        ("zh-TW", "zh-cn"),
        ("", "en"),
    ],
)
def test_a_language_becomes_the_models_own_code(language: str, code: str) -> None:
    assert checked_language(language, SPOKEN, "XTTS") == code


def test_a_model_without_english_speaks_its_first_language() -> None:
    assert checked_language("", ("de", "fr"), "XTTS") == "de"
    assert checked_language("", (), "XTTS") == "en"


@pytest.mark.parametrize("language", ["fr", "e", "english", "eng"])
def test_another_language_is_refused_with_those_there_are(language: str) -> None:
    with pytest.raises(ProviderError, match=f"XTTS does not speak '{language}'; it speaks: en, es, pt, zh-cn"):
        checked_language(language, SPOKEN, "XTTS")


def test_settings_are_numbers_in_their_ranges() -> None:
    assert checked_knobs({"speed": 1, "top_k": 30}) == {"speed": 1.0, "top_k": 30.0}
    for name, (least, most) in KNOBS.items():
        assert checked_knobs({name: least}) == {name: least}
        assert checked_knobs({name: most}) == {name: most}


@pytest.mark.parametrize("given", [{"pitch": 1}, {"speed": 0}, {"temperature": "hot"}, {"top_p": True}])
def test_others_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="coqui: "):
        checked_knobs(given)
