"""Microphone and speaker, by PortAudio: its thread on one side, the event loop on the other, a queue between them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from types import ModuleType, TracebackType
from typing import Any, Literal

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.errors import AudiokitError, ConfigError, MissingDependencyError

LAST_WORD_S = 1.0  # an agent is at most 0.2 s ahead of its speaker
LONGEST_WAIT_S = 5.0  # sound of a microphone that nobody fetches is dropped after so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A sound device of this machine."""

    index: int
    """Its number."""
    name: str
    """As the system calls it."""
    inputs: int
    """How many channels it records; 0: it is no microphone."""
    outputs: int
    """How many channels it plays; 0: it is no speaker."""
    sample_rate: int
    """The rate it prefers, in Hz."""


def devices() -> list[Device]:
    """List this machine's sound devices; empty when there are none.

    Raises
    ------
    MissingDependencyError : sounddevice or PortAudio is not installed.
    """
    found = _sounddevice().query_devices()
    return [
        Device(
            index=index,
            name=each["name"],
            inputs=each["max_input_channels"],
            outputs=each["max_output_channels"],
            sample_rate=round(each["default_samplerate"]),
        )
        for index, each in enumerate(found)
    ]


def find_device(chosen: str | int | None, kind: Literal["input", "output"]) -> Device:
    """Find a device by number, by name or a part of it; None is the system's default.

    Raises
    ------
    ConfigError : none fits, or several do.
    MissingDependencyError : sounddevice or PortAudio is not installed.
    """
    there_are = [each for each in devices() if (each.inputs if kind == "input" else each.outputs)]
    if not there_are:
        instead = "--input question.wav" if kind == "input" else "--output reply.wav"
        raise ConfigError(f"this machine has no sound {kind}. Use a file instead: {instead}")
    if chosen is None or chosen == "":
        default = _sounddevice().default.device[0 if kind == "input" else 1]
        return next((each for each in there_are if each.index == default), there_are[0])
    by_name = [each for each in there_are if str(chosen).lower() in each.name.lower()]
    exact = [each for each in there_are if str(chosen) in (str(each.index), each.name)]
    fitting = exact or by_name
    if len(fitting) != 1:
        names = "; ".join(f"{each.index}: {each.name}" for each in fitting or there_are)
        found = "fits several devices" if fitting else "is none of the devices"
        raise ConfigError(f"the sound {kind} {chosen!r} {found}; choose by number or name: {names}")
    return fitting[0]


async def microphone_chunks(
    device: str | int | None = None, *, on_lost: Callable[[float], None] = lambda lost_s: None
) -> AsyncIterator[AudioChunk]:
    """Listen to a microphone, 20 ms at a time, until the iterator is closed.

    Parameters
    ----------
    device : see `find_device`.
    on_lost : told the seconds of sound that were dropped because nobody fetched them.

    Raises
    ------
    ConfigError : no such device, or it does not open.
    AudiokitError : the device is gone.
    MissingDependencyError : sounddevice or PortAudio is not installed.
    """
    chosen = find_device(device, "input")
    heard = _Heard(asyncio.get_running_loop(), round(LONGEST_WAIT_S / CHUNK_S))
    stream = _opened(
        "InputStream", chosen, channels=1, callback=heard.push, finished_callback=heard.end
    )  # fmt: skip
    try:
        while True:
            for samples in await heard.fetch():
                yield AudioChunk(samples, chosen.sample_rate)
            if heard.lost:
                on_lost(heard.lost * CHUNK_S)
                heard.lost = 0
            if heard.has_ended:
                raise AudiokitError(f"the microphone {chosen.name!r} is gone. Plug it in and start again.")
    finally:
        stream.close()


class _Heard:
    """What the microphone's thread recorded and the loop has not fetched."""

    def __init__(self, loop: asyncio.AbstractEventLoop, longest: int) -> None:
        self._loop, self._longest = loop, longest
        self._waiting: deque[Samples] = deque()
        self._wake = asyncio.Event()
        self.has_ended = False
        self.lost = 0

    def push(self, samples: Samples, frames: int, time: object, status: object) -> None:
        if len(self._waiting) >= self._longest:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(samples.copy())
        self._tell()

    def end(self) -> None:
        self.has_ended = True
        self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before the device
            self._loop.call_soon_threadsafe(self._wake.set)

    async def fetch(self) -> list[Samples]:
        await self._wake.wait()
        self._wake.clear()
        return [self._waiting.popleft() for _ in range(len(self._waiting))]


