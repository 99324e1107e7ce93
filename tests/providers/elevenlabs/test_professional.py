"""audiokit.providers.elevenlabs.professional, .professional_state, .professional_remote and .captcha."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audiokit.errors import ConfigError, ProviderError, ProviderTimeout, ProviderUnavailable, SampleError, UsageError
from audiokit.providers.elevenlabs.captcha import save_image
from audiokit.providers.elevenlabs.professional import Patience, ProfessionalClone
from audiokit.providers.elevenlabs.professional_remote import look
from audiokit.providers.elevenlabs.professional_state import (
    Plan,
    SampleFile,
    SampleSeen,
    Seen,
    Step,
    load_plan,
    missing,
    next_step,
)
from audiokit.retry import ONCE
from tests.providers.elevenlabs.conftest import QUICK
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.elevenlabs_professional import PNG
from tests.vendors.host import Host

PATIENCE = Patience(poll_s=1.0, limit_s=5.0, sleep=lambda _: None)
UPLOAD = "/v1/voices/pvc/*/samples"
FILE = SampleFile(path="/a/take.wav", sha256="0123456789abcdef")
PLAN = Plan(name="n", language="en", model="m", samples=(FILE,))
HERE = SampleSeen(sample_id="s", name=FILE.sent_name)
READY = replace(HERE, separation="completed", chosen=True)

Begin = Callable[..., ProfessionalClone]


@pytest.fixture
def begin(host: Host, tmp_path: Path, samples: Callable[[int], list[Path]]) -> Begin:
    def begin(count: int = 3, **options: Any) -> ProfessionalClone:
        settings: dict[str, Any] = {"patience": PATIENCE, "retry": QUICK} | options
        return ProfessionalClone.begin(
            tmp_path / "plan.json", samples(count), name="Narrator", language="en", **settings
        )

    return begin


def test_a_plan_in_the_right_order(begin: Begin, service: ElevenLabs, tmp_path: Path) -> None:
    clone = begin()
    told: list[tuple[str, float, float]] = []
    assert clone.advance(lambda *step: told.append(step)) == "choose"
    assert [told[0], told[3], told[-1]] == [("upload", 0, 3), ("upload", 3, 3), ("separate", 3, 3)]
    clone.choose_longest()
    assert clone.advance() == "captcha"
    picture = clone.captcha(tmp_path / "pictures")
    assert (picture.name, picture.read_bytes()) == ("Narrator captcha.png", PNG)
    clone.verify(Path(clone.plan.samples[0].path))
    assert clone.advance() == "wait for training"
    voice = clone.wait(lambda *step: told.append(step))
    assert clone.next_step() == "done"
    assert told[-1] == ("train", 1.0, 1.0)
    assert (voice.name, voice.model, voice.requires_verification) == ("Narrator", "eleven_multilingual_v2", False)
    kept = service.voices[voice.voice_id]
    assert {sample["speaker_separation"]["selected_speaker_ids"][0] for sample in kept["samples"]} == {"a"}
    assert len(kept["samples"]) == 3


def test_after_a_crash_another_process_goes_on(begin: Begin, service: ElevenLabs, host: Host, tmp_path: Path) -> None:
    begin().advance()
    again = ProfessionalClone(tmp_path / "plan.json", patience=PATIENCE, retry=QUICK)
    assert again.advance() == "choose"
    assert len(service.voices) == 1
    assert len(host.asked(UPLOAD)) == 3


def test_a_crash_between_creation_and_note_makes_no_second_voice(begin: Begin, service: ElevenLabs, host: Host) -> None:
    host.faults.add("/v1/voices/pvc", faults.status(500, worked=True))
    clone = begin(retry=ONCE)
    with pytest.raises(ProviderUnavailable):
        clone.create()
    assert clone.create() == clone.create() == next(iter(service.voices))
    assert len(service.voices) == 1


def test_an_upload_whose_answer_was_lost_is_not_sent_twice(begin: Begin, service: ElevenLabs, host: Host) -> None:
    host.faults.add(UPLOAD, faults.status(500, worked=True), faults.status(503), method="POST")
    clone = begin()
    clone.create()
    clone.upload()
    names = [sample["file_name"] for sample in service.voices[clone.plan.voice_id]["samples"]]
    assert sorted(names) == sorted(file.sent_name for file in clone.plan.samples)


def test_no_more_than_four_uploads_run_at_once(begin: Begin, service: ElevenLabs) -> None:
    service.upload_s = 0.05
    clone = begin(9, separate=False)
    clone.create()
    clone.upload()
    assert 2 <= service.most_uploading <= 4
    assert len(service.voices[clone.plan.voice_id]["samples"]) == 9


def test_uploads_that_failed_are_sent_by_the_next_call(begin: Begin, service: ElevenLabs, host: Host) -> None:
    host.faults.add(
        UPLOAD, None, faults.status(400, {"detail": {"status": "invalid", "message": "odd"}}), method="POST"
    )
    clone = begin()
    clone.create()
    with pytest.raises(ProviderError, match="odd"):
        clone.upload()
    assert clone.next_step() == "upload"
    clone.upload()
    assert len(service.voices[clone.plan.voice_id]["samples"]) == 3


def test_a_voice_without_separation_goes_straight_to_the_captcha(begin: Begin, host: Host) -> None:
    assert begin(separate=False).advance() == "captcha"
    assert host.asked("*/separate-speakers") == []


def test_separation_that_fails_says_what_to_do(begin: Begin, service: ElevenLabs) -> None:
    service.separation_outcome = "failed"
    with pytest.raises(ProviderError, match=r"take 0-.*apart\. Try again"):
        begin(1).advance()


def test_separation_that_takes_too_long_can_be_gone_on_with(begin: Begin, service: ElevenLabs) -> None:
    service.polls_until_ready = 10
    clone = begin(1)
    with pytest.raises(ProviderTimeout, match="go on later"):
        clone.advance()
    assert clone.advance() == "choose"


def test_a_captcha_that_is_not_passed_can_be_tried_again(begin: Begin, service: ElevenLabs) -> None:
    service.captcha_passes = False
    clone = begin(1, separate=False)
    clone.advance()
    with pytest.raises(ProviderError, match="does not match the samples"):
        clone.verify(Path(clone.plan.samples[0].path))
    assert clone.next_step() == "captcha"


def test_people_may_verify_instead(begin: Begin, service: ElevenLabs, host: Host, tmp_path: Path) -> None:
    clone = begin(1, separate=False)
    clone.advance()
    (tmp_path / "letter.pdf").write_bytes(b"%PDF")
    clone.request_verification([tmp_path / "letter.pdf"], "We have a contract.")
    assert clone.next_step() == "wait for verification"
    form = host.asked("*/verification")[0].body
    assert (form.fields, form.files[0].name) == ({"extra_text": ["We have a contract."]}, "letter.pdf")
    with pytest.raises(SampleError, match=r"gone\.pdf"):
        clone.request_verification([tmp_path / "gone.pdf"])


def test_training_that_failed_says_why_and_may_begin_anew(begin: Begin, service: ElevenLabs) -> None:
    service.training_outcome = "failed"
    clone = begin(1, separate=False)
    clone.advance()
    clone.verify(Path(clone.plan.samples[0].path))
    clone.advance()
    with pytest.raises(ProviderError, match="too much noise"):
        clone.wait()
    assert clone.next_step() == "failed"
    service.training_outcome = "fine_tuned"
    clone.train(again=True)
    assert clone.wait().voice_id == clone.plan.voice_id


def test_training_before_verification_is_the_vendors_to_refuse(begin: Begin) -> None:
    clone = begin(1, separate=False)
    clone.advance()
    with pytest.raises(ProviderError, match="has to be verified"):
        clone.train()


def test_training_that_takes_hours_can_be_waited_for_later(begin: Begin, service: ElevenLabs) -> None:
    service.polls_until_ready = 9
    clone = begin(1, separate=False)
    clone.advance()
    clone.verify(Path(clone.plan.samples[0].path))
    clone.advance()
    with pytest.raises(ProviderTimeout):
        clone.wait()
    assert clone.wait().name == "Narrator"


def test_the_plan_holds_no_key_and_is_written_whole(begin: Begin, tmp_path: Path) -> None:
    begin().create()
    assert KEY not in (tmp_path / "plan.json").read_text()
    assert [path.name for path in tmp_path.glob("plan*")] == ["plan.json"]


def test_a_plan_of_other_recordings_is_not_overwritten(begin: Begin) -> None:
    begin(2)
    assert begin(2).plan.name == "Narrator"
    with pytest.raises(UsageError, match="choose another file"):
        begin(3)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9}', "[]", '{"format": 1, "name": "n"}'])
def test_a_damaged_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(ConfigError, match="no plan"):
        load_plan(tmp_path / "plan.json")


def test_recordings_are_checked_before_a_plan_is_made(
    host: Host, tmp_path: Path, samples: Callable[[int], list[Path]]
) -> None:
    (one,) = samples(1)
    for paths, told in (([], "at least one"), ([one, one], "another"), ([tmp_path / "gone.wav"], "gone.wav")):
        with pytest.raises(SampleError, match=told):
            ProfessionalClone.begin(tmp_path / "plan.json", paths, name="n", language="en")
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (Seen(), "create"),
        (Seen(exists=True), "upload"),
        (Seen(exists=True, samples=(HERE,)), "separate"),
        (Seen(exists=True, samples=(replace(HERE, separation="failed"),)), "separate"),
        (Seen(exists=True, samples=(replace(HERE, separation="pending"),)), "wait for separation"),
        (Seen(exists=True, samples=(replace(READY, chosen=False),)), "choose"),
        (Seen(exists=True, samples=(READY,)), "captcha"),
        (Seen(exists=True, samples=(READY,), manual_verification=True), "wait for verification"),
        (Seen(exists=True, samples=(READY,), verified=True), "train"),
        (Seen(exists=True, samples=(READY,), verified=True, training="queued"), "wait for training"),
        (Seen(exists=True, samples=(READY,), verified=True, training="delayed"), "wait for training"),
        (Seen(exists=True, samples=(READY,), verified=True, training="failed"), "failed"),
        (Seen(exists=True, samples=(READY,), verified=True, training="fine_tuned"), "done"),
    ],
)
def test_what_comes_next(seen: Seen, step: Step) -> None:
    assert next_step(PLAN, seen) == step


def test_recordings_are_known_by_their_content() -> None:
    other = replace(FILE, sha256="f" * 64)
    assert missing(replace(PLAN, samples=(FILE, other)), Seen(samples=(HERE,))) == [other]


def test_a_voice_that_was_not_created_is_not_asked_for() -> None:
    assert look(None, PLAN) == Seen()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        PNG,
        base64.b64encode(PNG),
        json.dumps(base64.b64encode(PNG).decode()).encode(),
        b"data:image/png;base64," + base64.b64encode(PNG),
    ],
)
def test_a_picture_comes_in_any_dress(tmp_path: Path, data: bytes) -> None:
    path = save_image(data, tmp_path / "new", "../Ann's: captcha")
    assert (path.name, path.read_bytes()) == ("Anns captcha.png", PNG)


@pytest.mark.parametrize("data", [b"", b"<html>", b'{"detail": "x"}', base64.b64encode(b"text")])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ProviderError, match="picture"):
        save_image(data, tmp_path, "captcha")


def test_a_captcha_as_base64_is_saved_as_a_picture(begin: Begin, service: ElevenLabs, tmp_path: Path) -> None:
    service.captcha_as_base64 = True
    clone = begin(1, separate=False)
    clone.create()
    assert clone.captcha(tmp_path).read_bytes() == PNG
