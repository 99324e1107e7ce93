from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiokit.speech.abbreviations import BEFORE_A_NAME, BEFORE_A_NUMBER, MAY_END
from audiokit.speech.lookahead import Lookahead, Undecided
from audiokit.speech.sentences import RAMP, ClauseSplitter, is_speakable, paragraphs, sentences

ONE_SENTENCE = [
    "Dr. Smith met Mrs. Jones and Prof. Lee.",
    "It costs $3.50, or 1,000.75 pesos.",
    "Meet me at 5:30 p.m. on Jan. 5, please.",
    "J. R. R. Tolkien wrote it.",
    "Many, e.g. cats, i.e. Felis, are small.",
    "See https://a.example/b?c=1.2&d=!x for more.",
    "Write to first.last@mail.example.org today.",
    "Acme Inc. Europe grew.",
    "The U.S. Army came.",
    "No. 5 is alive.",
    "We saw St. John in Ste. Anne.",
    "Version 2.0.1 is out.",
    "Well... maybe not.",
    'He cried "Stop!" and ran.',
    "Really (I mean it. Truly.) yes.",
    "1. Buy milk.",
    "El Sr. García vive en la pág. 5.",
    "Das kostet z.B. 5 Euro.",
]

SEVERAL = [
    ("It is 5 p.m. The train left.", ["It is 5 p.m.", "The train left."]),
    ("I live on Main St. It is nice.", ["I live on Main St.", "It is nice."]),
    ("No. I won't.", ["No.", "I won't."]),
    ("He was born in 1999. She in 2001.", ["He was born in 1999.", "She in 2001."]),
    ('"Stop." "Why?" she asked.', ['"Stop."', '"Why?" she asked.']),
    ("He left (at last.) She stayed.", ["He left (at last.)", "She stayed."]),
    ("Go :( I stay. You too.", ["Go :( I stay.", "You too."]),
    ("What?! No way!!! Yes…  Fine.", ["What?!", "No way!!!", "Yes…", "Fine."]),
    ("¿Cómo estás? Bien. ¿y tú?", ["¿Cómo estás?", "Bien.", "¿y tú?"]),
    ("你好。今天很好！好吗？", ["你好。", "今天很好！", "好吗？"]),
    ("「行く。」と言った。", ["「行く。」", "と言った。"]),
    ("यह अच्छा है। हाँ।", ["यह अच्छा है।", "हाँ।"]),
    ("1. Milk.\n2. Eggs.\n- Salt", ["1. Milk.", "2. Eggs.", "- Salt"]),
    ("A line that\nis wrapped. Another.", ["A line that is wrapped.", "Another."]),
    ("... --- ...", []),
]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_a_trap_does_not_end_a_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_a_trap_does_not_hide_the_end_of_its_sentence(text: str) -> None:
    assert sentences(f"{text} The next one.") == [text, "The next one."]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_paragraphs_end_at_blank_lines_and_before_items() -> None:
    assert paragraphs("One\ntwo.\r\n\r\n \nThree.\n- four\n2) five\n") == ["One two.", "Three.", "- four", "2) five"]


def test_a_monster_is_cut_between_words() -> None:
    text = " ".join(["word"] * 400)
    pieces = sentences(text)
    assert " ".join(pieces) == text
    assert max(map(len, pieces)) <= 500


def test_abbreviations_are_kept_as_they_are_looked_up() -> None:
    words = BEFORE_A_NAME | BEFORE_A_NUMBER | MAY_END
    assert words == {word.casefold().rstrip(".") for word in words}


def tokens(text: str, sizes: list[int]) -> list[str]:
    """Cut a text as a model might write it, going through `sizes` again and again."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


def clauses(portions: list[str], *, markdown: bool = True) -> list[str]:
    splitter = ClauseSplitter(markdown=markdown)
    return [piece for portion in portions for piece in splitter.push(portion)] + splitter.flush()


def test_the_first_clause_comes_before_the_rest_is_written() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("Sure, ") == ["Sure,"]
    assert splitter.push("I can help") == []
    assert splitter.push(" with that. N") == ["I can help with that."]
    assert splitter.flush() == ["N"]


def test_clauses_grow_from_the_first_on() -> None:
    text = (
        "Yes, it is, and you, too, can see it, if you look, for a while, at the sky, where it shines, at night, alone."
    )
    lengths = [len(piece) for piece in clauses([text])]
    assert lengths[0] < 10
    assert all(length >= limits.pause for length, limits in zip(lengths[:-1], RAMP, strict=False))


@pytest.mark.parametrize("text", [*ONE_SENTENCE, "I, too, think 3,000 is 10:30, not 1,5."])
def test_no_number_address_or_word_is_cut(text: str) -> None:
    assert " ".join(clauses([text], markdown=False)).split() == text.split()


def test_a_sentence_without_any_mark_is_cut_between_words_before_a_joining_one() -> None:
    text = "I went down to the old market with all my friends and bought a lot of things that nobody needs there"
    assert clauses([text])[0] == "I went down to the old market with all my friends"


def test_a_line_break_ends_a_clause() -> None:
    assert clauses(["Your list:\nmilk\neggs"]) == ["Your list:", "milk", "eggs"]


def test_what_cannot_be_spoken_is_not_given() -> None:
    assert clauses(["👍 -- ... \n\n"]) == []


def test_a_splitter_can_be_used_again() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("A **b") == []
    assert splitter.flush() == ["A b"]
    assert splitter.push("Well, ") == ["Well,"]


LATIN = (
    "Dr. Mr. U.S. a.m. 3.14 1,000 10:30 https://a.example/b.c?d=e!f x@y.example Hello, world. Wait... «Oui,» (maybe) "
    '"Yes!" no? I J. K. and — - ¿Qué? ¡No! e.g. No. 7 etc. Inc. The snake_case it\'s \n \n\n ;: $5. 5%'
)
WIDE = "你好。 很好，是的 「行く。」 है। ok。"
SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=5)


def texts(atoms: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(atoms.split(" ")), min_size=1, max_size=60).map(" ".join)


@given(texts(LATIN), SIZES)
def test_clauses_give_back_every_word_number_and_address_whole(text: str, sizes: list[int]) -> None:
    assert words(" ".join(clauses(tokens(text, sizes), markdown=False))) == words(text)


@given(texts(LATIN))
def test_sentences_give_back_every_word_number_and_address_whole(text: str) -> None:
    assert words(" ".join(sentences(text))) == words(text)


@given(texts(f"{LATIN} {WIDE}"), SIZES)
def test_clauses_lose_no_letter_in_any_script(text: str, sizes: list[int]) -> None:
    pieces = clauses(tokens(text, sizes), markdown=False)
    assert "".join(words(" ".join(pieces))) == "".join(words(text))


@given(st.text(max_size=400), SIZES)
def test_any_text_at_all_is_cut_the_same_way_however_it_comes(text: str, sizes: list[int]) -> None:
    assert clauses(tokens(text, sizes)) == clauses([text])


def words(text: str) -> list[str]:
    """Give the words; marks that stand alone are nothing to say."""
    return [word for word in text.split() if is_speakable(word)]


def test_lookahead_waits_only_for_what_may_still_come() -> None:
    with pytest.raises(Undecided):
        Lookahead("abc", ended=False).char(3)
    assert Lookahead("abc", ended=True).char(3) == ""
