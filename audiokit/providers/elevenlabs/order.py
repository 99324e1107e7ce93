"""What is asked of the vendor with every text: model, voice, format, settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from audiokit.contracts import Setting, Voice
from audiokit.errors import ConfigError
from audiokit.providers.elevenlabs.errors import PROVIDER
from audiokit.providers.elevenlabs.voices import checked_settings
from audiokit.providers.models import ELEVENLABS_SPEECH

VOICE_ID = "JBFqnCBsd6RMkjVDRZzb"  # "George", the voice of the vendor's own quick start
OUTPUT_FORMAT = "pcm_24000"  # the best that every plan has
FORMAT = re.compile(r"pcm_(8000|16000|22050|24000|32000|44100|48000)|mp3_(22050|24000|44100)_\d+")
ENFORCES_LANGUAGE = re.compile(r"_(v2_5|v3)")  # other models refuse a request that names a language


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One way to speak.

    Raises
    ------
    ConfigError : a format or a setting that there is not.
    """

    model: str = ELEVENLABS_SPEECH
    """The vendor's name for it."""
    voice_id: str = VOICE_ID
    """Who speaks."""
    output_format: str = OUTPUT_FORMAT
    """Coding, rate, and of mp3 the bit rate."""
    settings: Mapping[str, Setting]
    """Settings of the voice; what is not among them, the vendor's own hold."""
    language: str = ""
    """ISO 639-1 code; empty: the model finds out."""

    def __post_init__(self) -> None:
        if not FORMAT.fullmatch(self.output_format):
            raise ConfigError(
                f"{PROVIDER}: the output format {self.output_format!r} is none of ours; expected such as "
                "pcm_16000, pcm_24000 or mp3_44100_128"
            )
        object.__setattr__(self, "settings", checked_settings(self.settings))

    @property
    def sample_rate(self) -> int:
        """Rate of the sound, in Hz."""
        return int(self.output_format.split("_")[1])

    @property
    def encoding(self) -> str:
        """As in the TTS contract."""
        return "mp3" if self.output_format.startswith("mp3") else "pcm_s16le"

    @property
    def key(self) -> list[object]:
        """All of it, in one order, for a cache's key."""
        settings = sorted(self.settings.items())
        return [self.model, self.voice_id, self.output_format, settings, self.language]

    def for_voice(self, voice: Voice | None) -> Order:
        """Give the order for a voice, whose own model and settings go before these.

        Raises
        ------
        ConfigError : a voice of another provider, or a setting that there is not.
        """
        if voice is None:
            return self
        if voice.provider not in ("", PROVIDER):
            raise ConfigError(f"the voice {voice.name!r} is one of {voice.provider}; {PROVIDER} cannot speak with it")
        return replace(
            self,
            model=voice.model or self.model,
            voice_id=voice.voice_id or self.voice_id,
            settings={**self.settings, **voice.settings},
            language=voice.language,
        )

    @property
    def enforced_language(self) -> str | None:
        """The language to name to the vendor, if the model takes one."""
        return self.language if self.language and ENFORCES_LANGUAGE.search(self.model) else None

    def body(self, text: str) -> dict[str, Any]:
        """Give the JSON of a request."""
        body: dict[str, Any] = {"text": text, "model_id": self.model}
        if self.settings:
            body["voice_settings"] = dict(self.settings)
        if self.enforced_language:
            body["language_code"] = self.enforced_language
        return body
