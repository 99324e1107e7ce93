"""audiokit.cli.say with ElevenLabs, against its service on this machine: what is asked of it, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.agent.chosen import ProviderConfig, open_speech
from audiokit.cli.main import cli
from audiokit.errors import ProviderUnavailable
from audiokit.providers.elevenlabs.order import VOICE_ID
from audiokit.speech.cache import SpeechCache
from audiokit.speech.speaking import SaySettings
from audiokit.speech.streams import whole
from audiokit.spoken import say, warm
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

SPEECH = "/v1/text-to-speech/*"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    service = ElevenLabs()
    service.voices[VOICE_ID] = service.new_voice("Default", "premade")
    with Host(service) as host:
        monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
        monkeypatch.setenv("ELEVENLABS_BASE_URL", host.url)
        yield host
        host.check()


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["say", *map(str, words), "--provider", "elevenlabs"])


def paths(host: Host) -> list[str]:
    return [request.path.rpartition("/")[2] for request in host.requests]


def test_subtitles_ask_for_the_times_of_words(host: Host, tmp_path: Path) -> None:
    result = audiokit("Hello there. How are you?", "-o", tmp_path / "a.wav", "--srt", tmp_path / "a.SRT")
    assert result.exit_code == 0, result.output
    assert set(paths(host)) == {"with-timestamps"}
    assert (tmp_path / "a.SRT").read_text("utf-8").count("-->") == 2


def test_settings_reach_the_provider(host: Host, tmp_path: Path) -> None:
    result = audiokit("Hello.", "-o", tmp_path / "a.wav", "--set", "output_format=pcm_16000", "--set", "words=false",
                      "--srt", tmp_path / "a.srt")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert paths(host) == ["stream"]
    assert "pcm_16000" in str(host.requests[0])


def test_an_agent_finds_what_was_warmed_with_its_model(host: Host) -> None:
    warm(["Hello there."], settings=SaySettings(provider="elevenlabs", model="eleven_flash_v2_5"))
    asked = len(host.requests)
    tts = open_speech(ProviderConfig(provider="elevenlabs", settings={"model": "eleven_flash_v2_5"}), cache=True)
    assert asyncio.run(whole(tts, "Hello there.", None))
    assert len(host.requests) == asked
    (used,) = SpeechCache().stats().used
    assert (used.model, used.misses, used.hits) == ("eleven_flash_v2_5", 1, 1)


def test_an_empty_answer_is_told(host: Host) -> None:
    for _ in range(3):
        host.faults.add(SPEECH, faults.wrong_type(b"", "audio/pcm"))
    with pytest.raises(ProviderUnavailable):
        say("Hello there.", settings=SaySettings(provider="elevenlabs", cache=False))
