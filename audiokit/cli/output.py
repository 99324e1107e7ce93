"""What a command says: the result on stdout, everything else on stderr."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

AGAIN = "The same command again continues where this one stopped."
"""A hint for `interrupt_hint`."""

SMALLEST_USD = 0.0001


def console(*, quiet: bool = False) -> Console:
    """Give a console on stderr that takes text as it is: a file called `[red].wav` is no markup."""
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, markup=False, highlight=False, emoji=False)


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stderr; numbers stand to the right."""
    from rich.table import Table

    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        for column, value in zip(table.columns, row, strict=True):
            if isinstance(value, int | float):
                column.justify = "right"
        table.add_row(*map(str, row))
    console().print(table)


def print_panel(title: str, text: str, *, quiet: bool = False) -> None:
    """Print a framed text on stderr."""
    from rich.panel import Panel
    from rich.text import Text

    console(quiet=quiet).print(Panel(Text(text), title=Text(title), title_align="left", expand=False))


def print_facts(title: str, facts: Iterable[tuple[str, str]]) -> None:
    """Print names and what is to be said of them on stderr, framed; a long text goes on below its own beginning."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid("", "", padding=(0, 2))
    grid.columns[0].no_wrap = True
    for name, text in facts:
        grid.add_row(name, Text(text))
    console().print(Panel(grid, title=Text(title), title_align="left", expand=False))


def counted(count: int, one: str, several: str = "") -> str:
    """Write a number with its word: "1 clip", "2 clips"."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def print_json(data: object) -> None:
    """Print `data` as JSON on stdout: plain ASCII, and null for what JSON has no number for (-inf LUFS)."""
    from audiokit.analysis.plain import plain

    click.echo(json.dumps(plain(data), indent=2, allow_nan=False))


def dollars(usd: float | None) -> str:
    """Write a price with two decimals, or two digits that count: 12.30 USD, 0.036 USD, free."""
    if usd is None:
        return "price unknown"
    if usd == 0:
        return "free"
    if usd < SMALLEST_USD:
        return f"under {SMALLEST_USD} USD"
    decimals = max(2, 1 - math.floor(math.log10(usd)))
    return f"{usd:.{decimals}f} USD"


@contextmanager
def show_notes(*, quiet: bool = False, reword: Callable[[str], str] = str) -> Iterator[None]:
    """Print what the library logs inside the block on stderr, a line each.

    Parameters
    ----------
    quiet : errors only, no warnings.
    reword : says a message in the command's words.
    """
    logger = logging.getLogger("audiokit")
    handler = _NoteHandler(reword, logging.ERROR if quiet else logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _NoteHandler(logging.Handler):
    def __init__(self, reword: Callable[[str], str], level: int) -> None:
        super().__init__(level)
        self._reword = reword

    def emit(self, record: logging.LogRecord) -> None:
        word = "note" if record.levelno < logging.ERROR else "error"
        click.echo(f"{word}: {self._reword(record.getMessage())}", err=True)


@contextmanager
def interrupt_hint(text: str) -> Iterator[None]:
    """Tell what to do next when Ctrl-C stops the block.

    Parameters
    ----------
    text : the hint's line, such as `AGAIN`.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(text)
        raise
