"""One conversation for every voice-agent framework: the same microphone, the same services, the same ear.

Needs the standard library only, because it also runs where a peer is installed and audiokit is not. A subject is made
for each conversation; see `Subject`. `measure` is the program: it runs one scenario and prints a line of JSON.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import json
import math
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

SAMPLE_RATE = 16_000
FRAME_S = 0.02
FRAME = round(SAMPLE_RATE * FRAME_S)
QUIET = bytes(2 * FRAME)
TONE = array.array("h", (round(12_000 * math.sin(math.tau * 220 * i / SAMPLE_RATE)) for i in range(FRAME))).tobytes()
LOUD = 2_000  # of 32768: everything in the tone's frames, nothing in the silent ones

OUT_RATE = 24_000
OUT_FRAME = b"\1\0" * round(OUT_RATE * FRAME_S)
SAID = "hello there"
ANSWER = "Sure, I can help you with that. Here is the second sentence of the answer."

PATIENCE_S = 6.0
PAUSE_S = 0.6


@dataclass(frozen=True, kw_only=True)
class Services:
    """How slow the recognizer, the model and the voice are, in seconds."""

    stt_s: float = 0.0
    first_token_s: float = 0.0
    token_s: float = 0.0
    speech_s: float = 0.0
    start_s: float = 0.2
    """Speech is believed after so much of it."""
    stop_s: float = 0.2
    """A turn is over after so much silence."""
    clause_audio_s: float = 1.0
    """Sound of each piece of text."""

    @property
    def least_s(self) -> float:
        """The latency that no framework can undercut which speaks whole sentences and asks nobody ahead."""
        return self.stop_s + self.stt_s + self.first_token_s + self.speech_s

    def tokens(self) -> Iterator[str]:
        return iter(re.findall(r"\S+\s*", ANSWER))


REAL = Services(stt_s=0.2, first_token_s=0.5, token_s=0.02, speech_s=0.1)


@dataclass
class Ear:
    """When sound reached the device, and when it fell silent."""

    first: asyncio.Event = field(default_factory=asyncio.Event)
    first_s: float = 0.0
    last_s: float = 0.0

    def hear(self) -> None:
        """Take a frame."""
        self.last_s = time.perf_counter()
        if not self.first.is_set():
            self.first_s = self.last_s
            self.first.set()

    def silence(self) -> None:
        """The device was told to stop."""
        self.last_s = time.perf_counter()

    def listen(self) -> None:
        """Wait for the next first frame."""
        self.first.clear()

    def is_quiet(self) -> bool:
        return time.perf_counter() - self.last_s > PAUSE_S


class Subject(Protocol):
    """A framework with an energy detector, the services and a device that plays to the ear."""

    async def open(self, services: Services, ear: Ear) -> None: ...
    async def push(self, pcm: bytes) -> None: ...
    async def close(self) -> None: ...


class Microphone:
    """A frame every 20 ms, by an absolute clock."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._next_s = time.perf_counter()
        self.late_s: list[float] = []

    async def send(self, pcm: bytes, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Send the same frame again and again, up to `seconds`; tell whether `until` came true."""
        for _ in range(round(seconds / FRAME_S)):
            early_s = self._next_s - time.perf_counter()
            await asyncio.sleep(max(0.0, early_s))
            self.late_s.append(max(0.0, time.perf_counter() - self._next_s))
            self._next_s += FRAME_S
            await self._subject.push(pcm)
            if until():
                return True
        return False


async def answered(subject: Subject, services: Services, turns: int, wait_s: float = 0.0) -> list[float | None]:
    """Speak for a second, `turns` times; give the seconds from the end of speech to the first sound."""
    ear, latencies = Ear(), []
    await subject.open(services, ear)
    await asyncio.sleep(wait_s)
    microphone = Microphone(subject)
    await microphone.send(QUIET, PAUSE_S)
    for _ in range(turns):
        await microphone.send(TONE, 1.0)
        ended_s = time.perf_counter()
        ear.listen()
        heard = await microphone.send(QUIET, PATIENCE_S, ear.first.is_set)
        latencies.append(ear.first_s - ended_s if heard else None)
        await microphone.send(QUIET, 10.0, ear.is_quiet)
    await subject.close()
    return latencies


async def interrupted(subject: Subject, services: Services, turns: int) -> list[float | None]:
    """Speak over each answer half a second after it began; give the seconds until it is silent."""
    ear, silences = Ear(), []
    await subject.open(services, ear)
    microphone = Microphone(subject)
    await microphone.send(QUIET, PAUSE_S)
    for _ in range(turns):
        await microphone.send(TONE, 1.0)
        ear.listen()
        if not await microphone.send(QUIET, PATIENCE_S, ear.first.is_set):
            silences.append(None)
            continue
        await microphone.send(QUIET, 0.5)
        began_s = time.perf_counter()
        await microphone.send(TONE, 1.0)
        silences.append(ear.last_s - began_s)
        ear.listen()
        await microphone.send(QUIET, PATIENCE_S, ear.first.is_set)
        await microphone.send(QUIET, 10.0, ear.is_quiet)
    await subject.close()
    return silences


async def crowd(make: Callable[[], Subject], services: Services, turns: int, sessions: int) -> list[float | None]:
    """Hold many conversations at once, none in step with another."""
    talks = (answered(make(), services, turns, wait_s=number * 0.137 % 3.0) for number in range(sessions))
    return [latency for talk in await asyncio.gather(*talks) for latency in talk]


SCENARIOS = ("added", "real", "barge-in", "sessions")


async def scenario(name: str, make: Callable[[], Subject], turns: int, sessions: int) -> dict[str, object]:
    """Run one scenario; times in seconds."""
    cpu_s, began_s = cpu(), time.perf_counter()
    services = REAL if name in ("real",) else Services()
    if name == "barge-in":
        times = await interrupted(make(), services, turns)
        base_s = 0.0
    else:
        times = await crowd(make, services, turns, sessions)
        base_s = 0.0 if name == "real" else services.least_s
    good = sorted(each - base_s for each in times if each is not None)
    took_s = time.perf_counter() - began_s
    return {
        "scenario": name, "sessions": sessions, "answered": len(good), "of": len(times),
        "p50_s": quantile(good, 0.5), "p95_s": quantile(good, 0.95), "max_s": max(good, default=None),
        "cpu_share": (cpu() - cpu_s) / took_s / sessions, "peak_bytes": peak_bytes(),
    }  # fmt: skip


def measure(make: Callable[[], Subject], words: list[str] | None = None) -> None:
    """Run the program: `SCENARIO [--turns N] [--sessions N]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=1)
    told = parser.parse_args(words)
    print(json.dumps(asyncio.run(scenario(told.scenario, make, told.turns, told.sessions))))


def is_loud(pcm: bytes) -> bool:
    """Judge a frame as the energy detector of each subject does."""
    return max(map(abs, array.array("h", pcm[:64]))) > LOUD


def quantile(values: list[float], part: float) -> float | None:
    """Give the value that `part` of the sorted values do not exceed."""
    return values[min(len(values) - 1, math.ceil(part * len(values)) - 1)] if values else None


def cpu() -> float:
    """Give the processor time of this process, in seconds."""
    times = os.times()
    return times.user + times.system


def peak_bytes() -> int:
    """Give the largest resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
