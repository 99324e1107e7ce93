"""A thousand conversations by chance, on virtual time: whatever users and services do, the promises hold."""

import asyncio
import random
from itertools import pairwise

import pytest

from audiokit.agent.agent import Agent
from audiokit.agent.events import (
    AgentText,
    Event,
    SessionEnded,
    SpokenFailure,
    StateChanged,
    ToolStarted,
    TurnEnded,
    UserText,
)
from audiokit.agent.session import AgentSession
from audiokit.agent.settings import AgentSettings, Budgets, Limits, TurnTaking
from audiokit.analysis.activity import EnergyVAD
from audiokit.contracts import ToolCall
from audiokit.testing import clock
from audiokit.testing.people import Listener, User
from audiokit.testing.providers import Answer, Fault, FaultKind, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

KINDS: list[FaultKind] = ["refuse", "stall", "break", "end", "reject", "crash", "hang"]
WORDS = "now what time is it please tell me a story about one sea and an old man who lives there".split()  # noqa: SIM905
TURNS = 1000
BLOCK = 50


def faults(chance: random.Random, share: float, kinds: list[FaultKind], longest: int = 20) -> list[Fault | None]:
    return [
        Fault(
            kind=chance.choice(kinds), after=chance.choice([0, 0, 3, 20]) % (longest + 1), hang_s=chance.uniform(1, 20)
        )
        if chance.random() < share
        else None
        for _ in range(10)
    ]


def some_text(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, k=chance.randint(1, 6)))


def some_answer(chance: random.Random) -> Answer:
    if chance.random() < 0.1:
        return [ToolCall(call_id="1", name="look_up", arguments={"wait_s": chance.uniform(0, 3)})]
    return some_text(chance) + ", yes."


async def look_up(wait_s: float) -> str:
    """Look it up."""
    await asyncio.sleep(wait_s)
    return "It is so."


async def mark(session: AgentSession, listener: Listener) -> None:
    """A listener that tells what it has played."""
    while True:
        await asyncio.sleep(0.1)
        for turn_id in range(12):
            session.played(turn_id, listener.heard_s(turn_id))


async def converse(chance: random.Random, turns: int) -> tuple[list[Event], Listener, int]:
    language, share = ToneLanguage(), chance.choice([0.0, 0.0, 0.2, 0.5])
    detects_turns = chance.choice([0.0, 0.0, 0.0, 0.4])
    settings = AgentSettings(
        speculate=chance.random() < 0.3,
        turn_taking=TurnTaking(
            silence_s=chance.choice([0.2, 0.6]),
            finished_silence_s=0.2,
            detection="provider" if detects_turns else "silence",
            early_transcript=chance.random() < 0.5,
        ),
        budgets=Budgets(llm_first_s=1.0, tts_first_s=1.0, stt_final_s=1.0, next_s=1.0),
        limits=Limits(max_turn_s=20.0, max_failures=99),
    )
    stt = ScriptedSTT(
        language,
        delay_s=chance.uniform(0, 0.5),
        streaming=bool(detects_turns) or chance.random() < 0.8,
        detects_turns=detects_turns,
    )
    llm = ScriptedLLM(lambda _: some_answer(chance), first_s=chance.uniform(0, 0.8))
    tts = ScriptedTTS(language, first_s=chance.uniform(0, 0.3), tells_words=chance.random() < 0.5)
    agent = Agent(
        stt=[stt, stt], llm=[llm, ScriptedLLM()], tts=[tts, tts], vad=EnergyVAD, tools=[look_up], settings=settings
    )
    await agent.warm()
    for provider in (stt, llm):
        provider.faults.add(*faults(chance, share, KINDS))
    # Nobody can find out what a voice has left out that ends as if that were all, or breaks off and tells no times.
    sure: list[FaultKind] = [kind for kind in KINDS if kind != "end"] if tts.tells_words else ["refuse"]
    tts.faults.add(*faults(chance, share, sure, longest=20 if tts.tells_words else 0))
    listener, events = Listener(language), []
    async with agent.session(listener) as session:

        async def read() -> None:
            async for event in session.events():
                events.append(event)

        reader = asyncio.create_task(read())
        user = User(session, language)
        helpers = [asyncio.create_task(user.run())]
        if chance.random() < 0.3:
            helpers.append(asyncio.create_task(mark(session, listener)))
        for _ in range(turns):
            action = chance.random()
            if action < 0.7:
                user.say(some_text(chance))
            elif action < 0.8:
                user.say(chance.choice(["mhm", "okay"]))
            elif action < 0.9:
                user.hum(chance.uniform(0.04, 1.5))
            else:
                session.say_text(some_text(chance))
            await user.said()
            await asyncio.sleep(chance.uniform(0.0, 3.0))
        session.finish()
        async with asyncio.timeout(120.0):
            await reader
    for helper in helpers:
        helper.cancel()
    await asyncio.sleep(25.0)
    return events, listener, stt.open + llm.open + tts.open


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(TURNS // BLOCK))
def test_conversations_by_chance(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(BLOCK // 5):
        events, listener, left_open = clock.run(converse(chance, turns=5))
        assert isinstance(events[-1], SessionEnded)
        assert events[-1].reason == "finished"
        assert left_open == 0
        assert listener.most_ahead_s <= 0.221
        assert [event.at_s for event in events] == sorted(event.at_s for event in events)
        ended = [event.turn_id for event in events if isinstance(event, TurnEnded)]
        assert len(ended) == len(set(ended))
        answered = [event.turn_id for event in events if isinstance(event, UserText) and event.is_final]
        assert set(answered) <= set(ended)
        apologies = {event.turn_id for event in events if isinstance(event, SpokenFailure | ToolStarted)}
        for event in events:
            if isinstance(event, AgentText) and event.is_final and event.turn_id not in apologies:
                heard, believed = listener.heard_text(event.turn_id).split(), event.text.split()
                shared = min(len(heard), len(believed))
                assert heard[:shared] == believed[:shared]
                assert abs(len(heard) - len(believed)) <= 1
        states = [event.state for event in events if isinstance(event, StateChanged)]
        assert all(before != after for before, after in pairwise(states))
