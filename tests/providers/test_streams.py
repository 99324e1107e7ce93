"""audiokit.providers.streams, .arguments and .loops: what providers over a network share."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audiokit import portal
from audiokit.contracts import SpeechChunk, Word
from audiokit.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from audiokit.providers.arguments import read_arguments
from audiokit.providers.loops import PerLoop
from audiokit.providers.streams import guarded, sounding


class Stream:
    """Gives so many numbers, then fails or falls silent, and notes that it was closed."""

    def __init__(self, count: int, end: Exception | None = None, *, silent: bool = False) -> None:
        self.count, self.end, self.silent, self.closed = count, end, silent, False

    async def __aiter__(self) -> AsyncIterator[int]:
        try:
            for number in range(self.count):
                yield number
            if self.silent:
                await asyncio.sleep(60)
            if self.end:
                raise self.end
        finally:
            self.closed = True


def collected(stream: Stream, first_s: float = 5.0, next_s: float = 5.0) -> list[int]:
    return list(portal.iterate(guarded(aiter(stream), first_s, next_s, provider="acme")))


def test_pieces_pass_through() -> None:
    assert collected(stream := Stream(3)) == [0, 1, 2]
    assert stream.closed


@pytest.mark.parametrize(("count", "retryable"), [(0, True), (1, False)])
def test_only_what_fails_before_the_first_piece_may_be_tried_again(count: int, retryable: bool) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        collected(Stream(count, ProviderUnavailable("Oh.", provider="acme", retryable=True)))
    assert caught.value.retryable == retryable


@pytest.mark.parametrize(("count", "retryable"), [(0, True), (2, False)])
def test_silence_is_given_up_and_the_stream_closed(count: int, retryable: bool) -> None:
    stream = Stream(count, silent=True)
    with pytest.raises(ProviderTimeout, match=f"acme sent nothing for 0.05 s after {count} pieces") as caught:
        collected(stream, 0.05, 0.05)
    assert (caught.value.retryable, stream.closed) == (retryable, True)


def test_other_errors_pass_through() -> None:
    with pytest.raises(LookupError):
        collected(Stream(1, LookupError("a bug")))


def test_closing_it_closes_the_stream() -> None:
    stream = Stream(3)

    async def first_piece() -> None:
        pieces = guarded(aiter(stream), 5.0, 5.0, provider="acme")
        await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]

    portal.run(first_piece())
    assert stream.closed


async def speech(*lengths: int) -> AsyncIterator[SpeechChunk]:
    word = Word(text="oh", start_s=0.0, end_s=0.1, confidence=1.0)
    for frames in lengths:
        yield SpeechChunk(np.zeros((frames, 1), np.float32), 8000, (word,))


def test_speech_with_a_sound_passes() -> None:
    chunks = list(portal.iterate(sounding(speech(0, 5, 0), provider="acme")))
    assert [len(chunk.samples) for chunk in chunks] == [0, 5, 0]


@pytest.mark.parametrize(("lengths", "retryable"), [((), True), ((0, 0), False)])
def test_an_answer_without_a_sound_is_a_failure(lengths: tuple[int, ...], retryable: bool) -> None:
    chunks = guarded(sounding(speech(*lengths), provider="acme"), 5.0, 5.0, provider="acme")
    with pytest.raises(ProviderUnavailable, match="acme answered without a sound") as caught:
        list(portal.iterate(chunks))
    assert (caught.value.retryable, caught.value.is_passing) == (retryable, True)


@pytest.mark.parametrize(("text", "expected"), [("", {}), ("{}", {}), ('{"a": [1]}', {"a": [1]})])
def test_arguments_are_a_json_object(text: str, expected: dict[str, object]) -> None:
    assert read_arguments("acme", "lights", text) == expected


@pytest.mark.parametrize("text", ['{"a"', "[1]", "5", "null"])
def test_arguments_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ProviderError, match="acme's model called the tool 'lights'") as caught:
        read_arguments("acme", "lights", text)
    assert caught.value.retryable


class Client:
    def __init__(self) -> None:
        self.closed_in: asyncio.AbstractEventLoop | None = None

    async def close(self) -> None:
        self.closed_in = asyncio.get_running_loop()


class TestPerLoop:
    def test_each_loop_has_a_client_of_its_own(self) -> None:
        clients = PerLoop(Client, Client.close)

        async def twice() -> tuple[Client, Client]:
            return clients.get(), clients.get()

        here, there = asyncio.run(twice()), portal.run(twice())
        assert here[0] is here[1]
        assert there[0] is there[1]
        assert here[0] is not there[0]

    def test_the_first_client_is_made_at_once(self) -> None:
        made: list[Client] = []

        def make() -> Client:
            made.append(Client())
            return made[-1]

        async def get() -> Client:
            return clients.get()

        clients = PerLoop(make, Client.close)
        assert len(made) == 1
        assert asyncio.run(get()) is made[0]

    def test_the_running_loops_client_is_closed_when_asked(self) -> None:
        clients = PerLoop(Client, Client.close)

        async def use() -> None:
            first = clients.get()
            await clients.aclose()
            await clients.aclose()
            assert first.closed_in
            assert clients.get() is not first
            assert not clients.get().closed_in

        asyncio.run(use())

    def test_a_loop_that_ends_closes_its_client(self) -> None:
        clients = PerLoop(Client, Client.close)

        async def get() -> Client:
            return clients.get()

        first, second = asyncio.run(get()), asyncio.run(get())
        assert first.closed_in
        assert second.closed_in
        assert first.closed_in is not second.closed_in
        assert clients._made == {}

    def test_what_nobody_needs_any_more_is_closed_in_its_loop(self) -> None:
        held = [PerLoop(Client, Client.close)]

        async def get() -> tuple[Client, asyncio.AbstractEventLoop]:
            return held[0].get(), asyncio.get_running_loop()

        client, loop = portal.run(get())
        held.clear()
        gc.collect()
        portal.run(asyncio.sleep(0.01))
        assert client.closed_in is loop
