"""audiokit.providers.elevenlabs.design: voices from a description."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audiokit.audio.buffer import Audio
from audiokit.errors import ProviderError, ProviderUnavailable, UsageError
from audiokit.providers.elevenlabs.design import ElevenLabsDesign, Preview
from tests.vendors import faults
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.host import Host

OLD = "An old sailor with a warm and gravelly voice."


@pytest.fixture
def design(host: Host) -> ElevenLabsDesign:
    return ElevenLabsDesign()


def test_previews_are_recordings_that_play(design: ElevenLabsDesign, tmp_path: Path) -> None:
    previews = design.previews(OLD, tmp_path / "new", seed=7)
    assert [preview.path.name for preview in previews] == ["preview 1.mp3", "preview 2.mp3", "preview 3.mp3"]
    assert Audio.read(previews[0].path).duration_s == pytest.approx(previews[0].duration_s, abs=0.1)


def test_a_preview_can_be_kept(design: ElevenLabsDesign, service: ElevenLabs, tmp_path: Path) -> None:
    preview = design.previews(OLD, tmp_path, text="Ahoy! " * 20)[1]
    voice = design.keep(preview, name="Sailor", description=OLD, labels={"age": "old"})
    assert service.voices[voice.voice_id]["name"] == voice.name == "Sailor"
    assert voice.labels == {"age": "old", "category": "generated"}


def test_a_voice_can_be_changed(design: ElevenLabsDesign, service: ElevenLabs, tmp_path: Path, host: Host) -> None:
    voice_id = service.new_voice("Sailor")["voice_id"]
    assert len(design.remix(voice_id, "The same, but younger and faster.", tmp_path)) == 3
    assert host.requests[-1].body["auto_generate_text"] is True


def test_a_voice_that_may_have_been_made_is_not_made_again(
    design: ElevenLabsDesign, host: Host, service: ElevenLabs, tmp_path: Path
) -> None:
    host.faults.add("/v1/text-to-voice", faults.status(500, worked=True))
    with pytest.raises(ProviderUnavailable):
        design.keep(design.previews(OLD, tmp_path)[0], name="Sailor", description=OLD)
    assert len(service.voices) == 1


@pytest.mark.parametrize(
    "asked",
    [
        lambda design, folder: design.previews("too short", folder),
        lambda design, folder: design.previews(OLD, folder, text="too short"),
        lambda design, folder: design.remix("v", "x" * 1001, folder),
        lambda design, folder: design.keep(
            Preview(generated_voice_id="g", path=folder, duration_s=1.0), name="n", description="x"
        ),
    ],
)
def test_lengths_are_checked_before_anything_is_sent(
    design: ElevenLabsDesign, host: Host, tmp_path: Path, asked: Callable[[ElevenLabsDesign, Path], object]
) -> None:
    with pytest.raises(UsageError, match="characters; expected"):
        asked(design, tmp_path)
    assert host.requests == []


@pytest.mark.parametrize("text", ["{}", '{"previews": [{"audio_base_64": "?"}]}', '{"previews": [{}]}'])
def test_previews_that_are_none_are_refused(design: ElevenLabsDesign, host: Host, tmp_path: Path, text: str) -> None:
    host.faults.add("/v1/text-to-voice/design", faults.malformed(text=text))
    with pytest.raises(ProviderError, match="not its protocol"):
        design.previews(OLD, tmp_path)
    assert list(tmp_path.glob("*")) == []
