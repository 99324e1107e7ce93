"""audiokit.providers.scripted: the bundled rules, rules of one's own, and sums."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest

from audiokit import registry
from audiokit.contracts import LLM, Message, Tool, ToolCall
from audiokit.errors import ConfigError
from audiokit.providers.scripted.arithmetic import calculate
from audiokit.providers.scripted.brain import Scripted
from audiokit.providers.scripted.rules import BUNDLED, read_rules
from tests.providers.llm_contract import LIGHTS, LLMContract, replies, text_of

LIGHT_RULES = r"""
fallback = "What?"
[[rule]]
match = ['lights in the (?P<room>\w+)']
say = ["It is {result} in the {room}."]
unknown = "I have no lights."
tool = "lights"
arguments = {room = "{room}"}
"""


class TestScripted(LLMContract):
    @pytest.fixture
    def llm(self) -> LLM:
        return Scripted()


def answer(*said: str, brain: Scripted | None = None) -> str:
    return text_of(replies(brain or Scripted(), [Message(role="user", text=text) for text in said]))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Hello!", "Hello! I am a scripted demo."),
        ("What is two plus two?", "That makes 4."),
        ("What's 12 times 3?", "That makes 36."),
        ("My name is Ann.", "Nice to meet you, Ann."),
        ("Who are you?", "I am the scripted demo of audiokit."),
        ("Can you help me?", "I can tell the time"),
        ("Tell me a story, please.", "Once upon a time"),
        ("Say the quick brown fox.", "the quick brown fox."),
        ("Thank you.", "You are welcome."),
        ("Okay, goodbye.", "Goodbye."),
        ("Calculate something.", "I can only add"),
        ("What is my name?", "You have not told me"),
        ("The cat sat.", "I am a scripted demo without a language model. You said: The cat sat."),
        ("", "I am a scripted demo without a language model. You said: "),
    ],
)
def test_the_bundled_rules_answer(said: str, expected: str) -> None:
    assert answer(said).startswith(expected)


def test_a_name_is_remembered() -> None:
    assert answer("Hi, my name is Ann.", "Fine.", "What is my name?") == "Your name is Ann."


def test_answers_take_turns() -> None:
    assert answer("Hello.", "Hello.") == "Hello again!"


@pytest.mark.parametrize(("hour", "expected"), [(0, "12:05 AM"), (11, "11:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")])
def test_the_time_is_that_of_the_clock(hour: int, expected: str) -> None:
    brain = Scripted(clock=lambda: datetime(2026, 3, 1, hour, 5))
    assert answer("What time is it?", brain=brain) == f"It is {expected}."


def test_the_date_is_that_of_the_clock() -> None:
    brain = Scripted(clock=lambda: datetime(2026, 3, 1))
    assert answer("What day is it today?", brain=brain) == "Today is Sunday, March 1, 2026."


def test_what_was_said_cannot_change_the_rules() -> None:
    assert answer("{time} {0.__class__}").endswith("You said: {time} {0.__class__}")


def test_an_empty_conversation_has_an_answer() -> None:
    assert text_of(replies(Scripted(), [])).startswith("I am a scripted demo")


def test_words_come_one_at_a_time_at_a_pace() -> None:
    started_s = time.monotonic()
    assert replies(Scripted(word_s=0.02), [Message(role="user", text="Say one two three four")]) == [
        "one ",
        "two ",
        "three ",
        "four",
    ]
    assert time.monotonic() - started_s >= 0.06


@pytest.fixture
def with_lights(tmp_path: Path) -> Scripted:
    path = tmp_path / "rules.toml"
    path.write_text(LIGHT_RULES)
    return Scripted(path)


ON = Message(role="user", text="Switch on the lights in the kitchen.")


def test_a_rule_calls_a_tool(with_lights: Scripted) -> None:
    assert replies(with_lights, [ON], [LIGHTS]) == [
        ToolCall(call_id="call_1", name="lights", arguments={"room": "kitchen"})
    ]


def test_the_result_of_a_tool_is_told(with_lights: Scripted) -> None:
    (call,) = replies(with_lights, [ON], [LIGHTS])
    assert isinstance(call, ToolCall)
    asked = Message(role="assistant", tool_calls=(call,))
    told = Message(role="tool", call_id=call.call_id, text="light")
    assert text_of(replies(with_lights, [ON, asked, told], [LIGHTS])) == "It is light in the kitchen."


@pytest.mark.parametrize("tools", [[], [Tool(name="music", description="Play.", parameters={})]])
def test_a_tool_that_is_not_there_is_not_called(with_lights: Scripted, tools: list[Tool]) -> None:
    assert replies(with_lights, [ON], tools) == ["I ", "have ", "no ", "lights."]


def test_the_bundled_rules_say_what_they_are() -> None:
    assert "without a language model" in read_rules(BUNDLED).fallback


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fallback = ", "cannot be read"),
        ("falback = 'x'", "'falback' is not known; expected fallback, rule"),
        ("[[rule]]\nmatch = ['a']\nsya = ['b']", "rule 1: 'sya' is not known"),
        ("[[rule]]\nmatch = ['a']", "rule 1: expected a list `match`"),
        ("[[rule]]\nmatch = 'a'\nsay = ['b']", "rule 1: expected a list `match`"),
        ("[[rule]]\nmatch = [1]\nsay = ['b']", "rule 1: expected a list `match`"),
        ("[[rule]]\nmatch = ['a']\nsay = 'Good morning'", "rule 1: .* a list `say`"),
        ("[[rule]]\nmatch = ['a']\nsay = [5]", "rule 1: .* a list `say`"),
        ("[[rule]]\nmatch = ['a']\nsay = ['b']\nunknown = 5", "rule 1, unknown is 5; expected a text"),
        ("[[rule]]\nmatch = ['a']\ntool = 'x'\narguments = 5", "rule 1: arguments is 5; expected a table"),
        ("[rule]\nmatch = ['a']\nsay = ['b']", "under \\[\\[rule\\]\\] in double brackets"),
        ("fallback = 5", "fallback is 5; expected a text"),
        ("[[rule]]\nmatch = ['(a']\nsay = ['b']", "'\\(a' is no regular expression"),
        ("[[rule]]\nmatch = ['a']\nsay = ['{b}']", "\\{b\\} in '\\{b\\}' is not known; expected calculated"),
        ("[[rule]]\nmatch = ['a']\nsay = ['{']", "Single '\\{'|expected '\\}'"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        Scripted(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Scripted(tmp_path / "none.toml")


def test_the_registry_knows_it() -> None:
    assert text_of(replies(registry.provider("llm", "scripted"), [Message(role="user", text="Bye.")])) != ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is two plus two", "4"),
        ("2+2", "4"),
        ("12-5", "7"),
        ("What is 2 plus 3 times 4?", "14"),
        ("seven divided by two", "3.5"),
        ("ten over four", "2.5"),
        ("twenty-one minus one", "20"),
        ("two hundred and five plus a lot, or one plus one", "2"),
        ("two hundred and five plus one", "206"),
        ("one thousand two hundred times three", "3600"),
        ("1,000 multiplied by 2.5", "2500"),
        ("one divided by three", "0.33"),
        ("3 x 4", "12"),
        ("five minus eight", "-3"),
        ("2 plus 2 equals what", "4"),
        ("one divided by zero", None),
        ("plus", None),
        ("two plus", None),
        ("two cats and two dogs", None),
        ("9" * 30 + " plus 1", None),
        ("9" * 20 + " times " + "9" * 20, "9999999999999999999800000000000000000001"),
        (" times ".join(["9" * 20] * 17) + " divided by 7", None),
        (" times ".join(["9" * 20] * 400), None),
        ("", None),
    ],
)
def test_sums_are_worked_out(text: str, expected: str | None) -> None:
    assert calculate(text) == expected
