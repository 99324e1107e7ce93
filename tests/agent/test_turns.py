"""The machine with lists: no clock, no loop, no sound; `audiokit.agent.moves` is its vocabulary."""

import random
from dataclasses import replace

import pytest

from audiokit.agent import events
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
from audiokit.agent.settings import BargeIn, TurnTaking
from audiokit.agent.turns import Rules, Turns, step

RULES = Rules(
    turn_taking=TurnTaking(silence_s=0.6, finished_silence_s=0.4, unfinished_silence_s=1.5), barge_in=BargeIn()
)


def after(*inputs: tuple[float, Input], rules: Rules = RULES, turns: Turns | None = None) -> tuple[Turns, list[Action]]:
    """Give the state after inputs, and the actions of the last one that are no events."""
    turns, actions = turns or Turns(), []
    for now_s, happened in inputs:
        turns, actions = step(turns, happened, now_s, rules)
    return turns, [action for action in actions if not isinstance(action, events.Event)]


LISTENING = [(1.0, SpeechStarted()), (1.5, Heard("what time is it", False))]
ENDPOINTING = [*LISTENING, (2.2, SpeechPaused(2.0))]
THINKING = [*ENDPOINTING, (2.4, Heard("what time is it", True)), (2.6, Due())]
SPEAKING = [*THINKING, (3.0, ReplyAudible())]
PAUSED = [*SPEAKING, (4.0, SpeechStarted())]


@pytest.mark.parametrize(
    ("inputs", "state", "actions"),
    [
        (LISTENING, "listening", []),
        (ENDPOINTING, "endpointing", [AskFinal(), Speculate("what time is it")]),
        (THINKING, "thinking", [StartReply("what time is it"), ForgetSpeech()]),
        (SPEAKING, "speaking", []),
        (PAUSED, "paused", [PauseOut()]),
        ([*LISTENING, (1.9, Quieted())], "listening", [Speculate("what time is it")]),
        ([*ENDPOINTING, (2.4, SpeechStarted())], "listening", [DropSpeculation()]),
        ([*ENDPOINTING, (2.6, Due())], "endpointing", []),
        ([*ENDPOINTING, (2.6, Due()), (2.9, Heard("what time is it", True))], "thinking", None),
        ([*ENDPOINTING, (2.6, Due()), (9.9, Due())], "thinking", [StartReply("what time is it"), ForgetSpeech()]),
        ([*ENDPOINTING, (2.3, HearingFailed())], "thinking", [StartReply("what time is it"), ForgetSpeech()]),
        ([(1.0, SpeechStarted()), (3.0, SpeechPaused(2.8)), (3.1, HearingFailed())], "thinking", None),
        ([(1.0, SpeechStarted()), (1.4, SpeechPaused(1.2)), (1.5, Heard("", True)), (1.8, Due())], "idle", None),
        ([*THINKING, (3.0, ReplyEnded())], "idle", []),
        ([*SPEAKING, (9.0, ReplyEnded())], "idle", []),
        ([*SPEAKING, (200.0, Due())], "idle", [CancelReply(is_stuck=True)]),
        ([*PAUSED, (4.2, Heard("stop", False))], "listening", [CancelReply()]),
        ([*PAUSED, (4.2, Heard("mhm", False))], "paused", []),
        ([*PAUSED, (4.6, Due())], "listening", [CancelReply()]),
        ([*PAUSED, (4.3, SpeechPaused(4.1))], "paused", [AskFinal()]),
        ([*PAUSED, (4.3, SpeechPaused(4.1)), (4.8, Due())], "speaking", [ResumeOut()]),
        ([*PAUSED, (4.3, SpeechPaused(4.1)), (4.4, Heard("", True))], "speaking", [ResumeOut(), ForgetSpeech()]),
        ([*PAUSED, (4.3, SpeechPaused(4.1)), (4.4, Heard("mhm", True))], "speaking", [ResumeOut(), ForgetSpeech()]),
        ([*PAUSED, (4.3, Heard("mhm", False)), (4.6, Due())], "paused", []),
        ([*PAUSED, (4.3, Heard("mhm", False)), (4.6, Due()), (5.8, Due())], "listening", [CancelReply()]),
        ([*PAUSED, (4.1, ReplyEnded())], "listening", []),
        ([(0.0, Begin("greeting"))], "thinking", [SayPhrase("greeting")]),
        ([*SPEAKING, (4.0, Begin("time_up"))], "speaking", []),
        ([(1.0, Typed("hi"))], "thinking", [ForgetSpeech(), StartReply("hi", is_typed=True)]),
        ([*SPEAKING, (4.0, Typed("hi"))], "thinking", [ForgetSpeech(), CancelReply(), StartReply("hi", is_typed=True)]),
        ([(1.0, NoMoreInput())], "idle", [End("finished")]),
        ([*SPEAKING, (4.0, NoMoreInput()), (5.0, ReplyEnded())], "idle", [End("finished")]),
        ([*LISTENING, (2.0, NoMoreInput())], "endpointing", [AskFinal(), Speculate("what time is it")]),
    ],
)
def test_what_happens_leads_to_a_state_and_to_actions(
    inputs: list[tuple[float, Input]], state: str, actions: list[Action] | None
) -> None:
    turns, did = after(*inputs)
    assert turns.state == state
    assert actions is None or did == actions


