"""audiokit.dataset.transcript_checks: which texts can be believed."""

from __future__ import annotations

from typing import Any

import pytest

from audiokit.dataset.clip import Clip
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.transcript_checks import compression_of, doubts, fences, loop_in, unique_words_of
from tests.dataset.rows import a_clip
from tests.dataset.small import LIBRIVOX

SETTINGS = PrepSettings(transcribe=True)
GOOD = "The kettle sings before the first train leaves the valley, and nobody minds."


def told(text: str = GOOD, **changes: Any) -> Clip:
    """A clip of 5 s with a text of which everything is fine but for the `changes`."""
    values = {"text": text, "language": "en", "confidence": 0.9, "characters_per_s": 14.0}
    return a_clip(**{**values, **changes})


def english(sentence: str, times: int) -> str:
    return " ".join([sentence] * times)


@pytest.mark.parametrize(("clip", "doubt"), [
    (told(), ""),
    (told(""), "no text"),
    (told("no no no no no I said"), "repetition: 'no' again and again"),
    (told("No, no, no, no!"), ""),
    (told("and then and then and then and then he left"), "repetition: 'and then' again and again"),
    (told(english("so we went on,", 3)), "repetition: 'so we went on' again and again"),
    (told("we went home and we went home"), ""),
    (told(english("it is what it is what is it", 2)), "repetition: 19% of the words are different ones <= 40%"),
    (told("哈哈哈哈哈哈", language="zh", characters_per_s=5.0), "repetition: '哈' again and again"),
    (told("Thank you."), "made up: 'Thank you.' is what models write over silence"),
    (told("Thank you for watching!"), "made up"),
    (told("I said thank you for watching the children"), ""),
    (told("Subtitles by the Amara.org community"), "made up"),
    (told("In Samara organized crime was common"), ""),
    (told("my number is 5 5 5 5 5 and not 4"), ""),
    (told("Untertitelung des ZDF, 2020", language="de"), "made up"),
    (told("ご視聴ありがとうございました", language="ja", characters_per_s=5.0), "made up"),
    (told("he said hellohellohellohellohello again"), "long word: 'hellohellohellohellohello', 25 letters >= 25"),
    (told("die Donaudampfschifffahrtsgesellschaft", language="de"), ""),
    (told("die " + 10 * "Donau" + " fließt", language="de"), "long word"),
    (told("昨日は友達と一緒に大きな公園へ行って夕方までずっと遊んでいました本当に楽しかったです", language="ja",
          characters_per_s=8.0), ""),
    (told(characters_per_s=0.5), "pace: 0.5 characters/s, expected 4 to 25"),
    (told(characters_per_s=37.0), "pace: 37.0 characters/s, expected 4 to 25"),
    (told("今天天气很好", language="zh", characters_per_s=2.0), ""),
    (told("今天天气很好", language="zh", characters_per_s=20.0), "pace: 20.0 characters/s, expected 1.5 to 13"),
    (told(confidence=0.3), "confidence: 0.30 < 0.5"),
    (told(confidence=None), ""),
    (told(language_probability=0.42), "language: en with a probability of 0.42 < 0.8"),
    (told(language_probability=0.8), ""),
])  # fmt: skip
def test_a_doubt_names_rule_and_number(clip: Clip, doubt: str) -> None:
    found = doubts(clip, SETTINGS, {})
    assert [each.startswith(doubt) for each in found] == ([True] if doubt else [])


@pytest.mark.parametrize(("settings", "changes", "doubt"), [
    ({"language": "en"}, {"language": "de"}, "language: de, expected en"),
    ({"language": "en"}, {"language": ""}, ""),
    ({"language": "de"}, {"language": "de", "language_probability": 0.1}, "language: de with a probability of 0.10"),
    ({"language": "en-GB"}, {}, ""),
    ({"min_language": 0.3}, {"language_probability": 0.42}, ""),
    ({"second_stt": "acme"}, {"second_text": "x", "mismatch": 0.31}, "mismatch: 0.31 > 0.3 to acme"),
    ({"second_stt": "acme"}, {"second_text": "x", "mismatch": 0.3}, ""),
    ({"second_stt": "acme", "max_mismatch": 0.1}, {"second_text": "x", "mismatch": 0.3}, "mismatch: 0.30 > 0.1"),
])  # fmt: skip
def test_what_is_expected_can_be_set(settings: dict[str, Any], changes: dict[str, Any], doubt: str) -> None:
    found = doubts(told(**changes), PrepSettings(transcribe=True, **settings), {})
    assert [each.startswith(doubt) for each in found] == ([True] if doubt else [])


def test_all_doubts_are_told() -> None:
    found = doubts(told("no no no no no no", characters_per_s=2.0, confidence=0.1), SETTINGS, {})
    assert [each.partition(":")[0] for each in found] == ["repetition", "pace", "confidence"]


def test_sentences_people_read_are_not_doubted() -> None:
    lines = (LIBRIVOX / "transcription.txt").read_text().splitlines()
    read = [told(line.rpartition(" (")[0].removeprefix("<s> ").removesuffix(" </s>")) for line in lines]
    assert [doubts(clip, SETTINGS, {}) for clip in read] == [()] * len(lines)


def test_the_pace_is_compared_with_the_other_clips() -> None:
    paces = [12.0, 13.0, 14.0, 15.0, 16.0] * 4
    usual = fences(told(characters_per_s=pace) for pace in paces)
    assert usual == {"en": (13.0 - 3.0, 15.0 + 3.0)}  # quartiles 13 and 15, 1.5 times the 2 between them
    assert doubts(told(characters_per_s=18.5), SETTINGS, usual) == (
        "pace: 18.5 characters/s, the other clips 10.0 to 18.0",
    )
    assert doubts(told(characters_per_s=18.0), SETTINGS, usual) == ()
    assert doubts(told("es war schön hier", language="de", characters_per_s=18.5), SETTINGS, usual) == ()


def test_few_clips_and_clips_without_text_say_nothing_about_the_usual_pace() -> None:
    assert fences([told()] * 19 + [a_clip()] * 30) == {}


@pytest.mark.parametrize(("text", "least", "most"), [(GOOD, 0.8, 1.2), (english("go on", 50), 5, 30), ("", 0, 0)])
def test_loops_compress_well(text: str, least: float, most: float) -> None:
    assert least <= compression_of(text) <= most


def test_words_are_counted_once() -> None:
    assert unique_words_of("The cat and the cat, and THE cat") == pytest.approx(3 / 8)
    assert unique_words_of("...") == 1.0


@pytest.mark.parametrize(("words", "phrase"), [
    ("a b c d e f", ""),
    ("x a a a a a y", "a"),
    ("one two one two one two one two", "one two"),
    ("one two one two one two", ""),
    ("l1 l2 l3 l4 " * 3, "l1 l2 l3 l4"),
    ("", ""),
])  # fmt: skip
def test_a_loop_is_found_wherever_it_stands(words: str, phrase: str) -> None:
    assert " ".join(loop_in(words.split())) == phrase
