"""`audiokit split`: one recording in, many out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.editing.split import AtSilence, AtTimes, Every

SILENCE_OPTIONS = {"threshold_dbfs": "--silence", "min_silence_s": "--min-silence", "keep_silence_s": "--keep"}


@click.command(short_help="Cut one recording into many, at silences or at times")
@click.argument("source", metavar="IN")
@click.argument("out_dir", metavar="OUT_DIR")
@click.option(
    "--silence", "threshold_dbfs", type=float, metavar="DBFS", help="Highest RMS of a silence.  [default: -40]"
)
@click.option(
    "--min-silence", "min_silence_s", type=float, metavar="SECONDS", help="Shorter pauses stay.  [default: 0.5]"
)
@click.option(
    "--keep", "keep_silence_s", type=float, metavar="SECONDS", help="Silence kept at both ends.  [default: 0.2]"
)
@click.option("--every", "length_s", metavar="TIME", help="Pieces of one length, such as 30 or 1:00.")
@click.option("--at", "times", metavar="TIME,...", help="Cut at these times, such as 1:00,2:30.")
@click.option("--format", "extension", default="wav", show_default=True, help="File format of the pieces.")
@click.option("--force", is_flag=True, help="Replace pieces that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print the pieces as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
@click.pass_context
def split(ctx: click.Context, /, source: str, out_dir: str, **options: Any) -> None:
    """Cut one recording into many, at silences or at times.

    Cuts out what lies between silences, or with --every or --at all of it, into OUT_DIR/NAME_001.wav, NAME_002.wav ...
    One pass through the recording; memory does not grow with its length.

    \b
    Examples:
      audiokit split talk.mp3 pieces
      audiokit split talk.mp3 pieces --silence -35 --min-silence 1 --keep 0.1
      audiokit split talk.mp3 pieces --every 30 --format flac
      audiokit split talk.mp3 pieces --at 1:00,2:30
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.api import split as run
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import interrupt_hint, print_json, show_notes

    where = _where(ctx, options)
    extension, force = options["extension"].removeprefix("."), options["force"]
    quiet = options["quiet"]
    with show_notes(quiet=quiet), interrupt_hint("No half file was left behind."), progress_bar(quiet) as progress:
        pieces = run(source, out_dir, where, extension=extension, force=force, progress=progress)
    if options["as_json"]:
        rows = [{"path": str(piece.path), "start_s": piece.start_s, "end_s": piece.end_s} for piece in pieces]
        print_json(rows)
        return
    for piece in pieces:
        click.echo(f"{piece.path}  {piece.start_s:.3f} s .. {piece.end_s:.3f} s")


def _where(ctx: click.Context, options: dict[str, Any]) -> AtSilence | Every | AtTimes:
    from audiokit.editing.parse import seconds
    from audiokit.editing.split import AtSilence, AtTimes, Every

    silence = {name: options[name] for name in SILENCE_OPTIONS if options[name] is not None}
    ways = [*(SILENCE_OPTIONS[name] for name in list(silence)[:1])]
    ways += [option for option, name in (("--every", "length_s"), ("--at", "times")) if options[name] is not None]
    if len(ways) > 1:
        raise click.UsageError(f"{' and '.join(ways)} are different ways to cut; give one of them.", ctx)
    try:
        if options["length_s"] is not None:
            return Every(seconds(options["length_s"]))
        if options["times"] is not None:
            return AtTimes(tuple(seconds(time.strip()) for time in options["times"].split(",")))
    except ValueError as error:
        raise click.UsageError(
            f"{ways[0]}: {str(error)!r} is no time; expected such as 90, 1:30 or 1:02:03.", ctx
        ) from None
    return AtSilence(**silence)
