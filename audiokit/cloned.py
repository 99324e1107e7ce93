"""The verbs that make a voice; see `audiokit.api` for the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiokit.api import cores
from audiokit.progress import SILENT, Progress

if TYPE_CHECKING:
    from audiokit.cloning.clone import CloneSettings, Plan
    from audiokit.cloning.consent import Statement
    from audiokit.cloning.entry import VoiceEntry
    from audiokit.contracts import Voice
    from audiokit.dataset.at_hand import Sources
    from audiokit.speech.usage import UsageCounter


@contextmanager
def plan_clone(
    sources: Sources,
    *,
    name: str,
    provider: str = "elevenlabs",
    settings: CloneSettings | None = None,
    dry: bool = False,
    progress: Progress = SILENT,
) -> Iterator[Plan]:
    """Choose and write the samples of a clone, and send nothing; they vanish at the end of the `with` block.

    The other parameters and errors are those of `clone`.

    Parameters
    ----------
    dry : the plan is only looked at: it needs no key.
    """
    from audiokit.cloning.clone import CloneSettings, planned, workshop
    from audiokit.cloning.material import from_clips
    from audiokit.dataset.at_hand import at_hand, named
    from audiokit.dataset.settings import PrepSettings

    settings = settings or CloneSettings()
    shop = workshop(provider, settings, progress, dry=dry)
    # Short samples have no pause at their ends, and none is needed where clips are joined.
    how = PrepSettings(
        sample_rate=shop.cloner.requirements.sample_rate,
        min_s=1.5,
        keep_forced_cuts=True,
        min_snr_db=settings.min_snr_db,
    )
    with (
        at_hand(sources, how, jobs=cores(), progress=progress) as dataset,
        planned(from_clips(dataset.clips, dataset.path, named(sources)), shop, name, settings, progress) as plan,
    ):
        yield plan


def clone(
    sources: Sources,
    *,
    name: str,
    provider: str = "elevenlabs",
    consent: str = "",
    settings: CloneSettings | None = None,
    usage: UsageCounter | None = None,
    progress: Progress = SILENT,
) -> Voice:
    """Make a voice from recordings of its owner, and enter it into the `VoiceBook`.

    Parameters
    ----------
    sources : a dataset or its folder, or recordings: files, folders, globs. Recordings are prepared as `prep` does,
        for this call only.
    name : what the voice is called from now on.
    provider : who makes it: elevenlabs, coqui, tortoise, or a plug-in.
    consent : what the owner of the voice declares; kept with the voice. A spoken statement goes into `settings`.
    settings : `CloneSettings()` by default.
    usage : the clone is counted there.
    progress : called with what is done and seconds of audio, done and in all.

    Raises
    ------
    UsageError : no consent, or the name is taken.
    SampleError : too little speech, more than one voice, or a statement spoken by somebody else.
    AudioFileError, DatasetError : nothing usable in `sources`.
    ConfigError, MissingDependencyError : no such provider, no key, or it is not installed.
    ProviderError : the provider refused or failed.
    """
    from audiokit.cloning.clone import CloneSettings
    from audiokit.cloning.consent import Statement, check_given
    from audiokit.cloning.voices import VoiceBook

    settings, book = settings or CloneSettings(), VoiceBook()
    statement = Statement(text=consent, recording=settings.consent_recording)
    check_given(statement, name)
    book.check_free(name)
    with plan_clone(sources, name=name, provider=provider, settings=settings, progress=progress) as plan:
        return make_voice(plan, statement, usage=usage, progress=progress).voice


def make_voice(
    plan: Plan, statement: Statement, *, usage: UsageCounter | None = None, progress: Progress = SILENT
) -> VoiceEntry:
    """Send what `plan_clone` has planned, inside its block, and enter the voice that comes back.

    Parameters
    ----------
    plan : what is sent.
    statement : the speaker's consent.
    usage : the clone is counted there, once the provider has made it.
    progress : called with what is sent, where that takes long.

    Raises
    ------
    UsageError, SampleError, ConfigError, ProviderError : see `clone`.
    """
    from audiokit.cloning.clone import make
    from audiokit.cloning.voices import VoiceBook

    entry = make(plan, statement, VoiceBook(), progress)
    if usage:
        usage.add("clone", plan.workshop.provider, price_name(plan), "calls", 1)
    return entry


def price_name(plan: Plan) -> str:
    """Give the name by which the price table knows a kind of clone."""
    return "professional" if plan.workshop.origin == "professional" else ""
