"""Whole conversations with vendors' services over their real protocols, against servers that check every request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent import events
from audiokit.agent.config_file import build, load
from audiokit.agent.doors import Doors, hold
from audiokit.audio.buffer import Audio
from audiokit.errors import AuthenticationError
from tests.vendors import faults
from tests.vendors.anthropic import MESSAGES, Anthropic
from tests.vendors.deepgram import Deepgram
from tests.vendors.host import Host
from tests.vendors.openai import CHAT, SPEECH, Answer, OpenAI, error_body

KEYS = {"openai": "sk-test-0123456789abcdef", "anthropic": "sk-ant-test-0123456789", "deepgram": "dg-test-0123456789"}
RATE = 16_000

AGENT = """
cache = false
[stt]
provider = "deepgram"
[[llm]]
provider = "openai"
[[llm]]
provider = "anthropic"
[tts]
provider = "openai"
[vad]
provider = "energy"
[agent.phrases]
nothing_heard = ""
stt_down = ""
llm_down = "Sorry."
llm_cut = ""
tts_down = ""
filler = ""
goodbye = ""
time_up = ""
"""


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Host]]:
    apps = {"openai": OpenAI(KEYS["openai"]), "anthropic": Anthropic(KEYS["anthropic"]),
            "deepgram": Deepgram(KEYS["deepgram"])}  # fmt: skip
    hosts = {name: Host(app) for name, app in apps.items()}
    for name, host in hosts.items():
        monkeypatch.setenv(f"{name.upper()}_API_KEY", KEYS[name])
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", host.url + ("/v1" if name == "openai" else ""))
    with hosts["openai"], hosts["anthropic"], hosts["deepgram"]:
        yield hosts
        for host in hosts.values():
            host.check()


@pytest.fixture(autouse=True)
def _question(tmp_path: Path) -> None:
    """A second of noise: Deepgram's stand-in takes it for two numbers."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (RATE, 1)).astype(np.float32)
    room = np.zeros((RATE // 2, 1), np.float32)
    Audio(np.concatenate([room, noise, room, room]), RATE).save(tmp_path / "question.wav")
    (tmp_path / "agent.toml").write_text(AGENT)


def converse(tmp_path: Path, into: list[events.Event] | None = None) -> list[events.Event]:
    happened: list[events.Event] = [] if into is None else into
    doors = Doors(input=tmp_path / "question.wav", output=tmp_path / "reply.wav")
    hold(build(load(tmp_path / "agent.toml")), doors, show=happened.append)
    return happened


def said(happened: list[events.Event], kind: type[events.UserText] | type[events.AgentText]) -> list[str]:
    return [event.text for event in happened if isinstance(event, kind) and event.is_final and event.text]


def test_deepgram_openai_and_openai_speech_hold_a_conversation(vendors: dict[str, Host], tmp_path: Path) -> None:
    happened = converse(tmp_path)
    assert said(happened, events.UserText) == ["One two"]
    assert said(happened, events.AgentText) == ["Hello there."]
    (asked,) = vendors["openai"].asked(CHAT)
    assert [message["content"] for message in asked.body["messages"]][-1] == "One two"
    assert vendors["openai"].asked(SPEECH)[-1].body["input"] == "Hello there."
    reply = Audio.read(tmp_path / "reply.wav")
    assert float(np.abs(reply.samples[: RATE // 2]).max()) == 0
    assert float(np.abs(reply.samples).max()) > 0.2
    (turn,) = [event.metrics for event in happened if isinstance(event, events.TurnEnded)]
    assert turn.input_tokens > 0
    assert turn.latency_s is not None
    assert not any(key in repr(happened) for key in KEYS.values())


@pytest.mark.parametrize(("fault", "least_s", "most_s"), [
    (faults.status(500, error_body("server_error", "The server had an error")), 0.0, 4.0),
    (faults.status(401, error_body("invalid_api_key", "Incorrect API key provided")), 0.0, 3.0),
    (faults.cut(), 0.0, 4.0),
    (faults.stall(), 1.4, 3.5),
], ids=["500", "401", "cut", "stall"])  # fmt: skip
def test_another_model_steps_in_within_the_budget(
    vendors: dict[str, Host], tmp_path: Path, fault: faults.Fault, least_s: float, most_s: float
) -> None:
    vendors["openai"].faults.add(CHAT, *[fault] * 5)
    vendors["anthropic"].app.answers.append(Answer(texts=("Good", " evening.")))  # type: ignore[attr-defined]
    happened = converse(tmp_path)
    assert said(happened, events.AgentText) == ["Good evening."]
    assert vendors["anthropic"].asked(MESSAGES)
    failed = [event for event in happened if isinstance(event, events.ProviderFailed)]
    assert [(event.stage, bool(event.fallback)) for event in failed][-1] == ("llm", True)
    (turn,) = [event.metrics for event in happened if isinstance(event, events.TurnEnded)]
    assert turn.llm_first_token_s is not None
    assert turn.endpoint_s is not None
    assert least_s <= turn.llm_first_token_s - turn.endpoint_s < most_s
    assert not any(key in repr(happened) for key in KEYS.values())


def test_when_no_model_answers_that_is_said(vendors: dict[str, Host], tmp_path: Path) -> None:
    refused = faults.status(404, error_body("model_not_found", "There is no such model"))
    vendors["openai"].faults.add(CHAT, *[refused] * 5)
    vendors["anthropic"].faults.add(MESSAGES, *[refused] * 5)
    assert_sorry(converse(tmp_path), tmp_path)


def test_when_all_keys_are_refused_that_is_said_before_the_conversation_ends(
    vendors: dict[str, Host], tmp_path: Path
) -> None:
    refused = faults.status(401, error_body("invalid_api_key", "Incorrect API key provided"))
    vendors["openai"].faults.add(CHAT, *[refused] * 5)
    vendors["anthropic"].faults.add(MESSAGES, *[refused] * 5)
    happened: list[events.Event] = []
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        converse(tmp_path, happened)
    assert_sorry(happened, tmp_path)


def assert_sorry(happened: list[events.Event], folder: Path) -> None:
    assert [event.text for event in happened if isinstance(event, events.SpokenFailure)] == ["Sorry."]
    assert float(np.abs(Audio.read(folder / "reply.wav").samples).max()) > 0.2
