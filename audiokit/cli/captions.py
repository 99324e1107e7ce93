"""A conversation on the terminal: what both sides say as they say it, the state, and where the time went."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from audiokit.agent.events import (
    AgentText,
    Event,
    FalseAlarm,
    Interrupted,
    ProviderFailed,
    SessionEnded,
    SpokenFailure,
    StateChanged,
    ToolEnded,
    TurnEnded,
    TurnMetrics,
    UserText,
)
from audiokit.errors import ProviderError

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

STATES = {
    "starting": ("○", "dim", "starting"),
    "idle": ("○", "dim", "waiting for you"),
    "listening": ("●", "green", "listening"),
    "endpointing": ("●", "green", "have you finished?"),
    "thinking": ("●", "yellow", "thinking"),
    "speaking": ("●", "cyan", "speaking"),
    "paused": ("●", "magenta", "interrupted?"),
}
"""How each state looks: a sign, its colour, words."""

COLUMNS = ("turn", "listening", "thinking", "speaking", "latency", "cached", "cost")
LEGEND = """\
listening: from your last word until it was clear that you had finished; thinking: until the answer's first words were
there; speaking: until they were heard; latency: all three. cached: characters of the answer that were spoken before."""


class Captions:
    """Shows events as lines, and with `live` the line that is still being spoken.

    Parameters
    ----------
    write : takes a finished line.
    live : the part of the screen that changes, if there is one.
    quiet : finished lines only.
    echo : show what the user said; False where it stands on the screen already.
    """

    def __init__(
        self, write: Callable[[str], None], live: Live | None = None, *, quiet: bool = False, echo: bool = True
    ) -> None:
        self._write, self._live, self._quiet, self._echo = write, live, quiet, echo
        self._state, self._user, self._agent, self._aside = "starting", "", "", ""
        self.turns: list[tuple[int, TurnMetrics]] = []
        """The metrics of each turn that is over."""
        self._failed = ""
        self.gave_up: ProviderError | None = None
        """Why the agent said goodbye, if too much had failed."""

    def show(self, event: Event) -> None:
        """Take an event when it happens."""
        self._note(event)
        if isinstance(event, StateChanged):
            self._state = event.state
        elif isinstance(event, UserText):
            self._user = "" if event.is_final else event.text
            self._finished("You", event.text if event.is_final and self._echo else "")
        elif isinstance(event, AgentText):
            self._agent = "" if event.is_final else f"{self._agent} {event.text}".strip()
            self._finished("Agent", event.text if event.is_final else "")
            if event.is_final:
                self._finished("Agent", self._aside)
                self._aside = ""
        elif isinstance(event, SpokenFailure):
            self._aside = event.text  # said after what was said of the reply, which is only known at its end
        elif isinstance(event, SessionEnded) and event.reason == "failures":
            self.gave_up = self._despair()
        elif isinstance(event, ProviderFailed):
            self._failed = event.provider
        elif isinstance(event, TurnEnded):
            self._agent = ""
            self.turns.append((event.turn_id, event.metrics))
        if self._live:
            self._live.update(self.line(), refresh=True)

    def _despair(self) -> ProviderError:
        last = next((each.error for _, each in reversed(self.turns) if each.error), "unknown")
        return ProviderError(f"the agent gave up after several failures in a row: {last}", provider=self._failed)

    def _finished(self, speaker: str, text: str) -> None:
        if text:
            self._write(f"{speaker}: {text}")

    def _note(self, event: Event) -> None:
        note = _note_of(event)
        if note and not self._quiet:
            if self._live:
                self._live.console.print(note, style="dim")
            else:
                click.echo(note, err=True)

    def line(self) -> Text:
        """Give the line that changes: the state, and what is being said."""
        from rich.text import Text

        sign, style, words = STATES[self._state]
        spoken = f"You: {self._user}" if self._user else f"Agent: {self._agent}" if self._agent else ""
        return Text.assemble((f"{sign} {words}", style), "  ", spoken)


@contextmanager
def captions(*, as_json: bool, quiet: bool, typed: bool = False) -> Iterator[tuple[Captions, Callable[[Event], None]]]:
    """Give captions and where events go.

    Parameters
    ----------
    as_json : events as JSON lines on stdout, and no captions.
    quiet : on stderr errors only.
    typed : the user writes, so no line of the screen may change.
    """
    if as_json:
        silent = Captions(lambda line: None, quiet=True)

        def show(event: Event) -> None:
            click.echo(json.dumps(event.to_json()))
            silent.show(event)

        yield silent, show
        return
    if quiet or typed or not sys.stderr.isatty():
        plain = Captions(click.echo, quiet=quiet, echo=not (typed and sys.stdin.isatty()))
        yield plain, plain.show
        return
    from rich.live import Live

    from audiokit.cli.output import console

    # Drawn by the events themselves: nothing else changes.
    with Live(console=console(), auto_refresh=False, transient=True, redirect_stdout=False) as live:
        shared = sys.stdout.isatty()  # both streams are one screen: lines go above the live one
        shown = Captions(live.console.print if shared else click.echo, live)
        live.update(shown.line(), refresh=True)
        yield shown, shown.show


def latency_rows(turns: Sequence[tuple[int, TurnMetrics]]) -> list[tuple[object, ...]]:
    """Give the table of latencies: how many milliseconds each stage took, and all together.

    Parameters
    ----------
    turns : each turn's number and metrics.
    """
    return [_row(turn_id, metrics) for turn_id, metrics in turns]


def summary(turns: Sequence[tuple[int, TurnMetrics]]) -> str:
    """Say in one line how fast the agent answered, and what it cost; empty when neither is known."""
    latencies = sorted(each.latency_s for _, each in turns if each.latency_s is not None)
    said = []
    if latencies:
        middle, late = (latencies[min(len(latencies) - 1, int(part * len(latencies)))] for part in (0.5, 0.95))
        count = "1 turn" if len(latencies) == 1 else f"{len(latencies)} turns"
        said.append(f"latency p50 {1000 * middle:.0f} ms, p95 {1000 * late:.0f} ms over {count}")
    if cost := sum(each.cost_usd or 0 for _, each in turns):
        wasted = sum(each.wasted_usd or 0 for _, each in turns)
        said.append(f"{cost:.4f} USD" + (f", {wasted:.4f} of it for replies begun in vain" if wasted else ""))
    return ", ".join(said)


def _row(turn_id: int, metrics: TurnMetrics) -> tuple[object, ...]:
    latency = "" if metrics.latency_s is None else f"{1000 * metrics.latency_s:.0f}"
    cached = f"{metrics.cached_characters} of {metrics.tts_characters}"
    cost = "" if metrics.cost_usd is None else f"{metrics.cost_usd:.4f}"
    return turn_id, *_stages(metrics), latency, cached, cost


def _stages(metrics: TurnMetrics) -> Iterator[str]:
    """Give the milliseconds of listening, thinking and speaking; empty where a moment is not known."""
    end_s, clause_s = metrics.endpoint_s, metrics.first_clause_s
    if end_s is not None and clause_s is not None:
        clause_s = max(end_s, clause_s)  # an answer that was there ahead took no thinking
    moments = (metrics.speech_end_s, end_s, clause_s, metrics.first_audio_s)
    for before_s, after_s in pairwise(moments):
        if metrics.speech_end_s is None or before_s is None or after_s is None:
            yield ""
        else:
            yield f"{1000 * (after_s - before_s):.0f}"


def _note_of(event: Event) -> str:
    match event:
        case Interrupted():
            return "  (interrupted)"
        case FalseAlarm():
            return "  (goes on)"
        case ToolEnded():
            return f"  ({event.name}: {event.error or 'done'})"
        case ProviderFailed():
            instead = f"; {event.fallback} steps in" if event.fallback else ""
            return f"  ({event.stage} {event.provider} failed: {event.message}{instead})"
        case TurnEnded() if event.metrics.latency_s is not None:
            return f"  ({1000 * event.metrics.latency_s:.0f} ms)"
    return ""
