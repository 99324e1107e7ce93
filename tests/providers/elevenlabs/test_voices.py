"""audiokit.providers.elevenlabs.voices and .account: what the account holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audiokit.errors import ConfigError, ProviderError
from audiokit.providers.elevenlabs.account import ElevenLabsAccount
from audiokit.providers.elevenlabs.voices import ElevenLabsVoices, checked_settings
from tests.vendors import faults
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.host import Host


@pytest.fixture
def voices(host: Host) -> ElevenLabsVoices:
    return ElevenLabsVoices()


def test_all_pages_are_listed(voices: ElevenLabsVoices, service: ElevenLabs, host: Host) -> None:
    for number in range(205):
        service.new_voice(f"Voice {number}")
    assert [voice.name for voice in voices.list()] == [f"Voice {number}" for number in range(205)]
    assert len(host.asked("/v2/voices")) == 3


def test_a_search_narrows_by_word_and_category(voices: ElevenLabsVoices, service: ElevenLabs) -> None:
    service.new_voice("Narrator", labels={"accent": "irish"})
    service.new_voice("Narrator two", "premade")
    service.new_voice("Host")
    assert [voice.name for voice in voices.list("irish")] == ["Narrator"]
    assert [voice.name for voice in voices.list("narrator", category="premade")] == ["Narrator two"]


def test_a_voice_is_shown_with_all_that_is_known(voices: ElevenLabsVoices, service: ElevenLabs) -> None:
    verification = {
        "requires_verification": True,
        "is_verified": False,
        "verification_failures": [],
        "verification_attempts_count": 0,
    }
    labels = {"accent": "irish", "language": "en"}
    made = service.new_voice(
        "Narrator", labels=labels, description="calm [audiokit 0123456789abcdef]", voice_verification=verification
    )
    voice = voices.show(made["voice_id"])
    assert (voice.name, voice.description, voice.language, voice.requires_verification) == (
        "Narrator",
        "calm",
        "en",
        True,
    )
    assert voice.labels == {**labels, "category": "cloned"}
    assert voice.settings == {"stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "speed": 1.0}


def test_a_deleted_voice_is_gone(voices: ElevenLabsVoices, service: ElevenLabs) -> None:
    made = service.new_voice("Narrator")
    voices.delete(made["voice_id"])
    assert service.voices == {}
    with pytest.raises(ProviderError, match="List the voices") as caught:
        voices.show(made["voice_id"])
    assert caught.value.status == 404


def test_settings_change_one_at_a_time(voices: ElevenLabsVoices, service: ElevenLabs) -> None:
    made = service.new_voice("Narrator")
    after = voices.update_settings(made["voice_id"], {"stability": 0.2, "use_speaker_boost": True})
    assert after == {
        "stability": 0.2, "similarity_boost": 0.75, "style": 0.0, "speed": 1.0, "use_speaker_boost": True
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings", [{"stability": 1.5}, {"speed": "fast"}, {"use_speaker_boost": 1.0}, {"pitch": 2.0}, {"style": True}]
)
def test_settings_that_are_none_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        checked_settings(settings)


def test_a_page_that_is_nonsense_is_refused(voices: ElevenLabsVoices, host: Host) -> None:
    host.faults.add("/v2/voices", faults.malformed(text='{"voices": null}'))
    with pytest.raises(ProviderError, match="not its protocol"):
        voices.list()


def test_the_account_tells_what_is_left(host: Host, service: ElevenLabs) -> None:
    service.character_count = 9_000
    service.new_voice("Narrator")
    told = ElevenLabsAccount().subscription()
    assert (told.characters_used, told.character_limit, told.characters_left) == (9_000, 10_000, 1_000)
    assert (told.voices_used, told.voice_limit) == (1, 10)
    assert told.resets_at == datetime.fromtimestamp(1_800_000_000, UTC)
