"""Markdown as a person reads it aloud: no asterisks, no addresses behind links, no code.

Made for text that is still being written: what it gives never depends on how the text was cut into portions.
"""

from __future__ import annotations

import re

from audiokit.speech.lookahead import Lookahead, Undecided

ESCAPABLE = "\\`*_{}[]()#+-.!~|<>"
BULLETS = "-*+•"
RULES = "-*_="
_FRONT_MATTER = re.compile(
    r"\A\ufeff?---[ \t]*\r?\n"
    r"(?:(?:[\w.-]+[ \t]*:(?:[ \t].*)?|[ \t]+\S.*|-[ \t].*|\#.*|[ \t]*)\r?\n)*?"  # names, what they hold, comments
    r"(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)"
)
LONGEST_LINK = 500  # characters of a link's text or address; a bracket that stays open longer is just a bracket


def plain_text(markdown: str) -> str:
    """Give the text of a whole Markdown document, paragraphs a blank line apart."""
    reader = MarkdownReader()
    return (reader.push(markdown) + reader.flush()).strip()


def without_front_matter(markdown: str) -> str:
    """Leave out the YAML between two lines of dashes that a document may begin with; a rule stays."""
    found = _FRONT_MATTER.match(markdown)
    return markdown[found.end() :] if found else markdown


class MarkdownReader:
    """Turns Markdown into plain text, as it comes.

    Emphasis, headings, quotes, list marks, rules and HTML tags lose their marks; links and images keep their text;
    rows of tables become their cells with commas between; fenced code is left out.
    """

    def __init__(self) -> None:
        self._reset()

    def push(self, markdown: str) -> str:
        """Take what comes next, in any portions; give the plain text that is certain by now."""
        self._waiting += markdown.replace("\r", "")
        return self._read(ended=False)

    def flush(self) -> str:
        """End the text: give what is left. The next `push` begins another one."""
        text = self._read(ended=True)
        self._reset()
        return text

    def _reset(self) -> None:
        self._waiting = ""
        self._fence = ""
        self._starts_line = True
        self._line_end = "\n"
        self._tail = ""  # what stands before, back to the last space, and no more than three characters of it
        self._is_address = False

    def _read(self, *, ended: bool) -> str:
        heard, at, pieces = Lookahead(self._waiting, ended), 0, []
        try:
            while heard.char(at):
                if self._starts_line:
                    piece, at = self._line_start(heard, at)
                else:
                    piece, at = self._inline(heard, at)
                    self._note(piece)
                pieces.append(piece)
        except Undecided:
            pass
        self._waiting = self._waiting[at:]
        return "".join(pieces)

    def _note(self, piece: str) -> None:
        """Remember of the word before only what decides: a text without spaces is one long word."""
        *ended, word = (self._tail + piece).rsplit(maxsplit=1) if piece.strip() else ("", "")
        self._is_address = "://" in word or (self._is_address and not ended)
        self._tail = word[-3:]

    def _line_start(self, heard: Lookahead, start: int) -> tuple[str, int]:
        """Read the marks at the start of a line, or all of a line that is only marks.

        Nothing of the reader changes before all that decides has been seen.
        """
        at = heard.run(start, " \t")
        char = heard.char(at)
        if self._fence:
            return self._code_line(heard, at)
        if char in ("`", "~") and (end := heard.run(at, char)) - at >= 3:
            line_end = _line_end(heard, end)
            self._fence = heard.text[at:end]
            return "", line_end
        if char == "|":
            return _row(heard, at)
        if char and char in RULES and (rule_end := _rule_end(heard, at)):
            return "", rule_end
        if char == ">":
            return "", at + 1
        mark_end = _heading_or_bullet_end(heard, at)
        self._starts_line, self._tail, self._is_address = False, "", False
        if char == "#" and mark_end:
            self._line_end = "\n\n"
        return ("\n", mark_end) if mark_end else ("", at)

    def _code_line(self, heard: Lookahead, at: int) -> tuple[str, int]:
        end = _line_end(heard, at)
        line = heard.text[at:end].strip()
        if line.startswith(self._fence) and not line.strip(self._fence[0]):
            self._fence = ""
            return "\n", end
        return "", end

    def _inline(self, heard: Lookahead, at: int) -> tuple[str, int]:
        """Read one mark or one character."""
        char = heard.text[at]
        if char == "\n":
            line_end, self._line_end, self._starts_line = self._line_end, "\n", True
            return line_end, at + 1
        if self._is_address and not char.isspace() and char not in ")>":
            return char, at + 1
        if char == "\\":
            follow = heard.char(at + 1)
            return (follow, at + 2) if follow and follow in ESCAPABLE else (char, at + 1)
        if char == "`":
            return "", heard.run(at, char)
        if char in "*_~":
            return self._emphasis(heard, at)
        if char == "!" and heard.char(at + 1) == "[" and heard.char(at + 2) != "^" and (link := _link(heard, at + 1)):
            return link
        if char == "[":
            return _link(heard, at) or (char, at + 1)
        if char == "<":
            return _tag(heard, at)
        return char, at + 1

    def _emphasis(self, heard: Lookahead, at: int) -> tuple[str, int]:
        """Drop asterisks, underscores and tildes around words; keep those of 2 * 3, snake_case and ~5."""
        char, end = heard.text[at], heard.run(at, heard.text[at])
        before, behind = self._tail[-1:], heard.char(end)
        stands_alone = not before and (not behind or behind.isspace())
        is_inside = before.isalnum() and behind.isalnum()
        is_product = before.isdigit() and behind.isdigit()
        is_text = stands_alone or is_product or (char == "_" and is_inside) or heard.text[at:end] == "~"
        return (heard.text[at:end] if is_text else ""), end


