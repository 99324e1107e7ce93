from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiokit.speech.markdown import MarkdownReader, plain_text, without_front_matter

SPOKEN = [
    ("**Bold**, *slanted*, __strong__, _soft_, ***both***, ~~gone~~.", "Bold, slanted, strong, soft, both, gone."),
    ("# Title\nText", "Title\n\nText"),
    ("Title\n=====\nText", "Title\nText"),
    ("> said\n> so", "said\nso"),
    ("- one\n* two\n+ three", "one\n\ntwo\n\nthree"),
    ("1. one\n2. two", "1. one\n2. two"),
    ("Read [the page](https://a.example/b_(c)?d).", "Read the page."),
    ("[![a cat](cat.png)](https://a.example) sits", "a cat sits"),
    ("See [this][1] and ![a cat](cat.png)![^2] here", "See this and a cat! here"),
    ("a `code_name` and ```x```", "a code_name and x"),
    ("Before\n```python\nprint('**')\n```\nafter", "Before\n\nafter"),
    ("~~~\nall code", ""),
    ("| Name | Age |\n|:---|---:|\n| Ann | 5 |", "Name, Age\n\nAnn, 5"),
    ("line<br/>two <https://a.example> <b>x</b>", "linetwo https://a.example x"),
    ("one\n\n---\n\ntwo", "one\n\n\ntwo"),
    (r"\*as it is\* \# and C:\dir", r"*as it is* # and C:\dir"),
]

UNTOUCHED = [
    "2 * 3 = 6, 2*3, a < b > c, 5 <3, ~5, snake_case_name",
    "-5 degrees, #1, [sic], a [b] c, C++ | D",
    "https://a.example/x_*y*_z?q=[1]",
    "Hello! It's 5 o'clock; done.",
]


@pytest.mark.parametrize(("markdown", "text"), SPOKEN)
def test_marks_are_not_read_aloud(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@pytest.mark.parametrize("text", UNTOUCHED)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


FRONT_MATTER = [
    ("---\ntitle: A Book\ntags:\n  - sea\n- x\n# note\n\n---\n# One", "# One"),
    ("---\r\ntitle: A Book\r\n...\r\nHello", "Hello"),
    ("---\n\n# One\n\nHello.\n\n---\n\nEnd.", None),
    ("---\nHe said it: there.\nAnd went.\n---\n", None),
    ("Hello\n---\ntitle: x\n---\n", None),
]


@pytest.mark.parametrize(("markdown", "rest"), FRONT_MATTER)
def test_front_matter_is_left_out_and_a_rule_is_not(markdown: str, rest: str | None) -> None:
    assert without_front_matter(markdown) == (markdown if rest is None else rest)


def test_a_long_text_without_spaces_is_read_in_no_more_than_linear_time() -> None:
    def duration_s(count: int) -> float:
        before_s = time.process_time()
        plain_text("\u6c49\u5b57\uff0c" * count)
        return time.process_time() - before_s

    assert duration_s(40_000) < 100 * duration_s(2_000)  # twenty times as long; the square of that would be 400 times


@given(st.text("ab *_~`#>-=|[]()<>!\\\n1./:&", max_size=80), st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_the_text_does_not_depend_on_how_it_comes(markdown: str, sizes: list[int]) -> None:
    reader, given_text, at, turn = MarkdownReader(), "", 0, 0
    while at < len(markdown):
        size = sizes[turn % len(sizes)]
        given_text += reader.push(markdown[at : at + size])
        at, turn = at + size, turn + 1
    whole = MarkdownReader()
    assert given_text + reader.flush() == whole.push(markdown) + whole.flush()


def test_plain_words_come_at_once() -> None:
    reader = MarkdownReader()
    assert reader.push("Hello") == "Hello"
    assert reader.push(", **wor") == ", wor"
