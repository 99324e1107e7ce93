"""Files of text that a command is given."""

from __future__ import annotations

from pathlib import Path


def read_text(path: Path) -> str:
    """Read a file of UTF-8 text.

    Raises
    ------
    UsageError : it cannot be read, or is in another encoding.
    """
    from audiokit.errors import UsageError

    try:
        return path.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text: {error}. Save it as UTF-8.") from error


def read_lines(path: Path) -> list[str]:
    """Read the lines with words in them, without space around.

    Raises
    ------
    UsageError : see `read_text`.
    """
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]
