"""The voices of an account: list, show, delete, and the settings that change their sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audiokit.contracts import Setting, Voice
from audiokit.errors import ConfigError
from audiokit.providers.checks import number
from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.errors import PROVIDER

if TYPE_CHECKING:
    from elevenlabs import ElevenLabs

MARK = re.compile(r"\[audiokit [0-9a-f]{16}\]$")
"""Ends the description of a voice that audiokit made: a fingerprint by which it is found again."""
PAGE = 100  # the most that the vendor gives at once
RANGES = MappingProxyType(
    {"stability": (0.0, 1.0), "similarity_boost": (0.0, 1.0), "style": (0.0, 1.0), "speed": (0.7, 1.2)}
)
"""Settings that are numbers, and what they may be."""
SWITCHES = ("use_speaker_boost",)


class ElevenLabsVoices:
    """The voices of the account whose key is set.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._door = ElevenLabsClient(base_url)

    def list(self, search: str = "", *, category: str = "") -> list[Voice]:
        """Give all voices.

        Parameters
        ----------
        search : a part of the name, description or labels.
        category : "premade", "cloned", "generated" or "professional"; empty for all.
        """
        with self._door.sdk() as client:
            return [read_voice(voice) for voice in search_voices(client, search, category)]

    def show(self, voice_id: str) -> Voice:
        """Give one voice."""
        with self._door.sdk() as client:
            return read_voice(client.voices.get(voice_id))

    def delete(self, voice_id: str) -> None:
        """Delete a voice for ever."""
        with self._door.sdk() as client:
            client.voices.delete(voice_id)

    def update_settings(self, voice_id: str, settings: Mapping[str, Setting]) -> dict[str, Setting]:
        """Change some settings of a voice, for all who use it, and give them all.

        Raises
        ------
        ConfigError : see `checked_settings`.
        """
        from elevenlabs import VoiceSettings

        changes: dict[str, Any] = dict(checked_settings(settings))
        with self._door.sdk() as client:
            before: dict[str, Any] = dict(read_settings(client.voices.settings.get(voice_id)))
            client.voices.settings.update(voice_id, request=VoiceSettings(**{**before, **changes}))
            return read_settings(client.voices.settings.get(voice_id))


def checked_settings(settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """Give settings of a voice as the vendor takes them.

    Raises
    ------
    ConfigError : an unknown name, or a value outside its range.
    """
    checked: dict[str, Setting] = {}
    for name, value in settings.items():
        if name in RANGES:
            checked[name] = number(PROVIDER, name, value, *RANGES[name])
        elif name in SWITCHES and isinstance(value, bool):
            checked[name] = value
        else:
            raise ConfigError(
                f"{PROVIDER}: the setting {name} = {value!r} is none; expected numbers for {', '.join(RANGES)}, "
                f"true or false for {', '.join(SWITCHES)}"
            )
    return checked


def search_voices(client: ElevenLabs, search: str = "", category: str = "", **options: Any) -> Iterator[Any]:
    """Give the SDK's voices, page by page; `options` are the SDK's own."""
    wanted = options | {name: value for name, value in (("search", search), ("category", category)) if value}
    token: str | None = None
    while True:
        page = client.voices.search(page_size=PAGE, next_page_token=token, include_total_count=False, **wanted)
        yield from page.voices
        token = page.next_page_token
        if not (page.has_more and token):
            return


def read_voice(voice: Any) -> Voice:
    """Give the SDK's voice as ours; its category becomes a label."""
    labels = {str(name): str(value) for name, value in (voice.labels or {}).items()}
    verification = voice.voice_verification
    waits = bool(verification and verification.requires_verification and not verification.is_verified)
    return Voice(
        name=voice.name or voice.voice_id,
        provider=PROVIDER,
        voice_id=voice.voice_id,
        language=labels.get("language", "") if len(labels.get("language", "")) == 2 else "",
        description=MARK.sub("", voice.description or "").strip(),
        labels=labels | ({"category": str(voice.category)} if voice.category else {}),
        settings=read_settings(voice.settings) if voice.settings else {},
        requires_verification=waits,
    )


def read_settings(settings: Any) -> dict[str, Setting]:
    """Give the SDK's settings as ours: those that are set and that speech takes."""
    values = {name: getattr(settings, name, None) for name in (*RANGES, *SWITCHES)}
    return {name: value for name, value in values.items() if value is not None}
