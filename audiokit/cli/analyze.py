"""`audiokit analyze`: recordings in, numbers out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from audiokit.errors import AudioFileError
from audiokit.progress import SILENT

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from audiokit.analysis.report import Report
    from audiokit.progress import Progress

    Answer: TypeAlias = Report | AudioFileError

ASKS = ("tempo", "beats", "onsets", "pyin", "mos", "speakers")  # a test compares it with the library's

Task = tuple[Path, tuple[str, ...], Path | None]
"""A file, what to ask for, and where to draw it."""


class Asks(click.ParamType[tuple[str, ...]]):
    """Names of ASKS, separated by commas."""

    name = "name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read one value."""
        names = tuple(filter(None, value.replace(" ", "").split(",")))
        for name in names:
            if name not in ASKS:
                self.fail(f"{name!r} cannot be asked for; there are {', '.join(ASKS)}.", param, ctx)
        return names


@click.command(short_help="Measure recordings: loudness, noise, speech, pitch, timbre")
@click.argument("sources", nargs=-1, required=True, metavar="FILE...")
@click.option("--ask", type=Asks(), default="", help=f"What takes longer, separated by commas: {', '.join(ASKS)}.")
@click.option("--plot", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="A PNG for each file.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes.  [default: one a core]")
@click.option("--json", "form", flag_value="json", help="Print a JSON list on stdout.")
@click.option("--csv", "form", flag_value="csv", help="Print a table for spreadsheets on stdout, a row a file.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; the result and errors only.")
def analyze(
    sources: tuple[str, ...], ask: tuple[str, ...], plot: Path | None, jobs: int | None, form: str | None, quiet: bool
) -> None:
    """Measure recordings: loudness, noise, speech, pitch, timbre.

    FILE is a recording, a folder (searched whole) or a glob. Prints a sheet for one file, a table for several. Files
    that cannot be read are named on stderr, and the rest goes on.

    "for cloning" is what vendors recommend for the best samples, such as 32 dB of speech over noise; `audiokit clone`
    takes less where it must, from --min-snr on, by default 15 dB.

    \b
    What is asked for with --ask costs more:
      tempo, beats, onsets  3 s and 250 MB to begin with, then 2,000 x real time and more
      pyin                  pitch by pYIN instead of YIN, 14 x real time
      mos                   opinion scores by DNSMOS, 15 x real time
      speakers              how many voices speak, 3 s a recording at most

    \b
    Examples:
      audiokit analyze episode.mp3
      audiokit analyze samples/ --csv > samples.csv
      audiokit analyze take1.wav take2.wav --plot plots
      audiokit analyze song.flac --ask tempo,beats --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.dataset.pool import cores
    from audiokit.dataset.scan import scan

    found = scan(sources, plot or Path(os.devnull))  # pictures are no sources
    pictures = _pictures([file.path.stem for file in found], plot)
    tasks = [(Path(file.name), ask, picture) for file, picture in zip(found, pictures, strict=True)]
    jobs = min(jobs or cores(), len(tasks))
    with progress_bar(quiet, "audio" if len(tasks) == 1 else "items") as progress:
        answers = _in_processes(tasks, jobs, progress) if jobs > 1 else _one_by_one(tasks, progress)
    reports = [answer for answer in answers if not isinstance(answer, AudioFileError)]
    _refuse_nothing(answers, reports, sources)
    for answer in answers:
        if isinstance(answer, AudioFileError):
            click.echo(f"skipped: {answer}", err=True)
    _print(reports, form)
    if len(reports) > 1 and not quiet:
        for note in (f"{report.name}: {note}" for report in reports for note in report.notes):
            click.echo(f"note: {note}", err=True)


def _refuse_nothing(answers: Sequence[Answer], reports: Sequence[Report], sources: Sequence[str]) -> None:
    if reports:
        return
    if len(answers) == 1 and isinstance(answers[0], AudioFileError):
        raise answers[0]
    error = AudioFileError(
        f"nothing to analyze in {', '.join(sources)}: {len(answers)} recordings, none of which can be read. Give "
        "others.",
        reason="missing",
    )
    for answer in answers:
        error.add_note(f"skipped: {answer}")
    raise error


def _pictures(stems: Sequence[str], folder: Path | None) -> list[Path | None]:
    """Name a picture for each file, no two alike."""
    if folder is None:
        return [None] * len(stems)
    folder.mkdir(parents=True, exist_ok=True)
    names: list[Path | None] = []
    for stem in stems:
        number, name = 1, folder / f"{stem}.png"
        while name in names:
            number += 1
            name = folder / f"{stem}-{number}.png"
        names.append(name)
    return names


def _one_by_one(tasks: Sequence[Task], progress: Progress) -> list[Answer]:
    if len(tasks) == 1:
        return [_measured(tasks[0], progress)]
    answers = []
    for done, task in enumerate(tasks, 1):
        answers.append(_measured(task))
        progress(str(task[0]), done, len(tasks))
    return answers


def _in_processes(tasks: Sequence[Task], jobs: int, progress: Progress) -> list[Answer]:
    """Measure several files at once; a worker that dies costs only the file it dies of."""
    from concurrent.futures import as_completed

    answers: dict[int, Answer | None] = {}
    with _pool(jobs) as pool:
        futures = {pool.submit(_measured, task): at for at, task in enumerate(tasks)}
        for done, future in enumerate(as_completed(futures), 1):
            at = futures[future]
            answers[at] = _answer(future)
            progress(str(tasks[at][0]), done, len(tasks))
    # One death breaks the whole pool: what it took along is tried again, each file by itself.
    return [answers[at] or _alone(task) for at, task in enumerate(tasks)]


def _alone(task: Task) -> Answer:
    with _pool(1) as pool:
        answer = _answer(pool.submit(_measured, task))
    message = f"{task[0]}: the decoder crashed on it twice. Check or replace the file."
    return answer or AudioFileError(message, reason="crashed")


def _answer(future: Future[Answer]) -> Answer | None:
    """Give a worker's answer; None when it died."""
    from concurrent.futures import BrokenExecutor

    try:
        return future.result()
    except BrokenExecutor:
        return None


def _pool(jobs: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Make a worker steady, before numpy is loaded: one thread each, and no traceback for Ctrl-C."""
    from audiokit.dataset.pool import STEADY

    os.environ.update(STEADY)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _measured(task: Task, progress: Progress = SILENT) -> Answer:
    from audiokit.api import analyze

    path, ask, picture = task
    try:
        return analyze(path, ask=ask, plot=picture, progress=progress)
    except AudioFileError as error:
        return error


def _print(reports: Sequence[Report], form: str | None) -> None:
    from audiokit.analysis.sheet import HEADINGS, columns, row, sheet

    if form == "json":
        from audiokit.cli.output import print_json

        print_json([report.to_json() for report in reports])
    elif form == "csv":
        click.echo(_csv([columns(report) for report in reports]), nl=False)
    elif len(reports) == 1:
        click.echo("\n".join(sheet(reports[0])))
    else:
        click.echo("\n".join(_table([HEADINGS, *map(row, reports)])))


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align columns: the first and the last are words, between them stand numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *numbers, last in rows:
        middle = (number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True))
        yield "  ".join([first.ljust(widths[0]), *middle, last])
