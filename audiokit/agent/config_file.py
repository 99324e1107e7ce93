"""`agent.toml`: an agent in one file, read strictly; and the agent that it describes.

Every section is a dataclass, so the file knows exactly the keys that the code knows.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audiokit.agent.chosen import ProviderConfig, open_provider, open_speech
from audiokit.agent.deaf import DeafSTT
from audiokit.agent.http_tools import HttpTool, HttpToolConfig
from audiokit.agent.mute import MuteTTS
from audiokit.agent.sections import Place, read_section, read_value
from audiokit.agent.settings import ENERGY_TURNS, AgentSettings, TurnTaking
from audiokit.cloning.find_voice import find_voice
from audiokit.errors import ConfigError

if TYPE_CHECKING:
    from audiokit.agent.agent import Agent

KINDS = ("stt", "llm", "tts", "vad", "turn")
"""Sections that name providers, by the registry's words for their kinds."""

PATIENCE_S = 120.0  # a clause or an utterance takes no local model that long, however slow its machine
WAITS = ("stt_final_s", "stt_whole_s", "llm_first_s", "llm_total_s", "tts_first_s", "tts_total_s", "next_s", "retry_s")
"""Budgets that `patient` raises."""

SILERO = ProviderConfig(provider="silero")
ENERGY = ProviderConfig(provider="energy")  # needs no model


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """An agent as its file describes it; the defaults need no key and no network."""

    stt: tuple[ProviderConfig, ...] = (ProviderConfig(provider="whisper"),)
    """Who understands; the others step in, in this order, when the first fails."""
    llm: tuple[ProviderConfig, ...] = (ProviderConfig(provider="scripted"),)
    """Who answers, likewise."""
    tts: tuple[ProviderConfig, ...] = (ProviderConfig(provider="hibari"),)
    """Who speaks, likewise."""
    vad: ProviderConfig = SILERO
    """Who hears that somebody speaks."""
    turn: ProviderConfig | None = None
    """Who judges whether a turn is over, for `detection = "model"`."""
    cache: bool = True
    """Whether speech comes from the disk when the same was said before."""
    tools: tuple[HttpToolConfig, ...] = ()
    """What the model may call."""
    agent: AgentSettings = field(default_factory=AgentSettings)
    """How it behaves."""


def template() -> str:
    """Give a commented `agent.toml` that holds the defaults."""
    return (files("audiokit.agent") / "template.toml").read_text("utf-8")


def load(path: str | os.PathLike[str]) -> AgentConfig:
    """Read an `agent.toml`.

    Raises
    ------
    ConfigError : not there, no TOML, a key that nobody knows, or a value that is not allowed; the message names it.
    """
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file. Write one with: audiokit agent init {path}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return from_table(table, str(path))


def from_table(table: Mapping[str, Any], source: str = "agent.toml") -> AgentConfig:
    """Read what a TOML parser gave.

    Parameters
    ----------
    table : the whole file.
    source : its name, for messages.

    Raises
    ------
    ConfigError : see `load`.
    """
    place = Place(source)
    hints = {each.name for each in fields(AgentConfig)}
    place.check_keys(table, hints)
    given: dict[str, Any] = {}
    for kind in KINDS:
        if kind in table:
            chosen = tuple(_provider(entry, place.at(kind)) for entry in _several(table[kind], place.at(kind)))
            given[kind] = chosen if kind in ("stt", "llm", "tts") else _only(chosen, place.at(kind))
    if "cache" in table:
        given["cache"] = read_value(table["cache"], bool, place.at("cache"))
    if "tools" in table:
        entries = _several(table["tools"], place.at("tools"))
        given["tools"] = tuple(read_section(HttpToolConfig, entry, place.at("tools")) for entry in entries)
        _check_names(given["tools"], place.at("tools"))
    agent = table.get("agent", {})
    if given.get("vad", SILERO).provider == ENERGY.provider:
        agent = _with_energy_turns(agent)
    given["agent"] = read_section(AgentSettings, agent, place.at("agent"))
    return AgentConfig(**given)


def build(config: AgentConfig, *, mute: bool = False, deaf: bool = False) -> Agent:
    """Make the agent that a configuration describes; its providers are opened, nobody is called yet.

    Parameters
    ----------
    config : what `load` gave.
    mute : nobody listens, so nobody speaks: no speech is made or paid for.
    deaf : the user types, so nothing is heard: no recognizer and no detector of speech is opened.

    Raises
    ------
    ConfigError : a provider or setting that does not exist, or a missing key.
    MissingDependencyError : a provider whose extra is not installed.
    """
    from audiokit.agent.agent import Agent
    from audiokit.agent.price import turn_price

    if deaf:
        config = _without_ears(config)
    check_turn_model(config)
    open_provider("vad", config.vad)  # to hear now that it is not installed, and not from the first session
    language = config.agent.language
    speech = [] if mute else [open_speech(each, language, cache=config.cache) for each in config.tts]
    agent = Agent(
        stt=[open_provider("stt", each, language) for each in config.stt] or DeafSTT(),
        llm=[open_provider("llm", each) for each in config.llm],
        tts=speech or MuteTTS(),
        vad=lambda: open_provider("vad", config.vad),
        turn_detector=open_provider("turn", config.turn) if config.turn else None,
        tools=[HttpTool(each) for each in config.tools],
        settings=config.agent,
    )
    return agent.priced_by(turn_price(config, mute=mute))


