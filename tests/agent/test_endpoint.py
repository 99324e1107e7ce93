import pytest

from audiokit.agent.endpoint import count_words, is_backchannel, silence_for, sounds_unfinished
from audiokit.agent.settings import BACKCHANNELS, TurnTaking

RULES = TurnTaking(silence_s=0.6, finished_silence_s=0.4, unfinished_silence_s=1.5)


@pytest.mark.parametrize(
    ("text", "silence_s"),
    [
        ("What time is it?", 0.4),
        ("I want a table.", 0.4),
        ("Er sagte “ja.”", 0.4),
        ("今日は晴れです。", 0.4),
        ("I want a table", 0.6),
        ("", 0.6),
        ("I want a table and", 1.5),
        ("I want a table and.", 1.5),
        ("Well, because...", 1.5),
        ("First of all,", 1.5),
        ("Ich möchte einen Tisch und", 1.5),
        ("What is it that you are waiting for?", 0.4),
        ("Thank you.", 0.4),
        ("Turn the light on.", 0.4),
        ("Come in.", 0.4),
        ("Turn the light on", 1.5),
        ("Come in...", 1.5),
    ],
)
def test_silence_depends_on_how_the_text_ends(text: str, silence_s: float) -> None:
    assert silence_for(text, RULES) == silence_s


@pytest.mark.parametrize(("probability", "silence_s"), [(0.9, 0.4), (0.5, 0.4), (0.49, 1.5), (0.0, 1.5)])
def test_a_turn_model_goes_before_the_text(probability: float, silence_s: float) -> None:
    assert silence_for("I want a table and", RULES, probability) == silence_s


def test_a_provider_that_detects_turns_is_waited_for() -> None:
    assert silence_for("Done.", TurnTaking(detection="provider", provider_silence_s=5.0)) == 5.0


def test_a_question_that_ends_in_a_hanging_word_is_finished() -> None:
    assert not sounds_unfinished("Where are you from?")


@pytest.mark.parametrize("text", ["mhm", "Mhm.", "Yeah, right.", "uh-huh", "I see", "ok ok ok", "Mm-hmm"])
def test_a_backchannel_leaves_the_word(text: str) -> None:
    assert is_backchannel(text, BACKCHANNELS)


@pytest.mark.parametrize("text", ["", "stop", "yeah but no", "ohm", "okay, wait", "I see a problem", "right-hand"])
def test_anything_else_takes_it(text: str) -> None:
    assert not is_backchannel(text, BACKCHANNELS)


@pytest.mark.parametrize(("text", "words"), [("", 0), ("stop", 1), ("it's well-known, yes", 3), ("今日は", 3)])
def test_words_are_counted(text: str, words: int) -> None:
    assert count_words(text) == words
