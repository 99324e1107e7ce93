"""Professional clones by name: the contract `ProfessionalCloner`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.professional import REQUIREMENTS, Patience, ProfessionalClone


class ElevenLabsProfessional:
    """Begins and resumes professional clones.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    poll_s : pause between two questions while it waits, in seconds.
    limit_s : longest wait, in seconds.
    separate : let the vendor tell speakers apart first; needless for samples that were chosen as one voice.

    Raises
    ------
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    """

    requirements = REQUIREMENTS

    def __init__(
        self, *, base_url: str | None = None, poll_s: float = 5.0, limit_s: float = 600.0, separate: bool = False
    ) -> None:
        ElevenLabsClient(base_url)  # a missing key is told before any work, not after
        self._base_url, self._separate = base_url, separate
        self._patience = Patience(poll_s=poll_s, limit_s=limit_s)

    def begin(
        self, path: Path, samples: Sequence[Path], *, name: str, language: str, description: str = ""
    ) -> ProfessionalClone:
        """See `ProfessionalClone.begin`."""
        return ProfessionalClone.begin(
            path, samples, name=name, language=language, description=description,
            separate=self._separate, base_url=self._base_url, patience=self._patience,
        )  # fmt: skip

    def resume(self, path: Path) -> ProfessionalClone:
        """See `ProfessionalClone`."""
        return ProfessionalClone(path, base_url=self._base_url, patience=self._patience)
