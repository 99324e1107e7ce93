"""`audiokit dataset`: look at a dataset, verify it, and hand it to other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.dataset.manifest import Dataset

FORMATS = ("coqui", "ljspeech", "csv", "hf", "nemo", "lhotse", "webdataset")
"""The names in `audiokit.dataset.exports.export`; a test compares them, so that the help loads nothing."""


@click.group(short_help="Look at a dataset, verify it, export it for training")
def dataset() -> None:
    """Look at a dataset that `audiokit prep` made, verify it, and hand it to other programs.

    \b
    Examples:
      audiokit dataset info dataset
      audiokit dataset review dataset
      audiokit dataset export dataset for-coqui --to coqui
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@dataset.command(short_help="Tell what is in a dataset")
@click.argument("folder", metavar="DATASET")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def info(folder: str, as_json: bool) -> None:
    """Tell what is in a dataset: recordings, clips, hours, texts.

    \b
    Examples:
      audiokit dataset info dataset
      audiokit dataset info dataset --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import print_json
    from audiokit.dataset.manifest import Dataset

    opened = Dataset.open(folder)
    if as_json:
        print_json({"dataset": str(opened.root), **opened.totals, **_facts(opened)})
        return
    for name, value in _lines(opened):
        click.echo(f"{name:11} {value}")


@dataset.command(short_help="Compare every clip with the manifest")
@click.argument("folder", metavar="DATASET")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar.")
@click.pass_context
def verify(ctx: click.Context, /, folder: str, as_json: bool, quiet: bool) -> None:
    """Compare every clip with the manifest: there, unchanged, readable, of the right length and format.

    Exit code 3 when something is wrong.

    \b
    Examples:
      audiokit dataset verify dataset
      audiokit dataset verify dataset --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from dataclasses import asdict

    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import print_json
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.verify import verify as run
    from audiokit.errors import DatasetError

    opened = Dataset.open(folder)
    with progress_bar(quiet) as progress:
        problems = run(opened, progress=progress)
    if as_json:
        print_json([asdict(problem) for problem in problems])
    elif problems:
        for problem in problems:
            click.echo(f"{problem.fault:10} {problem.path}: {problem.message}")
    else:
        click.echo(f"{len(opened)} clips are as the manifest says")
    if problems:
        ctx.exit(DatasetError.exit_code)


@dataset.command(short_help="Write the kept clips in another program's form")
@click.argument("folder", metavar="DATASET")
@click.argument("out", metavar="OUT", type=click.Path())
@click.option("--to", "format", type=click.Choice(FORMATS), required=True, help="Form to write, named by its reader.")
@click.option(
    "--split",
    default="0.95/0.05",
    show_default=True,
    help="Shares of training/validation, or training/validation/test.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed splits differently.")
