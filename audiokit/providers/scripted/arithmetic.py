"""Sums as they are spoken or written: "two plus twenty-one times 3"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from types import MappingProxyType

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SMALL = MappingProxyType(
    {word: value for value, word in enumerate(ONES)} | {word: 20 + 10 * place for place, word in enumerate(TENS)}
)
LARGE = MappingProxyType({"thousand": 1_000, "million": 1_000_000})
OPERATORS = MappingProxyType(
    {"+": "+", "plus": "+", "-": "-", "minus": "-", "*": "*", "×": "*", "x": "*", "times": "*", "multiplied": "*"}
    | {"/": "/", "÷": "/", "divided": "/", "over": "/"}
)
TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[a-z]+|[-+*×/÷]")
LONGEST_NUMBER = 20  # digits: more is no question anybody speaks
TOO_LARGE = 10 ** (2 * LONGEST_NUMBER)  # the product of two such numbers is still said


def calculate(text: str) -> str | None:
    """Work out the first sum in a text, products first.

    None if there is none, it divides by zero, or its result is longer than anybody says aloud.
    """
    sum_of: list[Fraction | str] = []
    for item in [*_items(text.lower()), None]:
        wants_number = len(sum_of) % 2 == 0
        if item is not None and isinstance(item, Fraction) == wants_number:
            sum_of.append(item)
            continue
        if len(sum_of) >= 3:
            break
        sum_of = [item] if isinstance(item, Fraction) else []
    if len(sum_of) < 3:
        return None
    try:
        return _spoken(_worked_out(sum_of[: len(sum_of) - 1 + len(sum_of) % 2]))
    except ZeroDivisionError:
        return None


def _items(text: str) -> Iterator[Fraction | str | None]:
    """Give numbers and operators in order; None where other words stand between them."""
    words: list[str] = []
    for token in TOKEN.findall(text):
        is_word = token in SMALL or token in LARGE or token == "hundred"  # noqa: S105  no password
        if is_word or (words and token == "and") or (words and token == "-" and words[-1] in TENS):  # noqa: S105
            words.append(token)
            continue
        yield from _number(words)
        words = []
        if token[0].isdigit():
            yield Fraction(token.replace(",", "")) if len(token) <= LONGEST_NUMBER else None
        elif token != "by":  # noqa: S105
            yield OPERATORS.get(token)
    yield from _number(words)


def _number(words: list[str]) -> Iterator[Fraction]:
    """Read a number written in words, if there are any."""
    total = part = 0
    for word in words:
        if word in SMALL:
            part += SMALL[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in LARGE:
            total, part = total + max(part, 1) * LARGE[word], 0
    if words:
        yield Fraction(total + part)


def _worked_out(items: list[Fraction | str]) -> Fraction:
    terms = [Fraction(items[0])]
    for operator, right in zip(items[1::2], [Fraction(item) for item in items[2::2]], strict=True):
        if operator == "*":
            terms[-1] *= right
        elif operator == "/":
            terms[-1] /= right
        else:
            terms.append(right if operator == "+" else -right)
    return sum(terms, Fraction(0))


def _spoken(value: Fraction) -> str | None:
    if abs(value) >= TOO_LARGE:
        return None
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}".rstrip("0")
