"""audiokit.agent.file_io: a conversation's sound, from files and into them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit.agent.file_io import FileOut, Outs, Silent, SoundFile, file_chunks, overheard
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.errors import AudioFileError
from audiokit.testing import clock

RATE = 8000


def chunk(level: float, duration_s: float, sample_rate: int = RATE) -> AudioChunk:
    return AudioChunk(np.full((round(duration_s * sample_rate), 1), level, np.float32), sample_rate)


def levels(audio: Audio, channel: int = 0) -> list[float]:
    """Give the level in the middle of every 0.1 s, rounded."""
    step = audio.sample_rate // 10
    return [round(float(value), 1) for value in audio.samples[step // 2 :: step, channel]]


def test_a_recording_comes_in_20_ms_pieces_when_each_is_over(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    source = tone(440, 1.25, RATE)
    source.save(tmp_path / "in.wav")

    async def listen() -> None:
        now = asyncio.get_running_loop().time
        started_s, pieces = now(), []
        async for piece in file_chunks(tmp_path / "in.wav"):
            pieces.append(piece)
            heard_s = sum(piece.duration_s for piece in pieces)
            assert now() - started_s == pytest.approx(heard_s)
        assert len(pieces[0].samples) == RATE // 50
        assert np.allclose(np.concatenate([piece.samples for piece in pieces]), source.samples, atol=1e-4)

    clock.run(listen())


def test_a_stereo_recording_is_mixed_to_one_channel(tmp_path: Path) -> None:
    Audio(np.tile(np.float32([0.2, 0.4]), (RATE, 1)), RATE).save(tmp_path / "in.wav")

    async def listen() -> None:
        async for piece in file_chunks(tmp_path / "in.wav"):
            assert piece.samples.shape[1] == 1
            assert np.allclose(piece.samples, 0.3, atol=1e-3)

    clock.run(listen())


def test_others_hear_each_piece_before_the_agent() -> None:
    async def listen() -> None:
        heard: list[str] = []

        async def pieces() -> Any:
            for _ in range(2):
                yield chunk(0.1, 0.02)

        async for _ in overheard(pieces(), lambda _: heard.append("first"), lambda _: heard.append("second")):
            heard.append("agent")
        assert heard == ["first", "second", "agent"] * 2

    clock.run(listen())


def test_the_file_holds_what_was_heard_pauses_and_all(tmp_path: Path) -> None:
    async def talk() -> None:
        with FileOut(tmp_path / "reply.wav", sample_rate=RATE) as out:
            await asyncio.sleep(0.2)
            out.play(chunk(0.5, 0.4), 1)
            await asyncio.sleep(0.2)
            out.pause()
            await asyncio.sleep(0.1)
            out.resume()
            await asyncio.sleep(0.1)
            out.clear(1)
            out.play(chunk(0.7, 0.2), 2)

    clock.run(talk())
    assert levels(Audio.read(tmp_path / "reply.wav")) == [0, 0, 0.5, 0.5, 0, 0.5, 0.7, 0.7]


def test_both_sides_stand_beside_each_other(tmp_path: Path) -> None:
    async def talk() -> None:
        with FileOut(tmp_path / "both.wav", sample_rate=RATE, with_user=True) as out:
            for piece in chunks_of(Audio(np.full((1600, 1), 0.3, np.float32), 2 * RATE)):
                await asyncio.sleep(piece.duration_s)
                out.hear(piece)
            out.play(chunk(0.5, 0.2), 1)

    clock.run(talk())
    both = Audio.read(tmp_path / "both.wav")
    assert levels(both, 0) == [0.3, 0, 0]
    assert levels(both, 1) == [0, 0.5, 0.5]


def test_a_microphone_that_was_away_leaves_silence(tmp_path: Path) -> None:
    async def talk() -> None:
        with FileOut(tmp_path / "both.wav", sample_rate=RATE, with_user=True) as out:
            await asyncio.sleep(0.1)
            out.hear(chunk(0.3, 0.1))
            await asyncio.sleep(0.8)
            out.hear(chunk(0.4, 0.1))

    clock.run(talk())
    assert levels(Audio.read(tmp_path / "both.wav"), 0) == [0.3, 0, 0, 0, 0, 0, 0, 0, 0.4]


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt, ValueError])
def test_a_conversation_that_is_broken_off_leaves_what_was_heard(tmp_path: Path, error: type[BaseException]) -> None:
    async def talk() -> None:
        with FileOut(tmp_path / "reply.wav", sample_rate=RATE) as out:
            out.play(chunk(0.5, 5), 1)
            await asyncio.sleep(0.3)
            raise error

    async def broken_off() -> None:
        with pytest.raises(error):
            await talk()

    clock.run(broken_off())
    assert levels(Audio.read(tmp_path / "reply.wav")) == [0.5] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["reply.wav"]


def test_a_conversation_without_a_word_is_a_file_too(tmp_path: Path) -> None:
    SoundFile(tmp_path / "nothing.wav", RATE).close()
    assert Audio.read(tmp_path / "nothing.wav").frames == 1


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    async def talk() -> None:
        with pytest.raises(AudioFileError, match="nowhere"):
            FileOut(tmp_path / "nowhere" / "reply.wav")

    clock.run(talk())


def test_several_outs_are_played_as_one() -> None:
    async def talk() -> None:
        heard: list[list[float]] = [[], []]
        first, second = (
            Silent(RATE, lambda samples, side=side: side.extend(samples[:, 0])) for side in heard
        )  # fmt: skip
        out = Outs(first, second)
        assert out.sample_rate == RATE
        out.play(chunk(0.5, 1), 1)
        await asyncio.sleep(0.25)
        out.pause()
        await asyncio.sleep(0.25)
        out.resume()
        out.clear(1)
        assert heard[0][:1000] == heard[1][:1000] == [0.5] * 1000
        assert sum(map(bool, heard[0])) == pytest.approx(RATE * 0.25, abs=RATE * 0.05)
        with pytest.raises(ValueError, match="8000, 24000"):
            Outs(first, Silent())

    clock.run(talk())
