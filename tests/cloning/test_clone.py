"""audiokit.cloning.clone and audiokit.cloned: making a voice."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import audiokit
from audiokit.cloning.clone import CloneSettings, Plan, Workshop, make, planned
from audiokit.cloning.consent import Statement
from audiokit.cloning.entry import samples_sha256
from audiokit.cloning.voices import VoiceBook
from audiokit.errors import ConfigError, ProviderError, SampleError, UsageError
from tests.cloning.makers import Cloner, PitchEncoder, material
from tests.conftest import SAMPLES_DIR

AGREED = Statement(text="I am the speaker and agree.")
SETTINGS = CloneSettings(description="calm", language="en", labels={"accent": "none"})
READER = [str(path) for path in sorted((SAMPLES_DIR / "librivox").glob("*.wav"))]

PLUG_IN = """
from audiokit.contracts import SampleRequirements, Voice

class Acme:
    requirements = SampleRequirements(
        min_total_s={min_total_s}, ideal_total_s=20, max_total_s=60, max_files=5, max_bytes=10_000_000, formats=("wav",)
    )

    def __init__(self, colour="blue"):
        self.colour = colour

    def clone(self, samples, *, name, description="", language="", labels=None):
        size = sum(path.stat().st_size for path in samples)
        return Voice(name=name, provider="acme", voice_id=f"{{self.colour}}-{{size}}")
"""


@pytest.fixture
def cloner() -> Cloner:
    return Cloner()


@pytest.fixture
def plan(cloner: Cloner, tmp_path: Path) -> Iterator[Plan]:
    workshop = Workshop(cloner=cloner, encoder=PitchEncoder(), provider="acme")
    with planned(material(tmp_path, [(100, 12, 0.5)] * 4), workshop, "Ann", SETTINGS) as made:
        yield made


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed plug-in that makes voices of 10 s and more."""
    package = tmp_path / "plug-in" / "acme-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[audiokit.clone]\nacme = acme_clone:Acme\n")
    (package.parent / "acme_clone.py").write_text(PLUG_IN.format(min_total_s=10))
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "acme_clone", raising=False)


def test_what_was_planned_is_what_is_sent(plan: Plan, cloner: Cloner) -> None:
    make(plan, AGREED, VoiceBook())
    assert [name for name, _ in cloner.heard] == [file.path.name for file in plan.files]
    assert [hashlib.sha256(data).hexdigest() for _, data in cloner.heard] == [row.sha256 for row in plan.records()]
    assert cloner.told == {"name": "Ann", "description": "calm", "language": "en", "labels": {"accent": "none"}}


def test_a_plan_says_in_a_line_what_it_is(plan: Plan) -> None:
    megabytes = sum(file.path.stat().st_size for file in plan.files) / 1e6
    assert repr(plan) == f"Plan('Ann' by acme: 3 pieces, 36.0 s, {megabytes:.1f} MB)"


def test_the_voice_is_entered_with_its_provenance(plan: Plan) -> None:
    entry = make(plan, AGREED, VoiceBook())
    assert VoiceBook().entry("Ann") == entry
    assert (entry.voice.name, entry.voice.provider, entry.voice.voice_id) == ("Ann", "acme", "v-1")
    assert (entry.origin, entry.state, entry.samples) == ("instant", "ready", plan.records())
    assert entry.consent is not None
    assert entry.consent.samples_sha256 == samples_sha256(entry.samples)
    assert entry.consent.statement == AGREED.text


def test_the_files_vanish_after_the_work(cloner: Cloner, tmp_path: Path) -> None:
    workshop = Workshop(cloner=cloner, encoder=PitchEncoder(), provider="acme")
    with planned(material(tmp_path, [(100, 12, 0.5)]), workshop, "Ann", SETTINGS) as plan:
        (file,) = plan.files
        assert file.path.exists()
    assert not file.path.parent.exists()


