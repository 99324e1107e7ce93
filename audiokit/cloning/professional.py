"""Professional clones: begun like any other, then waited for, over days and restarts."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from audiokit import registry
from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import VoiceBook, folder_name
from audiokit.contracts import SampleRequirements, Setting, Voice
from audiokit.disk import file_sha256, whole_file
from audiokit.errors import ProviderError, ProviderTimeout, UsageError
from audiokit.progress import SILENT, Progress
from audiokit.services import ProfessionalCloner, ProfessionalJob

PLAN = "plan.json"

TO_DO = MappingProxyType(
    {
        "choose": "more than one speaker was heard in the samples: audiokit voices status {name} --choose-longest",
        "captcha": "the owner of the voice must read the words of {captcha} aloud and record them: "
        "audiokit voices status {name} --verify RECORDING; who cannot, sends proof: --request-verification FILE",
        "wait for verification": "people of the provider verify the voice; ask again later",
        "wait for training": "the voice is being trained, which takes hours: audiokit voices status {name} --wait",
        "failed": "{reason} Then: audiokit voices status {name} --train-again",
        "done": "",
    }
)
"""By step: what has to be done, by whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a voice is."""

    step: str
    """As `ProfessionalJob.advance` names it; "done" for every voice that speaks."""
    to_do: str
    """What a person has to do now; empty when it is done."""


class ProfessionalDoor:
    """Creates the voice of a professional clone, and sends nothing yet: the contract `CloneProvider`.

    The samples are copied into the home folder, where they stay until the voice is trained: `status` sends them, as
    often as it is asked, once the voice is in the book. The same samples under the same name are one voice, even after
    a crash; other samples have a plan of their own.

    Parameters
    ----------
    provider : who trains.
    home : see `VoiceBook.home`.
    settings : handed to the provider's class.

    Raises
    ------
    ConfigError, MissingDependencyError : see `registry.provider`.
    """

    def __init__(self, provider: str, home: Path, settings: Mapping[str, Setting] | None = None) -> None:
        self._cloner = registry.provider("professional", provider, **(settings or {}))
        self._provider, self._home = provider, home
        self.requirements: SampleRequirements = self._cloner.requirements

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Voice:
        """See `CloneProvider.clone`; gives a voice that does not speak yet.

        Raises
        ------
        UsageError : no language.
        ProviderError : the provider refused or failed; the same call goes on later.
        """
        if not language:
            raise UsageError("a professional clone needs the language that is spoken: --language en")
        mark = hashlib.sha256(json.dumps([name, *map(file_sha256, samples)]).encode()).hexdigest()
        folder = self._home / "professional" / f"{folder_name(name)}-{mark[:8]}"
        kept = _kept(samples, folder)
        job = self._cloner.begin(folder / PLAN, kept, name=name, language=language, description=description)
        voice_id = job.create()
        return Voice(
            name=name,
            provider=self._provider,
            voice_id=voice_id,
            language=language,
            description=description,
            labels=labels or {},
            folder=folder,
            requires_verification=True,
        )


def status(
    book: VoiceBook, name: str, *, cloner_settings: Mapping[str, Setting] | None = None, progress: Progress = SILENT
) -> Status:
    """Do what needs no person, and tell what is needed.

    Parameters
    ----------
    book : where the voice is entered; its state there is brought up to date.
    name : of the voice.
    cloner_settings : handed to the provider's class.
    progress : called with each step and what is done of it.

    Raises
    ------
    VoiceNotFoundError : the book has no such voice.
    ProviderError : the provider refused or failed; ask again later.
    """
    entry = book.entry(name)
    if entry.origin == "professional" and entry.state != "ready":
        return _settled(book, entry, job_of(entry, cloner_settings), progress)
    if entry.state == "waiting" and entry.voice.provider in registry.providers("voices"):
        shown = registry.provider("voices", entry.voice.provider).show(entry.voice.voice_id)
        if shown.requires_verification:
            to_do = f"{entry.voice.provider} wants to see that the voice may be used: open its website"
            return Status(step="wait for verification", to_do=to_do)
        book.update(replace(entry, state="ready", voice=replace(entry.voice, requires_verification=False)))
    return Status(step="done", to_do="")


def wait(
    book: VoiceBook, name: str, progress: Progress = SILENT, cloner_settings: Mapping[str, Setting] | None = None
) -> Status:
    """Wait for the training, however long it takes; for anything that a person must do, do not.

    Parameters are those of `status`.

    Raises
    ------
    ProviderError : the training failed; also as for `status`.
    """
    found = status(book, name, cloner_settings=cloner_settings, progress=progress)
    while found.step == "wait for training":
        try:
            job_of(book.entry(name), cloner_settings).wait(progress)
        except ProviderTimeout:
            continue
        found = status(book, name, cloner_settings=cloner_settings)
    if found.step == "failed":
        raise ProviderError(found.to_do, provider=book.get(name).provider)
    return found


def job_of(entry: VoiceEntry, cloner_settings: Mapping[str, Setting] | None = None) -> ProfessionalJob:
    """Open the work on a professional clone.

    Raises
    ------
    UsageError : it is none, or it was made on another machine.
    """
    folder = entry.voice.folder
    if entry.origin != "professional" or folder is None:
        raise UsageError(f"{entry.voice.name} is no professional clone on its way: it is {entry.origin}, {entry.state}")
    cloner: ProfessionalCloner = registry.provider("professional", entry.voice.provider, **(cloner_settings or {}))
    return cloner.resume(folder / PLAN)


def _settled(book: VoiceBook, entry: VoiceEntry, job: ProfessionalJob, progress: Progress) -> Status:
    """Advance, and write into the book what came of it."""
    step = job.advance(progress)
    folder = entry.voice.folder or book.home
    captcha = job.captcha(folder) if step == "captcha" else Path()
    if step == "done":
        trained = job.wait()
        voice = replace(entry.voice, model=trained.model, folder=None, requires_verification=False)
        book.update(replace(entry, voice=voice, state="ready"))
        shutil.rmtree(folder, ignore_errors=True)
    else:
        book.update(replace(entry, state="training" if step == "wait for training" else "waiting"))
    reason = _reason(job) if step == "failed" else ""
    to_do = TO_DO.get(step, step).format(name=repr(entry.voice.name), captcha=captcha, reason=reason)
    return Status(step=step, to_do=to_do)


def _reason(job: ProfessionalJob) -> str:
    """Ask why the training failed, which only waiting for it tells."""
    try:
        job.wait()
    except ProviderError as error:
        return str(error)
    return "the training failed."


def _kept(samples: Sequence[Path], folder: Path) -> list[Path]:
    """Copy samples to where they stay."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for sample in samples:
        target = folder / sample.name
        with whole_file(target) as part:
            shutil.copyfile(sample, part)
        kept.append(target)
    return kept
