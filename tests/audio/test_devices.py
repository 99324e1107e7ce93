"""audiokit.audio.devices: microphone and speaker.

The machine of the tests may have neither: a module in PortAudio's place calls back from a thread of its own, as that
does. Where sounddevice and a device are there, the last test uses them.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.audio.devices import PlayQueue, Speaker, devices, find_device, microphone_chunks
from audiokit.errors import AudiokitError, ConfigError, MissingDependencyError

RATE = 1000


def row(name: str, inputs: int, outputs: int) -> dict[str, Any]:
    return {
        "name": name, "max_input_channels": inputs, "max_output_channels": outputs, "default_samplerate": float(RATE)
    }  # fmt: skip


ROWS = [row("Built-in microphone", 1, 0), row("Built-in speakers", 0, 2), row("Headset", 1, 2), row("Headset 2", 1, 2)]


class PortAudioError(Exception):
    pass


class Stream:
    """Calls back from a thread until it is closed."""

    latency = 0.04
    was_stopped = False
    busy = False
    sound: Callable[[int], float | None] = staticmethod(lambda block: 0.25 * (block % 3))

    def __init__(self, *, blocksize: int, channels: int, callback: Callable[..., None], **settings: Any) -> None:
        if self.busy:
            raise PortAudioError("Device unavailable")
        self.settings = settings
        self._block = np.zeros((blocksize, channels), np.float32)
        self._callback, self._ended = callback, threading.Event()
        self._thread = threading.Thread(target=self.run)
        self.played: list[float] = []

    def start(self) -> None:
        self._thread.start()

    def run(self) -> None:
        block = 0
        while not self._ended.wait(0.002):
            level = self.sound(block)
            if level is None:
                self.settings["finished_callback"]()
                return
            self._block[:] = level
            self._callback(self._block, len(self._block), None, None)
            self.played += self._block[:, 0].tolist()
            block += 1

    def stop(self) -> None:
        self.was_stopped = True

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("sounddevice")
    module.query_devices = lambda: ROWS
    module.default = SimpleNamespace(device=(2, 1))
    module.PortAudioError = PortAudioError
    module.InputStream = module.OutputStream = type("OwnStream", (Stream,), {})
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def test_sound_is_played_in_order_and_silence_when_there_is_none() -> None:
    queue, out = PlayQueue(RATE), np.full((5, 2), 9, np.float32)
    queue.push(np.full((3, 1), 0.1, np.float32), 1)
    queue.push(np.full((4, 1), 0.2, np.float32), 1)
    queue.fill(out)
    assert out.tolist() == np.float32([[0.1] * 2] * 3 + [[0.2] * 2] * 2).tolist()
    assert queue.fill(out) == (1, 0.007)
    assert out[:, 0].tolist() == np.float32([0.2, 0.2, 0, 0, 0]).tolist()


def test_a_pause_keeps_and_clear_drops() -> None:
    queue, out = PlayQueue(RATE), np.zeros((2, 1), np.float32)
    queue.push(np.ones((6, 1), np.float32), 1)
    queue.fill(out)
    queue.pause(True)
    assert queue.fill(out) == (1, 0.002)
    assert not out.any()
    queue.pause(False)
    assert queue.fill(out) == (1, 0.004)
    queue.clear()
    assert queue.fill(out) == (1, 0.004)
    assert not out.any()


def test_what_is_still_on_its_way_was_not_heard() -> None:
    queue, out = PlayQueue(RATE, delay_s=0.004), np.zeros((2, 1), np.float32)
    queue.push(np.ones((6, 1), np.float32), 1)
    assert [queue.fill(out)[1] for _ in range(6)] == [0.0, 0.0, 0.002, 0.004, 0.006, 0.006]


def test_a_gap_takes_nothing_back() -> None:
    queue, out = PlayQueue(RATE, delay_s=0.002), np.zeros((2, 1), np.float32)
    heard = []
    for sound in (True, False, True, True, False):
        if sound:
            queue.push(np.ones((2, 1), np.float32), 1)
        heard.append(queue.fill(out)[1])
    assert heard == [0.0, 0.002, 0.002, 0.004, 0.006]


def test_each_turn_counts_from_zero() -> None:
    queue, out = PlayQueue(RATE), np.zeros((4, 1), np.float32)
    queue.push(np.ones((4, 1), np.float32), 1)
    assert queue.fill(out) == (1, 0.004)
    queue.push(np.ones((2, 1), np.float32), 2)
    assert queue.fill(out) == (2, 0.002)


@pytest.mark.parametrize(("chosen", "kind", "found"), [
    (None, "input", "Headset"), (None, "output", "Built-in speakers"), (1, "output", "Built-in speakers"),
    ("0", "input", "Built-in microphone"), ("built", "input", "Built-in microphone"), ("Headset", "output", "Headset"),
])  # fmt: skip
def test_a_device_is_found_by_number_by_name_or_by_default(
    sounddevice: Any, chosen: Any, kind: Any, found: str
) -> None:
    assert find_device(chosen, kind).name == found


@pytest.mark.parametrize(("chosen", "kind", "said"), [
    ("head", "input", "fits several devices; choose by number or name: 2: Headset; 3: Headset 2"),
    ("speakers", "input", "is none of the devices"), (1, "input", "is none"), (9, "output", "is none"),
])  # fmt: skip
def test_a_device_that_is_not_clear_is_refused_with_a_list(sounddevice: Any, chosen: Any, kind: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_device(chosen, kind)


def test_a_machine_without_sound_is_pointed_to_files(sounddevice: Any) -> None:
    sounddevice.query_devices = list
    assert devices() == []
    with pytest.raises(ConfigError, match="--input"):
        find_device(None, "input")


async def listened(blocks: int) -> list[float]:
    heard: list[float] = []
    async with aclosing(microphone_chunks()) as chunks:
        async for chunk in chunks:
            assert chunk.duration_s == 0.02
            heard.append(float(chunk.samples[0, 0]))
            if len(heard) == blocks:
                break
    return heard


def test_a_microphone_is_heard_in_order_without_loss(sounddevice: Any) -> None:
    before = threading.active_count()
    assert asyncio.run(listened(30)) == [0.0, 0.25, 0.5] * 10
    assert threading.active_count() == before


def test_sound_that_nobody_fetches_is_dropped_and_counted(sounddevice: Any) -> None:
    lost: list[float] = []
    calls = threading.Event()

    def sound(block: int) -> float:
        if block == 260:
            calls.set()
        return float(block)

    sounddevice.InputStream.sound = staticmethod(sound)

    async def listen() -> None:
        async with aclosing(microphone_chunks(on_lost=lost.append)) as chunks:
            first = await anext(chunks)
            assert first.samples[0, 0] == 0
            calls.wait()  # the loop is busy for more than 5 s of sound
            async for chunk in chunks:
                if chunk.samples[0, 0] >= 260 and lost:
                    break

    asyncio.run(listen())
    assert sum(lost) >= 0.1


def test_a_microphone_that_is_pulled_out_is_an_error(sounddevice: Any) -> None:
    sounddevice.InputStream.sound = staticmethod(lambda block: 0.1 if block < 3 else None)
    with pytest.raises(AudiokitError, match="'Headset' is gone"):
        asyncio.run(listened(9))


def test_a_device_that_another_program_holds_is_told(sounddevice: Any) -> None:
    sounddevice.InputStream.busy = True
    with pytest.raises(ConfigError, match="'Headset' does not open: Device unavailable"):
        asyncio.run(listened(1))


def test_a_speaker_plays_and_tells_what_was_heard(sounddevice: Any) -> None:
    async def speak() -> None:
        told: list[tuple[int, float]] = []
        everything = asyncio.Event()

        def on_played(turn_id: int, played_s: float) -> None:
            told.append((turn_id, played_s))
            if played_s == 0.1:
                everything.set()

        with Speaker(on_played=on_played) as speaker:
            assert speaker.sample_rate == RATE
            speaker.play(AudioChunk(np.full((100, 1), 0.5, np.float32), RATE), 7)
            await everything.wait()
            assert told == sorted(told)
            assert speaker._stream.played.count(0.5) == 100
            speaker.pause()
            speaker.play(AudioChunk(np.full((100, 1), 0.5, np.float32), RATE), 8)
            await asyncio.sleep(0.02)
            speaker.resume()
            speaker.clear(8)
        assert all(turn_id == 7 for turn_id, _ in told)

    before = threading.active_count()
    asyncio.run(speak())
    assert threading.active_count() == before


def test_the_last_word_is_played_before_the_speaker_closes(sounddevice: Any) -> None:
    async def speak(error: type[Exception] | None) -> list[float]:
        with suppress(ValueError), Speaker() as speaker:
            speaker.play(AudioChunk(np.full((400, 1), 0.5, np.float32), RATE), 1)
            if error:
                raise error
        assert speaker._stream.was_stopped == (error is None)
        return list(speaker._stream.played)

    assert asyncio.run(speak(None)).count(0.5) == 400
    assert asyncio.run(speak(ValueError)).count(0.5) < 400


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'audiokit\[mic\]'"):
        devices()


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(MissingDependencyError, match="PortAudio") as missing:
        devices()
    assert "libportaudio2" in missing.value.__notes__[0]


def test_the_real_microphone_is_heard() -> None:
    try:
        if not any(device.inputs for device in devices()):
            pytest.skip("this machine has no microphone")
    except MissingDependencyError as error:
        pytest.skip(str(error))
    assert len(asyncio.run(listened(5))) == 5
