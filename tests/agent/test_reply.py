"""A reply without a session: `reply`, `voicing`, `speaker`, and the `surroundings` that they need."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from audiokit.agent.agent import Agent
from audiokit.agent.events import Event, SpokenFailure, TurnEnded, TurnMetrics
from audiokit.agent.metrics import TurnMeter
from audiokit.agent.phrases import PhraseBook
from audiokit.agent.replies import Replies
from audiokit.agent.reply import Reply
from audiokit.agent.services import Services
from audiokit.agent.settings import AgentSettings
from audiokit.agent.speaker import Speaker
from audiokit.agent.surroundings import Surroundings
from audiokit.agent.voicing import Voicing
from audiokit.analysis.activity import EnergyVAD
from audiokit.contracts import Message, SpeechChunk, Tool, ToolCall, Usage, Voice
from audiokit.errors import ProviderError, ProviderUnavailable
from audiokit.testing import clock
from audiokit.testing.people import Listener
from audiokit.testing.providers import Fault, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

ASK = [Message(role="user", text="go on")]
STORY = "Well, this is one. And this is two. And this is three. And this is four. And this is five."


@dataclass(eq=False)
class Stage:
    """What a reply needs, and what it did."""

    llm: ScriptedLLM
    tts: ScriptedTTS
    settings: AgentSettings = field(default_factory=AgentSettings)
    events: list[Event] = field(default_factory=list)
    meter: TurnMeter = field(default_factory=TurnMeter)

    def reply(self) -> tuple[Reply, Listener]:
        loop = asyncio.get_running_loop()
        out = Listener(self.tts.language)
        agent = Agent(
            stt=ScriptedSTT(self.tts.language), llm=self.llm, tts=self.tts, vad=EnergyVAD, settings=self.settings
        )
        services: Services = agent._services
        around = Surroundings(
            services=services,
            out=out,
            clock=loop.time,
            emit=self.events.append,
            step=lambda happened: None,
            start=loop.create_task,
            end=lambda reason: None,
        )
        assert Replies
        return Reply(around, 1, "go on", self.meter), out


def stage(answer: str = STORY, faults: list[Fault | None] | None = None, **speech: float) -> Stage:
    return Stage(ScriptedLLM([answer], token_s=0.01), ScriptedTTS(ToneLanguage(), faults=faults or [], **speech))


def played(given: Stage, meanwhile: Callable[[Reply], None] = lambda reply: None) -> str:
    async def go() -> str:
        reply, out = given.reply()
        asyncio.get_running_loop().call_later(2.0, meanwhile, reply)
        await reply.answer(ASK)
        return out.heard_text(1)

    return clock.run(go())


def test_all_is_heard_in_order_and_without_gaps() -> None:
    assert played(stage()) == STORY


def test_at_most_two_clauses_are_made_before_they_are_heard() -> None:
    given = stage()
    waiting: list[int] = []

    async def go() -> None:
        reply, out = given.reply()

        async def watch() -> None:
            while True:
                await asyncio.sleep(0.01)
                heard = len(out.heard_text(1).split())
                lengths = [len(text.split()) for text in given.tts.texts]
                waiting.append(sum(sum(lengths[:index]) >= heard for index in range(1, len(lengths))))

        watching = asyncio.create_task(watch())
        await reply.answer(ASK)
        watching.cancel()

    clock.run(go())
    assert max(waiting) <= 3  # two, and one that went out 0.2 s before it is heard


def test_a_reply_that_is_stopped_stops_its_providers() -> None:
    given = stage(first_s=0.3)
    given.llm.token_s = 0.3

    async def go() -> tuple[int, int, str]:
        reply, out = given.reply()
        task = asyncio.create_task(reply.answer(ASK))
        await asyncio.sleep(2.0)
        assert given.llm.open == 1
        task.cancel()
        reply.close()
        await asyncio.sleep(0.001)
        before = out.heard_text(1)
        await asyncio.sleep(5.0)
        assert out.heard_text(1) == before
        return given.llm.open, given.tts.open, before

    assert clock.run(go())[:2] == (0, 0)


def test_a_pause_in_the_middle_loses_nothing() -> None:
    def pause(reply: Reply) -> None:
        reply.speaker.pause()
        asyncio.get_running_loop().call_later(3.0, reply.speaker.resume)

    assert played(stage(), pause) == STORY


def test_moments_are_measured_in_their_order() -> None:
    given = stage(first_s=0.2)
    given.llm.first_s = 0.5
    played(given)
    meter = given.meter
    assert meter.llm_first_token_s == pytest.approx(0.5)
    assert meter.first_clause_s == pytest.approx(0.5, abs=0.03)
    assert meter.tts_first_byte_s == pytest.approx(0.7, abs=0.03)
    assert meter.tts_characters == sum(map(len, given.tts.texts))
    assert meter.usage.output_tokens == len(STORY.split())


def test_a_voice_that_fails_without_a_phrase_is_told_and_the_reply_ends() -> None:
    given = stage(faults=[Fault(kind="reject")] * 20)
    assert played(given) == ""
    assert any(isinstance(event, SpokenFailure) and event.kind == "tts_down" for event in given.events)
    assert given.meter.error == "scripted-tts refuses the key"


def test_voicing_stops_at_what_cannot_be_spoken() -> None:
    async def go() -> str | None:
        language = ToneLanguage()
        speaker = Speaker(Listener(language), 1, 0.2, lambda: None)

        async def broken():  # type: ignore[no-untyped-def]
            raise ProviderUnavailable("down", provider="x")
            yield

        voicing = Voicing(lambda text: broken(), speaker, 2, TurnMeter(), asyncio.get_running_loop().time)
        from audiokit.agent.heard import Clause

        await voicing.say(Clause(text="one"))
        voicing.finish()
        failure = await voicing.run()
        return failure and str(failure)

    assert clock.run(go()) == "down"


def test_a_speaker_believes_a_listener_that_lags_behind() -> None:
    async def go() -> tuple[float, float]:
        language = ToneLanguage()
        speaker = Speaker(Listener(language), 1, 0.2, lambda: None)
        for chunk in language.speak("one two three four"):
            speaker.push(chunk.samples)
        await asyncio.sleep(1.0)
        by_clock_s = speaker.heard_s()
        speaker.played(0.4)
        return by_clock_s, speaker.heard_s()

    assert clock.run(go()) == (pytest.approx(1.0), pytest.approx(0.4))


def test_a_speaker_waits_for_the_last_mark_but_not_for_ever() -> None:
    async def go() -> float:
        language = ToneLanguage()
        speaker = Speaker(Listener(language), 1, 0.2, lambda: None)
        for chunk in language.speak("one two"):
            speaker.push(chunk.samples)
        speaker.played(0.01)
        await speaker.drained()
        return asyncio.get_running_loop().time()

    assert 0.6 < clock.run(go()) <= 1.7


def test_phrases_are_synthesized_once_and_failures_later_again() -> None:
    calls: list[str] = []

    async def synthesize(text: str) -> list[SpeechChunk]:
        calls.append(text)
        if text == "bad" and len(calls) < 3:
            raise ProviderUnavailable("down", provider="x")
        return []

    async def go() -> list[str]:
        book = PhraseBook()
        await book.warm(["good", "bad", "", "good"], synthesize)
        assert book.missing(["good", "bad"]) == ["bad"]
        await book.warm(["good", "bad"], synthesize)
        return book.missing(["good", "bad", "new"])

    assert clock.run(go()) == ["new"]
    assert calls == ["good", "bad", "bad"]


class Picky(ScriptedTTS):
    """Refuses words that it cannot pronounce, as vendors do."""

    refused = ("你好",)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        if any(word in text for word in self.refused):
            raise ProviderError("there is nothing to say", provider="picky")
        async for chunk in super().synthesize(text, voice):
            yield chunk


@pytest.mark.parametrize("prefetch", [1, 2])
@pytest.mark.parametrize(
    "answer", ["One is here. 你好。 Two is here. Three is here.", "你好。 One is here. Two is here."]
)
def test_a_clause_that_no_voice_can_speak_is_left_out(answer: str, prefetch: int) -> None:
    given = Stage(ScriptedLLM([answer]), Picky(ToneLanguage()), AgentSettings(prefetch_clauses=prefetch))
    assert played(given) == " ".join(answer.replace("你好。", "").split())
    assert not [event for event in given.events if isinstance(event, SpokenFailure)]


@pytest.mark.parametrize("answer", ["你好。", "One is here. 你好。 你好。 Two is here."])
def test_a_voice_that_can_speak_no_clause_is_told_to_be_down(answer: str) -> None:
    given = Stage(ScriptedLLM([answer]), Picky(ToneLanguage()))
    played(given)
    assert [event.kind for event in given.events if isinstance(event, SpokenFailure)] == ["tts_down"]


class Refusing(ScriptedLLM):
    """Fails as soon as it is called, and not at its first item."""

    def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall | Usage]:
        raise ConnectionError("refused")


def test_a_provider_that_raises_when_it_is_called_gives_way_to_its_fallback() -> None:
    language = ToneLanguage()

    async def go() -> list[str]:
        agent = Agent(
            stt=ScriptedSTT(language),
            llm=[Refusing(), ScriptedLLM(["Here I am."])],
            tts=ScriptedTTS(language),
            vad=EnergyVAD,
            settings=AgentSettings(system_prompt=""),
        )
        async with agent.session(Listener(language)) as session:
            session.say_text("where are you")
            await asyncio.sleep(3.0)
            return [message.text for message in session.history.messages()]

    assert clock.run(go()) == ["where are you", "Here I am."]


def metrics_of(llm: ScriptedLLM, after_s: float) -> TurnMetrics:
    """Let the user take the word after so long."""
    language = ToneLanguage()

    async def go() -> TurnMetrics:
        bare = AgentSettings(system_prompt="")
        agent = Agent(stt=ScriptedSTT(language), llm=llm, tts=ScriptedTTS(language), vad=EnergyVAD, settings=bare)
        agent.priced_by(lambda usage, characters: usage.input_tokens + 10.0 * usage.output_tokens)
        async with agent.session(Listener(language)) as session:
            session.say_text("tell me everything that you know")
            await asyncio.sleep(after_s)
            session.say_text("stop")
            return next(event.metrics for event in session.unread() if isinstance(event, TurnEnded))

    return clock.run(go())


def test_a_turn_that_is_cut_short_is_paid_by_estimate() -> None:
    metrics = metrics_of(ScriptedLLM([STORY], token_s=0.2), after_s=2.0)
    assert metrics.is_estimate
    assert (metrics.input_tokens, metrics.output_tokens) == (12, 15)
    assert metrics.cost_usd == 12 + 10 * 15


def test_a_turn_that_the_model_counted_is_paid_by_its_count() -> None:
    metrics = metrics_of(ScriptedLLM(["It is noon."]), after_s=5.0)
    assert not metrics.is_estimate
    assert (metrics.input_tokens, metrics.output_tokens) == (6, 3)
