"""The agent's side of the turns: one reply at a time, and the single place that commits history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeAlias

from audiokit.agent import events, moves
from audiokit.agent.conversation import Conversation, summary_request, tokens_of
from audiokit.agent.metrics import TurnMeter
from audiokit.agent.reply import Reply
from audiokit.agent.speculate import Item, Speculation
from audiokit.agent.surroundings import Surroundings
from audiokit.contracts import Message, ToolCall, Usage
from audiokit.errors import ProviderError

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Begun only when its task runs: one that is cancelled before leaves no coroutine behind that nobody awaited."""

NOTHING_HEARD = "no word was understood"
ERRORS = {"stt_down": "the recognizer failed", "nothing_heard": NOTHING_HEARD}
"""What turns are told to have failed for, by the phrase that was said instead of a reply."""


class Replies:
    """Starts, pauses, cancels and settles replies.

    Parameters
    ----------
    around : the session.
    history : where turns are committed.
    """

    def __init__(self, around: Surroundings, history: Conversation) -> None:
        self._around, self._history = around, history
        self._services, self._settings = around.services, around.services.settings
        most = self._settings.max_speculations if self._settings.speculate else 0
        self.speculation = Speculation(self._open_ahead, self._usage_ahead, most)
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self._unanswered = ""
        self._failures_in_a_row = self._turns = self._guessed_turn_id = 0
        self._parting: tuple[str, str] | None = None
        self._has_parted = self._is_summing_up = False

    def speculate(self, turn_id: int, text: str) -> None:
        """Begin to answer what the user seems to have said in a turn; like `answer`, with what was not answered yet."""
        self._guessed_turn_id = turn_id
        self.speculation.offer(_joined(self._unanswered, text))

    def answer(self, turn_id: int, text: str, speech_end_s: float | None, final_s: float | None) -> None:
        """Answer the user.

        Parameters
        ----------
        turn_id : which turn.
        text : what the user said; joined to what was not answered yet.
        speech_end_s, final_s : when the last speech was, and when it was understood, in seconds; None: it was typed.
        """
        if self._parting:
            self.say_phrase(turn_id, self._parting[0])
            return
        text = _joined(self._unanswered, text)
        self._unanswered = ""
        now_s = self._around.clock()
        self._emit(events.UserText(at_s=now_s, turn_id=turn_id, text=text, is_final=True))
        begun = self.speculation.take(text)
        meter = TurnMeter(speech_end_s=speech_end_s, endpoint_s=now_s, stt_final_s=final_s)
        meter.guessed(self.speculation.count())
        if begun and begun.first_s is not None:
            meter.llm_first_token_s = now_s - (asyncio.get_running_loop().time() - begun.first_s)
        reply = Reply(self._around, turn_id, text, meter, begun)
        self._begin(reply, partial(reply.answer, self._history.messages(text)))

    def say_phrase(self, turn_id: int, kind: str) -> None:
        """Say the greeting or a phrase.

        Parameters
        ----------
        turn_id : which turn.
        kind : "greeting", or a field of `Phrases`.
        """
        meter = TurnMeter(error=ERRORS.get(kind))
        self.speculation.drop()
        meter.guessed(self.speculation.count())
        reply = Reply(self._around, turn_id, "", meter)
        self._has_parted = self._has_parted or (self._parting is not None and self._parting[0] == kind)
        if kind == "greeting":
            self._begin(reply, partial(reply.say, self._settings.greeting, "reply"))
        else:
            self._begin(reply, partial(reply.say_phrase, kind))

    def pause(self) -> None:
        """Fall silent at once."""
        if self._reply:
            self._reply.speaker.pause()

    def resume(self) -> None:
        """Go on where it paused."""
        if self._reply:
            self._reply.speaker.resume()

    def played(self, turn_id: int, played_s: float) -> None:
        """Take a play mark, in seconds of a turn's sound."""
        if self._reply and self._reply.turn_id == turn_id:
            self._reply.speaker.played(played_s)

    def cancel(self, *, is_stuck: bool = False) -> None:
        """Drop the reply in progress: what was heard of it is history; if nothing was, its question stays open.

        Parameters
        ----------
        is_stuck : it took too long; otherwise the user has interrupted it.
        """
        reply = self._reply
        if reply is None:
            return
        if is_stuck:
            reply.meter.error = f"the turn took longer than {self._settings.limits.max_turn_s:g} s"
        else:
            self._interrupt(reply)
        self._settle(reply)
        self._stop()
        if self._has_parted and self._parting:
            self._around.end(self._parting[1])

    def _interrupt(self, reply: Reply) -> None:
        now_s = self._around.clock()
        reply.meter.interrupted_s = now_s
        heard_text = reply.heard_text()
        if not heard_text and not reply.has_acted:
            self._unanswered = reply.user_text
        self._emit(events.Interrupted(at_s=now_s, turn_id=reply.turn_id, heard_text=heard_text))

    def part(self, kind: str, reason: str) -> None:
        """Say goodbye as soon as nobody speaks, and end the session.

        Parameters
        ----------
        kind : a field of `Phrases`.
        reason : for `SessionEnded`.
        """
        self._parting = self._parting or (kind, reason)
        if not self._has_parted:
            self._around.step(moves.Begin(kind))  # heard by an idle machine only; `rested` comes back to it

    def rested(self) -> None:
        """Nobody has the word: go on parting, if it is time."""
        limits = self._settings.limits
        if self._failures_in_a_row >= limits.max_failures:
            self._parting = self._parting or ("goodbye", "failures")
        if self._turns >= limits.max_turns:
            self._parting = self._parting or ("time_up", "max_turns")
        if self._parting is None:
            return
        kind, reason = self._parting
        if self._has_parted:
            self._around.end(reason)
        else:
            self._around.step(moves.Begin(kind))

    def close(self) -> None:
        """Stop everything at once; what was asked ahead for a turn that is not answered any more is told as well."""
        self.speculation.drop()
        guesses = self.speculation.count()
        if self._reply:
            self._reply.meter.guessed(guesses)
            self._settle(self._reply)
            self._stop()
        elif guesses.started:
            meter = TurnMeter(interrupted_s=self._around.clock())
            meter.guessed(guesses)
            self._tell_end(self._guessed_turn_id, meter)

    def _begin(self, reply: Reply, work: Work) -> None:
        self._reply = reply
        self._task = self._around.start(self._carry_out(reply, work))

    async def _carry_out(self, reply: Reply, work: Work) -> None:
        await work()
        if self._reply is reply:
            self._settle(reply)
            self._reply = self._task = None
            self._around.step(moves.ReplyEnded())

    def _settle(self, reply: Reply) -> None:
        """Commit a turn and tell what it took."""
        meter, now_s = reply.meter, self._around.clock()
        heard_text = reply.heard_text()
        is_cut_short = meter.interrupted_s is not None
        if heard_text or reply.has_acted or not is_cut_short:
            self._history.commit(reply.said())
        meter.first_audio_s = reply.first_audio_s()
        self._turns += bool(reply.user_text)
        if meter.error is None:
            self._failures_in_a_row = 0
        elif meter.error != NOTHING_HEARD:
            self._failures_in_a_row += 1
        self._emit(events.AgentText(at_s=now_s, turn_id=reply.turn_id, text=heard_text, is_final=True))
        reply.count_uncounted()
        self._tell_end(reply.turn_id, meter)
        self._shorten(reply.turn_id)

    def _tell_end(self, turn_id: int, meter: TurnMeter) -> None:
        metrics = meter.result(self._services.price)
        self._emit(events.TurnEnded(at_s=self._around.clock(), turn_id=turn_id, metrics=metrics))

    def _stop(self) -> None:
        if self._reply:
            self._reply.close()
        if self._task:
            self._task.cancel()
        self._reply = self._task = None

    def _open_ahead(self, text: str) -> AsyncIterator[Item]:
        return self._services.reply(self._history.messages(text), partial(self._tell, self._guessed_turn_id))

    def _usage_ahead(self, text: str, items: Sequence[Item]) -> Usage:
        """Give what a reply took that was thrown away: what the model counted, else about what it read and wrote."""
        counted = [item for item in items if isinstance(item, Usage)]
        if counted:
            return counted[-1]
        wrote = "".join(item for item in items if isinstance(item, str))
        calls = tuple(item for item in items if isinstance(item, ToolCall))
        return Usage(
            input_tokens=tokens_of(self._history.messages(text)),
            output_tokens=tokens_of([Message(role="assistant", text=wrote, tool_calls=calls)]) if items else 0,
        )

    def _tell(self, turn_id: int, stage: events.Stage, provider: str, message: str, fallback: str | None) -> None:
        failed = events.ProviderFailed(
            at_s=self._around.clock(), turn_id=turn_id, stage=stage, provider=provider, message=message,
            fallback=fallback,
        )  # fmt: skip
        self._emit(failed)

    def _shorten(self, turn_id: int) -> None:
        """Have the model sum up the turns that it can no longer read, while the conversation goes on."""
        oldest = self._history.oldest_kept()
        if self._settings.shorten == "summary" and oldest and not self._is_summing_up:
            self._is_summing_up = True
            self._around.start(self._sum_up(oldest, turn_id))

    async def _sum_up(self, oldest: int, turn_id: int) -> None:
        tell = partial(self._tell, turn_id)
        stream = self._services.reply(summary_request(self._history, oldest), tell, with_tools=False)
        try:
            async with aclosing(stream):
                text = "".join([item async for item in stream if isinstance(item, str)])
            self._history.cut(oldest, text.strip())
        except ProviderError as error:
            log.warning("the conversation was not summed up: %s", error)
        finally:
            self._is_summing_up = False

    def _emit(self, event: events.Event) -> None:
        self._around.emit(event)


def _joined(first: str, second: str) -> str:
    return " ".join(text for text in (first, second) if text)