@click.option("--sample-rate", type=int, help="Rate of the exported clips, in Hz.  [default: each clip's own]")
@click.option("--speaker", default="speaker", show_default=True, help="What formats that name the speaker call them.")
@click.option("--json", "as_json", is_flag=True, help="Print the parts as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
@click.pass_context
def export(ctx: click.Context, /, folder: str, out: str, as_json: bool, quiet: bool, **options: Any) -> None:
    """Write the kept clips into the new folder OUT, as another program wants to read them.

    Whole recordings go to one part, so that nothing that is trained on is validated with. OUT gets a README.md that
    says how to load it; with --to coqui also scripts that start Coqui's trainer.

    \b
    Examples:
      audiokit dataset export dataset for-coqui --to coqui --sample-rate 22050
      audiokit dataset export dataset ljspeech --to ljspeech --split 0.9/0.05/0.05
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.api import export as run
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import interrupt_hint, print_json, show_notes
    from audiokit.dataset.exports.export import ExportSettings
    from audiokit.errors import ConfigError

    try:
        shares = tuple(float(share) for share in options["split"].split("/"))
        names = ("seed", "sample_rate", "speaker")
        settings = ExportSettings(split=shares, **{name: options[name] for name in names})
    except ValueError:
        raise click.UsageError(f"--split is {options['split']!r}; expected shares such as 0.95/0.05", ctx) from None
    except ConfigError as error:
        raise click.UsageError(f"--{str(error).replace('sample_rate', 'sample-rate')}", ctx) from error
    with show_notes(quiet=quiet), interrupt_hint("No half export was left behind."), progress_bar(quiet) as progress:
        parts = run(folder, out, options["format"], settings, progress=progress)
    if as_json:
        print_json({name: [clip.id for clip in clips] for name, clips in parts.items()})
        return
    for name, clips in parts.items():
        click.echo(f"{name:11} {len(clips)} clips, {sum(clip.duration_s for clip in clips):.1f} s")


@dataset.command(short_help="Put datasets together into a new one")
@click.argument("folders", nargs=-1, required=True, metavar="DATASET...")
@click.argument("out", metavar="OUT", type=click.Path())
@click.option("--copy", is_flag=True, help="Copy the clips; otherwise each gets a second name where the disk can.")
@click.option("--json", "as_json", is_flag=True, help="Print the totals and the parts as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
def merge(folders: tuple[str, ...], out: str, copy: bool, as_json: bool, quiet: bool) -> None:
    """Put datasets together into the new folder OUT, which is there whole or not at all.

    A recording that several have is taken once. Speakers stay apart unless their voices are the same; decisions and
    texts come along. Clips of different rates or formats are refused, other differences are told. The datasets
    themselves stay as they are; `prep` goes on with those, and not with OUT.

    \b
    Examples:
      audiokit dataset merge season1 season2 show
      audiokit dataset merge season1 season2 /other/disk/show --copy
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.api import merge_datasets
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import interrupt_hint, print_json, show_notes

    with show_notes(quiet=quiet), interrupt_hint("Nothing was left behind."), progress_bar(quiet) as progress:
        merged = merge_datasets(folders, out, copy=copy, progress=progress)
    if as_json:
        parts = {part.name: list(part.sources) for part in merged.merged}
        print_json({"dataset": str(merged.root), **merged.totals, "merged": parts})
        return
    for name, value in _lines(merged):
        click.echo(f"{name:11} {value}")


@dataset.command(short_help="Write report.html into a dataset")
@click.argument("folder", metavar="DATASET")
def report(folder: str) -> None:
    """Write report.html into a dataset: numbers, histograms, timelines, players, settings; `prep` does it too.

    The page needs no network and no server; it plays the clips that lie beside it.

    \b
    Examples:
      audiokit dataset report dataset
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.report import report as run
    from audiokit.dataset.store import is_address, shown

    if is_address(folder):
        raise click.UsageError(
            f"{shown(folder)} is an address; expected a dataset on this machine. Its prep writes it."
        )
    click.echo(run(Dataset.open(folder)))


@dataset.command(short_help="Listen through a dataset on a local page")
@click.argument("folder", metavar="DATASET")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port of 127.0.0.1.  [default: a free one]")
@click.option("--no-browser", is_flag=True, help="Open no browser; only print the address.")
def review(folder: str, port: int, no_browser: bool) -> None:
    """Listen through a dataset on a local page: keep, refuse, and correct the texts, by keyboard.

    Every decision goes into the manifest at once, and into reviews.jsonl, from where each later `prep` applies it.
    Nobody else can write the dataset meanwhile. Ctrl-C ends.

    \b
    Examples:
      audiokit dataset review dataset
      audiokit dataset review dataset --no-browser --port 8000
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.review import run_review

    run_review(folder, port, opens_browser=not no_browser)


def _facts(opened: Dataset) -> dict[str, Any]:
    kept = opened.kept
    return {
        "sample_rates": sorted({clip.sample_rate for clip in kept}),
        "with_text": sum(bool(clip.text) for clip in kept),
        "languages": sorted({clip.language for clip in kept if clip.language}),
        "size_bytes": sum(path.stat().st_size for clip in kept if (path := opened.path(clip)).is_file()),
    }


def _lines(opened: Dataset) -> list[tuple[str, str]]:
    from audiokit.progress import clock_face

    total, facts = opened.totals, _facts(opened)
    return [
        *(("merged from", f"{part.name}, {len(part.sources)} recordings") for part in opened.merged),
        ("recordings", f"{total['prepared']} of {total['recordings']}, {clock_face(total['duration_s'])}"),
        ("clips", f"{total['kept']} of {total['clips']} kept, {clock_face(total['kept_s'])}"),
        *(("refused", f"{row['clips']}: {reason}") for reason, row in total["refused"].items()),
        ("rate", ", ".join(f"{rate} Hz" for rate in facts["sample_rates"]) or "none"),
        ("with text", f"{facts['with_text']} {' '.join(facts['languages'])}".strip()),
        ("size", f"{facts['size_bytes'] / 1e6:.1f} MB"),
    ]
