"""Who has the word: a pure machine, `step(turns, input, now_s, rules) -> (turns, actions)`, without clock or task.

idle ─ speech ─► listening ─ pause ─► endpointing ─ silence, text ─► thinking ─ sound ─► speaking ─ its end ─► idle
                     ▲                    │                              │                  │
                     └────── speech ──────┘                              └─ speech ► paused ◄┘
        paused ─ words or long speech ─► listening (the reply is dropped)
        paused ─ a cough, a "mhm" ─► thinking or speaking, where it was

Every state but idle has a deadline, so that there is a way out of it even when nobody ever calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from audiokit.agent import events
from audiokit.agent.endpoint import count_words, is_backchannel, silence_for
from audiokit.agent.moves import (
    Action,
    AskFinal,
    AskModel,
    Begin,
    CancelReply,
    DropSpeculation,
    Due,
    End,
    ForgetSpeech,
    Heard,
    HearingFailed,
    Input,
    NoMoreInput,
    PauseOut,
    Quieted,
    ReplyAudible,
    ReplyEnded,
    ResumeOut,
    SayPhrase,
    Speculate,
    SpeechPaused,
    SpeechStarted,
    StartReply,
    TurnJudged,
    Typed,
)
from audiokit.agent.settings import BargeIn, Budgets, Limits, TurnTaking

NOTICEABLE_S = 0.8  # speech so long that no text of it deserves a "Sorry?"; shorter is a cough or a door
LATE_WORDS_S = 3.0  # slow recognizers tell of a "stop" after its false alarm; later words belong to something else
TOLERANCE_S = 1e-6  # sums of window lengths are not exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the machine must know of the settings."""

    turn_taking: TurnTaking = field(default_factory=TurnTaking)
    barge_in: BargeIn = field(default_factory=BargeIn)
    budgets: Budgets = field(default_factory=Budgets)
    limits: Limits = field(default_factory=Limits)
    asks_at_pause: bool = True
    """Whether the recognizer is asked for its final text at each pause, or only when silence has ended the turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Where the conversation stands; times in seconds on the loop's clock."""

    state: events.State = "idle"
    turn_id: int = 0
    """The latest turn."""
    deadline_s: float | None = None
    """When `Due` shall be put in; None: never."""
    is_speech: bool = False
    """Whether the user is speaking."""
    speech_start_s: float = 0.0
    speech_end_s: float = 0.0
    text: str = ""
    """What was understood of the utterance in progress."""
    has_final: bool = False
    """Whether this text covers all that was said."""
    asked: bool = False
    """Whether that text was asked for."""
    is_overdue: bool = False
    """Whether the turn waits for nothing but its text."""
    probability: float | None = None
    """The turn model's word on whether the user has finished."""
    is_audible: bool = False
    """Whether the reply in progress was heard."""
    is_answer: bool = False
    """Whether the reply in progress answers the user; greetings and phrases do not."""
    reply_until_s: float = 0.0
    """When the reply in progress must be over."""
    has_unanswered: bool = False
    """Whether an earlier utterance waits to be answered together with this one."""
    alarm_s: float = float("-inf")
    """When the last false alarm was."""
    is_finishing: bool = False
    """Whether no more input will come."""


Step: TypeAlias = tuple[Turns, list[Action]]


