"""audiokit.dataset.overview."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from audiokit.dataset.manifest import Dataset, Source
from audiokit.dataset.overview import HEADINGS, to_html
from audiokit.dataset.settings import PrepSettings
from tests.dataset.rows import a_clip, a_source, refused_clip


def dataset_of(*sources: Source, root: str = "made") -> Dataset:
    clips = (a_clip(duration_s=65.0), refused_clip("noise: SNR 3.0 dB < 15 dB", id="other"))
    return Dataset(root=Path(root), settings=PrepSettings(), sources=sources, clips=clips if sources else ())


def rows(html: str) -> list[list[str]]:
    """Give the cells of each row below the headings."""
    lines = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line) for line in lines]


def test_a_row_a_recording_with_what_became_of_it() -> None:
    source = a_source(name="a.mp3", duration_s=59.1, speech_s=38.5, lufs=-25.43, kept=6, refused=2)
    headings, row = rows(dataset_of(source)._repr_html_())
    assert tuple(headings) == HEADINGS
    assert row == ["a.mp3", "0:00:59", "0:00:38", "-25.4 LUFS", "6", "2", source.message]


def test_what_was_skipped_says_why_and_has_no_numbers() -> None:
    source = a_source(name="notes.mp3", id="", skipped="not audio", message="notes.mp3: a text")
    assert rows(to_html(dataset_of(source)))[1] == ["notes.mp3", "", "", "", "", "", "skipped: not audio"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["/in/a.mp3", "/in/b.mp3"], ["a.mp3", "b.mp3"]),
        (["in/a.mp3", "in/extras/a.mp3"], ["a.mp3", "extras/a.mp3"]),
        (["/in/one/a.mp3", "/in/once/a.mp3"], ["one/a.mp3", "once/a.mp3"]),
        (["a.mp3"], ["a.mp3"]),
    ],
)
def test_recordings_of_one_name_are_told_apart(names: Sequence[str], shown: Sequence[str]) -> None:
    html = to_html(dataset_of(*(a_source(name=name) for name in names)))
    assert [row[0] for row in rows(html)[1:]] == shown


def test_the_caption_counts_clips() -> None:
    assert "<caption>made: 1 clips, 0:01:05, 1 refused</caption>" in to_html(dataset_of(a_source()))


def test_an_empty_dataset_has_a_table_too() -> None:
    html = to_html(dataset_of())
    assert "made: 0 clips, 0:00:00</caption>" in html
    assert len(rows(html)) == 1


def test_names_are_no_markup() -> None:
    html = to_html(dataset_of(a_source(name="<b>.mp3"), root="<i>"))
    assert "&lt;b&gt;.mp3" in html
    assert "<i>" not in html
