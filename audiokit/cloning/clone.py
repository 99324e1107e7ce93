"""Making a voice: material, selection, files, consent, provider, book."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from audiokit import registry
from audiokit.cloning.consent import Statement, check_given, check_spoken_by, put_on_record
from audiokit.cloning.entry import Origin, SampleRecord, VoiceEntry, now
from audiokit.cloning.material import Candidate, Material
from audiokit.cloning.pack import PackedFile, pack
from audiokit.cloning.professional import ProfessionalDoor, status
from audiokit.cloning.samples import Selection, select
from audiokit.cloning.voice_print import VoicePrint
from audiokit.cloning.voices import VoiceBook, checked_name
from audiokit.contracts import CloneProvider, SampleRequirements, Setting, SpeakerEncoder, Voice
from audiokit.disk import file_sha256
from audiokit.errors import AudiokitError, MissingDependencyError, MissingKeyError, UsageError
from audiokit.progress import SILENT, Progress

ENCODER = "ge2e"
ISO_639_1 = re.compile("[a-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneSettings:
    """How a voice is made, beyond its name and provider."""

    description: str = ""
    """For people, and for providers that show it."""
    language: str = ""
    """ISO 639-1 code of what is spoken; empty when unknown."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Such as accent: american."""
    speaker: int = 0
    """0: the recordings hold one voice; 1 takes the voice that speaks most, 2 the next."""
    min_snr_db: float = 15.0
    """Speech over noise below which recordings are not used, in dB; a dataset was judged before."""
    consent_recording: Path | None = None
    """The owner of the voice, agreeing."""
    professional: bool = False
    """Train the voice on half an hour and more, where the provider does that; see `professional`."""
    provider_settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    """Handed to the provider's class, such as device: cpu."""

    def __post_init__(self) -> None:
        if self.language and not ISO_639_1.fullmatch(self.language):
            raise UsageError(f"the language is {self.language!r}; expected two letters of ISO 639-1, such as en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """With what a voice is made."""

    cloner: CloneProvider
    """Makes it."""
    encoder: SpeakerEncoder
    """Tells voices apart."""
    provider: str
    """The cloner's name."""
    encoder_name: str = ENCODER
    """The encoder's name."""
    origin: Origin = "instant"
    """What kind of voice comes out."""


def workshop(provider: str, settings: CloneSettings, progress: Progress = SILENT, *, dry: bool = False) -> Workshop:
    """Open a provider, and what listens for it.

    Parameters
    ----------
    provider, settings, progress : as for a clone.
    dry : nothing will be made, so without a key or package the provider's class tells what samples must be like.

    Raises
    ------
    ConfigError, MissingDependencyError : no such provider, no key, a setting it does not take, or not installed.
    """
    encoder = registry.provider("speaker", ENCODER)
    try:
        cloner = _cloner(provider, settings, progress)
    except (MissingKeyError, MissingDependencyError) as error:
        requirements = registry.promise("professional" if settings.professional else "clone", provider, "requirements")
        if not dry or not isinstance(requirements, SampleRequirements):
            raise
        cloner = _Absent(requirements, error)
    origin: Origin = "professional" if settings.professional else "instant"
    return Workshop(cloner=cloner, encoder=encoder, provider=provider, origin=origin)


def _cloner(provider: str, settings: CloneSettings, progress: Progress) -> CloneProvider:
    if settings.professional:
        return ProfessionalDoor(provider, VoiceBook().home, settings.provider_settings)
    told = {"progress": progress} if registry.takes("clone", provider, "progress") else {}
    return registry.provider("clone", provider, **settings.provider_settings, **told)


class _Absent:
    """Tells what samples must be like, and makes nothing."""

    def __init__(self, requirements: SampleRequirements, why: AudiokitError) -> None:
        self.requirements, self._why = requirements, why

    def clone(self, samples: Sequence[Path], **about: object) -> Voice:
        raise self._why


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be sent where."""

    name: str
    """Of the voice."""
    workshop: Workshop
    """With what it is made."""
    settings: CloneSettings
    """Description, language, labels, and what the samples were chosen by."""
    selection: Selection
    """Which pieces, which not, and why."""
    files: tuple[PackedFile, ...]
    """What is sent; the files live as long as the work."""

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Give what would be sent, what not, and why, as plain values."""
        sent = {clip.path: file.path.name for file in self.files for clip in file.clips}
        return {
            "name": self.name,
            "provider": self.workshop.provider,
            "files": [
                {"name": file.path.name, "duration_s": round(file.duration_s, 3), "size_bytes": file.size_bytes}
                for file in self.files
            ],
            "pieces": [
                *(_piece(clip, file=sent[clip.path]) for clip in self.selection.chosen),
                *(_piece(clip, left_out=reason) for clip, reason in self.selection.left_out),
            ],
            "spread": asdict(self.selection.spread) if self.selection.spread else None,
        }

    def __repr__(self) -> str:
        amount = f"{len(self.selection.chosen)} pieces, {self.selection.total_s:.1f} s, {self.size_bytes / 1e6:.1f} MB"
        return f"Plan({self.name!r} by {self.workshop.provider}: {amount})"

    def records(self) -> tuple[SampleRecord, ...]:
        """Name and hash what is sent."""
        return tuple(
            SampleRecord(name=file.path.name, sha256=file_sha256(file.path), duration_s=round(file.duration_s, 3))
            for file in self.files
        )


def _piece(clip: Candidate, *, file: str = "", left_out: str = "") -> dict[str, Any]:
    measures = {"quality": clip.quality, "snr_db": clip.snr_db}
    place = {"recording": clip.recording, "start_s": clip.start_s, "duration_s": clip.duration_s}
    return {**place, **measures, "file": file, "left_out": left_out}


@contextmanager
def planned(
    material: Material, shop: Workshop, name: str, settings: CloneSettings, progress: Progress = SILENT
) -> Iterator[Plan]:
    """Choose samples and write the files to send, which vanish at the end of the block.

    Raises
    ------
    SampleError : too little, too noisy, more than one voice, or too large.
    UsageError : `name` is none.
    """
    name = checked_name(name)
    requirements = shop.cloner.requirements
    selection = select(material, requirements, shop.encoder, speaker=settings.speaker, progress=progress)
    with TemporaryDirectory(prefix="audiokit-clone-") as folder:
        files = pack(selection.chosen, requirements, Path(folder))
        yield Plan(name=name, workshop=shop, settings=settings, selection=selection, files=files)


def make(plan: Plan, statement: Statement, book: VoiceBook, progress: Progress = SILENT) -> VoiceEntry:
    """Send a plan's files, and enter the voice that comes back; a professional one is entered before it is sent all.

    Parameters
    ----------
    plan : see `planned`; still inside its block.
    statement : the speaker's consent.
    book : where the voice is entered.
    progress : called with what a professional clone is sent.

    Raises
    ------
    UsageError : no statement, or the name is taken.
    SampleError : the statement is spoken by another voice.
    ProviderError : the provider refused or failed; a note says how a professional clone goes on.
    ConfigError : the book cannot be written; a note names the voice that exists all the same.
    """
    shop, settings = plan.workshop, plan.settings
    check_given(statement, plan.name)
    book.check_free(plan.name)
    if statement.recording:
        check_spoken_by(statement.recording, plan.selection.voice, shop.encoder)
    records = plan.records()
    consent = put_on_record(statement, records, plan.name, book.home)
    voice = shop.cloner.clone(
        [file.path for file in plan.files],
        name=plan.name,
        description=settings.description,
        language=settings.language,
        labels=dict(settings.labels),
    )
    entry = VoiceEntry(
        voice=replace(voice, name=plan.name, provider=shop.provider),
        origin="local" if voice.folder and shop.origin == "instant" else shop.origin,
        created=now(),
        state="waiting" if voice.requires_verification else "ready",
        samples=records,
        consent=consent,
        sound=VoicePrint.of(plan.selection.voice, plan.selection.spread, shop.encoder_name),
    )
    enter(entry, book)
    if shop.origin == "professional":
        _advance(plan, book, progress)
    return book.entry(plan.name)


def _advance(plan: Plan, book: VoiceBook, progress: Progress) -> None:
    """Send what a professional clone is made of; whatever happens, the book knows the voice already."""
    try:
        status(book, plan.name, cloner_settings=plan.settings.provider_settings, progress=progress)
    except AudiokitError as error:
        error.add_note(
            f"The voice is in the book, and nothing is lost. Go on: audiokit voices status {plan.name!r}; or give it "
            f"up: audiokit voices delete {plan.name!r}"
        )
        raise


def enter(entry: VoiceEntry, book: VoiceBook) -> None:
    """Put a voice that a provider has made into the book, or say how not to lose it."""
    try:
        book.add(entry)
    except AudiokitError as error:
        voice: Voice = entry.voice
        error.add_note(f"The voice itself exists: {voice.provider} calls it {voice.voice_id}.")
        raise
