import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from audiokit.agent.agent import Agent
from audiokit.agent.events import AgentText, Event, SessionEnded, TurnEnded, UserText
from audiokit.agent.settings import ENERGY_TURNS, AgentSettings, Limits, Phrases, TurnTaking
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Voice
from audiokit.testing import clock
from audiokit.testing.people import Listener, User
from audiokit.testing.providers import Fault, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

SILENT = Phrases(**dict.fromkeys(Phrases.__dataclass_fields__, ""))
QUICK = AgentSettings(phrases=SILENT, turn_taking=TurnTaking(silence_s=0.2, finished_silence_s=0.2))


class Scene:
    """An agent with scripted services that speak at once, unless told otherwise."""

    def __init__(self, settings: AgentSettings = QUICK, **faults: list[Fault | None]) -> None:
        self.language = ToneLanguage()
        self.stt = ScriptedSTT(self.language, faults=faults.get("stt", []))
        self.llm = ScriptedLLM(faults=faults.get("llm", []))
        self.tts = ScriptedTTS(self.language, faults=faults.get("tts", []))
        self.agent = Agent(stt=self.stt, llm=self.llm, tts=self.tts, vad=EnergyVAD, settings=settings)

    async def sound(self, *texts: str, pause_s: float = 2.0) -> AsyncIterator[AudioChunk]:
        """A microphone: each text and a pause, in real time."""
        for text in texts:
            for chunk in [*self.language.speak(text), *self.language.silence(pause_s)]:
                await asyncio.sleep(0.02)
                yield chunk

    def open(self) -> int:
        return self.stt.open + self.llm.open + self.tts.open


def texts(events: list[Event], kind: type[UserText] | type[AgentText]) -> list[str]:
    return [event.text for event in events if isinstance(event, kind) and event.is_final]


def test_run_gives_the_events_of_a_conversation_and_ends_with_its_input() -> None:
    scene = Scene()

    async def go() -> list[Event]:
        out = Listener(scene.language)
        return [event async for event in scene.agent.run(scene.sound("what time is it", "and now"), out)]

    events = clock.run(go())
    assert texts(events, UserText) == ["what time is it", "and now"]
    assert texts(events, AgentText) == ["You said: what time is it", "You said: and now"]
    assert isinstance(events[-1], SessionEnded)
    assert scene.open() == 0


def test_leaving_run_early_ends_the_session() -> None:
    scene = Scene()

    async def go() -> None:
        events = scene.agent.run(scene.sound("what time is it", pause_s=60.0), Listener(scene.language))
        async for event in events:
            if isinstance(event, AgentText):
                break
        await events.aclose()
        await asyncio.sleep(0.01)
        assert scene.open() == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(go())


