"""The drawings of a dataset's report: SVG without scripts, each with a table that says the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, HEIGHT = 360, 150  # of a histogram, in its own units
LEFT, BOTTOM, TOP = 6, 22, 8
BARS = 24  # at most; more are too thin for a phone
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TIMELINE = 1000  # units of its width, a third of a pixel on a phone

Span = tuple[float, float]
"""Start and end, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How often a value occurs, among kept and among refused clips."""

    title: str
    """What is counted."""
    unit: str
    """Its unit."""
    kept: Sequence[float]
    """The value of each kept clip."""
    refused: Sequence[float]
    """The value of each refused clip."""
    marks: Sequence[float] = ()
    """Values to draw a line at, such as a threshold."""

    def svg(self) -> str:
        """Draw it, with its table to unfold."""
        edges = _edges([*self.kept, *self.refused])
        if not edges:
            return f"<figure><figcaption>{escape(self.title)}</figcaption><p>Nothing to count.</p></figure>"
        counts = [(_count(self.kept, low, high), _count(self.refused, low, high)) for low, high in _pairs(edges)]
        drawing = _drawing(counts, edges, [mark for mark in self.marks if edges[0] <= mark <= edges[-1]])
        rows = [
            (f"{_edge(low)} to {_edge(high)}", kept, refused)
            for (low, high), (kept, refused) in zip(_pairs(edges), counts, strict=True)
        ]
        return (
            f"<figure><figcaption>{escape(self.title)} <span>{escape(self.unit)}</span></figcaption>"
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self._spoken())}">{drawing}</svg>'
            f"<details><summary>as a table</summary>{table((self.unit, 'kept', 'refused'), rows)}</details></figure>"
        )

    def _spoken(self) -> str:
        values = sorted(self.kept or self.refused)
        low, middle, high = values[0], values[len(values) // 2], values[-1]
        whose = "kept" if self.kept else "refused"
        return f"{self.title} of {whose} clips: {number(low)} to {number(high)} {self.unit}, median {number(middle)}"


def timeline(duration_s: float, spans: Iterable[tuple[str, Sequence[Span]]], label: str) -> str:
    """Draw where the clips of one recording lie.

    Parameters
    ----------
    duration_s : length of the recording, in seconds.
    spans : what a group of clips looks like (a class of the style sheet), and where they are.
    label : what it says, for those who hear the page.
    """
    paths = [(name, "".join(_stroke(*span, duration_s) for span in group)) for name, group in spans]
    drawn = "".join(f'<path class="{name}" d="{path}"/>' for name, path in paths if path)
    return (
        f'<svg class="timeline" viewBox="0 0 {TIMELINE} 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{drawn}</svg>'
    )


def bar(share: float, name: str) -> str:
    """Draw a bar of a table, 0..1 long; the number stands beside it."""
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{name}" width="{number(100 * min(max(share, 0.0), 1.0))}" height="8"/></svg>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; `Markup` cells stay as they are, numbers do not wrap."""
    headings = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table></div>'


class Markup(str):
    """HTML that is none of the dataset's text."""

    __slots__ = ()


def number(value: float) -> str:
    """Write a number with at most one decimal."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # -0.0 + 0.0 is 0.0


def _cell(value: object) -> str:
    if isinstance(value, Markup):
        return f"<td>{value}</td>"
    if isinstance(value, int | float):
        return f'<td class="number">{value}</td>'
    return f"<td>{escape(str(value))}</td>"


def _edges(values: Sequence[float]) -> list[float]:
    """Give the edges of the bars: round numbers, around all values."""
    if not values:
        return []
    low, high = min(values), max(values)
    rough = max((high - low) / BARS, 0.1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(magnitude * factor for factor in STEPS if magnitude * factor >= rough * 0.999)
    # 4.3 / 0.1 is 42.99...: without rounding that clip would fall out at the end.
    first, last = (math.floor(round(value / step, 6)) for value in (low, high))
    return [round(at * step, 6) for at in range(first, last + 2)]


def _edge(value: float) -> str:
    """Write where a bar begins: steps of 0.25 need their second decimal."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _pairs(edges: Sequence[float]) -> list[Span]:
    return list(pairwise(edges))


def _count(values: Sequence[float], low: float, high: float) -> int:
    return sum(low <= value < high for value in values)


def _drawing(counts: Sequence[tuple[int, int]], edges: Sequence[float], marks: Sequence[float]) -> str:
    wide, tall = (WIDTH - 2 * LEFT) / len(counts), HEIGHT - TOP - BOTTOM
    unit = tall / max(sum(both) for both in counts)
    base = HEIGHT - BOTTOM
    parts = [f'<path class="axis" d="M{LEFT} {base}H{WIDTH - LEFT}"/>']
    for at, (kept, refused) in enumerate(counts):
        left, top = LEFT + at * wide + 0.75, float(base)
        for count, name in ((kept, "kept"), (refused, "refused")):
            top -= count * unit
            if count:
                parts.append(_rectangle(name, left, top, wide - 1.5, count * unit))
    for mark in marks:
        x = LEFT + (mark - edges[0]) / (edges[-1] - edges[0]) * (WIDTH - 2 * LEFT)
        parts.append(f'<path class="mark" d="M{x:.1f} {TOP}V{base}"/>')
    middle = edges[len(edges) // 2]
    x = LEFT + (middle - edges[0]) / (edges[-1] - edges[0]) * (WIDTH - 2 * LEFT)
    labels = ((edges[0], LEFT, "start"), (middle, x, "middle"), (edges[-1], WIDTH - LEFT, "end"))
    for value, at_x, anchor in labels if len(edges) > 2 else labels[::2]:
        parts.append(f'<text x="{at_x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{_edge(value)}</text>')
    return "".join(parts)


def _rectangle(name: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _stroke(start_s: float, end_s: float, duration_s: float) -> str:
    left, right = (TIMELINE * min(time_s / duration_s, 1.0) for time_s in (start_s, end_s))
    return f"M{left:.1f} 5h{max(right - left - 1.0, 1.0):.1f}"  # one unit less: neighbours stay apart
