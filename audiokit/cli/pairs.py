"""Options that take NAME=VALUE, any number of times."""

from __future__ import annotations

from collections.abc import Sequence

import click

Setting = str | float | bool


def texts(option: str, words: Sequence[str]) -> dict[str, str]:
    """Read NAME=TEXT words.

    Raises
    ------
    click.UsageError : a word without a name or without "=".
    """
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"{option} {word!r}: expected NAME=VALUE, such as accent=american.")
        pairs[name.strip()] = value.strip()
    return pairs


def settings(option: str, words: Sequence[str]) -> dict[str, Setting]:
    """Read NAME=VALUE words, where true, false and numbers are what they look like."""
    return {name: _value(text) for name, text in texts(option, words).items()}


def _value(text: str) -> Setting:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