def step(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    """Give the next state, and what is to be done, in order.

    Parameters
    ----------
    turns : the state.
    happened : what has happened.
    now_s : when, in seconds on the loop's clock.
    rules : the settings.
    """
    match happened:
        case Typed(text):
            return _typed(turns, text, now_s, rules)
        case NoMoreInput():
            return _no_more(replace(turns, is_finishing=True), now_s, rules)
        case _:
            return STATES[turns.state](turns, happened, now_s, rules)


def _idle(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case Begin(kind):
            turn_id = turns.turn_id + (kind != "greeting")
            return replace(_replying(turns, now_s, rules), turn_id=turn_id), [SayPhrase(kind)]
        case SpeechStarted() | Heard(turn="started"):
            return _listen(turns, now_s, rules)
        case Heard(text, turn="ended") if _takes_the_word(text, rules):  # too quiet for the gate
            return _end_turn(replace(_next_turn(turns, now_s), text=text, speech_end_s=now_s), now_s, rules)
    return turns, []


def _listening(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case SpeechPaused(end_s):
            return _pause(turns, end_s, now_s, rules)
        case Quieted():
            return turns, [Speculate(turns.text)] if turns.text else []
        case Heard():
            return _understand(turns, happened, now_s, rules)
        case Due():
            return _pause(turns, now_s, now_s, rules, at_once=True)
    return turns, []


def _endpointing(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case SpeechStarted():
            deadline_s = turns.speech_start_s + rules.turn_taking.max_utterance_s
            going_on = replace(turns, state="listening", is_speech=True, has_final=False, asked=False, is_overdue=False)
            started = _event(events.UserSpeechStarted, turns, now_s)
            return replace(going_on, deadline_s=deadline_s, probability=None), [DropSpeculation(), started]
        case Heard():
            return _understand(turns, happened, now_s, rules)
        case TurnJudged(probability):
            return _settle(replace(turns, probability=probability), now_s, rules)
        case HearingFailed():
            return _without_text(turns, now_s, rules)
        case Due():
            return _silence_over(turns, now_s, rules)
    return turns, []


def _thinking(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case ReplyAudible():
            return replace(turns, state="speaking", is_audible=True), []
        case SpeechStarted():
            return _alarm(turns, now_s, rules)
        case Heard(text, is_final=True) if _takes_the_word(text, rules):  # the last words of the question came late
            return _confirm(replace(turns, text=text, has_final=True), now_s, rules)
    return _reply_over(turns, happened, now_s)


def _speaking(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case SpeechStarted() | Heard(turn="started") if rules.barge_in.allowed:
            return _alarm(turns, now_s, rules)
        case Heard(text, is_final) if now_s - turns.alarm_s <= LATE_WORDS_S and _takes_the_word(text, rules):
            return _confirm(replace(turns, text=text, has_final=is_final), now_s, rules)
    return _reply_over(turns, happened, now_s)


def _paused(turns: Turns, happened: Input, now_s: float, rules: Rules) -> Step:
    match happened:
        case Heard(text, is_final, turn):
            turns = replace(turns, text=text or turns.text, has_final=is_final and not turns.is_speech)
            if turn == "ended" and text:
                turns = replace(turns, is_speech=False, speech_end_s=now_s, is_overdue=True, has_final=True)
            if _takes_the_word(turns.text, rules):
                return _confirm(turns, now_s, rules)
            return _resume(turns, now_s) if turns.has_final else (turns, [])
        case SpeechPaused(end_s):
            deadline_s = now_s + rules.barge_in.grace_s
            turns = replace(turns, is_speech=False, speech_end_s=end_s, deadline_s=deadline_s, asked=True)
            asks: list[Action] = [] if rules.turn_taking.detection == "provider" else [AskFinal()]
            return turns, [_event(events.UserSpeechEnded, turns, now_s), *asks]
        case SpeechStarted():
            deadline_s = now_s + rules.barge_in.confirm_s
            turns = replace(turns, is_speech=True, has_final=False, deadline_s=deadline_s)
            return turns, [_event(events.UserSpeechStarted, turns, now_s)]
        case Due():
            return _judge_alarm(turns, now_s, rules)
        case ReplyEnded():
            return _confirm(turns, now_s, rules, cancel=False)
    return turns, []


STATES = {
    "idle": _idle,
    "listening": _listening,
    "endpointing": _endpointing,
    "thinking": _thinking,
    "speaking": _speaking,
    "paused": _paused,
}


def _typed(turns: Turns, text: str, now_s: float, rules: Rules) -> Step:
    actions: list[Action] = [ForgetSpeech()]
    has_turn = turns.state in ("listening", "endpointing")
    if turns.state in ("thinking", "speaking", "paused"):
        actions.append(CancelReply())
    fresh = turns if has_turn else replace(turns, turn_id=turns.turn_id + 1)
    return _replying(fresh, now_s, rules, is_answer=True), [*actions, StartReply(text, is_typed=True)]


def _no_more(turns: Turns, now_s: float, rules: Rules) -> Step:
    match turns.state:
        case "idle":
            return _rest(turns)
        case "listening":
            return _pause(turns, now_s, now_s, rules, at_once=True)
        case "paused" if turns.is_speech:
            return _paused(turns, SpeechPaused(now_s), now_s, rules)
    return turns, []


def _next_turn(turns: Turns, now_s: float) -> Turns:
    return replace(
        turns, turn_id=turns.turn_id + 1, is_speech=True, speech_start_s=now_s, speech_end_s=0.0, text="",
        has_final=False, asked=False, is_overdue=False, probability=None,
    )  # fmt: skip


def _listen(turns: Turns, now_s: float, rules: Rules) -> Step:
    turns = replace(_next_turn(turns, now_s), state="listening")
    deadline_s = now_s + rules.turn_taking.max_utterance_s
    return replace(turns, deadline_s=deadline_s), [_event(events.UserSpeechStarted, turns, now_s)]


def _pause(turns: Turns, end_s: float, now_s: float, rules: Rules, *, at_once: bool = False) -> Step:
    """Begin to wait for the end of the turn; `at_once`: it is over, only its text is still to come."""
    asks = at_once or (rules.asks_at_pause and rules.turn_taking.detection != "provider")
    turns = replace(turns, state="endpointing", is_speech=False, speech_end_s=end_s, asked=asks, is_overdue=at_once)
    actions: list[Action] = [_event(events.UserSpeechEnded, turns, now_s)]
    actions += [AskFinal()] if asks else []
    actions += [AskModel()] if rules.turn_taking.detection == "model" and not at_once else []
    actions += [Speculate(turns.text)] if turns.text else []
    if at_once:
        return replace(turns, deadline_s=now_s + _patience_s(rules)), actions
    settled, more = _settle(turns, now_s, rules)
    return settled, actions + more


def _understand(turns: Turns, heard: Heard, now_s: float, rules: Rules) -> Step:
    """Take what the recognizer says while the user has the word."""
    actions: list[Action] = []
    if heard.text != turns.text:
        actions.append(events.UserText(at_s=now_s, turn_id=turns.turn_id, text=heard.text, is_final=False))
    turns = replace(turns, text=heard.text, has_final=heard.is_final and not turns.is_speech)
    if heard.turn == "ended" and heard.text:
        ended, more = _end_turn(replace(turns, speech_end_s=turns.speech_end_s or now_s), now_s, rules)
        return ended, actions + more
    if heard.turn == "resumed":
        actions.append(DropSpeculation())
    elif heard.text and (turns.state == "endpointing" or heard.turn == "eager_end"):
        actions.append(Speculate(heard.text))
    if turns.state != "endpointing":
        return turns, actions
    settled, more = _settle(turns, now_s, rules)
    return settled, actions + more


def _settle(turns: Turns, now_s: float, rules: Rules) -> Step:
    """See when the turn is over by what is known now."""
    if turns.is_overdue:
        return _end_turn(turns, now_s, rules) if turns.has_final else (turns, [])
    over_s = turns.speech_end_s + silence_for(turns.text, rules.turn_taking, turns.probability)
    turns = replace(turns, deadline_s=over_s)
    return _silence_over(turns, now_s, rules) if now_s >= over_s - TOLERANCE_S else (turns, [])


def _silence_over(turns: Turns, now_s: float, rules: Rules) -> Step:
    """The silence was long enough: answer, or wait a last while for the text, if it was asked for."""
    if turns.has_final or rules.turn_taking.detection == "provider":
        return _end_turn(turns, now_s, rules)
    if turns.is_overdue:
        return _without_text(turns, now_s, rules)
    actions: list[Action] = [] if turns.asked else [AskFinal()]
    return replace(turns, is_overdue=True, asked=True, deadline_s=now_s + _patience_s(rules)), actions


def _patience_s(rules: Rules) -> float:
    """Give how long the recognizer and its fallbacks can take, in seconds; after that something is stuck."""
    return rules.budgets.stt_final_s * 2 + rules.budgets.retry_s


def _without_text(turns: Turns, now_s: float, rules: Rules) -> Step:
    if turns.text or turns.has_unanswered:
        return _end_turn(turns, now_s, rules)
    return _replying(turns, now_s, rules), [ForgetSpeech(), SayPhrase("stt_down")]


def _end_turn(turns: Turns, now_s: float, rules: Rules) -> Step:
    if turns.text or turns.has_unanswered:
        return _replying(turns, now_s, rules, is_answer=True), [StartReply(turns.text), ForgetSpeech()]
    if turns.speech_end_s - turns.speech_start_s >= NOTICEABLE_S:
        return _replying(turns, now_s, rules), [ForgetSpeech(), SayPhrase("nothing_heard")]
    idle, actions = _rest(turns)
    return idle, [ForgetSpeech(), DropSpeculation(), *actions]


def _replying(turns: Turns, now_s: float, rules: Rules, *, is_answer: bool = False) -> Turns:
    until_s = now_s + rules.limits.max_turn_s
    return replace(
        turns, state="thinking", deadline_s=until_s, reply_until_s=until_s, is_audible=False, is_speech=False, text="",
        has_final=False, asked=False, is_overdue=False, has_unanswered=False, probability=None, alarm_s=float("-inf"),
        is_answer=is_answer,
    )  # fmt: skip


def _reply_over(turns: Turns, happened: Input, now_s: float) -> Step:
    match happened:
        case ReplyEnded():
            return _rest(turns)
        case Due():
            idle, actions = _rest(turns)
            return idle, [CancelReply(is_stuck=True), *actions]
    return turns, []


def _rest(turns: Turns) -> Step:
    idle = replace(turns, state="idle", deadline_s=None, is_speech=False, text="", has_unanswered=False)
    return idle, [End("finished")] if turns.is_finishing else []


def _takes_the_word(text: str, rules: Rules) -> bool:
    return count_words(text) >= rules.barge_in.min_words and not is_backchannel(text, rules.barge_in.backchannels)


def _alarm(turns: Turns, now_s: float, rules: Rules) -> Step:
    """Somebody speaks into the reply."""
    deadline_s = now_s + rules.barge_in.confirm_s
    turns = replace(turns, state="paused", is_speech=True, speech_start_s=now_s, speech_end_s=0.0, text="")
    turns = replace(turns, has_final=False, asked=False, deadline_s=deadline_s)
    return turns, [PauseOut(), _event(events.UserSpeechStarted, turns, now_s)]


def _judge_alarm(turns: Turns, now_s: float, rules: Rules) -> Step:
    if not turns.is_speech:
        return _resume(turns, now_s)
    # A "yeah, yeah, yeah" may take its time; whoever speaks three times as long wants to say something.
    longest_s = turns.speech_start_s + 3 * rules.barge_in.confirm_s
    if is_backchannel(turns.text, rules.barge_in.backchannels) and now_s < longest_s - TOLERANCE_S:
        return replace(turns, deadline_s=longest_s), []
    return _confirm(turns, now_s, rules)


def _resume(turns: Turns, now_s: float) -> Step:
    actions: list[Action] = [ResumeOut(), _event(events.FalseAlarm, turns, now_s)]
    if turns.text or turns.has_final:
        actions.append(ForgetSpeech())  # otherwise words may still come, and they count
    state: events.State = "speaking" if turns.is_audible else "thinking"
    turns = replace(turns, state=state, is_speech=False, text="", has_final=False, alarm_s=now_s)
    return replace(turns, deadline_s=max(turns.reply_until_s, now_s + 1.0)), actions


def _confirm(turns: Turns, now_s: float, rules: Rules, *, cancel: bool = True) -> Step:
    """The user has the word."""
    actions: list[Action] = [CancelReply()] if cancel else []
    fresh = replace(
        turns, turn_id=turns.turn_id + 1, has_unanswered=cancel and turns.is_answer and not turns.is_audible,
        is_audible=False, state="listening", deadline_s=turns.speech_start_s + rules.turn_taking.max_utterance_s,
    )  # fmt: skip
    if turns.text:
        actions.append(events.UserText(at_s=now_s, turn_id=fresh.turn_id, text=turns.text, is_final=False))
    if turns.is_speech:
        return fresh, actions
    settled, more = _settle(replace(fresh, state="endpointing"), now_s, rules)
    return settled, actions + more


def _event(kind: type[events.Event], turns: Turns, now_s: float) -> events.Event:
    return kind(at_s=now_s, turn_id=turns.turn_id)