def _line_end(heard: Lookahead, at: int) -> int:
    """Give the place behind the line; it must have come whole."""
    while heard.char(at) not in ("", "\n"):
        at += 1
    return at + len(heard.char(at))


def _rule_end(heard: Lookahead, at: int) -> int:
    """Give the place behind a line that is a rule or underlines a heading; 0 if it is none."""
    end = heard.run(at, f"{heard.text[at]} \t")
    marks = "".join(heard.text[at:end].split())
    is_rule = heard.char(end) in ("", "\n") and (len(marks) >= 3 or marks[0] == "=")
    return end + len(heard.char(end)) if is_rule else 0


def _heading_or_bullet_end(heard: Lookahead, at: int) -> int:
    """Give the place behind the mark of a heading or an item; 0 if it is none."""
    char = heard.char(at)
    end = heard.run(at, "#") if char == "#" else at + 1
    is_mark = char != "" and char in f"#{BULLETS}" and heard.char(end) in ("", " ", "\t", "\n")
    return heard.run(end, " \t") if is_mark else 0


def _row(heard: Lookahead, at: int) -> tuple[str, int]:
    end = _line_end(heard, at)
    cells = [cell.strip() for cell in heard.text[at:end].strip().strip("|").split("|")]
    if all(cell and not cell.strip(":-") for cell in cells):
        return "", end
    return ", ".join(plain_text(cell) for cell in cells if cell) + "\n\n", end


def _link(heard: Lookahead, at: int) -> tuple[str, int] | None:
    """Read `[text](address)`, `[text][name]` or `[^note]`; None if it is just a bracket."""
    close = heard.closing("[]", at + 1, LONGEST_LINK)
    if close < 0:
        return None
    text, follow = heard.text[at + 1 : close], heard.char(close + 1)
    if text.startswith("^"):
        return "", close + 1
    if follow not in ("(", "["):
        return None
    end = heard.closing("()" if follow == "(" else "[]", close + 2, LONGEST_LINK)
    return (plain_text(text), end + 1) if end > 0 else None


def _tag(heard: Lookahead, at: int) -> tuple[str, int]:
    first = heard.char(at + 1)
    close = heard.closing("<>", at + 1, LONGEST_LINK) if first.isalpha() or first == "/" else -1
    if close < 0:
        return "<", at + 1
    inside = heard.text[at + 1 : close]
    is_address = " " not in inside and ("://" in inside or "@" in inside)
    return (inside if is_address else ""), close + 1