def test_an_error_of_the_microphone_is_the_callers() -> None:
    scene = Scene()

    async def broken() -> AsyncIterator[AudioChunk]:
        async for chunk in scene.sound("what time"):
            yield chunk
        raise OSError("the microphone was pulled out")

    async def go() -> list[Event]:
        events: list[Event] = []
        with pytest.raises(OSError, match="pulled out"):
            await _gather(scene.agent.run(broken(), Listener(scene.language)), events)
        return events

    assert isinstance(clock.run(go())[-1], SessionEnded)


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
def test_a_microphone_of_any_rate_is_understood(rate: int) -> None:
    """Only that speech is noticed: the words of a tone language do not survive a change of rate."""
    scene = Scene()

    async def go() -> list[Event]:
        async with scene.agent.session(Listener(scene.language)) as session:
            events: list[Event] = []
            reader = asyncio.create_task(_gather(session.events(), events))
            wave = np.sin(2 * np.pi * 300 * np.arange(rate) / rate).astype(np.float32)[:, np.newaxis] * 0.3
            for samples in (wave, np.zeros_like(wave)):
                for start in range(0, rate, rate // 50):
                    await asyncio.sleep(0.02)
                    session.push(AudioChunk(samples[start : start + rate // 50], rate))
        await reader
        return events

    kinds = [event.to_json()["type"] for event in clock.run(go())]
    assert kinds.count("user_speech_started") == kinds.count("user_speech_ended") == 1


async def _gather(source: AsyncIterator[Event], events: list[Event]) -> None:
    async for event in source:
        events.append(event)


def test_a_listener_gets_sound_at_its_own_rate() -> None:
    scene = Scene()

    class Out(Listener):
        frames = 0

        def play(self, chunk: AudioChunk, turn_id: int) -> None:
            assert chunk.sample_rate == 48_000
            self.frames += len(chunk.samples)
            super().play(chunk, turn_id)

    async def go() -> tuple[int, list[Event]]:
        out = Out(ToneLanguage(48_000))
        events = [event async for event in scene.agent.run(scene.sound("one two three"), out)]
        return out.frames, events

    frames, events = clock.run(go())
    assert frames / 48_000 == pytest.approx(5 * 0.3, abs=0.01)
    assert texts(events, AgentText) == ["You said: one two three"]


@pytest.mark.parametrize("stage", ["stt", "llm", "tts"])
def test_a_hung_provider_does_not_keep_the_session_from_ending(stage: str) -> None:
    scene = Scene(**{stage: [Fault(kind="hang", hang_s=20.0)]})

    async def go() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        async with scene.agent.session(Listener(scene.language)) as session:
            async for chunk in scene.sound("what time is it", pause_s=1.0):
                session.push(chunk)
            assert scene.open() > 0
            left_s = loop.time()
        took_s = loop.time() - left_s
        await asyncio.sleep(60.0)
        return took_s, scene.open()

    took_s, still_open = clock.run(go())
    assert took_s <= 1.0
    assert still_open == 0


@pytest.mark.no_cover
def test_fifty_sessions_leave_no_task_and_no_memory() -> None:
    scene = Scene()

    async def one() -> None:
        async for _ in scene.agent.run(scene.sound("what time is it", pause_s=0.5), Listener(scene.language)):
            pass

    async def go() -> int:
        for _ in range(20):
            await one()
        scene.llm.asked.clear()
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(30):
            await one()
        scene.llm.asked.clear()
        scene.llm.offered.clear()
        scene.tts.texts.clear()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return grown

    assert clock.run(go()) < 100_000
    assert scene.open() == 0


def test_nothing_comes_after_the_end() -> None:
    scene = Scene()

    async def go() -> list[Event]:
        async with scene.agent.session(Listener(scene.language)) as session:
            session.finish()
            session.finish()
            session.say_text("hello")
            session.push(scene.language.silence(0.02)[0])
            return [event async for event in session.events()]

    assert [type(event) for event in clock.run(go())] == [SessionEnded]


def test_a_session_that_is_left_in_the_middle_tells_what_was_heard() -> None:
    scene = Scene()

    async def go() -> tuple[str, list[Event]]:
        out = Listener(scene.language)
        async with scene.agent.session(out) as session:
            session.say_text("one two three four")
            await asyncio.sleep(1.0)
            heard = out.heard_text(1)
        return heard, [event async for event in session.events()]

    heard, events = clock.run(go())
    assert texts(events, AgentText) == [heard]
    assert isinstance(events[-1], SessionEnded)
    assert events[-1].reason == "closed"
    assert sum(isinstance(event, TurnEnded) for event in events) == 1


def test_a_session_that_is_left_while_a_reply_is_begun_ahead_tells_what_that_took() -> None:
    scene = Scene(replace(QUICK, speculate=True, turn_taking=TurnTaking(silence_s=9.0, finished_silence_s=9.0)))

    async def go() -> list[Event]:
        async with scene.agent.session(Listener(scene.language)) as session:
            async for chunk in scene.sound("what time is it"):
                session.push(chunk)
        return [event async for event in session.events()]

    events = clock.run(go())
    told = [(event.turn_id, event.metrics.wasted_speculations) for event in events if isinstance(event, TurnEnded)]
    assert told == [(1, 1)]
    assert isinstance(events[-1], SessionEnded)


def test_the_listener_falls_silent_in_the_very_call_in_which_speech_is_noticed() -> None:
    """`AgentSession` is synchronous from the frame to the pause: audiokit.agent.session."""
    scene = Scene()

    async def go() -> tuple[bool, int]:
        out = Listener(scene.language)
        async with scene.agent.session(out) as session:
            session.say_text("tell me a very long story please")
            await asyncio.sleep(1.0)
            sound = scene.language.speak("stop it now")
            frames = 0
            while not out.calls:
                session.push(sound[frames])
                frames += 1
            return out.calls[0][1] == "pause", frames

    assert clock.run(go()) == (True, 5)  # 0.1 s of speech, the setting's start_s


def test_phrases_are_made_once_for_all_sessions() -> None:
    scene = Scene(AgentSettings(greeting="Welcome."))

    async def go() -> int:
        for _ in range(3):
            async with scene.agent.session(Listener(scene.language)):
                await asyncio.sleep(3.0)
        return len(scene.tts.texts)

    phrases = len(Phrases.__dataclass_fields__)
    assert clock.run(go()) == phrases + 2  # the greeting, once to be heard and once to be kept


def test_the_simplest_turn_taking_ends_a_turn_after_0_3_s() -> None:
    scene = Scene(AgentSettings(phrases=SILENT, turn_taking=ENERGY_TURNS))

    async def go() -> list[Event]:
        return [event async for event in scene.agent.run(scene.sound("i want bread and"), Listener(scene.language))]

    (ended,) = [event.metrics for event in clock.run(go()) if isinstance(event, TurnEnded)]
    assert ended.latency_s == pytest.approx(0.3)


def test_a_failure_is_spoken_within_50_ms() -> None:
    scene = Scene(AgentSettings(turn_taking=QUICK.turn_taking), llm=[Fault(kind="reject")])

    async def go() -> float:
        await scene.agent.warm()
        out = Listener(scene.language)
        events = [event async for event in scene.agent.run(scene.sound("what time is it"), out)]
        failed_s = next(event.at_s for event in events if event.to_json()["type"] == "provider_failed")
        (ended,) = [event for event in events if isinstance(event, TurnEnded)]
        assert ended.metrics.first_audio_s is not None
        return ended.metrics.first_audio_s - failed_s

    assert clock.run(go()) <= 0.05


def test_a_voice_goes_to_its_own_provider_only() -> None:
    language = ToneLanguage()
    spoken: list[tuple[str, Voice | None]] = []

    class Named(ScriptedTTS):
        def synthesize(self, text, voice=None):  # type: ignore[no-untyped-def]
            spoken.append((self.name, voice))
            return super().synthesize(text, voice)

    voice = Voice(name="Ann", provider="one", voice_id="x")
    agent = Agent(
        stt=ScriptedSTT(language),
        llm=ScriptedLLM(),
        tts=[Named(language, name="one", faults=[Fault(kind="reject")]), Named(language, name="two")],
        vad=EnergyVAD,
        voice=voice,
        settings=QUICK,
    )

    async def go() -> None:
        async with agent.session(Listener(language)) as session:
            session.say_text("hi")
            await asyncio.sleep(3.0)

    clock.run(go())
    assert dict(spoken) == {"one": voice, "two": None}


def test_older_turns_are_summed_up_by_the_model() -> None:
    settings = AgentSettings(
        phrases=SILENT, max_history_tokens=80, shorten="summary", system_prompt="Be brief.", limits=Limits(max_turns=99)
    )
    scene = Scene(settings)
    scene.llm = ScriptedLLM(
        lambda messages: "They counted." if messages[0].text.startswith("Sum up") else "Yes, that is right and good."
    )
    agent = Agent(stt=scene.stt, llm=scene.llm, tts=scene.tts, vad=EnergyVAD, settings=settings)

    async def go() -> str:
        async with agent.session(Listener(scene.language)) as session:
            for number in range(8):
                session.say_text(f"this is question number {number} of all")
                await asyncio.sleep(5.0)
            return session.history.summary

    assert clock.run(go()) == "They counted."
    assert any("Summary of the earlier conversation: They counted." in asked[0].text for asked in scene.llm.asked)


def test_an_error_of_our_own_is_not_blamed_on_a_provider() -> None:
    scene = Scene()

    class Broken(Listener):
        def play(self, chunk: AudioChunk, turn_id: int) -> None:
            raise OSError("the loudspeaker was pulled out")

    async def go() -> None:
        async with scene.agent.session(Broken(scene.language)) as session:
            session.say_text("hello")
            await asyncio.sleep(5.0)

    with pytest.raises(OSError, match="pulled out"):
        clock.run(go())


def test_a_history_is_taken_up() -> None:
    scene = Scene()

    async def go() -> list[str]:
        async with scene.agent.session(Listener(scene.language)) as first:
            first.say_text("my name is Ann")
            await asyncio.sleep(5.0)
        async with scene.agent.session(Listener(scene.language), first.history) as second:
            second.say_text("who am I")
            await asyncio.sleep(5.0)
        return [message.text for message in scene.llm.asked[-1]]

    assert clock.run(go())[1:] == ["my name is Ann", "You said: my name is Ann", "who am I"]


def test_a_detector_is_reset_for_each_session() -> None:
    class Counting(EnergyVAD):
        resets = 0

        def reset(self) -> None:
            self.resets += 1

    vad, scene = Counting(), Scene()
    agent = Agent(stt=scene.stt, llm=scene.llm, tts=scene.tts, vad=vad, settings=QUICK)

    async def go() -> None:
        for _ in range(2):
            async with agent.session(Listener(scene.language)):
                await asyncio.sleep(0.1)

    clock.run(go())
    assert vad.resets == 2


def test_a_turn_model_must_be_there_if_it_is_to_judge() -> None:
    scene = Scene()
    settings = AgentSettings(turn_taking=TurnTaking(detection="model"))
    with pytest.raises(ValueError, match="expected a turn_detector"):
        Agent(stt=scene.stt, llm=scene.llm, tts=scene.tts, vad=EnergyVAD, settings=settings)


def test_a_user_in_a_noisy_hurry_does_not_slow_the_frame_path() -> None:
    """A frame is a plain call: 0.2 ms of it would already be 1 % of a core."""
    scene = Scene()

    async def go() -> float:
        async with scene.agent.session(Listener(scene.language)) as session:
            user = User(session, scene.language)
            assert user.is_on
            chunk = scene.language.silence(0.02)[0]
            for _ in range(200):
                session.push(chunk)
            began_s = time.thread_time()
            for _ in range(2000):
                session.push(chunk)
            return (time.thread_time() - began_s) / 2000

    assert clock.run(go()) < 0.0005
