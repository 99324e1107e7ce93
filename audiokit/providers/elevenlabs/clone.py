"""`ElevenLabsClone`: a voice from a minute or two of speech."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from audiokit import retry
from audiokit.contracts import SampleRequirements, Voice
from audiokit.errors import ConfigError
from audiokit.providers.elevenlabs.client import ONCE, ElevenLabsClient
from audiokit.providers.elevenlabs.errors import PROVIDER, told
from audiokit.providers.elevenlabs.uploads import FORMATS, Upload, read_uploads
from audiokit.providers.elevenlabs.voices import read_voice, search_voices
from audiokit.retry import Retry

MIN_S, IDEAL_S, MAX_S = 60.0, 120.0, 180.0  # the vendor's advice: one to two minutes; over three can hurt
MAX_FILES = 25
MAX_BYTES = 10_000_000
UPLOAD_S = 120.0
REQUIREMENTS = SampleRequirements(
    min_total_s=MIN_S,
    ideal_total_s=IDEAL_S,
    max_total_s=MAX_S,
    max_files=MAX_FILES,
    max_bytes=MAX_BYTES,
    formats=FORMATS,
)


class ElevenLabsClone:
    """Makes instant voice clones.

    The same samples under the same name are one voice: its description ends in a mark of both, by which it is found
    again when an answer was lost on the way, or when the same clone is asked for once more.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    remove_background_noise : let the vendor clean the samples; makes clean ones worse.
    max_files : most files; the vendor publishes no limit but this much of its own website.
    max_bytes : most bytes a file.
    answer_s : longest wait for the vendor's answer, in seconds.
    retry : how often to try again when the vendor fails.
    """

    requirements = REQUIREMENTS

    def __init__(
        self,
        *,
        base_url: str | None = None,
        remove_background_noise: bool = False,
        max_files: int = MAX_FILES,
        max_bytes: int = MAX_BYTES,
        answer_s: float = UPLOAD_S,
        retry: Retry = Retry(),  # noqa: B008  frozen
    ) -> None:
        self._door = ElevenLabsClient(base_url, answer_s)
        self._denoise = remove_background_noise
        self._retry = retry
        self.requirements = replace(REQUIREMENTS, max_files=max_files, max_bytes=max_bytes)

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Voice:
        """Make a voice, or find the one that was made of the same samples under this name.

        Parameters
        ----------
        samples : files that meet `requirements`; consent was asked for by the caller.
        name, description : for people.
        language : ISO 639-1 code; becomes a label.
        labels : the vendor documents the keys language, accent, gender and age.

        Raises
        ------
        SampleError : a file that is missing, empty, too large, of no format it takes; or too many of them.
        ProviderError : the vendor refused or failed.
        """
        if not name.strip():
            raise ConfigError("the voice has no name; expected one by which people will find it")
        uploads = read_uploads(samples, self.requirements)
        tags = dict(labels or {}) | ({"language": language} if language else {})
        mark = self._mark(name, uploads)

        def attempt() -> Voice:
            return self._found(name, mark) or self._made(uploads, name, f"{description} {mark}".strip(), tags)

        made = retry.call(attempt, self._retry)
        return Voice(
            name=name,
            provider=PROVIDER,
            voice_id=made.voice_id,
            language=language,
            description=description,
            labels=tags,
            requires_verification=made.requires_verification,
        )

    def _mark(self, name: str, uploads: Sequence[Upload]) -> str:
        digests = sorted(hashlib.sha256(upload.data).hexdigest() for upload in uploads)
        whole = hashlib.sha256(json.dumps([1, name, self._denoise, digests]).encode()).hexdigest()
        return f"[audiokit {whole[:16]}]"

    def _found(self, name: str, mark: str) -> Voice | None:
        with self._door.sdk() as client:
            voices = search_voices(client, name, request_options=ONCE)
            return next((read_voice(voice) for voice in voices if mark in (voice.description or "")), None)

    def _made(self, uploads: Sequence[Upload], name: str, description: str, labels: dict[str, str]) -> Voice:
        with self._door.sdk() as client:
            answer = client.voices.ivc.create(
                name=name,
                files=[upload.part for upload in uploads],
                description=description,
                labels=labels,
                remove_background_noise=self._denoise,
                request_options=ONCE,
            )
            return Voice(
                name=name,
                provider=PROVIDER,
                voice_id=told(answer, "voice_id"),
                requires_verification=bool(answer.requires_verification),
            )
