"""What the account has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audiokit.providers.elevenlabs.client import ElevenLabsClient


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

    @property
    def characters_left(self) -> int:
        """Characters that can still be spoken in this period."""
        return max(0, self.character_limit - self.characters_used)


class ElevenLabsAccount:
    """The account whose key is set.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._door = ElevenLabsClient(base_url)

    def subscription(self) -> Subscription:
        """Ask what is left."""
        with self._door.sdk() as client:
            return read_subscription(client.user.subscription.get())


def read_subscription(told: Any) -> Subscription:
    """Read the SDK's answer."""
    resets = told.next_character_count_reset_unix
    return Subscription(
        tier=told.tier,
        characters_used=told.character_count,
        character_limit=told.character_limit,
        resets_at=datetime.fromtimestamp(resets, UTC) if resets else None,
        voices_used=told.voice_slots_used,
        voice_limit=told.voice_limit,
    )
