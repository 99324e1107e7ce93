"""`audiokit voices evaluate`: how good voices are, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.cloning.evaluate import Judgement, Judges
    from audiokit.cloning.voice_print import VoicePrint
    from audiokit.contracts import Voice
    from audiokit.progress import Progress

HEADINGS = ("voice", "provider", "like samples", "samples", "words wrong", "MOS", "first audio", "x real time", "cost")


@click.command(short_help="Judge voices side by side: likeness, words understood, speed")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--reference", metavar="SOURCE", help="A dataset or recordings of the speaker.  [default: the samples]")
@click.option("--text", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Sentences, one a line.")
@click.option("--stt", default="whisper", show_default=True, help='Who writes down what it understands, or "none".')
@click.option("--mos", is_flag=True, help="Estimate listeners' opinion with DNSMOS.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to listen blind and vote.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Keep what was spoken, a WAV a sentence.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
def evaluate(names: tuple[str, ...], **options: Any) -> None:
    """Let voices speak the same sentences, and judge them side by side.

    NAME is a voice of the book, or PROVIDER:ID for any voice of a provider, or PROVIDER: for its own default voice.

    "like samples" is the similarity of what was spoken to the samples of the voice; "samples" is that of the samples to
    each other, which no clone can be expected to exceed, and in brackets that of the least typical one.

    \b
    Examples:
      audiokit voices evaluate Ann
      audiokit voices evaluate Ann Ben hibari: --page listen.html
      audiokit voices evaluate Ann --reference dataset --text lines.txt --mos --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import print_json, show_notes

    quiet = options["quiet"]
    sentences = _sentences(options["text"])
    with show_notes(quiet=quiet), progress_bar(quiet, "items") as progress:
        judges = _judges(options["stt"], mos=options["mos"])
        prints = _prints(names, options["reference"])
        found = [_judged(name, judges, prints, sentences, progress) for name in names]
    if options["out"]:
        _keep(found, options["out"])
    if options["page"]:
        from audiokit.cloning.page import write_page

        click.echo(f"listen and vote: {write_page(found, options['page'])}", err=True)
    if options["as_json"]:
        print_json([{**judgement.to_json(), "cost_usd": _cost_usd(judgement)} for judgement in found])
    else:
        click.echo("\n".join(_table(found)))


def _sentences(path: Path | None) -> list[str]:
    from audiokit.cloning.evaluate import SENTENCES

    if path is None:
        return list(SENTENCES)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--text {path}: byte {error.start} is no UTF-8. Save the file as UTF-8.") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise click.UsageError(f"--text {path}: no line with words in it.")
    return lines


def _judges(stt: str, *, mos: bool) -> Judges:
    from audiokit import registry
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.evaluate import Judges, rate_speech

    return Judges(
        encoder=registry.provider("speaker", ENCODER),
        stt=None if stt == "none" else registry.provider("stt", stt),
        rate=rate_speech if mos else None,
    )


def _prints(names: Sequence[str], reference: str | None) -> dict[str, VoicePrint | None]:
    """Find for each voice what it is compared with."""
    if reference is None:
        return {name: _own_print(name) for name in names}
    from audiokit import registry
    from audiokit.api import cores
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.material import from_clips
    from audiokit.cloning.voice_print import voice_print
    from audiokit.dataset.at_hand import at_hand
    from audiokit.dataset.settings import PrepSettings

    with at_hand(reference, PrepSettings(min_s=1.5, keep_forced_cuts=True), jobs=cores()) as dataset:
        material = from_clips(dataset.clips, dataset.path, reference)
        found = voice_print(material, registry.provider("speaker", ENCODER), ENCODER)
    return dict.fromkeys(names, found)


def _own_print(name: str) -> VoicePrint | None:
    """Give what the samples of a voice sounded like, if the same encoder listened to them."""
    from audiokit.cloning.clone import ENCODER
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    sound = book.entry(name).sound if name in book else None
    return sound if sound and sound.encoder == ENCODER else None


def _judged(
    name: str, judges: Judges, prints: dict[str, VoicePrint | None], sentences: Sequence[str], progress: Progress
) -> Judgement:
    from audiokit import registry
    from audiokit.cloning.evaluate import evaluate

    voice = _voice(name)
    # The model that the voice wants is the one to be loaded beforehand.
    model = {"model": voice.model} if voice.model and registry.takes("tts", voice.provider, "model") else {}
    tts = registry.provider("tts", voice.provider, **model)
    return evaluate(voice, tts, judges, reference=prints[name], sentences=sentences, progress=progress)


def _voice(name: str) -> Voice:
    from audiokit.cloning.voices import VoiceBook
    from audiokit.contracts import Voice

    book = VoiceBook()
    provider, colon, voice_id = name.partition(":")
    if colon and name not in book:
        return Voice(name=name, provider=provider, voice_id=voice_id)
    return book.get(name)


def _keep(found: Sequence[Judgement], folder: Path) -> None:
    from audiokit.audio.files import write

    for judgement in found:
        place = folder / "".join(sign if sign.isalnum() or sign in " -_" else "_" for sign in judgement.voice.name)
        place.mkdir(parents=True, exist_ok=True)
        for number, line in enumerate(judgement.lines, 1):
            write(place / f"{number:02}.wav", line.audio)


def _table(found: Sequence[Judgement]) -> list[str]:
    rows = [HEADINGS, *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_cell(at, word, widths[at]) for at, word in enumerate(row)) for row in rows]


def _cell(column: int, word: str, width: int) -> str:
    return word.ljust(width) if HEADINGS[column] in ("voice", "provider") else word.rjust(width)


def _row(judgement: Judgement) -> tuple[str, ...]:
    reference, wrong, mos = judgement.reference, judgement.word_error_rate, judgement.mos
    samples = "-"
    if reference and reference.median is not None:
        samples = f"{reference.median:.2f} ({reference.lowest:.2f})"
    return (
        judgement.voice.name,
        judgement.voice.provider,
        "-" if judgement.similarity is None else f"{judgement.similarity:.2f}",
        samples,
        "-" if wrong is None else f"{wrong:.1%}",
        "-" if mos is None else f"{mos:.2f}",
        f"{1000 * judgement.first_audio_s:.0f} ms",
        f"{judgement.speed:.1f}",
        "-" if (usd := _cost_usd(judgement)) is None else f"${usd:.4f}",
    )


def _cost_usd(judgement: Judgement) -> float | None:
    """Give what speaking the sentences costs by the price table; None if it has no price."""
    from audiokit.speech.prices import PriceTable
    from audiokit.speech.usage import Usage

    voice, characters = judgement.voice, judgement.characters
    usage = Usage(service="tts", provider=voice.provider, model=voice.model, unit="characters", amount=characters)
    return PriceTable.load().cost_usd(usage)
