"""audiokit.cloning.wer: how much of what was said is understood."""

from __future__ import annotations

import pytest

from audiokit.cloning.wer import word_errors, words_of


@pytest.mark.parametrize(
    ("said", "heard", "wrong", "words"),
    [
        ("one two three", "one two three", 0, 3),
        ("One, two — THREE!", "one two three", 0, 3),
        ("one two three", "one too three", 1, 3),
        ("one two three", "one three", 1, 3),
        ("one two three", "one two and three", 1, 3),
        ("one two three", "", 3, 3),
        ("", "well", 1, 0),
        ("Mr. Smith", "mister smith", 0, 2),
        ("a b c d", "b c d a", 2, 4),
    ],
)
def test_errors_are_counted_in_words(said: str, heard: str, wrong: int, words: int) -> None:
    assert word_errors(said, heard) == (wrong, words)


def test_words_of_other_languages_are_words() -> None:
    assert words_of("Ça va — l’été, 3 fois?") == ["ca", "va", "l'ete", "3", "fois"]
    assert words_of("Straße über ÜBER") == ["strasse", "uber", "uber"]
