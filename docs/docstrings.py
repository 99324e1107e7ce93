"""The house's docstrings for mkdocstrings: `name : what it is` stands on one line, where numpydoc expects a type.

Types come from the annotations, so what follows the colon is moved below, to where numpydoc has its descriptions.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import griffe

ENTRY = re.compile(r"(?P<names>[\w.]+(?:, [\w.]+)*) : (?P<told>.+)")
LISTED = ("Parameters", "Raises")
HEADING = re.compile(r"(?P<title>[A-Z]\w+)\n-{3,}\n(?P<body>.*)", re.DOTALL)


class HouseStyle(griffe.Extension):
    """Rewrites each docstring when its object is found."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one."""
        if obj.docstring:
            obj.docstring.value = as_numpydoc(obj.docstring.value)


def as_numpydoc(doc: str) -> str:
    """Move what follows the colons below the names; sections that are not `LISTED` become paragraphs before them.

    To numpydoc, whatever follows a section belongs to it.
    """
    prose, listed = [], []
    for block in inspect.cleandoc(doc).split("\n\n"):
        match = HEADING.match(block)
        if not match or match["title"] == "Examples":
            (listed if match or listed else prose).append(block)
        elif match["title"] in LISTED:
            told, lines = _parted(match["body"])
            prose += [f"**{match['title']}**: {told}"] if told else []
            listed += ["\n".join([match["title"], "-" * len(match["title"]), *lines])] if lines else []
        else:
            prose.append(f"**{match['title']}**: {' '.join(match['body'].split())}")
    return "\n\n".join([*prose, *listed])


def _parted(body: str) -> tuple[str, list[str]]:
    """Part a section into sentences of its own, such as "As `say` does.", and its entries."""
    told: list[str] = []
    entries: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if entry := ENTRY.fullmatch(line):
            entries.append((entry["names"], [entry["told"]]))
        elif line.startswith(" "):
            entries[-1][1].append(line.strip())
        else:
            told.append(line)
    # One entry a name, because each has a type of its own.
    lines = [line for names, said in entries for name in names.split(", ") for line in (name, f"    {' '.join(said)}")]
    return " ".join(told), lines
