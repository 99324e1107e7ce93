"""Looking ahead in a text that still comes: rules that need more of it wait, so they never depend on how it is cut."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass


class Undecided(Exception):  # noqa: N818  a signal between functions, not an error
    """What comes next would decide."""


@dataclass(frozen=True, slots=True)
class Lookahead:
    """A text of which perhaps more will come."""

    text: str
    """What has come so far."""
    ended: bool
    """Whether that is all."""

    def char(self, at: int) -> str:
        """Give the character at `at`; empty behind the end.

        Raises
        ------
        Undecided : it has not come yet.
        """
        if at < len(self.text):
            return self.text[at]
        if self.ended:
            return ""
        raise Undecided

    def run(self, at: int, members: Container[str]) -> int:
        """Give the place behind a run of `members` that begins at `at`."""
        while (char := self.char(at)) and char in members:
            at += 1
        return at

    def spaces(self, at: int) -> int:
        """Give the place behind white space that begins at `at`."""
        while self.char(at).isspace():
            at += 1
        return at

    def word(self, at: int) -> str:
        """Give the letters that begin at `at`."""
        end = at
        while self.char(end).isalpha():
            end += 1
        return self.text[at:end]

    def closing(self, brackets: str, at: int, limit: int) -> int:
        """Find the bracket that closes what is open at `at`, within a line and `limit` characters; else -1.

        Parameters
        ----------
        brackets : the opening and the closing one, such as "()".
        at : behind the opening one.
        limit : how far to look, in characters.
        """
        depth = 1
        for place in range(at, at + limit):
            char = self.char(place)
            if not char or char == "\n":
                return -1
            depth += (char == brackets[0]) - (char == brackets[1])
            if not depth:
                return place
        return -1
