"""How long work tells how far it is: one callable, and no bar inside the library."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with a label, what is done and what there is in all, in the same unit (`total` 0: unknown)."""

    def __call__(self, label: str, done: float, total: float) -> None:
        """Report `done` of `total`."""
        ...


def SILENT(label: str, done: float, total: float) -> None:  # noqa: N802  a constant that happens to be a function
    """Report nothing: the default everywhere."""
