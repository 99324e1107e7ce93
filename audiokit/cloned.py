"""The verbs that make a voice and judge it; see `audiokit.api` for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audiokit.errors import UsageError
from audiokit.progress import SILENT, Progress

if TYPE_CHECKING:
    import os

    from audiokit.cloning.clone import CloneSettings, Plan
    from audiokit.cloning.consent import Statement
    from audiokit.cloning.entry import VoiceEntry
    from audiokit.cloning.evaluate import Judgement, Judges
    from audiokit.cloning.voice_print import VoicePrint
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
    dry : the plan is only looked at: it needs neither a key nor the provider's package.
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
        at_hand(sources, how, progress=progress) as dataset,
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


def evaluate(
    voices: str | Voice | Sequence[str | Voice],
    *,
    reference: Sources | None = None,
    sentences: Sequence[str] = (),
    stt: str = "whisper",
    mos: bool = False,
    page: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = SILENT,
) -> list[Judgement]:
    """Let voices speak the same sentences, and judge how like their samples, how well understood and how fast they are.

    Parameters
    ----------
    voices : names in the `VoiceBook`, PROVIDER:ID for any voice of a provider, "PROVIDER:" for its default one, or a
        `Voice`; one or several of them.
    reference : a dataset or recordings of the speaker; None: the samples that each voice was made from.
    sentences : what is said; empty: eight English ones.
    stt : who writes down what it understands, by name; "none" leaves the word error rate out.
    mos : estimate listeners' opinion with DNSMOS, 1..5.
    page : an HTML file to write, to listen blind and vote.
    out : a folder to keep what was spoken, a WAV a sentence in a folder for each voice.
    progress : called with a voice's name and sentences, done and in all.

    Returns
    -------
    A judgement for each voice, in their order.

    Raises
    ------
    VoiceNotFoundError : a name that nobody has.
    AudioFileError, DatasetError, SampleError : nothing usable in `reference`.
    ConfigError, MissingDependencyError : no such provider or recognizer, no key, or it is not installed.
    ProviderError : a provider refused or failed, or gave no sound.
    """
    from audiokit.cloning.evaluate import SENTENCES, keep_spoken
    from audiokit.cloning.find_voice import find_voice
    from audiokit.cloning.page import write_page
    from audiokit.contracts import Voice

    _refuse_places(page, out)
    several = [voices] if isinstance(voices, (str, Voice)) else voices
    known = [find_voice(voice) if isinstance(voice, str) else voice for voice in several]
    judges = _judges(stt, mos=mos)
    if reference is None:
        prints = [_own_print(voice) for voice in known]
    else:
        prints = [_print_of(reference, progress)] * len(known)
    heard = zip(known, prints, strict=True)
    found = [_judged(voice, judges, print_, sentences or SENTENCES, progress) for voice, print_ in heard]
    if out is not None:
        keep_spoken(found, out)
    if page is not None:
        write_page(found, Path(page))
    return found


def _refuse_places(page: str | os.PathLike[str] | None, out: str | os.PathLike[str] | None) -> None:
    """Look at where results will go before any speech is paid for."""
    if page is not None and not Path(page).parent.is_dir():
        raise UsageError(f"{page}: there is no folder {Path(page).parent}. Make it, or choose another place.")
    if out is not None:
        try:
            Path(out).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{out} is no folder and cannot be made one: {error.strerror}.") from error


def _judges(stt: str, *, mos: bool) -> Judges:
    from audiokit import registry
    from audiokit.analysis.mos import network
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.evaluate import Judges, rate_speech

    if mos:
        network()  # what is missing shows now
    return Judges(
        encoder=registry.provider("speaker", ENCODER),
        stt=None if stt == "none" else registry.provider("stt", stt),
        rate=rate_speech if mos else None,
    )


def _print_of(reference: Sources, progress: Progress) -> VoicePrint | None:
    """Take the voice print of recordings that all voices are compared with."""
    from audiokit import registry
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.material import from_clips
    from audiokit.cloning.voice_print import voice_print
    from audiokit.dataset.at_hand import at_hand, named
    from audiokit.dataset.settings import PrepSettings

    how = PrepSettings(min_s=1.5, keep_forced_cuts=True)
    with at_hand(reference, how, progress=progress) as dataset:
        material = from_clips(dataset.clips, dataset.path, named(reference))
        return voice_print(material, registry.provider("speaker", ENCODER), ENCODER)


def _own_print(voice: Voice) -> VoicePrint | None:
    """Give what the samples of a voice sounded like, if the same encoder listened to them."""
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    sound = book.entry(voice.name).sound if voice.name in book else None
    return sound if sound and sound.encoder == ENCODER else None


def _judged(
    voice: Voice, judges: Judges, reference: VoicePrint | None, sentences: Sequence[str], progress: Progress
) -> Judgement:
    from audiokit import registry
    from audiokit.cloning.evaluate import evaluate

    # The model that the voice wants is the one to be loaded beforehand.
    model = {"model": voice.model} if voice.model and registry.takes("tts", voice.provider, "model") else {}
    tts = registry.provider("tts", voice.provider, **model)
    return evaluate(voice, tts, judges, reference=reference, sentences=sentences, progress=progress)
