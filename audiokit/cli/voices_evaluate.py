"""`audiokit voices evaluate`: how good voices are, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiokit.cli.texts import read_lines

if TYPE_CHECKING:
    from audiokit.cloning.evaluate import Judgement

HEADINGS = ("voice", "provider", "like samples", "samples", "words wrong", "MOS", "first audio", "x real time", "cost")


@click.command(short_help="Judge voices side by side: likeness, words understood, speed")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--reference", metavar="SOURCE", help="A dataset or recordings of the speaker.  [default: the samples]")
@click.option("--text", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Sentences, one a line.")  # fmt: skip
@click.option("--stt", default="whisper", show_default=True, help='Who writes down what it understands, or "none".')
@click.option("--mos", is_flag=True, help="Estimate listeners' opinion with DNSMOS.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write a page to listen blind and vote.")  # fmt: skip
@click.option(
    "-o", "--output", "out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Keep what was spoken, a WAV a sentence.",
)  # fmt: skip
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
    from audiokit.cloned import evaluate as run

    quiet = options["quiet"]
    sentences = _sentences(options["text"])
    with show_notes(quiet=quiet), progress_bar(quiet, "items") as progress:
        found = run(
            names, reference=options["reference"], sentences=sentences, stt=options["stt"], mos=options["mos"],
            page=options["page"], out=options["out"], progress=progress,
        )  # fmt: skip
    if options["page"]:
        click.echo(f"listen and vote: {options['page']}", err=True)
    if options["as_json"]:
        print_json([{**judgement.to_json(), "cost_usd": _cost_usd(judgement)} for judgement in found])
    else:
        click.echo("\n".join(_table(found)))


def _sentences(path: Path | None) -> list[str]:
    if path is None:
        return []
    lines = read_lines(path)
    if not lines:
        raise click.UsageError(f"--text {path}: no line with words in it.")
    return lines


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
