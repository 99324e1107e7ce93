"""audiokit.dataset.card."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from audiokit.dataset.card import write_card, write_metadata
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.settings import PrepSettings
from tests.dataset.rows import a_clip, a_source, refused_clip


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def cells(card: str) -> list[list[str]]:
    """Read all tables of a card."""
    rows = [line.replace("\\|", "¦") for line in card.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_texts_have_the_form_of_ljspeech(layout: Layout) -> None:
    write_metadata(layout, [a_clip(id="a", text="First."), a_clip(id="b", text="Zweiter Satz, größer.")])
    assert layout.metadata.read_bytes().decode() == ("a|First.|First.\nb|Zweiter Satz, größer.|Zweiter Satz, größer.\n")


def test_texts_cannot_break_the_form(layout: Layout) -> None:
    write_metadata(layout, [a_clip(id="a", text="one|two\nthree\u2028four\t five ")])
    assert layout.metadata.read_text("utf-8") == "a|one two three four five|one two three four five\n"


def test_only_kept_clips_with_a_text_are_listed(layout: Layout) -> None:
    write_metadata(layout, [a_clip(id="a", text="Yes."), a_clip(id="b"), refused_clip("noise: x", id="c", text="No.")])
    assert layout.metadata.read_text("utf-8") == "a|Yes.|Yes.\n"


def test_without_texts_there_is_no_file(layout: Layout) -> None:
    layout.metadata.write_text("of an earlier run")
    write_metadata(layout, [a_clip()])
    assert not layout.metadata.exists()


def card_of(layout: Layout, clips: list[Clip], **source: object) -> str:
    write_card(layout, PrepSettings(), [a_source(**source)], clips)
    return layout.card.read_text("utf-8")


def test_the_card_counts_clips_and_reasons(layout: Layout) -> None:
    clips = [
        a_clip(snr_db=30.0, text="Yes."), a_clip(snr_db=40.0), a_clip(snr_db=50.0),
        refused_clip("noise: SNR 3.0 dB < 15 dB"),
    ]  # fmt: skip
    rows = dict(row for row in cells(card_of(layout, clips)) if len(row) == 2)
    assert rows["clips kept"] == "3, 0:00:15"
    assert rows["refused: noise"] == "1, 0:00:05"
    assert rows["median SNR"] == "40.0 dB"
    assert rows["with text"] == "1"
    assert rows["recordings given"] == "0:01:00"


def test_a_card_of_no_clips_can_be_written(layout: Layout) -> None:
    assert "0, 0:00:00" in card_of(layout, [], lufs=None)


def test_the_card_names_every_setting_and_field(layout: Layout) -> None:
    card = card_of(layout, [])
    rows = dict(row for row in cells(card) if len(row) == 2)
    assert rows.items() >= {name: str(value) for name, value in PrepSettings().to_json().items()}.items()
    assert all(f"`{field.name}`" in card for field in fields(Clip) if field.name != "speaker")


def test_a_skipped_recording_is_listed_with_the_reason(layout: Layout) -> None:
    card = card_of(layout, [], skipped="not audio", message="talk.wav: a text file", lufs=None)
    assert [row[-1] for row in cells(card) if row[0] == "talk.wav"] == ["talk.wav: a text file"]


@pytest.mark.parametrize(
    ("name", "shown"), [("two\nlines.wav", "two lines.wav"), ("a|b.wav", "a¦b.wav"), ("\u2028x.wav", "x.wav")]
)
def test_no_name_breaks_the_table(layout: Layout, name: str, shown: str) -> None:
    rows = cells(card_of(layout, [], name=name))
    assert [shown, "0:01:00", "0:00:40", "-18.0 LUFS", "1", "0", ""] in rows
