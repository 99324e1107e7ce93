"""Which words of a reply were heard, from how much of its sound was played."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from audiokit.contracts import SpeechChunk, Word

CHARACTERS_PER_S = 15.0  # of English speech at an unhurried pace; used for a clause whose end has not come yet

ClauseKind = Literal["reply", "aside"]
"""Part of the reply, or a filler or an apology, which the history does not keep."""


@dataclass(slots=True, kw_only=True, eq=False)
class Clause:
    """A piece of the reply on its way through speech."""

    text: str
    kind: ClauseKind = "reply"
    round: int = 0
    """In which answer of the model within the turn: there is another one after each use of tools."""
    start_s: float = math.inf
    """Where its sound starts, in seconds of the turn's sound; infinite before its turn has come."""
    duration_s: float = 0.0
    """How much of its sound has come, in seconds."""
    is_complete: bool = False
    """Whether that is all of it."""
    words: list[Word] = field(default_factory=list)
    """Words with times from the clause's start, if the provider tells."""

    def add(self, chunk: SpeechChunk) -> None:
        """Note a piece of its sound."""
        self.duration_s += chunk.duration_s
        self.words += chunk.words

    def heard_text(self, heard_s: float) -> str:
        """Give its words that were heard.

        A word counts when half of it was played. Without word times the sound is shared out by letters.

        Parameters
        ----------
        heard_s : how much of the turn's sound was played, in seconds.
        """
        played_s = heard_s - self.start_s
        if played_s <= 0:
            return ""
        if self.is_complete and played_s >= self.duration_s:
            return self.text
        spans = list(re.finditer(r"\S+", self.text))
        if len(self.words) == len(spans):
            middles_s = [(word.start_s + word.end_s) / 2 for word in self.words]
        else:
            middles_s = self._estimated_middles_s(spans)
        heard = sum(middle_s <= played_s for middle_s in middles_s)
        return self.text[: spans[heard - 1].end()] if heard else ""

    def _estimated_middles_s(self, spans: list[re.Match[str]]) -> list[float]:
        if self.words:  # some are known: as many words as have passed their middle, in their order
            known = [(word.start_s + word.end_s) / 2 for word in self.words]
            return [known[index] if index < len(known) else math.inf for index in range(len(spans))]
        whole_s = self.duration_s
        if not self.is_complete:
            whole_s = max(whole_s, len(self.text) / CHARACTERS_PER_S)
        return [whole_s * (span.start() + span.end()) / 2 / max(1, len(self.text)) for span in spans]


def heard_text(clauses: list[Clause], heard_s: float, round: int | None = None) -> str:
    """Join what was heard of a reply's clauses.

    Parameters
    ----------
    clauses : in order; asides do not count.
    heard_s : how much of the turn's sound was played, in seconds.
    round : only of this answer of the model; None: of all.
    """
    wanted = (clause for clause in clauses if clause.kind == "reply" and round in (None, clause.round))
    return " ".join(text for clause in wanted if (text := clause.heard_text(heard_s).strip()))