class PlayQueue:
    """Sound that waits for the speaker, and how much of each turn was heard; used from two threads.

    Parameters
    ----------
    sample_rate : in Hz.
    delay_s : from taking sound out to hearing it, in seconds.
    """

    def __init__(self, sample_rate: int, delay_s: float = 0.0) -> None:
        self._sample_rate, self.delay_s = sample_rate, delay_s
        self._lock = Lock()
        self._waiting: deque[tuple[int, Samples]] = deque()
        self._is_paused = False
        self._turn_id, self._taken, self._heard, self._quiet = 0, 0, 0, 0

    def push(self, samples: Samples, turn_id: int) -> None:
        """Queue sound of a turn."""
        with self._lock:
            self._waiting.append((turn_id, samples))

    def pause(self, is_paused: bool) -> None:
        """Hold the queue, or let it go on."""
        with self._lock:
            self._is_paused = is_paused

    def clear(self) -> None:
        """Drop what waits; a pause ends."""
        with self._lock:
            self._waiting.clear()
            self._is_paused = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def fill(self, out: Samples) -> tuple[int, float]:
        """Write the next frames into `out`, shape (frames, channels); give the turn and the seconds heard of it."""
        with self._lock:
            done = 0
            while done < len(out) and self._waiting and not self._is_paused:
                done += self._take(out[done:])
            out[done:] = 0
            self._quiet = 0 if done == len(out) else self._quiet + len(out) - done
            under_way = max(0, round(self.delay_s * self._sample_rate) - self._quiet)
            self._heard = max(self._heard, self._taken - under_way)
            return self._turn_id, self._heard / self._sample_rate

    def _take(self, out: Samples) -> int:
        turn_id, samples = self._waiting.popleft()
        if turn_id != self._turn_id:
            self._turn_id, self._taken, self._heard = turn_id, 0, 0
        frames = min(len(out), len(samples))
        out[:frames] = samples[:frames]
        if frames < len(samples):
            self._waiting.appendleft((turn_id, samples[frames:]))
        self._taken += frames
        return frames


class Speaker:
    """A loudspeaker that tells what was heard; a context manager, made inside a running event loop.

    Parameters
    ----------
    device : see `find_device`.
    on_played : called in the loop with the turn and the seconds heard of it, when they grow.

    Raises
    ------
    ConfigError : no such device, or it does not open.
    MissingDependencyError : sounddevice or PortAudio is not installed.
    """

    def __init__(
        self, device: str | int | None = None, *, on_played: Callable[[int, float], None] = lambda turn, played_s: None
    ) -> None:
        chosen = find_device(device, "output")
        self.sample_rate = chosen.sample_rate
        self.on_played = on_played
        self._loop = asyncio.get_running_loop()
        self._queue = PlayQueue(chosen.sample_rate)
        self._told: tuple[int, float] = (0, 0.0)
        self._stream = _opened("OutputStream", chosen, channels=min(2, chosen.outputs), callback=self._fill)
        self._queue.delay_s = float(self._stream.latency)

    def __enter__(self) -> Speaker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            end_s = time.monotonic() + LAST_WORD_S
            while not self._queue.is_empty and time.monotonic() < end_s:
                time.sleep(CHUNK_S)
            self._stream.stop()  # plays what PortAudio holds; `close` alone would cut the last word
        self._stream.close()

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """Queue a piece of the reply."""
        self._queue.push(chunk.samples, turn_id)

    def pause(self) -> None:
        """Be silent and keep the queue."""
        self._queue.pause(True)

    def resume(self) -> None:
        """Go on with the queue."""
        self._queue.pause(False)

    def clear(self, turn_id: int) -> None:
        """Drop what was not heard yet."""
        self._queue.clear()

    def _fill(self, out: Samples, frames: int, time: object, status: object) -> None:
        heard = self._queue.fill(out)
        if heard != self._told:
            self._told = heard
            with suppress(RuntimeError):  # the loop has ended before the device
                self._loop.call_soon_threadsafe(self.on_played, *heard)


def _opened(kind: str, device: Device, **settings: Any) -> Any:
    """Open a stream and start it."""
    library = _sounddevice()
    blocks = round(CHUNK_S * device.sample_rate)
    try:
        stream = getattr(library, kind)(
            device=device.index, samplerate=device.sample_rate, blocksize=blocks, dtype=np.float32, latency="low",
            **settings,
        )  # fmt: skip
        stream.start()
    except library.PortAudioError as error:
        raise ConfigError(
            f"the sound device {device.name!r} does not open: {error}. Is another program using it?"
        ) from error
    return stream


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except ImportError as error:
        raise MissingDependencyError("Sound from microphone to speaker (sounddevice)", extra="mic") from error
    except OSError as error:  # the package is there, the system's library is not
        missing = MissingDependencyError("The library PortAudio", extra="mic")
        missing.add_note("On Linux also: sudo apt install libportaudio2, or your system's package of that library")
        raise missing from error
    return sounddevice  # type: ignore[no-any-return]
