"""`Part`: what a merged dataset remembers of each dataset that it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from audiokit.dataset.layout import Layout
from audiokit.disk import replace_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the datasets that were merged."""

    name: str
    """What it is called among the parts: its folder's name in plain letters."""
    settings: Mapping[str, Any]
    """How it was made, as `PrepSettings.to_json` gave it."""
    sources: tuple[str, ...]
    """Its recordings, as the merged dataset calls them."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        """Read what `asdict` gave.

        Raises
        ------
        ValueError : other fields.
        """
        if not isinstance(data, Mapping) or set(data) != {field.name for field in fields(cls)}:
            raise ValueError("a part of a merged dataset with other fields than this version writes")
        return cls(**{**data, "sources": tuple(data["sources"])})


def read_parts(layout: Layout) -> tuple[Part, ...]:
    """Read what a dataset was merged from; nothing for one that `prep` made.

    Raises
    ------
    ValueError : the file is damaged.
    """
    try:
        return tuple(Part.from_json(row) for row in json.loads(layout.merged.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()


def write_parts(layout: Layout, parts: Sequence[Part]) -> None:
    """Mark a dataset as merged from these, whole or not at all."""
    replace_text(layout.merged, json.dumps([asdict(part) for part in parts], ensure_ascii=False) + "\n")
