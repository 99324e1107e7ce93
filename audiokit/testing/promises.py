"""What `audiokit.contracts` promises, checked on a provider of your own: one line in a test is a plug-in's guide.

    def test_it_keeps_the_contract():
        check_tts(MyTTS())

Each function uses the provider as audiokit does and raises AssertionError with the promise that it broke.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.contracts import (
    LLM,
    STT,
    TTS,
    VAD,
    CloneProvider,
    Message,
    SpeechChunk,
    ToolCall,
    Transcript,
    TurnDetector,
    Usage,
    Voice,
    Word,
)
from audiokit.errors import AudiokitError

T = TypeVar("T")

TEXT = "Hello there. This is a test."
CLOSES_S = 5.0
LATE_S = 0.5  # how far a vendor's word times may lie past the end of its sound


def check_tts(tts: TTS, voice: Voice | None = None, text: str = TEXT) -> Audio:
    """Speak a text, twice at once, broken off, and empty; give what was spoken.

    Parameters
    ----------
    tts : the provider.
    voice : who speaks; None is its default voice.
    text : what is said.

    Raises
    ------
    AssertionError : a promise of `contracts.TTS` is broken.
    """
    _promise(
        isinstance(tts.sample_rate, int) and tts.sample_rate > 0, f"sample_rate is {tts.sample_rate!r}; expected Hz"
    )
    _promise(tts.encoding and isinstance(tts.encoding, str), f"encoding is {tts.encoding!r}; expected a name")
    key = tts.settings_key
    _promise(isinstance(json.loads(key), list | dict), f"settings_key is {key!r}; expected JSON")
    _promise(tts.settings_key == key, "settings_key changes from one look to the next")
    chunks, again = portal.run(_both(tts.synthesize(text, voice), tts.synthesize(text, voice)))
    for spoken in (chunks, again):
        _check_speech(spoken, tts.sample_rate)
    portal.run(_broken_off(tts.synthesize(text, voice)))
    with suppress(AudiokitError):  # a refusal is as good as silence
        portal.run(_all(tts.synthesize("", voice)))
    return Audio(np.concatenate([chunk.samples for chunk in chunks]), tts.sample_rate)


def check_stt(stt: STT, speech: Audio) -> str:
    """Listen to speech, to silence, and to speech that is broken off; give what was understood.

    Parameters
    ----------
    stt : the provider.
    speech : some seconds in which something is said; any rate and channels.

    Raises
    ------
    AssertionError : a promise of `contracts.STT` is broken.
    """
    _promise(isinstance(stt.streaming, bool), f"streaming is {stt.streaming!r}; expected True or False")
    mono = speech.mono()
    heard = portal.run(_all(stt.transcribe(_fed(mono))))
    _promise(heard and heard[-1].is_final, "the last transcript of a stream is final")
    for transcript in heard:
        _check_transcript(transcript, mono.duration_s)
    text = " ".join(each.text for each in heard if each.is_final and each.text)
    _promise(text, "nothing was understood of speech")
    if stt.streaming:
        twice = portal.run(_all(stt.transcribe(_fed(mono, mono))))
        finals = [each for each in twice if each.is_final and each.text]
        _promise(
            len(finals) >= 2, "a chunk without frames asks for a final transcript, and the stream goes on after it"
        )
    for silent in portal.run(_all(stt.transcribe(_fed(Audio(np.zeros((16_000, 1), np.float32), 16_000))))):
        _check_transcript(silent, 1.0)
    portal.run(_broken_off(stt.transcribe(_fed(mono))))
    return text


def check_llm(llm: LLM, messages: Sequence[Message] = (Message(role="user", text="Hello."),)) -> str:
    """Ask for a reply, whole and broken off; give its text.

    Parameters
    ----------
    llm : the provider.
    messages : the conversation; one that is answered with text.

    Raises
    ------
    AssertionError : a promise of `contracts.LLM` is broken.
    """
    items = portal.run(_all(llm.reply(list(messages))))
    for item in items:
        _promise(isinstance(item, str | ToolCall | Usage), f"{item!r}; expected text, a ToolCall or a Usage")
    _promise(not any(isinstance(item, Usage) for item in items[:-1]), "what a reply was counted as comes last, once")
    text = "".join(item for item in items if isinstance(item, str))
    _promise(text.strip(), "the reply has no text")
    portal.run(_broken_off(llm.reply(list(messages))))
    return text


def check_vad(vad: VAD, speech: Audio) -> None:
    """Listen to speech and to silence, each twice.

    Parameters
    ----------
    vad : the provider.
    speech : some seconds in which something is said; any rate and channels.

    Raises
    ------
    AssertionError : a promise of `contracts.VAD` is broken.
    """
    _promise(vad.sample_rate > 0 and vad.window_s > 0, "sample_rate and window_s say what it wants")
    wanted = speech.mono().resample(vad.sample_rate)
    silence = Audio(np.zeros_like(wanted.samples), vad.sample_rate)
    spoken, quiet = _probabilities(vad, wanted), _probabilities(vad, silence)
    for probability in (*spoken, *quiet):
        _promise(0 <= probability <= 1, f"a probability of {probability!r}; expected 0..1")
    _promise(max(spoken) > 0.5, f"speech is not heard: {max(spoken):.2f} at most")
    _promise(max(quiet) < 0.5, f"silence is taken for speech: {max(quiet):.2f}")
    _promise(_probabilities(vad, wanted) == spoken, "after reset the same sound gives other probabilities")


def check_turn(turn: TurnDetector, heard: Audio) -> float:
    """Ask whether a turn is over, with and without its text; give the probability.

    Raises
    ------
    AssertionError : a promise of `contracts.TurnDetector` is broken.
    """
    sound = heard.mono().resample(16_000)
    answers = [turn.finished_probability(AudioChunk(sound.samples, 16_000), text) for text in ("", TEXT)]
    for answer in answers:
        _promise(0 <= answer <= 1, f"a probability of {answer!r}; expected 0..1")
    return answers[0]


def check_clone(cloner: CloneProvider, samples: Sequence[Path], name: str = "Contract") -> Voice:
    """Make a voice; give it.

    Parameters
    ----------
    cloner : the provider; it is asked once, which may cost something at its vendor's.
    samples : files that meet its requirements.
    name : what the voice is called.

    Raises
    ------
    AssertionError : a promise of `contracts.CloneProvider` is broken.
    """
    needs = cloner.requirements
    _promise(0 < needs.min_total_s <= needs.ideal_total_s <= needs.max_total_s, "lengths: least, ideal, most")
    _promise(
        needs.max_files > 0 and needs.max_bytes > 0 and needs.formats and needs.sample_rate > 0, "limits are above 0"
    )
    voice = cloner.clone(list(samples), name=name, description="made by a test", labels={"made": "test"})
    _promise(isinstance(voice, Voice), f"{voice!r}; expected a Voice")
    _promise(voice.name == name, f"the voice is called {voice.name!r}; expected {name!r}")
    _promise(voice.provider and voice.voice_id, "a voice knows its provider, and what that calls it")
    return voice


def _promise(is_kept: object, broken: str) -> None:
    """Raise unless a promise is kept: an `assert` that `python -O` keeps, too."""
    if not is_kept:
        raise AssertionError(broken)


def _check_speech(chunks: Sequence[SpeechChunk], sample_rate: int) -> None:
    for chunk in chunks:
        _promise(isinstance(chunk, SpeechChunk), f"{chunk!r}; expected a SpeechChunk")
        _promise(chunk.sample_rate == sample_rate, f"a chunk at {chunk.sample_rate} Hz; expected {sample_rate}")
        shape, kind = chunk.samples.shape, chunk.samples.dtype
        _promise(len(shape) == 2 and shape[1] == 1, f"samples of shape {shape}; expected (frames, 1)")
        _promise(kind == np.float32, f"samples are {kind}; expected float32")
        _promise(np.isfinite(chunk.samples).all(), "samples are not all numbers")
    peak = max((float(np.abs(chunk.samples).max(initial=0)) for chunk in chunks), default=0.0)
    _promise(peak > 0, "no sound came")
    _promise(peak < 2, f"samples up to {peak:.3g}; the nominal range is [-1, 1]")
    _check_words([word for chunk in chunks for word in chunk.words], sum(chunk.duration_s for chunk in chunks))


def _check_transcript(transcript: Transcript, duration_s: float) -> None:
    _promise(isinstance(transcript, Transcript), f"{transcript!r}; expected a Transcript")
    _promise(transcript.text == transcript.text.strip(), f"space around {transcript.text!r}")
    _promise(0 <= transcript.confidence <= 1, f"a confidence of {transcript.confidence!r}; expected 0..1")
    _check_words(transcript.words, duration_s)


def _check_words(words: Sequence[Word], duration_s: float) -> None:
    last_s = 0.0
    for word in words:
        _promise(
            last_s <= word.start_s <= word.end_s, f"{word!r} starts before {last_s:.2f} s, or ends before it starts"
        )
        _promise(word.end_s <= duration_s + LATE_S, f"{word!r} ends after the sound, which has {duration_s:.2f} s")
        last_s = word.start_s


def _probabilities(vad: VAD, audio: Audio) -> list[float]:
    vad.reset()
    whole = round(vad.window_s * vad.sample_rate)
    chunks = chunks_of(audio, vad.window_s)
    return [vad.speech_probability(chunk) for chunk in chunks if len(chunk.samples) == whole]


async def _fed(*utterances: Audio) -> AsyncIterator[AudioChunk]:
    for number, audio in enumerate(utterances):
        if number:
            yield AudioChunk(np.zeros((0, 1), np.float32), audio.sample_rate)
        for chunk in chunks_of(audio):
            yield chunk


async def _all(items: AsyncIterator[T]) -> list[T]:
    if inspect.iscoroutine(items):
        items.close()
        raise AssertionError("a coroutine; expected an async iterator, such as a method with `yield` gives")
    return [item async for item in items]


async def _both(first: AsyncIterator[T], second: AsyncIterator[T]) -> tuple[list[T], list[T]]:
    return await asyncio.gather(_all(first), _all(second))


async def _broken_off(items: AsyncIterator[T]) -> None:
    async for _ in items:
        break
    if isinstance(items, AsyncGenerator):
        try:
            await asyncio.wait_for(items.aclose(), CLOSES_S)
        except TimeoutError:
            raise AssertionError(f"closed early, it goes on for more than {CLOSES_S:g} s") from None
