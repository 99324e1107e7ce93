import numpy as np
import pytest

from audiokit.agent.heard import Clause, heard_text
from audiokit.contracts import SpeechChunk, Word

TEXT = "one two three four"


def spoken(text: str = TEXT, *, word_s: float = 0.5, tells: bool = True, start_s: float = 0.0) -> Clause:
    clause = Clause(text=text, start_s=start_s, is_complete=True)
    for index, word in enumerate(text.split()):
        words = (Word(text=word, start_s=index * word_s, end_s=(index + 1) * word_s, confidence=1.0),) if tells else ()
        clause.add(SpeechChunk(np.zeros((round(word_s * 1000), 1), np.float32), 1000, words=words))
    return clause


@pytest.mark.parametrize(
    ("heard_s", "text"),
    [
        (-1.0, ""),
        (0.0, ""),
        (0.2, ""),
        (0.25, "one"),
        (0.7, "one"),
        (0.76, "one two"),
        (1.9, TEXT),
        (2.0, TEXT),
        (9.0, TEXT),
    ],
)
def test_a_word_counts_when_half_of_it_was_heard(heard_s: float, text: str) -> None:
    assert spoken().heard_text(heard_s) == text


@pytest.mark.parametrize("heard_s", [0.1, 0.6, 1.1, 1.6, 2.0])
def test_without_word_times_the_letters_share_the_sound(heard_s: float) -> None:
    true = len(spoken().heard_text(heard_s).split())
    assert abs(len(spoken(tells=False).heard_text(heard_s).split()) - true) <= 1


def test_a_clause_that_is_still_made_is_not_heard_whole() -> None:
    clause = spoken("this is a rather long clause of which the voice has made only the beginning so far", tells=False)
    clause.is_complete, clause.duration_s = False, 1.0
    assert clause.heard_text(1.0) == "this is a rather"


def test_a_clause_whose_turn_has_not_come_is_not_heard() -> None:
    assert Clause(text="later").heard_text(100.0) == ""


def test_clauses_are_joined_and_asides_left_out() -> None:
    aside = spoken("one moment", start_s=2.0)
    aside.kind = "aside"
    clauses = [spoken("one two", start_s=0.0), aside, spoken("three four", start_s=3.0)]
    assert heard_text(clauses, 10.0) == "one two three four"
    assert heard_text(clauses, 3.3) == "one two three"


def test_an_answer_of_the_model_is_asked_for_by_its_number() -> None:
    first, second = spoken("one", start_s=0.0), spoken("two", start_s=0.5)
    second.round = 1
    assert [heard_text([first, second], 9.0, number) for number in (0, 1, 2)] == ["one", "two", ""]


def test_punctuation_stays_with_its_word() -> None:
    assert spoken("Well, that is it.").heard_text(0.6) == "Well,"