def test_without_consent_nothing_is_sent(plan: Plan, cloner: Cloner) -> None:
    with pytest.raises(UsageError, match="no consent on record"):
        make(plan, Statement(), VoiceBook())
    assert (cloner.heard, len(VoiceBook())) == ([], 0)


def test_a_name_that_is_taken_is_refused_before_anything_is_sent(plan: Plan, cloner: Cloner) -> None:
    make(plan, AGREED, VoiceBook())
    cloner.heard.clear()
    with pytest.raises(UsageError, match="is there already"):
        make(plan, AGREED, VoiceBook())
    assert cloner.heard == []


def test_a_refusal_by_the_provider_enters_nothing(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise ProviderError("no", provider="acme")

    monkeypatch.setattr(plan.workshop.cloner, "clone", refuse)
    with pytest.raises(ProviderError):
        make(plan, AGREED, VoiceBook())
    assert len(VoiceBook()) == 0


def test_a_voice_that_cannot_be_entered_is_not_lost(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: VoiceBook, entry: object) -> None:
        raise ConfigError("the disk is full")

    monkeypatch.setattr(VoiceBook, "add", fail)
    with pytest.raises(ConfigError) as error:
        make(plan, AGREED, VoiceBook())
    assert error.value.__notes__ == ["The voice itself exists: acme calls it v-1."]


@pytest.mark.usefixtures("acme")
def test_recordings_become_a_voice() -> None:
    voice = audiokit.clone(
        READER, name="Reader", provider="acme", consent="Public domain.",
        settings=CloneSettings(provider_settings={"colour": "red"}),
    )  # fmt: skip
    entry = VoiceBook().entry("Reader")
    assert voice == entry.voice
    assert voice.voice_id.startswith("red-")
    assert 10 < sum(sample.duration_s for sample in entry.samples) < 26


@pytest.mark.usefixtures("acme")
def test_a_podcast_of_two_voices_is_refused_and_one_of_them_can_be_chosen(tmp_path: Path) -> None:
    dataset = audiokit.prep(SAMPLES_DIR / "podcast" / "episode 1.mp3", tmp_path / "dataset", jobs=1)
    with pytest.raises(SampleError, match="2 voices") as error:
        audiokit.clone(dataset, name="Reader", provider="acme", consent="Public domain.")
    assert "--speaker 1" in str(error.value)
    settings = CloneSettings(speaker=1)
    with audiokit.plan_clone(tmp_path / "dataset", name="Reader", provider="acme", settings=settings) as plan:
        assert plan.selection.spread is not None
        assert plan.selection.spread.lowest > 0.74
        assert any("another voice" in reason for _, reason in plan.selection.left_out)


@pytest.mark.usefixtures("acme")
def test_without_consent_nothing_is_even_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiokit.cloned.plan_clone", lambda *args, **options: pytest.fail("prepared"))
    with pytest.raises(UsageError, match="no consent on record for 'Reader'"):
        audiokit.clone(READER, name="Reader", provider="acme")


@pytest.mark.usefixtures("acme")
def test_a_clone_is_counted_when_it_is_made() -> None:
    usage = audiokit.UsageCounter()
    with pytest.raises(SampleError):
        audiokit.clone(
            READER, name="Reader", provider="acme", consent="Public domain.", usage=usage,
            settings=CloneSettings(speaker=9),
        )  # fmt: skip
    assert usage.usages() == []
    audiokit.clone(READER, name="Reader", provider="acme", consent="Public domain.", usage=usage)
    assert [(one.service, one.provider, one.unit, one.amount) for one in usage.usages()] == [
        ("clone", "acme", "calls", 1)
    ]


@pytest.mark.parametrize("language", ["english", "en-US", "EN", "e"])
def test_a_language_is_told_by_its_code(language: str) -> None:
    with pytest.raises(UsageError, match="expected two letters of ISO 639-1"):
        CloneSettings(language=language)


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(ConfigError, match="no clone provider is named 'acne'"):
        audiokit.clone(READER, name="Reader", provider="acne", consent="Public domain.")
