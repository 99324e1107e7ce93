"""What the account has left, and which models it may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from audiokit.providers.elevenlabs.client import ElevenLabsDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is paid for, and what of it is used."""

    tier: str
    """The plan's name."""
    characters_used: int
    """Characters spoken in this period."""
    character_limit: int
    """Characters paid for in a period."""
    resets_at: datetime | None
    """When the next period begins, UTC; None if the vendor does not tell."""
    voices_used: int
    """Voices made."""
    voice_limit: int
    """Voices there may be."""
    can_clone: bool
    """Whether the plan has instant clones."""
    can_clone_professionally: bool
    """Whether the plan has professional clones."""

    @property
    def characters_left(self) -> int:
        """Characters that can still be spoken in this period."""
        return max(0, self.character_limit - self.characters_used)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechModel:
    """A model that speaks."""

    model_id: str
    """As `ElevenLabsTTS` takes it."""
    name: str
    """For people."""
    languages: tuple[str, ...]
    """Codes of the languages it speaks."""
    cost_factor: float
    """What a character costs, in characters of the plan."""
    max_characters: int | None
    """Longest text of a request."""
    concurrency_group: str
    """Models of one group share the plan's limit of requests at once; empty if the vendor does not tell."""


class ElevenLabsAccount:
    """The account whose key is set.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._door = ElevenLabsDoor(base_url)

    def subscription(self) -> Subscription:
        """Ask what is left."""
        with self._door.sdk() as client:
            told = client.user.subscription.get()
            resets = told.next_character_count_reset_unix
            return Subscription(
                tier=told.tier,
                characters_used=told.character_count,
                character_limit=told.character_limit,
                resets_at=datetime.fromtimestamp(resets, UTC) if resets else None,
                voices_used=told.voice_slots_used,
                voice_limit=told.voice_limit,
                can_clone=told.can_use_instant_voice_cloning,
                can_clone_professionally=told.can_use_professional_voice_cloning,
            )

    def models(self) -> list[SpeechModel]:
        """List the models that turn text to speech."""
        with self._door.sdk() as client:
            return [
                SpeechModel(
                    model_id=model.model_id,
                    name=model.name or model.model_id,
                    languages=tuple(language.language_id for language in model.languages or ()),
                    cost_factor=model.model_rates.character_cost_multiplier if model.model_rates else 1.0,
                    max_characters=model.maximum_text_length_per_request,
                    concurrency_group=model.concurrency_group or "",
                )
                for model in client.models.list()
                if model.can_do_text_to_speech
            ]
