"""Coqui from the shell: recordings in, a voice kept, a file that speaks with it out."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.audio.files import read
from audiokit.cli.main import cli
from audiokit.cloning.voices import VoiceBook
from tests.providers.coqui.conftest import LIBRIVOX

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]

CONSENT = "These recordings were put into the public domain by their reader."


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def test_a_voice_is_cloned_kept_and_speaks(xtts: Path, tmp_path: Path) -> None:
    options = ("--provider", "coqui", "--set", f"model={xtts}", "--set", "device=cpu", "--language", "en")
    cloned = audiokit("clone", LIBRIVOX, "--name", "Ann", *options, "--consent", CONSENT)
    assert cloned.exit_code == 0, cloned.output
    voice = VoiceBook().entry("Ann").voice
    assert (voice.provider, voice.model, voice.language) == ("coqui", str(xtts), "en")
    spoken = audiokit("say", "Shall we have some tea?", "--voice", "Ann", "-o", tmp_path / "tea.wav")
    assert spoken.exit_code == 0, spoken.output
    assert read(tmp_path / "tea.wav").sample_rate == 24_000


def test_published_weights_ask_for_their_licence_first() -> None:
    result = audiokit("say", "Tea?", "--provider", "coqui", "--voice", "Reader", "-o", "tea.wav", "--no-cache")
    assert result.exit_code == 4
    assert "for non-commercial use: https://" in result.stderr
