"""What one turn took and cost, gathered while it happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from audiokit.agent.events import Event, TurnMetrics
from audiokit.agent.speculate import Guesses
from audiokit.contracts import Usage

Price: TypeAlias = Callable[[Usage, int], float | None]
"""Gives what a turn costs in US dollars, from what its models counted and the characters that were spoken anew."""


@dataclass(slots=True, kw_only=True)
class TurnMeter:
    """The growing `TurnMetrics` of a turn; moments on the session's clock, None until they come."""

    speech_end_s: float | None = None
    endpoint_s: float | None = None
    stt_final_s: float | None = None
    llm_first_token_s: float | None = None
    first_clause_s: float | None = None
    tts_first_byte_s: float | None = None
    first_audio_s: float | None = None
    interrupted_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    wasted: Usage = field(default_factory=Usage)
    is_estimate: bool = False
    tts_characters: int = 0
    cached_characters: int = 0
    tools: int = 0
    speculations: int = 0
    wasted_speculations: int = 0
    error: str | None = None

    def count(self, usage: Usage) -> None:
        """Add what a model was counted as."""
        self.usage += usage

    def estimate(self, usage: Usage) -> None:
        """Add what a model must have read and written that did not tell its count."""
        self.count(usage)
        self.is_estimate = True

    def guessed(self, guesses: Guesses) -> None:
        """Add what was asked ahead."""
        self.speculations += guesses.started
        self.wasted_speculations += guesses.wasted
        self.wasted += guesses.usage

    def first(self, moment: str, now_s: float) -> None:
        """Note a moment if it is the first of its kind.

        Parameters
        ----------
        moment : the field's name.
        now_s : in seconds on the session's clock.
        """
        if getattr(self, moment) is None:
            setattr(self, moment, now_s)

    def result(self, price: Price | None = None) -> TurnMetrics:
        """Give the metrics.

        Parameters
        ----------
        price : what it costs; None when nobody knows.
        """
        latency_s = None
        if self.first_audio_s is not None and self.speech_end_s is not None:
            latency_s = self.first_audio_s - self.speech_end_s
        counts = ("usage", "wasted")
        measured = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in counts}
        return TurnMetrics(
            **measured,
            latency_s=latency_s,
            input_tokens=self.usage.input_tokens,
            output_tokens=self.usage.output_tokens,
            wasted_input_tokens=self.wasted.input_tokens,
            wasted_output_tokens=self.wasted.output_tokens,
            cost_usd=price(self.wasted + self.usage, self.tts_characters - self.cached_characters) if price else None,
            wasted_usd=price(self.wasted, 0) if price else None,
        )


def json_line(event: Event) -> str:
    """Write an event as one line of JSON, with its line end."""
    return json.dumps(event.to_json(), ensure_ascii=False, default=str) + "\n"
