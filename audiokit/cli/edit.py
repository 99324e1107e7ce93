"""`audiokit edit`: recordings in, steps in the order given, one recording out."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiokit.cli.settings import Command
from audiokit.cli.step_options import StepsCommand, given_steps, step_option
from audiokit.editing.options import OPTIONS
from audiokit.editing.presets import PRESETS, Preset

if TYPE_CHECKING:
    from audiokit.audio.formats import Encoding
    from audiokit.editing.steps import Step
    from audiokit.progress import Progress

PIPE = "-"


def step_options(command: Command) -> Command:
    """Decorate a command with all steps, and the presets."""
    about = " ".join(f"{name}: {preset.purpose}." for name, preset in PRESETS.items())
    command = step_option("preset", "|".join(PRESETS), f"The steps below by one name. {about}")(command)
    for name, spelling in reversed(OPTIONS.items()):
        command = step_option(name, spelling.metavar, spelling.help)(command)
    return command


def _presets_spelled() -> str:
    return "\n\n".join(f"\b\n--preset {name} stands for\n  {preset}" for name, preset in PRESETS.items())


def _bitrate(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read 192k, or plain bits a second."""
    if value is None:
        return None
    thousands = value.lower().endswith("k")
    digits = value[:-1] if thousands else value
    if not digits.isdecimal():
        raise click.BadParameter(f"{value!r} is no bit rate; expected such as 192k.", ctx, param)
    return int(digits) * (1000 if thousands else 1)


