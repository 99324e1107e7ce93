"""A settings dataclass as options: one each field, with its default, under its name without the unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_SHORT = {"min_mos": "--mos", "max_reverb_s": "--max-reverb"}
_ALSO = {"speaker": ("--speakers",)}  # as in --speakers all
_UNITS = {"_s": "_seconds", "_db": "", "_dbtp": "", "_hz": "", "_lufs": ""}


def option_name(field_name: str) -> str:
    """Give the long option of a field: min_s is --min-seconds, min_snr_db is --min-snr, min_mos is --mos."""
    if field_name in _SHORT:
        return _SHORT[field_name]
    for unit, spoken in _UNITS.items():
        if field_name.endswith(unit):
            field_name = field_name.removesuffix(unit) + spoken
            break
    return "--" + field_name.replace("_", "-")


def settings_options(settings: type, helps: Mapping[str, str]) -> Callable[[Command], Command]:
    """Decorate a command with an option for each field of `settings`, in the order of `helps`.

    Parameters
    ----------
    settings : a dataclass with defaults.
    helps : each field's line of help.
    """
    hints = get_type_hints(settings)
    defaults = {field.name: field.default for field in fields(settings) if field.default is not MISSING}

    def decorate(command: Command) -> Command:
        for name in reversed(list(helps)):
            names = (option_name(name), *_ALSO.get(name, ()))
            option = click.option(*names, name, help=helps[name], **_kind(hints[name], defaults[name]))
            command = option(command)
        return command

    return decorate


def in_options(message: str, settings: type) -> str:
    """Say the same with option names where the message names fields of `settings`."""
    names = [field.name for field in fields(settings)]
    everywhere = "|".join(name for name in names if "_" in name)  # the others are plain words too
    pattern = rf"^({'|'.join(names)})\b|\b({everywhere})\b"
    return re.sub(pattern, lambda match: option_name(match[0]), message)


if TYPE_CHECKING:
    _NumberType = click.ParamType[float | None]
else:
    _NumberType = click.ParamType  # takes no type argument before click 8.4


class OrOff(_NumberType):
    """A number, or the word "off"."""

    name = "number|off"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """Read one value."""
        if value is None or value == "off":
            return None
        return float(click.FLOAT.convert(value, param, ctx))


def _kind(hint: Any, default: Any) -> dict[str, Any]:
    if hint is bool:
        return {"is_flag": True, "default": default}
    if get_origin(hint) is Literal:
        return {"type": click.Choice(get_args(hint)), "default": default, "show_default": True}
    if NoneType in get_args(hint):
        return {"type": OrOff(), "default": default, "show_default": default is not None}
    return {"type": hint, "default": default, "show_default": default != ""}
