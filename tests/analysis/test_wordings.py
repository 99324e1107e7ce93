"""audiokit.analysis.wordings."""

from __future__ import annotations

import random

import pytest

from audiokit.analysis.wordings import character_errors, word_errors, words_of
from tests.wer import word_error_rate


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


@pytest.mark.parametrize(("one", "other", "wrong", "letters"), [
    ("The cat sat.", "the cat, sat", 0, 9),
    ("somebody", "some body", 0, 8),
    ("the cat", "the hat", 1, 6),
    ("", "thank you", 8, 8),
    ("thank you", "", 8, 8),
    ("", "", 0, 0),
    ("ist das wahr", "is that war", 3, 10),
])  # fmt: skip
def test_letters_are_counted_without_the_blanks_between_words(one: str, other: str, wrong: int, letters: int) -> None:
    assert character_errors(one, other) == (wrong, letters)


@pytest.mark.parametrize("seed", range(20))
def test_errors_are_those_of_the_whole_table(seed: int) -> None:
    chance = random.Random(seed)
    said, heard = (" ".join(chance.choices("abc", k=chance.randrange(1, 90))) for _ in range(2))
    wrong, words = word_errors(said, heard)
    assert wrong / words == pytest.approx(word_error_rate(said, heard))


def test_vowel_signs_are_part_of_their_words() -> None:
    assert len(words_of("मैं रोज़ सुबह पार्क में टहलने जाता हूँ।")) == 8
    assert word_errors("कि की का के को", "क क क क क") == (5, 5)
    assert character_errors("カ", "ガ") == (1, 1)
    assert words_of("Café naïve l’été 'quoted'") == ["cafe", "naive", "l'ete", "quoted"]
