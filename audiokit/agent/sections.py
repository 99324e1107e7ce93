"""Tables of a TOML file as dataclasses, read strictly: an error names the key, what it is and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from difflib import get_close_matches
from types import MappingProxyType, NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from audiokit.errors import ConfigError

Section = TypeVar("Section")

WORDS: Mapping[Any, str] = MappingProxyType(
    {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file a value stands."""

    file: str
    """Name of the file."""
    path: str = ""
    """The keys that lead here, with dots between them; empty: the whole file."""

    def at(self, key: str) -> Place:
        """Go to a key in it."""
        return Place(self.file, f"{self.path}.{key}" if self.path else key)

    def wrong(self, found: object, expected: str) -> ConfigError:
        """Say what was found here and what is allowed."""
        return ConfigError(f"{self.file}: {self.path} is {found!r}; expected {expected}")

    def check_keys(self, table: Mapping[str, Any], known: set[str]) -> None:
        """Refuse a key that nobody knows, and name the one that was probably meant."""
        for key in table:
            if key not in known:
                nearest = get_close_matches(key, known, n=1)
                hint = f"Did you mean {nearest[0]!r}?" if nearest else f"There are: {', '.join(sorted(known))}."
                raise ConfigError(f"{self.file}: {self.at(key).path} is not known. {hint}")


def read_section(kind: type[Section], table: object, place: Place) -> Section:
    """Read a table as a dataclass, fields that are dataclasses as tables in it."""
    if not isinstance(table, dict):
        raise place.wrong(table, f"a section [{place.path}]")
    hints = get_type_hints(kind)
    known = fields(kind)  # type: ignore[arg-type]  # every section is a dataclass
    place.check_keys(table, {each.name for each in known})
    for each in known:
        if each.name not in table and each.default is MISSING and each.default_factory is MISSING:
            raise ConfigError(f"{place.file}: [{place.path}] lacks {each.name!r}")
    values = {key: read_value(value, hints[key], place.at(key)) for key, value in table.items()}
    try:
        return kind(**values)
    except ValueError as error:  # a rule between fields, or a limit
        raise ConfigError(f"{place.file}: [{place.path}]: {error}") from error


def read_value(value: Any, hint: Any, place: Place) -> Any:
    """Check one value against the type of its field."""
    if is_dataclass(hint):
        return read_section(hint, value, place)  # type: ignore[arg-type]  # a class, not one of its objects
    origin, arguments = get_origin(hint), get_args(hint)
    if len(arguments) == 2 and arguments[1] is NoneType:
        return None if value is None else read_value(value, arguments[0], place)
    if origin is Literal:
        if value not in arguments:
            raise place.wrong(value, " or ".join(map(repr, arguments)))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise place.wrong(value, "a list")
        return tuple(read_value(item, arguments[0], place) for item in value)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise place.wrong(value, "a table")
        return MappingProxyType({key: read_value(item, arguments[1], place.at(key)) for key, item in value.items()})
    return _plain(value, [each for each in arguments if each is not NoneType] or [hint], place)


def _plain(value: Any, kinds: list[Any], place: Place) -> Any:
    for kind in kinds:
        if kind is object or type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
    raise place.wrong(value, " or ".join(WORDS.get(kind, str(kind)) for kind in kinds))
