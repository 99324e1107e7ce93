"""What a provider refuses before it begins to work."""

from __future__ import annotations

from audiokit.errors import ConfigError, UsageError


def speakable(text: str) -> str:
    """Give `text` without the space around it.

    Raises
    ------
    UsageError : nothing is left.
    """
    if not (stripped := text.strip()):
        raise UsageError("the text is empty; expected something to say")
    return stripped


def number(provider: str, name: str, value: object, least: float, most: float) -> float:
    """Give a setting as a number.

    Parameters
    ----------
    provider, name : of whom, and what it is called, for the message.
    value : what was set.
    least, most : what it may be.

    Raises
    ------
    ConfigError : no number, or outside its range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ConfigError(f"{provider}: {name} is {value!r}; expected a number from {least:g} to {most:g}")
    return float(value)
