"""audiokit.providers.coqui.pieces: texts that fit a model."""

from __future__ import annotations

import pytest

from audiokit.providers.coqui.pieces import pieces


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Short.", 10, ["Short."]),
        ("", 10, []),
        (" \n", 10, []),
        ("One. Two. Three.", 10, ["One. Two.", "Three."]),
        ("One two, three four, five.", 14, ["One two,", "three four,", "five."]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("你好吗？我很好。谢谢。", 7, ["你好吗？", "我很好。", "谢谢。"]),
        ("Is 3.5 much? Yes.", 12, ["Is 3.5 much?", "Yes."]),
    ],
)
def test_a_text_is_cut_where_it_hurts_least(text: str, limit: int, expected: list[str]) -> None:
    assert pieces(text, limit) == expected


@pytest.mark.parametrize("limit", [5, 17, 40, 250])
def test_no_word_is_lost_and_no_piece_too_long(limit: int) -> None:
    text = "He was not an ill disposed young man; unless to be rather selfish is to be so. " * 5
    cut = pieces(text, limit)
    assert max(map(len, cut)) <= limit
    assert "".join("".join(cut).split()) == "".join(text.split())
