"""config.toml as text: one value changes, every comment stays."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from audiokit.errors import ConfigError


def with_value(text: str, section: str, name: str, value: str | int | float | None) -> str:
    """Give the text with one value set, or removed.

    Parameters
    ----------
    text : a TOML document.
    section, name : of a table and of a value in it.
    value : None removes it.

    Raises
    ------
    ConfigError : the document is written so that a line cannot be changed on its own.
    """
    lines = text.splitlines()
    start, end = _span(lines, section)
    own = [number for number in range(start, end) if re.match(rf"\s*{re.escape(name)}\s*=", lines[number])]
    if own:
        lines[own[0] : own[0] + 1] = [] if value is None else [_line(name, value)]
    elif value is not None and start < len(lines) + 1 and _header(lines, start) == section:
        lines.insert(start, _line(name, value))
    elif value is not None:
        lines += [*([""] if lines and lines[-1].strip() else []), f"[{section}]", _line(name, value)]
    changed = "\n".join([*lines, ""]) if lines else ""
    if _read(changed) != _wanted(_read(text), section, name, value):
        raise ConfigError(
            f"config.toml is written in a way that {section}.{name} cannot be changed by a command. Change it in an "
            "editor: audiokit config path"
        )
    return changed


def _header(lines: list[str], start: int) -> str:
    match = re.match(r"\s*\[\s*([\w-]+)\s*\]", lines[start - 1]) if start else None
    return match[1] if match else ""


def _span(lines: list[str], section: str) -> tuple[int, int]:
    """Give the lines of a table, its header left out; an empty span at the end if there is none."""
    heads = [number for number, line in enumerate(lines) if re.match(r"\s*\[", line)]
    for position, number in enumerate(heads):
        if _header(lines, number + 1) == section:
            return number + 1, heads[position + 1] if position + 1 < len(heads) else len(lines)
    return len(lines), len(lines)


def _line(name: str, value: str | int | float) -> str:
    # A TOML basic string is a JSON string, but for the surrogate pairs that ASCII would need.
    return f"{name} = {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value}"


def _wanted(data: dict[str, Any], section: str, name: str, value: str | int | float | None) -> dict[str, Any]:
    table = data.setdefault(section, {}) if value is not None else data.get(section, {})
    if isinstance(table, dict):
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    return data


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError:
        return {"": text}  # equal to nothing that could be wanted
