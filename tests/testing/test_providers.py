import asyncio
from collections.abc import AsyncIterator

import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Message, ToolCall, Usage
from audiokit.errors import AuthenticationError, ProviderUnavailable
from audiokit.testing import clock
from audiokit.testing.people import Listener
from audiokit.testing.providers import Fault, FaultKind, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

ASK = [Message(role="user", text="hi")]


async def spoken(chunks: list[AudioChunk]) -> AsyncIterator[AudioChunk]:
    for chunk in chunks:
        yield chunk


def test_a_model_answers_by_its_script_and_then_repeats() -> None:
    async def go() -> list[list[object]]:
        llm = ScriptedLLM(["Yes.", [ToolCall(call_id="1", name="x", arguments={})]])
        return [[item async for item in llm.reply(ASK)] for _ in range(3)]

    first, second, third = clock.run(go())
    assert first == ["Yes. ", Usage(input_tokens=1, output_tokens=1, model="scripted-llm")]
    assert isinstance(second[0], ToolCall)
    assert third[:3] == ["You ", "said: ", "hi "]


def test_it_takes_its_time() -> None:
    async def go() -> float:
        async for _ in ScriptedLLM(["one two three"], first_s=1.0, token_s=0.5).reply(ASK):
            pass
        return asyncio.get_running_loop().time()

    assert clock.run(go()) == 2.0


@pytest.mark.parametrize("kind", ["refuse", "break", "reject", "crash"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_fault_strikes_after_its_pieces(kind: FaultKind, after: int) -> None:
    errors = {
        "refuse": ProviderUnavailable,
        "break": ProviderUnavailable,
        "reject": AuthenticationError,
        "crash": KeyError,
    }

    async def go() -> int:
        llm = ScriptedLLM(["one two three"], faults=[Fault(kind=kind, after=after)])
        reply = llm.reply(ASK)
        for _ in range(after):
            await anext(reply)
        with pytest.raises(errors[kind]):
            await anext(reply)
        return llm.open

    assert clock.run(go()) == 0


def test_a_stalled_one_says_nothing_and_a_hung_one_ignores_that_it_is_cancelled() -> None:
    async def go() -> list[float]:
        loop, left_s = asyncio.get_running_loop(), []
        for kind in ("stall", "hang"):
            tts = ScriptedTTS(ToneLanguage(), faults=[Fault(kind=kind, hang_s=9.0)])  # type: ignore[arg-type]
            began_s = loop.time()
            task = asyncio.ensure_future(anext(tts.synthesize("hi")))
            await asyncio.wait([task], timeout=1.0)
            task.cancel()
            await asyncio.wait([task])
            left_s.append(round(loop.time() - began_s, 6))
        return left_s

    assert clock.run(go()) == [1.0, 9.0]


def test_a_recognizer_answers_a_request_with_what_it_heard_since_the_last() -> None:
    language = ToneLanguage()
    (ask,) = [AudioChunk(language.silence(0.02)[0].samples[:0], 16_000)]

    async def go() -> list[str]:
        sound = [*language.speak("one two"), ask, *language.speak("three"), ask]
        return [each.text async for each in ScriptedSTT(language).transcribe(spoken(sound)) if each.is_final]

    assert clock.run(go()) == ["one two", "three"]


def test_one_that_does_not_stream_answers_at_the_end() -> None:
    language = ToneLanguage()

    async def go() -> list[tuple[str, bool]]:
        stt = ScriptedSTT(language, streaming=False, delay_s=0.5)
        return [(each.text, each.is_final) async for each in stt.transcribe(spoken(language.speak("one two")))]

    assert clock.run(go()) == [("one two", True)]


def test_a_voice_speaks_with_the_times_of_its_words() -> None:
    language = ToneLanguage()

    async def go() -> tuple[list[str], list[str]]:
        chunks = [chunk async for chunk in ScriptedTTS(language).synthesize("one two")]
        return language.understand(chunks), [word.text for chunk in chunks for word in chunk.words]

    assert clock.run(go()) == (["one", "two"], ["one", "two"])


def test_a_listener_remembers_what_it_really_heard() -> None:
    async def go() -> list[str]:
        language = ToneLanguage()
        listener = Listener(language)
        for chunk in language.speak("one two three four"):
            listener.play(chunk, 1)
        heard = []
        await asyncio.sleep(0.5)
        listener.pause()
        await asyncio.sleep(9.0)
        heard.append(listener.heard_text(1))
        listener.resume()
        await asyncio.sleep(0.4)
        heard.append(listener.heard_text(1))
        listener.clear(1)
        await asyncio.sleep(9.0)
        heard.append(listener.heard_text(1))
        return heard

    assert clock.run(go()) == ["one two", "one two three", "one two three"]