def test_silence_is_counted_from_the_last_speech_and_adapts_to_the_text() -> None:
    turns, _ = after(*ENDPOINTING)
    assert turns.deadline_s == pytest.approx(2.6)
    turns, _ = after(*ENDPOINTING, (2.3, Heard("what time is it?", True)))
    assert turns.deadline_s == pytest.approx(2.4)
    turns, _ = after(*ENDPOINTING, (2.3, Heard("what time is it and", True)))
    assert turns.deadline_s == pytest.approx(3.5)


def test_a_turn_model_is_asked_at_each_pause_and_believed() -> None:
    rules = replace(RULES, turn_taking=replace(RULES.turn_taking, detection="model"))
    turns, actions = after(*ENDPOINTING, rules=rules)
    assert AskModel() in actions
    turns, _ = after((2.3, TurnJudged(0.1)), rules=rules, turns=turns)
    assert turns.deadline_s == pytest.approx(3.5)


def test_a_recognizer_that_detects_turns_ends_them_at_once() -> None:
    rules = replace(RULES, turn_taking=TurnTaking(detection="provider"))
    eager, actions = after(*LISTENING, (2.0, Heard("what time is it", False, "eager_end")), rules=rules)
    assert actions == [Speculate("what time is it")]
    _, actions = after((2.1, Heard("what time is it", False, "resumed")), rules=rules, turns=eager)
    assert actions == [DropSpeculation()]
    turns, actions = after((2.2, Heard("what time is it", True, "ended")), rules=rules, turns=eager)
    assert (turns.state, actions[0]) == ("thinking", StartReply("what time is it"))


def test_a_turn_that_the_recognizer_ends_before_the_pause_ends_when_it_says_so() -> None:
    rules = replace(RULES, turn_taking=TurnTaking(detection="provider"))
    turns, _ = after(*SPEAKING, (9.0, ReplyEnded()), (20.0, SpeechStarted()), rules=rules)
    turns, _ = after((21.0, Heard("yes", True, "ended")), rules=rules, turns=turns)
    assert (turns.state, turns.speech_end_s) == ("thinking", 21.0)


def test_a_recognizer_that_detects_turns_is_not_asked_for_the_text_of_a_noise() -> None:
    rules = replace(RULES, turn_taking=TurnTaking(detection="provider", provider_silence_s=3.0))
    noise = [(1.0, SpeechStarted()), (1.5, SpeechPaused(1.3))]
    assert after(*noise, rules=rules)[1] == []
    assert after(*noise, (4.3, Due()), rules=rules)[0].state == "idle"
    assert after(*PAUSED, (4.3, SpeechPaused(4.1)), rules=rules)[1] == []


