"""Figures as English words, for voices that stumble over them: only when it is asked for."""

from __future__ import annotations

import re

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
LARGEST = 10**15
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
MONEY = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
SAID = {
    "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Prof.": "Professor", "e.g.": "for example",
    "i.e.": "that is", "vs.": "versus", "&": "and",
}  # fmt: skip
DEGREES = {"C": "degrees Celsius", "F": "degrees Fahrenheit"}

_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_RULES = re.compile(
    rf"(?P<said>(?<!\w)(?:{'|'.join(map(re.escape, SAID))})(?!\w))"
    r"|(?P<space>(?<=\d) ?)?°(?P<degrees>[CF])(?!\w)"
    r"|(?<![\w.:/,@=?&#-])(?:"
    rf"(?P<money>[$€£])(?P<whole>{_NUMBER})(?:\.(?P<cents>\d\d?))?(?P<scale> (?:thousand|million|billion|trillion)\b)?"
    r"|(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
    r"|(?P<ordinal>\d{1,4})(?:st|nd|rd|th)"
    rf"|(?P<sign>[-−])?(?P<number>{_NUMBER})(?:\.(?P<decimals>\d+))?(?P<percent> ?%)?"
    r")(?![\w/:@=]|[.,-]\w)"
)


def normalized(text: str) -> str:
    """Write numbers, amounts of money, per cent, times, ordinals, years and a few abbreviations as words.

    Numbers inside words, addresses, dates with strokes and telephone numbers stay as they are.

    Parameters
    ----------
    text : English.
    """
    return _RULES.sub(_spoken, text)


def number_words(number: int) -> str:
    """Say a whole number, such as "one hundred and five"; above 10^15 digit by digit."""
    if abs(number) >= LARGEST:
        return _digits(str(number))
    if number < 0:
        return f"minus {number_words(-number)}"
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return f"{ONES[number // 100]} hundred" + (f" and {number_words(rest)}" if rest else "")
    size, name = next((size, name) for size, name in SCALES if number >= size)
    rest = number % size
    joint = " and " if 0 < rest < 100 else " "
    return f"{number_words(number // size)} {name}" + (f"{joint}{number_words(rest)}" if rest else "")


def _spoken(found: re.Match[str]) -> str:
    if found["said"]:
        return SAID[found["said"]]
    if found["degrees"]:
        return (" " if found["space"] is not None else "") + DEGREES[found["degrees"]]
    if found["money"]:
        return _money(found)
    if found["hour"]:
        return _time(int(found["hour"]), int(found["minute"]))
    if found["ordinal"]:
        return _ordinal(int(found["ordinal"]))
    return _number(found)


def _number(found: re.Match[str]) -> str:
    figures, decimals = found["number"], found["decimals"]
    is_plain = not (decimals or found["percent"] or found["sign"])
    if len(figures) > 1 and figures[0] == "0":
        words = _digits(figures)
    elif is_plain and len(figures) == 4 and (1100 <= int(figures) < 2000 or 2010 <= int(figures) < 2100):
        return _year(int(figures))
    else:
        words = number_words(int(figures.replace(",", "")))
    words += f" point {_digits(decimals)}" if decimals else ""
    return ("minus " if found["sign"] else "") + words + (" percent" if found["percent"] else "")


def _year(year: int) -> str:
    century, rest = divmod(year, 100)
    if not rest:
        return f"{number_words(century)} hundred"
    return f"{number_words(century)} {'oh ' if rest < 10 else ''}{number_words(rest)}"


def _money(found: re.Match[str]) -> str:
    unit, cent = MONEY[found["money"]]
    whole, cents = int(found["whole"].replace(",", "")), int((found["cents"] or "0").ljust(2, "0"))
    if found["scale"]:
        point = f" point {_digits(found['cents'])}" if found["cents"] else ""
        return f"{number_words(whole)}{point}{found['scale']} {unit}s"
    parts = [f"{number_words(whole)} {unit}{'' if whole == 1 else 's'}"] if whole or not cents else []
    if cents:
        plural = "pence" if cent == "penny" else f"{cent}s"
        parts.append(f"{number_words(cents)} {cent if cents == 1 else plural}")
    return " and ".join(parts)


def _time(hour: int, minute: int) -> str:
    if not minute:
        return f"{number_words(hour)} o'clock" if 0 < hour <= 12 else f"{number_words(hour)} hundred"
    return f"{number_words(hour)} {'oh ' if minute < 10 else ''}{number_words(minute)}"


def _ordinal(number: int) -> str:
    words = number_words(number)
    head, joint, last = re.fullmatch(r"(.*?)([ -]?)(\w+)", words).groups()  # type: ignore[union-attr]
    last = ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head}{joint}{last}"


def _digits(figures: str) -> str:
    return " ".join(ONES[int(figure)] if figure.isdigit() else "minus" for figure in figures)