def _tags(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Read title=... pairs."""
    tags = {}
    for pair in value:
        key, separator, text = pair.partition("=")
        if not (key and separator):
            raise click.BadParameter(f"{pair!r} is no tag; expected NAME=TEXT, such as title=Hello.", ctx, param)
        tags[key.lower()] = text
    return tags


@click.command(
    cls=StepsCommand,
    short_help="Cut, join, level, clean and convert recordings, step by step",
    epilog=_presets_spelled(),
)
@click.argument("sources", nargs=-1, required=True, metavar="IN...")
@click.argument("out", metavar="OUT")
@step_options
@click.option(
    "--crossfade", "crossfade_s", type=float, default=0.0, metavar="SECONDS", help="Overlap of joined inputs."
)
@click.option("--bitrate", callback=_bitrate, metavar="RATE", help="For mp3, m4a, opus and webm, such as 192k.")
@click.option("--tag", "tags", multiple=True, callback=_tags, metavar="NAME=TEXT", help="title, artist, album ...")
@click.option("--cover", type=click.Path(path_type=Path), metavar="FILE", help="Cover picture, JPEG or PNG.")
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
@click.pass_context
def edit(ctx: click.Context, /, sources: tuple[str, ...], out: str, **options: Any) -> None:
    """Cut, join, level, clean and convert recordings, step by step.

    Steps are done in the order given, each as often as it is given; several inputs are joined first. The extension of
    OUT gives the format: wav, flac, aiff, ogg, opus, mp3, m4a, aac, webm. With {stem} in OUT, inputs are edited one by
    one. `-` is standard input, and as OUT a wav on standard output. Memory does not grow with the length.

    \b
    Examples:
      audiokit edit talk.wav talk.mp3 --bitrate 192k --tag title=Talk --cover face.jpg
      audiokit edit talk.wav short.wav --trim 0:10-1:30 --fade-in 1 --fade-out 2
      audiokit edit intro.wav talk.wav outro.wav show.mp3 --crossfade 0.5 --preset podcast
      audiokit edit chapters/*.wav '{stem}.acx.mp3' --preset audiobook-acx
      audiokit edit talk.m4a out.wav --mono --sample-rate 16000 --highpass 80 --normalize -16LUFS --limit -1dBTP
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import interrupt_hint, print_json, show_notes

    as_json, quiet, dry_run = (options[name] for name in ("as_json", "quiet", "dry_run"))
    if out == PIPE and as_json:
        raise click.UsageError("--json and OUT - both want standard output; give one of them.", ctx)
    words = given_steps(ctx)
    tasks = _tasks(sources, out)
    if dry_run:
        _print_plan(words, tasks, options, as_json=as_json)
        return
    with show_notes(quiet=quiet), interrupt_hint("No half file was left behind."), _standard_input(sources) as real:
        rows = _edit_all(words, [([real[name] for name in names], target) for names, target in tasks], options)
    if as_json:
        print_json(rows)


def _edit_all(
    words: Sequence[tuple[str, str]], tasks: Sequence[tuple[list[str], str]], options: dict[str, Any]
) -> list[dict[str, Any]]:
    """Edit each task's sources; give a row about each file that was written."""
    from audiokit.cli.bars import progress_bar
    from audiokit.editing.apply import check_target

    steps = _steps(words)
    for _, target in tasks:
        if target != PIPE:
            check_target(Path(target), _encoding(words, target, options), force=options["force"])
    rows = []
    for names, target in tasks:
        with progress_bar(options["quiet"]) as progress:
            row = _edit_one(names, target, steps, _encoding(words, target, options), options, progress)
        if row and not options["as_json"]:
            click.echo(row["out"])
        rows += [row] if row else []
    return rows


def _edit_one(
    names: list[str],
    target: str,
    steps: Sequence[Step],
    encoding: Encoding,
    options: dict[str, Any],
    progress: Progress,
) -> dict[str, Any] | None:
    from audiokit.api import edit as run
    from audiokit.audio.files import info
    from audiokit.editing.apply import edited, to_pipe

    crossfade_s = options["crossfade_s"]
    if target == PIPE:
        stream = edited(names, steps, crossfade_s=crossfade_s, progress=progress)
        to_pipe(stream, sys.stdout.buffer, encoding)
        return None
    run(names, steps, target, crossfade_s=crossfade_s, encoding=encoding, force=options["force"], progress=progress)
    told = info(target)
    return {
        "out": target,
        "format": told.format,
        "codec": told.codec,
        "duration_s": told.duration_s,
        "sample_rate": told.sample_rate,
        "channels": told.channels,
        "size_bytes": Path(target).stat().st_size,
    }


def _steps(words: Sequence[tuple[str, str]]) -> list[Step]:
    """Make the steps; a preset's stand where the preset stands."""
    from audiokit.editing.parse import parse_step

    steps: list[Step] = []
    for name, value in words:
        steps += _preset(value).steps if name == "preset" else [parse_step(name, value)]
    return steps


def _preset(name: str) -> Preset:
    from audiokit.errors import UsageError

    if name not in PRESETS:
        raise UsageError(f"preset: {name!r} is none; expected one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def _encoding(words: Sequence[tuple[str, str]], target: str, options: dict[str, Any]) -> Encoding:
    from audiokit.audio.formats import Encoding

    bitrate_bps = options["bitrate"]
    for name, value in words:
        if name == "preset" and bitrate_bps is None and target.lower().endswith(".mp3"):
            bitrate_bps = _preset(value).mp3.bitrate_bps
    return Encoding(bitrate_bps=bitrate_bps, tags=options["tags"], cover=options["cover"])


def _tasks(sources: tuple[str, ...], out: str) -> list[tuple[list[str], str]]:
    """Pair sources with targets: all with one, or each with its own."""
    from audiokit.errors import UsageError

    if "{" not in out:
        return [(list(sources), out)]
    tasks: dict[str, str] = {}
    for name in sources:
        stem = "stdin" if name == PIPE else Path(name).stem
        try:
            target = out.format(stem=stem)
        except (KeyError, ValueError, IndexError):
            raise UsageError(f"OUT {out!r}: only {{stem}} can stand in braces.") from None
        if target in tasks:
            raise UsageError(f"{tasks[target]} and {name} would both become {target}. Edit them one after the other.")
        tasks[target] = name
    return [([name], target) for target, name in tasks.items()]


@contextmanager
def _standard_input(sources: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Give the file behind each source: what comes through the pipe is kept in a temporary one as long as needed."""
    with tempfile.TemporaryDirectory(prefix="audiokit-") as folder:
        real = {name: name for name in sources}
        if PIPE in real:
            kept = Path(folder) / "stdin"
            with kept.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            real[PIPE] = str(kept)
        yield real


def _print_plan(
    words: Sequence[tuple[str, str]], tasks: Sequence[tuple[list[str], str]], options: dict[str, Any], *, as_json: bool
) -> None:
    from audiokit.cli.output import print_json
    from audiokit.editing.apply import check_target

    steps = _steps(words)
    if as_json:
        print_json([{"sources": names, "steps": list(map(str, steps)), "out": out} for names, out in tasks])
        return
    for names, out in tasks:
        if out != PIPE:
            check_target(Path(out), _encoding(words, out, options), force=options["force"])
        joined = f"  (joined, {options['crossfade_s']:g} s crossfade)" if len(names) > 1 else ""
        click.echo(f"from {', '.join(names)}{joined}")
        for number, step in enumerate(steps, 1):
            click.echo(f"{number:4}. {step}" + (f"  ({step.before})" if step.before else ""))
        encoding = _encoding(words, out, options)
        rate = f", {encoding.bitrate_bps // 1000}k" if encoding.bitrate_bps else ""
        click.echo(f"to   {out}{rate}")
    click.echo(f"would write {len(tasks)} file{'s' if len(tasks) > 1 else ''}; nothing was done", err=True)