def test_a_backchannel_that_the_recognizer_ends_after_the_reply_is_no_turn() -> None:
    rules = replace(RULES, turn_taking=TurnTaking(detection="provider"))
    assert after((1.0, Heard("mhm", True, "ended")), rules=rules)[0].state == "idle"
    assert after((1.0, Heard("what time is it", True, "ended")), rules=rules)[0].state == "thinking"


def test_long_speech_without_a_word_is_asked_about_and_short_one_is_not() -> None:
    for length_s, state in [(0.7, "idle"), (0.9, "thinking")]:
        end_s = 1.0 + length_s
        turns, _ = after((1.0, SpeechStarted()), (end_s + 0.2, SpeechPaused(end_s)), (end_s + 0.3, Heard("", True)))
        assert after((end_s + 0.6, Due()), turns=turns)[0].state == state


def test_what_was_not_answered_is_answered_after_a_noise() -> None:
    turns, _ = after(*THINKING, (2.7, SpeechStarted()), (3.4, Due()))
    assert turns.has_unanswered
    turns, actions = after((3.6, SpeechPaused(3.4)), (3.7, Heard("", True)), (4.0, Due()), turns=turns)
    assert (turns.state, actions[0]) == ("thinking", StartReply(""))


def test_words_that_come_after_a_false_alarm_still_interrupt() -> None:
    alarmed = [*PAUSED, (4.3, SpeechPaused(4.1)), (4.8, Due())]
    turns, actions = after(*alarmed, (5.0, Heard("stop", True)))
    assert (turns.state, actions[0]) == ("thinking", CancelReply())
    turns, actions = after(*alarmed, (9.0, Heard("stop", True)))
    assert (turns.state, actions) == ("speaking", [])


def test_without_barge_in_speech_is_not_noticed() -> None:
    rules = replace(RULES, barge_in=BargeIn(allowed=False))
    assert after(*SPEAKING, (4.0, SpeechStarted()), rules=rules)[0].state == "speaking"


def random_input(chance: random.Random, now_s: float) -> Input:
    text = chance.choice(["", "mhm", "stop", "what time is it", "and", "yes."])
    return chance.choice(
        [
            SpeechStarted(), Quieted(), SpeechPaused(now_s - 0.2), Heard(text, chance.random() < 0.5), HearingFailed(),
            Heard(text, True, chance.choice(["started", "eager_end", "resumed", "ended"])), TurnJudged(chance.random()),
            ReplyAudible(), ReplyEnded(), Due(), Typed("hi"), Begin("greeting"),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_there_is_a_way_out(seed: int) -> None:
    """Every state but idle has a deadline, and deadlines alone lead back to idle once the reply is over."""
    chance = random.Random(seed)
    turns, now_s = Turns(), 0.0
    for _ in range(500):
        now_s += chance.random()
        before = turns
        turns, actions = step(turns, random_input(chance, now_s), now_s, RULES)
        assert (turns.state == "idle") == (turns.deadline_s is None)
        assert turns.turn_id >= before.turn_id
        replying = {"thinking", "speaking", "paused"}
        if before.state in replying and any(isinstance(each, StartReply | SayPhrase) for each in actions):
            assert any(isinstance(each, CancelReply) for each in actions)
    for _ in range(8):
        if turns.deadline_s is not None:
            turns, _ = step(turns, Due(), turns.deadline_s, RULES)
    assert turns.state == "idle"


NOISE = [(0.1, SpeechStarted()), (0.5, Due()), (1.0, SpeechPaused(0.9)), (1.1, Heard("", True))]


def test_a_noise_before_the_greeting_is_heard_asks_no_model() -> None:
    inputs = [(0.0, Begin("greeting")), *NOISE, (1.6, Due())]
    turns, did = after(*inputs)
    assert (turns.state, turns.has_unanswered) == ("thinking", False)
    assert did == [ForgetSpeech(), SayPhrase("nothing_heard")]


def test_a_noise_before_an_answer_is_heard_leaves_the_question_to_be_answered() -> None:
    inputs = [(0.0, Typed("what time is it")), *NOISE, (1.6, Due())]
    assert after(*inputs)[1] == [StartReply(""), ForgetSpeech()]
