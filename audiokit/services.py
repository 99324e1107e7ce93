"""What a provider does beside speaking: keep voices for an account, design them, train them over days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from audiokit.contracts import SampleRequirements, Setting, Voice
from audiokit.progress import Progress


class VoiceService(Protocol):
    """The voices that a provider keeps for an account. Any method may raise ProviderError."""

    def list(self, search: str = "") -> Sequence[Voice]:
        """Give all voices, or those with `search` in name, description or labels."""
        ...

    def show(self, voice_id: str) -> Voice:
        """Give one voice by the provider's own name for it."""
        ...

    def delete(self, voice_id: str) -> None:
        """Delete a voice for ever. Raises VoiceNotFoundError if the account has none of that name."""
        ...

    def update_settings(self, voice_id: str, settings: Mapping[str, Setting]) -> Mapping[str, Setting]:
        """Change some settings of a voice, for all who use it, and give them all."""
        ...


class Subscription(Protocol):
    """What an account has paid for, and what of it is used."""

    @property
    def tier(self) -> str:
        """The plan's name."""
        ...

    @property
    def characters_used(self) -> int:
        """Characters spoken in this period."""
        ...

    @property
    def character_limit(self) -> int:
        """Characters paid for in a period."""
        ...

    @property
    def resets_at(self) -> datetime | None:
        """When the next period begins, UTC; None if the vendor does not tell."""
        ...

    @property
    def voices_used(self) -> int:
        """Voices made."""
        ...

    @property
    def voice_limit(self) -> int:
        """Voices there may be."""
        ...


class Account(Protocol):
    """Who pays. Any method may raise ProviderError."""

    def subscription(self) -> Subscription:
        """Ask what is left."""
        ...


class KeyCheck(Protocol):
    """Tells whether a vendor takes its key, by a call that costs nothing."""

    async def check(self) -> str:
        """Ask the vendor; give what it tells of the account, in a few words. May raise ProviderError."""
        ...


class ProfessionalJob(Protocol):
    """A voice on its way to be trained; every step may be taken again. Any method may raise ProviderError."""

    def create(self) -> str:
        """Create the voice, or find the one created before; give the provider's own name for it."""
        ...

    def advance(self, progress: Progress = ...) -> str:
        """Do all that needs no person.

        Returns
        -------
        What is needed then: "choose" whose voice is meant, "captcha" to read aloud, "wait for verification", "wait for
        training", a decision after it "failed", or nothing: "done".
        """
        ...

    def choose_longest(self) -> None:
        """Take, of each sample, the one who speaks most."""
        ...

    def captcha(self, folder: Path) -> Path:
        """Save the picture of the words that the owner of the voice must read aloud."""
        ...

    def verify(self, recording: Path) -> None:
        """Send these words, read aloud."""
        ...

    def request_verification(self, files: Sequence[Path], text: str = "") -> None:
        """Ask people to verify, with what proves the consent."""
        ...

    def train(self, *, again: bool = False) -> None:
        """Begin the training, or begin anew after a failure."""
        ...

    def wait(self, progress: Progress = ...) -> Voice:
        """Wait for the end of the training."""
        ...


class ProfessionalCloner(Protocol):
    """Trains voices on half an hour of speech and more."""

    requirements: SampleRequirements
    """What samples must be like."""

    def begin(
        self, path: Path, samples: Sequence[Path], *, name: str, language: str, description: str = ""
    ) -> ProfessionalJob:
        """Plan a voice, or go on with the plan that is there for the same samples.

        Parameters
        ----------
        path : where the plan is kept.
        samples : files that stay until they are sent.
        name, language, description : of the voice; an ISO 639-1 code.
        """
        ...

    def resume(self, path: Path) -> ProfessionalJob:
        """Go on with a plan."""
        ...


class VoicePreview(Protocol):
    """A voice that could be kept."""

    @property
    def path(self) -> Path:
        """Its sound."""
        ...

    @property
    def duration_s(self) -> float:
        """How long that is, in seconds."""
        ...


class VoiceDesigner(Protocol):
    """Makes voices up from a description. Any method may raise ProviderError."""

    def previews(self, description: str, folder: Path, *, text: str = "") -> Sequence[VoicePreview]:
        """Make up some voices, and save in `folder` how they sound, saying `text` or what the provider likes."""
        ...

    def keep(self, preview: Any, *, name: str, description: str, labels: Mapping[str, str] | None = None) -> Voice:
        """Make a voice out of one of these previews."""
        ...
