"""audiokit.providers.elevenlabs.clone and its uploads: the real SDK against the service on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    MissingKeyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
    SampleError,
)
from audiokit.providers.elevenlabs.clone import ElevenLabsClone
from audiokit.providers.elevenlabs.uploads import FORMATS, read_upload
from audiokit.providers.elevenlabs.voices import MARK
from audiokit.registry import provider
from audiokit.retry import ONCE
from tests.providers.elevenlabs.conftest import QUICK
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

Samples = Callable[[int], list[Path]]
ADD = "/v1/voices/add"


@pytest.fixture
def cloner(host: Host) -> ElevenLabsClone:
    return ElevenLabsClone(retry=QUICK)


def test_a_clone_sends_all_that_it_was_given(
    cloner: ElevenLabsClone, host: Host, service: ElevenLabs, samples: Samples
) -> None:
    paths = samples(2)
    voice = cloner.clone(paths, name="Narrator", description="calm", language="en", labels={"accent": "british"})
    form = host.asked(ADD)[0].body
    assert (voice.name, voice.provider, voice.language, voice.requires_verification) == (
        "Narrator",
        "elevenlabs",
        "en",
        False,
    )
    assert MARK.search(form.fields["description"][0])
    assert json.loads(form.fields["labels"][0]) == {"accent": "british", "language": "en"}
    assert form.fields["description"][0].startswith("calm [audiokit ")
    assert [(file.name, file.content_type) for file in form.files] == [(path.name, "audio/wav") for path in paths]
    assert service.uploads[voice.voice_id] == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_the_registry_opens_it(host: Host) -> None:
    assert provider("clone", "elevenlabs").requirements.ideal_total_s == 120.0


def test_a_voice_that_waits_for_verification_says_so(
    cloner: ElevenLabsClone, service: ElevenLabs, samples: Samples
) -> None:
    service.requires_verification = True
    assert cloner.clone(samples(1), name="Narrator").requires_verification


def test_the_same_clone_twice_is_one_voice(cloner: ElevenLabsClone, service: ElevenLabs, samples: Samples) -> None:
    first, second = (cloner.clone(samples(2), name="Narrator") for _ in range(2))
    assert first.voice_id == second.voice_id
    assert len(service.voices) == 1


def test_another_name_or_other_samples_are_another_voice(
    cloner: ElevenLabsClone, service: ElevenLabs, samples: Samples
) -> None:
    for count, name in ((1, "Narrator"), (2, "Narrator"), (1, "Narrators")):
        cloner.clone(samples(count), name=name)
    assert len(service.voices) == 3


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.status(503),
        faults.status(429, {"detail": {"status": "system_busy", "message": "busy"}}, retry_after_s=0.01),
    ],
)
def test_a_second_try_sends_everything_again(
    cloner: ElevenLabsClone, host: Host, service: ElevenLabs, samples: Samples, fault: faults.Fault
) -> None:
    host.faults.add(ADD, fault)
    voice = cloner.clone(samples(2), name="Narrator", labels={"accent": "british"})
    first, second = (request.body for request in host.asked(ADD))
    assert (first.fields, first.files) == (second.fields, second.files)
    assert service.voices[voice.voice_id]["labels"] == {"accent": "british"}


@pytest.mark.parametrize("fault", [faults.status(500, worked=True), faults.status(504, worked=True), faults.cut(1)])
def test_a_clone_that_was_stored_before_the_failure_is_found_not_repeated(
    cloner: ElevenLabsClone, host: Host, service: ElevenLabs, samples: Samples, fault: faults.Fault
) -> None:
    host.faults.add(ADD, fault)
    voice = cloner.clone(samples(1), name="Narrator")
    assert list(service.voices) == [voice.voice_id]
    assert len(host.asked(ADD)) == 1


def test_a_clone_of_an_earlier_run_that_failed_after_storing_is_found(
    host: Host, service: ElevenLabs, samples: Samples
) -> None:
    host.faults.add(ADD, faults.status(500, worked=True))
    with pytest.raises(ProviderUnavailable):
        ElevenLabsClone(retry=ONCE).clone(samples(1), name="Narrator")
    assert ElevenLabsClone(retry=ONCE).clone(samples(1), name="Narrator").voice_id == "voice0001"
    assert len(service.voices) == 1


def test_a_voice_on_a_later_page_is_found(cloner: ElevenLabsClone, service: ElevenLabs, samples: Samples) -> None:
    service.voice_limit = 1000
    for _ in range(150):
        service.new_voice("Narrator")
    made = cloner.clone(samples(1), name="Narrator")
    assert cloner.clone(samples(1), name="Narrator").voice_id == made.voice_id


@pytest.mark.parametrize(
    ("code", "status", "kind", "remedy"),
    [
        (400, "voice_limit_reached", QuotaError, "Delete a voice"),
        (400, "can_not_use_instant_voice_cloning", ProviderError, "upgrade"),
        (401, "invalid_api_key", AuthenticationError, "ELEVENLABS_API_KEY"),
        (401, "quota_exceeded", QuotaError, "Add credit"),
        (401, "missing_permissions", AuthenticationError, "permit"),
        (403, "only_for_creator+", ProviderError, "Creator"),
    ],
)
def test_a_refusal_says_what_to_do_and_is_not_repeated(
    cloner: ElevenLabsClone, host: Host, samples: Samples, code: int, status: str, kind: type, remedy: str
) -> None:
    body = {"detail": {"status": status, "message": f"no, {KEY}"}}
    host.faults.add(ADD, faults.status(code, body, headers={"request-id": "r7"}))
    with pytest.raises(kind, match=remedy) as caught:
        cloner.clone(samples(1), name="Narrator")
    assert (caught.value.status, caught.value.request_id, caught.value.retryable) == (code, "r7", False)
    assert KEY not in f"{caught.value!r} {caught.value}"
    assert len(host.asked(ADD)) == 1


def test_the_plans_limit_of_voices_is_met(cloner: ElevenLabsClone, service: ElevenLabs, samples: Samples) -> None:
    service.voice_limit = 0
    with pytest.raises(QuotaError, match=r"maximum amount of custom voices \(0\).*Delete a voice"):
        cloner.clone(samples(1), name="Narrator")


def test_a_vendor_that_stays_busy_tells_when_to_come_back(host: Host, samples: Samples) -> None:
    host.faults.add(ADD, faults.status(429, {"detail": {"status": "too_many_concurrent_requests"}}, retry_after_s=7))
    with pytest.raises(RateLimitError) as caught:
        ElevenLabsClone(retry=ONCE).clone(samples(1), name="Narrator")
    assert caught.value.retry_after_s == 7


def test_fields_that_the_vendor_refuses_are_named(cloner: ElevenLabsClone, host: Host, samples: Samples) -> None:
    host.faults.add(ADD, faults.status(422, {"detail": [{"loc": ["body", "name"], "msg": "too long", "type": "x"}]}))
    with pytest.raises(ProviderError, match=r"body\.name: too long"):
        cloner.clone(samples(1), name="Narrator")


@pytest.mark.parametrize("fault", [faults.wrong_type(), faults.malformed(), faults.malformed(text="{}")])
def test_an_answer_that_is_no_answer_is_refused(
    cloner: ElevenLabsClone, host: Host, samples: Samples, fault: faults.Fault
) -> None:
    host.faults.add(ADD, fault)
    with pytest.raises(ProviderError, match="not its protocol"):
        cloner.clone(samples(1), name="Narrator")


def test_a_vendor_that_never_answers_is_left(host: Host, samples: Samples) -> None:
    host.faults.add(ADD, faults.stall())
    with pytest.raises(ProviderTimeout):
        ElevenLabsClone(retry=ONCE, answer_s=0.3).clone(samples(1), name="Narrator")


def test_samples_are_checked_before_anything_is_sent(
    cloner: ElevenLabsClone, host: Host, tmp_path: Path, samples: Samples
) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "notes.txt").write_text("x")
    for paths, told in [
        ([], "0 samples"),
        (samples(26), "26 samples"),
        ([tmp_path / "gone.wav"], "gone.wav: cannot be read"),
        ([tmp_path / "empty.wav"], "empty.wav: 0 bytes"),
        ([tmp_path / "notes.txt"], "Convert it"),
    ]:
        with pytest.raises(SampleError, match=told):
            cloner.clone(paths, name="Narrator")
    with pytest.raises(ConfigError, match="no name"):
        cloner.clone(samples(1), name=" ")
    assert host.requests == []


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.flac").write_bytes(bytes(11))
    with pytest.raises(SampleError, match="11 bytes; ElevenLabs takes 1 to 10"):
        read_upload(tmp_path / "long.flac", 10)


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_has_a_type(tmp_path: Path, extension: str) -> None:
    (tmp_path / f"a.{extension.upper()}").write_bytes(b"x")
    assert read_upload(tmp_path / f"a.{extension.upper()}", 10).part[2].startswith("audio/")


def test_without_a_key_nothing_begins() -> None:
    with pytest.raises(MissingKeyError, match="ELEVENLABS_API_KEY"):
        ElevenLabsClone()
