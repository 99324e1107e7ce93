"""What a command says: the result on stdout, everything else on stderr."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console


def console(*, quiet: bool = False) -> Console:
    """Give a console on stderr that takes text as it is: a file called `[red].wav` is no markup."""
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, markup=False, highlight=False, emoji=False)


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, quiet: bool = False) -> None:
    """Print a table on stderr; numbers stand to the right."""
    from rich.table import Table

    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        for column, value in zip(table.columns, row, strict=True):
            if isinstance(value, int | float):
                column.justify = "right"
        table.add_row(*map(str, row))
    console(quiet=quiet).print(table)


def print_panel(title: str, text: str, *, quiet: bool = False) -> None:
    """Print a framed text on stderr."""
    from rich.panel import Panel
    from rich.text import Text

    console(quiet=quiet).print(Panel(Text(text), title=Text(title), title_align="left", expand=False))


def print_json(data: object) -> None:
    """Print `data` as JSON on stdout: plain ASCII, and null for what JSON has no number for (-inf LUFS)."""
    click.echo(json.dumps(_finite(data), indent=2, allow_nan=False))


@contextmanager
def show_notes(*, quiet: bool = False) -> Iterator[None]:
    """Print what the library logs inside the block on stderr, a line each: warnings, or errors only if `quiet`."""
    logger, handler = logging.getLogger("audiokit"), _NoteHandler(logging.ERROR if quiet else logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _NoteHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{'note' if record.levelno < logging.ERROR else 'error'}: {record.getMessage()}", err=True)


@contextmanager
def interrupt_hint(text: str) -> Iterator[None]:
    """Tell what to do next when Ctrl-C stops the block.

    Parameters
    ----------
    text : the hint's line, such as "The same command again continues where this one stopped."
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(text)
        raise


def _finite(data: object) -> object:
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return data
