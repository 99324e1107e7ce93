"""Which providers there are, and how to open one by name: built-in ones first, then plug-ins.

A plug-in is any installed package with an entry point such as

    [project.entry-points."audiokit.tts"]
    acme = "acme_audiokit:AcmeTTS"
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, overload

from audiokit.errors import AudiokitError, ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from audiokit.contracts import LLM, STT, TTS, VAD, CloneProvider, SpeakerEncoder, TurnDetector
    from audiokit.services import Account, KeyCheck, ProfessionalCloner, VoiceDesigner, VoiceService

BUILT_IN = MappingProxyType(
    {
        "stt": {
            "whisper": "audiokit.providers.whisper:Whisper",
            "elevenlabs": "audiokit.providers.elevenlabs.recognition:ElevenLabsSTT",
            "deepgram": "audiokit.providers.deepgram.recognition:DeepgramSTT",
            "openai": "audiokit.providers.openai.recognition:OpenAITranscription",
        },
        "vad": {
            "silero": "audiokit.analysis.activity:SileroVAD",
            "energy": "audiokit.analysis.activity:EnergyVAD",
        },
        "turn": {"smart-turn": "audiokit.providers.smart_turn:SmartTurn"},
        "tts": {
            "elevenlabs": "audiokit.providers.elevenlabs.speech:ElevenLabsTTS",
            "hibari": "audiokit.providers.hibari:Hibari",
            "kokoro": "audiokit.providers.kokoro:Kokoro",
            "piper": "audiokit.providers.piper:Piper",
            "openai": "audiokit.providers.openai.speech:OpenAISpeech",
            "coqui": "audiokit.providers.coqui.speech:CoquiTTS",
            "tortoise": "audiokit.providers.tortoise.speech:TortoiseTTS",
        },
        "llm": {
            "anthropic": "audiokit.providers.anthropic.chat:AnthropicChat",
            "openai": "audiokit.providers.openai.chat:OpenAIChat",
            "scripted": "audiokit.providers.scripted.brain:Scripted",
        },
        "clone": {
            "elevenlabs": "audiokit.providers.elevenlabs.clone:ElevenLabsClone",
            "coqui": "audiokit.providers.coqui.clone:CoquiClone",
            "tortoise": "audiokit.providers.tortoise.clone:TortoiseClone",
        },
        "agent": {"elevenlabs": "audiokit.providers.elevenlabs.agents:HostedAgent"},
        "speaker": {"ge2e": "audiokit.analysis.ge2e:Ge2eEncoder"},
        "voices": {"elevenlabs": "audiokit.providers.elevenlabs.voices:ElevenLabsVoices"},
        "account": {"elevenlabs": "audiokit.providers.elevenlabs.account:ElevenLabsAccount"},
        "design": {"elevenlabs": "audiokit.providers.elevenlabs.design:ElevenLabsDesign"},
        "key": {
            "elevenlabs": "audiokit.providers.elevenlabs.key:ElevenLabsKey",
            "anthropic": "audiokit.providers.anthropic.key:AnthropicKey",
            "deepgram": "audiokit.providers.deepgram.key:DeepgramKey",
            "openai": "audiokit.providers.openai.key:OpenAIKey",
        },
        "professional": {"elevenlabs": "audiokit.providers.elevenlabs.professional_door:ElevenLabsProfessional"},
    }
)
"""For each kind: name -> module and class. Plug-ins of a kind are entry points in the group `audiokit.<kind>`."""


@overload
def provider(kind: Literal["stt"], name: str, **settings: object) -> STT: ...
@overload
def provider(kind: Literal["vad"], name: str, **settings: object) -> VAD: ...
@overload
def provider(kind: Literal["turn"], name: str, **settings: object) -> TurnDetector: ...
@overload
def provider(kind: Literal["tts"], name: str, **settings: object) -> TTS: ...
@overload
def provider(kind: Literal["llm"], name: str, **settings: object) -> LLM: ...
@overload
def provider(kind: Literal["clone"], name: str, **settings: object) -> CloneProvider: ...
@overload
def provider(kind: Literal["speaker"], name: str, **settings: object) -> SpeakerEncoder: ...
@overload
def provider(kind: Literal["voices"], name: str, **settings: object) -> VoiceService: ...
@overload
def provider(kind: Literal["account"], name: str, **settings: object) -> Account: ...
@overload
def provider(kind: Literal["professional"], name: str, **settings: object) -> ProfessionalCloner: ...
@overload
def provider(kind: Literal["design"], name: str, **settings: object) -> VoiceDesigner: ...
@overload
def provider(kind: Literal["key"], name: str, **settings: object) -> KeyCheck: ...
@overload
def provider(kind: str, name: str, **settings: object) -> object: ...
def provider(kind: str, name: str, **settings: object) -> object:
    """Open a provider by name.

    Parameters
    ----------
    kind : one of `BUILT_IN`, such as "stt", "vad", "tts", "llm" or "clone".
    name : as `providers(kind)` lists it; a built-in one wins over a plug-in of the same name.
    settings : handed to the provider's class.

    Raises
    ------
    ConfigError : no provider of that name, a plug-in that cannot be loaded, or a setting that it does not take.
    MissingDependencyError : a built-in provider whose extra is not installed.
    """
    factory = _factory(kind, name)
    _check_settings(factory, kind, name, settings)
    return factory(**settings)


def takes(kind: str, name: str, setting: str) -> bool:
    """Tell whether a provider has a setting of this name.

    Parameters
    ----------
    kind, name : as for `provider`, which raises the same errors.
    setting : such as "language".
    """
    from inspect import signature

    return setting in signature(_factory(kind, name)).parameters


def default(kind: str, name: str, setting: str) -> object:
    """Give what a provider takes where a setting is not given; None if it must be given, or there is none of that name.

    Parameters
    ----------
    kind, name : as for `provider`, which raises the same errors.
    setting : such as "model".
    """
    from inspect import Parameter, signature

    parameter = signature(_factory(kind, name)).parameters.get(setting)
    return None if parameter is None or parameter.default is Parameter.empty else parameter.default


def promise(kind: str, name: str, what: str) -> object:
    """Give what a provider's class says of itself, without opening it; None if it says nothing.

    Parameters
    ----------
    kind, name : as for `provider`, which raises the same errors.
    what : such as "requirements".
    """
    return getattr(_factory(kind, name), what, None)


def providers(kind: str) -> tuple[str, ...]:
    """List the names of all providers of a kind: the built-in ones, then plug-ins in the order of the alphabet."""
    built_in = _built_in(kind)
    plug_ins = {entry.name for entry in _plug_ins(kind)}
    return (*built_in, *sorted(plug_ins - built_in.keys()))


def _factory(kind: str, name: str) -> Callable[..., object]:
    place = _built_in(kind).get(name)
    factory: Callable[..., object] = _entry_point(kind, name, place).load() if place else _loaded(_plug_in(kind, name))
    return factory


def _built_in(kind: str) -> dict[str, str]:
    if kind not in BUILT_IN:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(BUILT_IN)}")
    return BUILT_IN[kind]


def _entry_point(kind: str, name: str, place: str) -> EntryPoint:
    from importlib.metadata import EntryPoint

    return EntryPoint(name, place, f"audiokit.{kind}")


def _plug_ins(kind: str) -> list[EntryPoint]:
    from importlib.metadata import entry_points

    return list(entry_points(group=f"audiokit.{kind}"))


def _plug_in(kind: str, name: str) -> EntryPoint:
    for entry in _plug_ins(kind):
        if entry.name == name:
            return entry
    from difflib import get_close_matches

    there_are = providers(kind)
    nearest = get_close_matches(name, there_are, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ConfigError(f"no {kind} provider is named {name!r}; there are: {', '.join(there_are) or 'none'}.{hint}")


def _loaded(entry: EntryPoint) -> Callable[..., object]:
    try:
        factory: Callable[..., object] = entry.load()
    except AudiokitError:
        raise
    except Exception as error:  # a stranger's module may raise anything while it is imported
        package = entry.dist.name if entry.dist else entry.module
        raise ConfigError(
            f"the plug-in {entry.name!r} of the package {package} cannot be loaded from {entry.value}: "
            f"{type(error).__name__}: {error}. Repair it with: pip install --upgrade {package}"
        ) from error
    return factory


def _check_settings(factory: Callable[..., Any], kind: str, name: str, settings: dict[str, object]) -> None:
    """Refuse settings that the provider does not take, which users choose as freely as its name."""
    from inspect import Parameter, signature

    parameters = signature(factory).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return
    taken = [parameter.name for parameter in parameters]
    unknown = [setting for setting in settings if setting not in taken]
    if unknown:
        raise ConfigError(
            f"the {kind} provider {name!r} takes no setting {unknown[0]!r}; it takes: {', '.join(taken) or 'none'}"
        )
