"""audiokit.dataset.report_charts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from audiokit.dataset.report_charts import HEIGHT, Histogram, Markup, bar, number, table, timeline


def drawn(svg: str, name: str) -> list[ElementTree.Element]:
    """Give the elements of one class; what is no XML fails here."""
    return [element for element in ElementTree.fromstring(svg).iter() if element.get("class") == name]  # noqa: S314


def histogram(kept: list[float], refused: list[float], *marks: float) -> str:
    return Histogram(title="SNR <&>", unit="dB", kept=kept, refused=refused, marks=marks).svg()


def counts(svg: str) -> list[tuple[int, int]]:
    """Read the numbers of the table under a histogram."""
    return [
        (int(kept), int(refused)) for kept, refused in re.findall(r'"number">(\d+)</td><td class="number">(\d+)', svg)
    ]


@pytest.mark.parametrize(
    ("kept", "refused"),
    [
        ([1.0, 2.0, 3.0], []),
        ([], [5.0]),
        ([7.0], [7.0]),
        ([-23.1, -20.0, -16.7], [-40.0]),
        ([0.0], [0.0, 1e5]),
        ([80.0 + at for at in range(200)], [79.95]),
    ],
)
def test_every_value_is_counted_once(kept: list[float], refused: list[float]) -> None:
    table = counts(histogram(kept, refused))
    assert sum(row[0] for row in table) == len(kept)
    assert sum(row[1] for row in table) == len(refused)
    assert len(table) <= 26


def test_bars_are_as_high_as_their_counts() -> None:
    svg = histogram([1.0] * 4 + [10.0] * 2, [10.0])
    heights = [float(str(bar.get("height"))) for bar in drawn(svg, "kept")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.1)
    assert float(str(drawn(svg, "refused")[0].get("height"))) == pytest.approx(heights[1] / 2, abs=0.1)
    assert max(heights) < HEIGHT


def test_a_mark_is_drawn_where_there_are_values_around_it() -> None:
    assert len(drawn(histogram([1.0, 20.0], [], 15.0, 99.0), "mark")) == 1


def test_without_values_there_is_a_word_instead_of_a_chart() -> None:
    assert "Nothing to count" in histogram([], [])
    assert "<svg" not in histogram([], [])


def test_those_who_hear_the_page_are_told_the_range() -> None:
    assert 'aria-label="SNR &lt;&amp;&gt; of kept clips: 1 to 30 dB, median 20"' in histogram([30.0, 1.0, 20.0], [])


def test_bars_of_a_quarter_are_named_with_both_decimals() -> None:
    told = histogram([0.0, 5.5], [])
    assert "<td>0.25 to 0.5</td>" in told
    assert "<td>0 to 0.25</td>" in told


def test_a_timeline_shows_clips_where_they_are() -> None:
    svg = timeline(100.0, [("refused", [(0.0, 10.0)]), ("kept", [(50.0, 75.0), (99.0, 103.0)]), ("s1", [])], "talk")
    assert [path.get("d") for path in drawn(svg, "refused")] == ["M0.0 5h99.0"]
    assert [path.get("d") for path in drawn(svg, "kept")] == ["M500.0 5h249.0M990.0 5h9.0"]
    assert drawn(svg, "s1") == []


@pytest.mark.parametrize(("share", "width"), [(0.5, "50"), (-1.0, "0"), (7.0, "100")])
def test_a_bar_is_as_long_as_its_share(share: float, width: str) -> None:
    assert drawn(bar(share, "kept"), "kept")[0].get("width") == width


def test_a_table_takes_text_as_text_and_markup_as_markup() -> None:
    written = table(("<a>",), [("<b>",), (Markup("<i>x</i>"),), (3,)])
    assert "<b>" not in written
    assert "<i>x</i>" in written
    assert '<td class="number">3</td>' in written


@pytest.mark.parametrize(("value", "shown"), [(1.0, "1"), (1.25, "1.2"), (-0.04, "0"), (-20.0, "-20"), (100.0, "100")])
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("values", [[4.3], [0.3], [2.9, 4.3], [-19.7], [14.66, 0.1 + 0.2], [1e-7], [8.7, 12.1, 9.4]])
def test_every_clip_is_in_a_bar(values: list[float]) -> None:
    drawn = Histogram(title="Duration", unit="s", kept=values, refused=[]).svg()
    counted = [int(cell) for cell in re.findall(r'<td class="number">(\d+)</td><td class="number">0</td>', drawn)]
    assert sum(counted) == len(values)
