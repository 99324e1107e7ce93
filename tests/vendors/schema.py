"""A vendor's contract as plain JSON, and what a request breaks of it.

A contract is a mapping from "METHOD /path/{name}" to its parts: "query", "json", "form", "files", and for WebSockets a
list "messages" of alternatives. A part maps field names ("!" behind: required) to a type: "string", "integer",
"number", "boolean", "object", "json" (an object as text), "file", "a..b" (a number in that range), a list of the
values allowed, an array "[type]", or a nested mapping; "?" behind a type: null is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

PLAIN = {"string": str, "boolean": bool, "object": dict}


def offences(value: Any, fields: Mapping[str, Any], where: str) -> Iterator[str]:
    """Give what a mapping breaks of a part of the contract."""
    if not isinstance(value, Mapping):
        yield f"{where}: {value!r} is no object"
        return
    known = {name.rstrip("!"): kind for name, kind in fields.items()}
    yield from (f"{where}: unknown field {name!r}" for name in value if name not in known)
    required = [name[:-1] for name in fields if name.endswith("!")]
    yield from (f"{where}: {name!r} is missing" for name in required if name not in value)
    for name, kind in known.items():
        if name in value:
            yield from mismatch(value[name], kind, f"{where}.{name}")


def mismatch(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Give what one value breaks of its type."""
    if isinstance(kind, Mapping):
        yield from offences(value, kind, where)
    elif isinstance(kind, list):
        if value not in kind:
            yield f"{where}: {value!r} is none of {kind}"
    elif kind.endswith("?"):
        if value is not None:
            yield from mismatch(value, kind[:-1], where)
    elif kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no array"
            return
        for item in value:
            yield from mismatch(item, kind[1:-1], where)
    elif not _fits(value, kind):
        yield f"{where}: {value!r} is no {kind}"


def from_text(value: str, kind: Any) -> Any:
    """Read a value of a query or a form, which is always text, as what it should be."""
    plain = kind.rstrip("?") if isinstance(kind, str) else ""
    if plain in ("integer", "number", "boolean", "json") or ".." in plain:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def read_texts(values: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    known = {name.rstrip("!"): kind for name, kind in fields.items()}
    return {name: from_text(value, known.get(name, "string")) for name, value in values.items()}


def _fits(value: Any, kind: str) -> bool:
    if kind in PLAIN:
        return isinstance(value, PLAIN[kind])
    if kind == "json":
        return isinstance(value, dict)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if kind == "integer":
        return isinstance(value, int)
    if ".." in kind:
        low, high = map(float, kind.split(".."))
        return low <= value <= high
    return kind == "number"
