"""audiokit.agent.check: real calls to the services of this machine, and what is told of those that fail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from audiokit.agent.check import Checked, check
from audiokit.agent.chosen import ProviderConfig
from audiokit.agent.config_file import AgentConfig, from_table
from audiokit.errors import ConfigError, MissingKeyError, ProviderTimeout, ProviderUnavailable


def checked(config: AgentConfig) -> list[Checked]:
    async def all_of() -> list[Checked]:
        return [each async for each in check(config)]

    return asyncio.run(all_of())


@pytest.mark.model
def test_the_offline_agent_speaks_hears_itself_and_answers() -> None:
    speech, recognizer, model, detector = checked(AgentConfig())
    assert [each.error for each in (speech, recognizer, model, detector)] == [None] * 4
    assert (speech.stage, speech.name) == ("tts", "hibari")
    assert "s of speech" in speech.answer
    assert "hear me" in recognizer.answer
    assert model.name == "scripted"
    assert model.answer == "'hello.'"
    assert int(detector.answer.split()[2]) > 10
    for each in (speech, recognizer, model):
        assert each.first_s is not None
        assert 0 < each.first_s <= (each.total_s or 0)


def test_each_failure_is_told_beside_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    config = AgentConfig(
        stt=(ProviderConfig(provider="wisper"),),
        llm=(ProviderConfig(provider="anthropic"), ProviderConfig(provider="openai"),
             ProviderConfig(provider="scripted")),
        tts=(ProviderConfig(provider="hibari", settings={"speed": 99.0}),),
        vad=ProviderConfig(provider="energy"),
    )  # fmt: skip
    results = checked(config)
    errors = [type(each.error) for each in results]
    assert errors == [ConfigError, ConfigError, MissingKeyError, ProviderUnavailable, type(None), type(None)]
    assert results[-1].answer == "speech in 0 of 50 windows"


def test_a_tool_is_made_ready_but_not_called() -> None:
    tool = {"name": "door", "description": "Opens the door.", "url": "http://127.0.0.1:9/open"}
    locked = {**tool, "name": "safe", "headers": {"Authorization": "${SAFE_TOKEN}"}}
    config = from_table({"tools": [tool, locked], "stt": {"provider": "x"}, "tts": {"provider": "x"}})
    ready, refused = checked(config)[-2:]
    assert (ready.stage, ready.name, ready.answer, ready.error) == ("tool", "door", "ready: Opens the door.", None)
    assert isinstance(refused.error, MissingKeyError)


@pytest.mark.parametrize(("turn", "said"), [
    ({}, "no [turn] section"), ({"turn": {"provider": "smart-turn", "model": "none.onnx"}}, "none.onnx"),
    ({"turn": {"provider": "smart-tern"}}, "Did you mean 'smart-turn'?"),
])  # fmt: skip
def test_a_turn_model_that_cannot_judge_is_told(turn: dict[str, dict[str, str]], said: str) -> None:
    taking = {"turn_taking": {"detection": "model"}}
    config = from_table({"stt": {"provider": "x"}, "tts": {"provider": "x"}, "agent": taking, **turn})
    last = checked(config)[-1]
    assert last.stage == "turn"
    assert isinstance(last.error, ConfigError)
    assert said in str(last.error)


def install(site: Path, module: str, entry_points: str, code: str) -> None:
    """Install a plug-in of one module, as pip would leave it."""
    package = site / f"{module}-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(entry_points)
    (site / f"{module}.py").write_text(code)


def test_a_turn_model_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "class Sure:\n    def finished_probability(self, heard, text):\n"
        "        return min(1.0, len(heard.samples) / heard.sample_rate / 4)\n"
    )
    install(tmp_path, "sure_turns", "[audiokit.turn]\nsure = sure_turns:Sure\n", code)
    monkeypatch.syspath_prepend(tmp_path)
    config = from_table({"stt": {"provider": "x"}, "tts": {"provider": "x"}, "turn": {"provider": "sure"}})
    last = checked(config)[-1]
    assert (last.stage, last.name, last.answer, last.error) == ("turn", "sure", "finished: 0.25", None)


def test_a_service_that_never_ends_is_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import asyncio\nclass Slow:\n    async def reply(self, messages, tools=()):\n"
        "        yield 'Well'\n        await asyncio.sleep(60)\n"
    )
    install(tmp_path, "slow_brain", "[audiokit.llm]\nslow = slow_brain:Slow\n", code)
    monkeypatch.syspath_prepend(tmp_path)
    config = from_table({
        "stt": {"provider": "x"}, "tts": {"provider": "x"}, "llm": {"provider": "slow"},
        "agent": {"budgets": {"llm_total_s": 0.1}},
    })  # fmt: skip
    slow = next(each for each in checked(config) if each.stage == "llm")
    assert isinstance(slow.error, ProviderTimeout)
    assert slow.first_s is not None
