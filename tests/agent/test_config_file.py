"""audiokit.agent.config_file: agent.toml, read strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from audiokit.agent.chosen import ProviderConfig
from audiokit.agent.config_file import AgentConfig, from_table, load, template, with_vad
from audiokit.agent.settings import ENERGY_TURNS, AgentSettings, TurnTaking
from audiokit.errors import ConfigError


def read(text: str) -> AgentConfig:
    return from_table(tomllib.loads(text))


def keys(settings: object) -> Iterator[str]:
    for each in fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, each.name)
        yield each.name
        if is_dataclass(value):
            yield from keys(value)


def test_an_empty_file_is_the_offline_agent() -> None:
    assert read("") == AgentConfig()


def test_the_template_holds_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(template(), "utf-8")
    config = load(tmp_path / "agent.toml")
    assert config.agent.system_prompt == AgentSettings().system_prompt
    assert read(template().replace("system_prompt", "greeting").split("[agent]")[0]) == AgentConfig()


def test_the_template_with_every_line_in_use_is_read_too() -> None:
    examples = r"cache|\[+tools[\].]|name|description|url|method|headers|timeout_s|optional|city|units|\[turn"
    used = re.sub(rf"^# (?=({examples}|{'|'.join(keys(AgentSettings()))})\b)", "", template(), flags=re.MULTILINE)
    used = re.sub(r"^# (?=\[+tools)", "", used, flags=re.MULTILINE).replace("[turn]", '[turn]\nprovider = "smart"')
    config = read(used)
    assert config.tools[0].optional == ("units",)
    assert config.turn == ProviderConfig(provider="smart")
    assert_same_keys(tomllib.loads(used)["agent"], AgentSettings())


def test_each_setting_in_the_template_has_a_word_beside_it() -> None:
    lines = re.findall(rf"^# ((?:{'|'.join(keys(AgentSettings()))}) = .*)$", template(), re.MULTILINE)
    assert len(lines) > 45
    assert [line for line in lines if not re.search(r"\S +# \w|\S +# \.\.\.", line)] == []


def assert_same_keys(table: dict[str, object], settings: object) -> None:
    assert set(table) == {each.name for each in fields(settings)}  # type: ignore[arg-type]
    for name, value in table.items():
        if isinstance(value, dict):
            assert_same_keys(value, getattr(settings, name))


def test_defaults_in_the_template_are_those_of_the_code() -> None:
    shown = re.sub(rf"^# ({'|'.join(keys(AgentSettings()))}) = ", r"\1 = ", template(), flags=re.MULTILINE)
    shown = re.sub(r"^(greeting|language|backchannels|system_prompt) = .*\n", "", shown, flags=re.MULTILINE)
    shown = re.sub(r"^You are.*\\\n.*\"\"\"\n", "", shown, flags=re.MULTILINE)
    assert read(shown).agent == AgentSettings()


def test_one_provider_or_several_with_settings_of_their_own() -> None:
    config = read('[[stt]]\nprovider = "deepgram"\nmodel = "nova-3"\n[[stt]]\nprovider = "whisper"\n'
                  '[tts]\nprovider = "elevenlabs"\nvoice = "Ann"\nstability = 0.5')  # fmt: skip
    assert [each.provider for each in config.stt] == ["deepgram", "whisper"]
    assert dict(config.stt[0].settings) == {"model": "nova-3"}
    assert config.tts == (ProviderConfig(provider="elevenlabs", voice="Ann", settings={"stability": 0.5}),)


def test_the_simplest_detector_ends_turns_its_own_way_unless_told() -> None:
    energy = {"vad": {"provider": "energy"}}
    assert from_table(energy).agent.turn_taking == ENERGY_TURNS
    told = from_table({**energy, "agent": {"greeting": "Hi.", "turn_taking": {"silence_s": 0.6}}}).agent
    assert (told.greeting, told.turn_taking) == ("Hi.", replace(ENERGY_TURNS, silence_s=0.6))
    assert from_table({"vad": {"provider": "silero"}}).agent.turn_taking == TurnTaking()
    with pytest.raises(ConfigError, match=r"agent\.turn_taking"):
        from_table({**energy, "agent": {"turn_taking": 3}})
    with pytest.raises(ConfigError, match="agent"):
        from_table({**energy, "agent": "Ann"})


def test_the_simplest_detector_leaves_turn_taking_that_was_chosen() -> None:
    energy = ProviderConfig(provider="energy")
    assert with_vad(AgentConfig(), energy).agent.turn_taking == ENERGY_TURNS
    chosen = AgentConfig(agent=AgentSettings(turn_taking=TurnTaking(silence_s=1.0)))
    assert with_vad(chosen, energy).agent == chosen.agent
    assert with_vad(AgentConfig(), ProviderConfig(provider="silero")) == AgentConfig()


def test_sections_reach_their_dataclasses() -> None:
    config = read('[agent]\ngreeting = "Hi."\nspeculate = true\n[agent.limits]\nmax_turns = 3\n'
                  '[agent.barge_in]\nbackchannels = ["mhm"]\nconfirm_s = 1')  # fmt: skip
    assert config.agent.greeting == "Hi."
    assert config.agent.speculate
    assert config.agent.limits.max_turns == 3
    assert config.agent.barge_in.backchannels == ("mhm",)
    assert config.agent.barge_in.confirm_s == 1.0


@pytest.mark.parametrize(("text", "said"), [
    ("[agents]", "agents is not known. Did you mean 'agent'?"),
    ('[agent]\nsystem_promt = "x"', "agent.system_promt is not known. Did you mean 'system_prompt'?"),
    ("[agent.turn_taking]\nsilence = 1", "agent.turn_taking.silence is not known. Did you mean 'silence_s'?"),
    ("[agent.turn_taking]\nsilence_s = -1", "[agent.turn_taking]: silence_s is -1.0; expected more than 0"),
    ('[agent.turn_taking]\nsilence_s = "long"', "agent.turn_taking.silence_s is 'long'; expected a number"),
    ("[agent.turn_taking]\nenter = 0.2", "leave"),
    ("[agent.turn_taking]\npre_roll_s = -1", "pre_roll_s is -1.0; expected 0 or more"),
    ("[agent.turn_taking]\nmodel_probability = 50", "model_probability is 50.0; expected more than 0, less than 1"),
    ("[agent]\nmax_speculations = -1", "max_speculations is -1; expected 0 or more"),
    ('[agent.turn_taking]\ndetection = "magic"', "expected 'silence' or 'provider' or 'model'"),
    ("[agent.limits]\nmax_turns = 2.5", "agent.limits.max_turns is 2.5; expected a whole number"),
    ("[agent]\nspeculate = 1", "agent.speculate is 1; expected true or false"),
    ("[agent]\nlimits = 3", "agent.limits is 3; expected a section [agent.limits]"),
    ("[agent.barge_in]\nbackchannels = 'mhm'", "expected a list"),
    ("agent = 3", "expected a section [agent]"),
    ("cache = 'no'", "cache is 'no'; expected true or false"),
    ("[stt]\nmodel = 'base'", "[stt] names no provider"),
    ("stt = 'whisper'", "expected [stt] or, for several, [[stt]]"),
    ("stt = []", "expected [stt]"),
    ("[stt]\nprovider = 'whisper'\nvoice = 'Ann'", "only [tts] speaks"),
    ("[[vad]]\nprovider = 'silero'\n[[vad]]\nprovider = 'energy'", "no fallbacks"),
    ("[llm]\nprovider = 'openai'\nmodels = ['a', 'b']", "llm.models"),
    ("[[tools]]\nname = 'x'", "[tools] lacks 'description'"),
    ("[[tools]]\nname = 'a b'\ndescription = 'd'\nurl = 'https://x.org'", "letters, digits"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'https://x.org'\n" * 2, "two [[tools]] are named 'a'"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'http://x.org'", "https"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'https://{h}.org'", "not in the host"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'https://x.org/{p}'", "'p' stands in url or optional"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'https://x.org'\nparameters = {p = {type = 'text'}}", "'p'"),
    ("[[tools]]\nname = 'a'\ndescription = 'd'\nurl = 'https://x.org'\ntimeout_s = 0", "timeout_s"),
])  # fmt: skip
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert said in str(refused.value)
    assert "agent.toml" in str(refused.value)


def test_a_key_in_the_file_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as refused:
        read("[llm]\nprovider = 'openai'\napi_key = 'sk-secret'")
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize(("content", "said"), [(None, "audiokit agent init"), (b"[agent", "cannot be read"),
                                               (b"\xff\xfe", "cannot be read")])  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as refused:
        load(path)
    assert "mine.toml" in str(refused.value)
