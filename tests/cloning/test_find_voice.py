"""audiokit.cloning.find_voice."""

from __future__ import annotations

import pytest

from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.find_voice import find_voice
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.errors import VoiceNotFoundError

ANN = Voice(name="Ann", provider="coqui", voice_id="ann-1")
ODD = Voice(name="piper:Ann", provider="coqui", voice_id="ann-2")


@pytest.fixture(autouse=True)
def _book() -> None:
    for voice in (ANN, ODD):
        VoiceBook().add(VoiceEntry(voice=voice, origin="instant", created="2026-01-01T00:00:00+00:00"))


@pytest.mark.parametrize(("name", "provider", "found"), [
    ("ann", "", ANN),
    ("Ann", "hibari", ANN),
    ("piper:ann", "", ODD),
    ("rachel", "elevenlabs", ("rachel", "elevenlabs", "rachel")),
    ("openai:coral", "", ("openai:coral", "openai", "coral")),
    ("openai:coral", "hibari", ("openai:coral", "openai", "coral")),
    ("hibari:", "", ("hibari:", "hibari", "")),
    ("en:calm", "acme", ("en:calm", "acme", "en:calm")),  # nobody is called en: it is acme's own name
    ("en:calm", "", ("en:calm", "en", "calm")),
])  # fmt: skip
def test_the_book_goes_before_what_is_named(name: str, provider: str, found: Voice | tuple[str, str, str]) -> None:
    voice = found if isinstance(found, Voice) else Voice(name=found[0], provider=found[1], voice_id=found[2])
    assert find_voice(name, provider) == voice


def test_a_name_that_nobody_has_is_refused() -> None:
    with pytest.raises(VoiceNotFoundError, match="Ann"):
        find_voice("An")
