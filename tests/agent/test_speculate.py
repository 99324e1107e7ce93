import asyncio
from collections.abc import AsyncIterator, Sequence

from audiokit.agent.speculate import Item, Speculation
from audiokit.contracts import Message, Usage
from audiokit.testing import clock
from audiokit.testing.providers import Fault, ScriptedLLM


def speculation(most: int = 2, faults: Sequence[Fault] = ()) -> tuple[Speculation, ScriptedLLM]:
    llm = ScriptedLLM(first_s=1.0, faults=faults)

    def ask(text: str) -> AsyncIterator[Item]:
        return llm.reply([Message(role="user", text=text)])

    def usage_of(text: str, items: Sequence[Item]) -> Usage:
        return Usage(input_tokens=len(text), output_tokens=len(items))

    return Speculation(ask, usage_of, most), llm


def counts(guess: Speculation) -> tuple[int, int]:
    counted = guess.count()
    return counted.started, counted.wasted


def test_a_right_guess_is_taken_and_asked_once() -> None:
    async def go() -> list[Item]:
        guess, llm = speculation()
        guess.offer("what time is it")
        guess.offer("What time is it?")
        await asyncio.sleep(5)
        taken = guess.take("what time is it")
        assert taken is not None
        assert taken.first_s == 1.0
        assert len(llm.asked) == 1
        assert counts(guess) == (1, 0)
        return [item async for item in taken][:3]

    assert clock.run(go()) == ["You ", "said: ", "what "]


def test_a_wrong_guess_is_stopped_and_counted() -> None:
    async def go() -> None:
        guess, llm = speculation()
        guess.offer("what time")
        await asyncio.sleep(0.5)
        assert llm.open == 1
        guess.offer("what time is it")
        assert guess.take("something else") is None
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert llm.open == 0
        assert counts(guess) == (2, 2)
        assert counts(guess) == (0, 0)

    clock.run(go())


def test_guesses_are_limited() -> None:
    async def go() -> int:
        guess, llm = speculation(most=2)
        for text in ("a", "b", "c", "d"):
            guess.offer(text)
            await asyncio.sleep(0.1)
        guess.drop()
        return len(llm.asked)

    assert clock.run(go()) == 2


def test_none_are_made_when_none_are_wanted() -> None:
    async def go() -> int:
        guess, llm = speculation(most=0)
        guess.offer("a")
        await asyncio.sleep(0.1)
        assert guess.take("a") is None
        return len(llm.asked)

    assert clock.run(go()) == 0


def test_a_guess_that_was_dropped_is_not_made_again() -> None:
    async def go() -> None:
        guess, llm = speculation()
        guess.offer("what time")
        guess.drop()
        guess.offer("What time?")
        await asyncio.sleep(0.1)
        assert guess.take("what time") is None
        assert counts(guess) == (1, 1)
        assert len(llm.asked) <= 1

    clock.run(go())


def test_what_was_thrown_away_is_counted_as_far_as_it_came() -> None:
    async def go() -> tuple[Usage, Usage]:
        guess, _ = speculation()
        guess.offer("what")
        await asyncio.sleep(0.5)
        guess.offer("what time")
        await asyncio.sleep(5)
        guess.drop()
        return guess.count().usage, guess.count().usage

    first, second = clock.run(go())
    assert first.input_tokens == len("what") + len("what time")
    assert first.output_tokens >= 4  # "You said: what time", word by word
    assert second == Usage()


def test_a_model_that_failed_is_not_paid_for() -> None:
    async def go() -> Usage:
        guess, _ = speculation(faults=[Fault(kind="reject")])
        guess.offer("what")
        await asyncio.sleep(5)
        guess.drop()
        return guess.count().usage

    assert clock.run(go()) == Usage()


def test_a_model_that_failed_in_the_middle_is_paid_for() -> None:
    async def go() -> Usage:
        guess, _ = speculation(faults=[Fault(kind="reject", after=2)])
        guess.offer("what")
        await asyncio.sleep(5)
        guess.drop()
        return guess.count().usage

    assert clock.run(go()) == Usage(input_tokens=4, output_tokens=2)
