"""`audiokit voices design`: a voice made up from a description."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.cloning.entry import VoiceEntry
    from audiokit.services import VoicePreview


@click.command(short_help="Make a voice up from a description")
@click.argument("description")
@click.option("--name", default="", help="Keep one of the previews under this name.")
@click.option("--choose", type=click.IntRange(1), metavar="NUMBER", help="Which preview to keep.  [default: ask]")
@click.option(
    "-o", "--output", "out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    default="previews", show_default=True, help="Folder for the previews.",
)  # fmt: skip
@click.option("--text", default="", help="What the previews say.  [default: the provider's choice]")
@click.option("--provider", default="elevenlabs", show_default=True, help="Who designs it.")
@click.option("--label", "labels", multiple=True, metavar="NAME=TEXT", help="Such as accent=scottish; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the previews and the voice as JSON on stdout.")
def design(description: str, name: str, choose: int | None, out: Path, **options: Any) -> None:
    """Make a voice up from a description, without any recording.

    DESCRIPTION says who speaks and how: age, accent, tone, pace. The previews are saved to be listened to; with --name
    one of them is kept, at the provider and in the book.

    \b
    Examples:
      audiokit voices design "A warm old storyteller with a Scottish accent, slow and close"
      audiokit voices design "A bright young radio host, quick and cheerful" --name Host --choose 2
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit import registry
    from audiokit.cli.output import print_json
    from audiokit.cli.pairs import texts
    from audiokit.cloning.voices import VoiceBook

    labels = texts("--label", options["labels"])
    if name:
        VoiceBook().check_free(name)
    designer = registry.provider("design", options["provider"])
    previews = list(designer.previews(description, out, text=options["text"]))
    for number, preview in enumerate(previews, 1):
        click.echo(f"{number}  {preview.path}  {preview.duration_s:.1f} s", err=options["as_json"])
    entry = None
    if name:
        preview = _chosen(previews, choose)
        voice = designer.keep(preview, name=name, description=description, labels=labels)
        entry = _entered(voice, name, options["provider"])
    if options["as_json"]:
        rows = [{"path": str(preview.path), "duration_s": preview.duration_s} for preview in previews]
        print_json({"previews": rows, "voice": entry.to_json(VoiceBook().home) if entry else None})
    elif entry:
        click.echo(entry.voice.name)
    else:
        click.echo("nothing was kept; listen, and give --name and --choose", err=True)


def _chosen(previews: Sequence[VoicePreview], number: int | None) -> VoicePreview:
    if number is None and sys.stdin.isatty():
        number = click.prompt("which one", type=click.IntRange(1, len(previews)), err=True)
    if number is None or number > len(previews):
        raise click.UsageError(f"--choose is {number}; expected 1 to {len(previews)}: which preview is kept?")
    return previews[number - 1]


def _entered(voice: Any, name: str, provider: str) -> VoiceEntry:
    from dataclasses import replace

    from audiokit.cloning.clone import enter
    from audiokit.cloning.entry import VoiceEntry, now
    from audiokit.cloning.voices import VoiceBook

    entry = VoiceEntry(voice=replace(voice, name=name, provider=provider), origin="designed", created=now())
    enter(entry, VoiceBook())
    return entry
