from __future__ import annotations

import pytest

from audiokit.speech.normalize import normalized, number_words

SPOKEN = [
    ("It costs $3.50.", "It costs three dollars and fifty cents."),
    ("£1, $0.05 and €1,200", "one pound, five cents and one thousand two hundred euros"),
    ("$1.5 million", "one point five million dollars"),
    ("5% of 1,000.75", "five percent of one thousand point seven five"),
    ("in 1999, 1905, 1900, 2005 and 2024",
     "in nineteen ninety-nine, nineteen oh five, nineteen hundred, two thousand and five and twenty twenty-four"),
    ("at 5:30 pm, 12:00 or 7:05", "at five thirty pm, twelve o'clock or seven oh five"),
    ("the 1st, 3rd, 12th, 21st and 30th", "the first, third, twelfth, twenty-first and thirtieth"),
    ("-5 °C & 007", "minus five degrees Celsius and zero zero seven"),
    ("20°C, 68 °F or °C", "twenty degrees Celsius, sixty-eight degrees Fahrenheit or degrees Celsius"),
    ("Dr. Lee vs. Mr. Ray", "Doctor Lee versus Mister Ray"),
]  # fmt: skip

UNTOUCHED = ["v2.0.1", "10.0.0.1", "555-1234", "3/4", "A4", "https://a.example/5?b=6", "2024-05-06", "x@5.example", ""]


@pytest.mark.parametrize(("text", "words"), SPOKEN)
def test_figures_become_words(text: str, words: str) -> None:
    assert normalized(text) == words


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_number_to_say_stays(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (105, "one hundred and five"),
        (1_000_001, "one million and one"),
        (-42, "minus forty-two"),
        (10**15, "one " + " ".join(["zero"] * 15)),
    ],
)
def test_whole_numbers_of_any_size_have_words(number: int, words: str) -> None:
    assert number_words(number) == words