def check_turn_model(config: AgentConfig) -> None:
    """Check that whoever is to judge pauses is named.

    Raises
    ------
    ConfigError : nobody is.
    """
    if config.agent.turn_taking.detection == "model" and config.turn is None:
        raise ConfigError(
            "agent.turn_taking.detection is 'model', but no [turn] section names one; add it, with a line such as "
            "provider = 'smart-turn'"
        )


def patient(config: AgentConfig) -> AgentConfig:
    """Give services all the time they may need: for conversations from files, in which nobody waits for them."""
    budgets = config.agent.budgets
    waits = {name: max(PATIENCE_S, getattr(budgets, name)) for name in WAITS}
    return replace(config, agent=replace(config.agent, budgets=replace(budgets, **waits)))


def with_vad(config: AgentConfig, vad: ProviderConfig) -> AgentConfig:
    """Let another detector hear that somebody speaks; with the simplest, turns end as `ENERGY_TURNS` unless told."""
    agent = config.agent
    if vad.provider == ENERGY.provider and agent.turn_taking == TurnTaking():
        agent = replace(agent, turn_taking=ENERGY_TURNS)
    return replace(config, vad=vad, agent=agent)


def with_voice(config: AgentConfig, name: str) -> AgentConfig:
    """Let a voice speak, with the provider that it belongs to: that of a bare name is the one that speaks first.

    What spoke before steps in when it fails.
    """
    first = config.tts[0]
    known = find_voice(name, first.provider)
    if known.provider == first.provider:
        return replace(config, tts=(replace(first, voice=name), *config.tts[1:]))
    own = next((each for each in config.tts if each.provider == known.provider), None)
    chosen = replace(own or ProviderConfig(provider=known.provider), voice=name)
    return replace(config, tts=(chosen, *(each for each in config.tts if each is not own)))


def _without_ears(config: AgentConfig) -> AgentConfig:
    taking = replace(config.agent.turn_taking, detection="silence")
    return replace(config, stt=(), vad=ENERGY, turn=None, agent=replace(config.agent, turn_taking=taking))


def _with_energy_turns(agent: Any) -> Any:
    """Put the turn taking of the simplest detector behind what the file says; what is no section is refused later."""
    told = agent.get("turn_taking", {}) if isinstance(agent, dict) else None
    return {**agent, "turn_taking": {**asdict(ENERGY_TURNS), **told}} if isinstance(told, dict) else agent


def _several(value: object, place: Place) -> list[Any]:
    """Take `[stt]` for one and `[[stt]]` for several."""
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise place.wrong(value, f"[{place.path}] or, for several, [[{place.path}]]")
    return entries


def _check_names(tools: tuple[HttpToolConfig, ...], place: Place) -> None:
    names = [each.name for each in tools]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"{place.file}: two [[{place.path}]] are named {twice!r}; expected different names")


def _only(chosen: tuple[ProviderConfig, ...], place: Place) -> ProviderConfig:
    if len(chosen) > 1:
        raise place.wrong([each.provider for each in chosen], "one provider: this stage has no fallbacks")
    return chosen[0]


def _provider(table: Mapping[str, Any], place: Place) -> ProviderConfig:
    if "provider" not in table:
        raise ConfigError(f"{place.file}: [{place.path}] names no provider; expected such as provider = 'openai'")
    own = {key: read_value(table[key], str, place.at(key)) for key in ("provider", "voice") if key in table}
    if "voice" in own and place.path != "tts":
        raise place.at("voice").wrong(own["voice"], "no voice here: only [tts] speaks")
    settings = {key: value for key, value in table.items() if key not in own}
    for key, value in settings.items():
        if not isinstance(value, str | int | float | bool):
            raise place.at(key).wrong(value, "a text, a number, true or false")
        if key.endswith("key"):
            raise ConfigError(
                f"{place.file}: {place.at(key).path}: a key is not kept in a file. Set the environment variable "
                f"{own['provider'].upper()}_API_KEY, or: audiokit config set {own['provider'].upper()}_API_KEY"
            )
    return ProviderConfig(**own, settings=MappingProxyType(settings))
