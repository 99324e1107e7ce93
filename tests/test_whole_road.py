"""The whole road in the shell: a folder of recordings becomes a dataset, a voice, speech, and an agent with that voice.

Every step is a process of its own that finds what the one before left on disk. Nothing stands in for anything but
ElevenLabs' machines, and of XTTS the weights: they are random, so it says noise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.files import read
from tests.conftest import SAMPLES_DIR
from tests.providers.coqui.tiny import make_xtts
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.elevenlabs_sound import CHARACTER_S
from tests.vendors.host import Host

pytestmark = [pytest.mark.process, pytest.mark.model]

CONSENT = "The reader put these recordings into the public domain."
OF_THE_READER = ("--speaker", 1, "--consent", CONSENT)
SENTENCE = "It speaks."
ANSWER = "That makes 4."
HUM_HZ = 220
"""What every voice of our ElevenLabs sounds like."""


def audiokit(*words: object, timeout_s: float = 600) -> str:
    """Run one command to its good end and give its stdout."""
    command = [sys.executable, "-m", "audiokit", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    assert KEY not in done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `prep` makes of the sample podcast, in which a host and a reader speak.

    Its reader has five lines, again and again: all are kept, as ElevenLabs wants a minute.
    """
    folder = tmp_path_factory.mktemp("road") / "dataset"
    # The reader says the same sentences in several episodes; without them there is less than a minute of one voice.
    audiokit("prep", SAMPLES_DIR / "podcast", folder, "--transcribe", "--jobs", 1)
    return folder


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is asked, spoken by the voice that needs no key."""
    path = tmp_path_factory.mktemp("question") / "question.wav"
    audiokit("say", "What is two plus two?", "-o", path)
    return path


@pytest.fixture
def elevenlabs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """ElevenLabs on this machine."""
    with Host(ElevenLabs()) as host:
        monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
        monkeypatch.setenv("ELEVENLABS_BASE_URL", host.url)
        yield host
        host.check()


def hummed_s(path: Path) -> float:
    """Give for how long a file holds the tone of our ElevenLabs, in seconds."""
    audio = read(path).mono()
    window = audio.sample_rate // 50
    windows = audio.samples[: audio.frames // window * window, 0].reshape(-1, window)
    loud = windows[np.abs(windows).max(axis=1) > 0.25]
    bins = np.abs(np.fft.rfft(loud, axis=1)).argmax(axis=1)
    return float(np.sum(np.abs(bins * audio.sample_rate / window - HUM_HZ) < 50)) / 50


def test_a_dataset_is_ready_to_be_looked_at(dataset: Path) -> None:
    rows = [json.loads(line) for line in (dataset / "manifest.jsonl").read_text("utf-8").splitlines()]
    kept = [row for row in rows if row["kept"]]
    assert all(row["text"] for row in kept)
    page = (dataset / "report.html").read_text("utf-8")
    assert f"{len(kept)} of {len(rows)} clips" in page
    assert {row["source"] for row in rows if row["source"] not in page} == set()


def test_by_elevenlabs(dataset: Path, question: Path, elevenlabs: Host, tmp_path: Path) -> None:
    assert audiokit("clone", dataset, "--name", "Ann", *OF_THE_READER) == "Ann\n"
    (voice_id,) = elevenlabs.app.voices
    assert "elevenlabs" in audiokit("voices", "list")
    shown = json.loads(audiokit("voices", "show", "Ann", "--json"))
    assert (shown["voice"]["voice_id"], shown["consent"]["statement"]) == (voice_id, CONSENT)
    assert elevenlabs.app.uploads[voice_id] == [sample["sha256"] for sample in shown["samples"]]

    elevenlabs.requests.clear()
    audiokit("say", SENTENCE, "--voice", "Ann", "-o", tmp_path / "first.wav")
    assert [request.path for request in elevenlabs.requests] == [f"/v1/text-to-speech/{voice_id}/stream"]
    assert hummed_s(tmp_path / "first.wav") == pytest.approx(CHARACTER_S * len(SENTENCE), abs=0.05)
    audiokit("say", SENTENCE, "--voice", "Ann", "-o", tmp_path / "second.wav")
    assert len(elevenlabs.requests) == 1
    assert (tmp_path / "second.wav").read_bytes() == (tmp_path / "first.wav").read_bytes()

    elevenlabs.requests.clear()
    talk(question, tmp_path / "reply.wav")
    assert {request.path for request in elevenlabs.requests} == {f"/v1/text-to-speech/{voice_id}/stream"}
    assert ANSWER in [request.body["text"] for request in elevenlabs.requests]
    assert hummed_s(tmp_path / "reply.wav") == pytest.approx(CHARACTER_S * len(ANSWER), abs=0.05)


@pytest.mark.coqui
def test_by_xtts_on_this_machine(dataset: Path, question: Path, tmp_path: Path) -> None:
    pytest.importorskip("TTS", reason="coqui-tts is not installed")
    model = make_xtts(tmp_path / "xtts")
    options = ("--provider", "coqui", "--model-path", model, "--set", "device=cpu", "--language", "en")
    assert audiokit("clone", dataset, "--name", "Ann", *options, *OF_THE_READER) == "Ann\n"
    assert json.loads(audiokit("voices", "show", "Ann", "--json"))["voice"]["model"] == str(model)

    audiokit("say", SENTENCE, "--voice", "Ann", "-o", tmp_path / "first.wav")
    said = json.loads(audiokit("say", SENTENCE, "--voice", "Ann", "-o", tmp_path / "second.wav", "--json"))
    assert (said["characters"], said["cached_characters"]) == (0, len(SENTENCE))
    first, second = (read(tmp_path / name).samples for name in ("first.wav", "second.wav"))
    assert np.abs(first).max() > 0
    np.testing.assert_allclose(second, first, atol=2 / 32768)  # the cache keeps 16 bits

    talk(question, tmp_path / "reply.wav")
    assert np.abs(read(tmp_path / "reply.wav").samples).max() > 0


def talk(question: Path, reply: Path) -> None:
    """Ask the agent, which speaks as Ann."""
    told = audiokit("agent", "run", "--voice", "Ann", "--input", question, "--output", reply, "--fast", "--json")
    events = [json.loads(line) for line in told.splitlines()]
    assert [event["text"] for event in events if event["type"] == "agent_text" and event["is_final"]] == [ANSWER]
    assert [event["metrics"]["error"] for event in events if event["type"] == "turn_ended"] == [None]
