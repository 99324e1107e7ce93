"""`ProfessionalClone`: a voice trained on half an hour of speech and more, in steps that outlive a crash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from audiokit import retry
from audiokit.contracts import SampleRequirements, Voice
from audiokit.errors import ProviderError, ProviderTimeout, SampleError, UsageError
from audiokit.progress import SILENT, Progress
from audiokit.providers.elevenlabs.captcha import save_image
from audiokit.providers.elevenlabs.client import ONCE, ElevenLabsClient
from audiokit.providers.elevenlabs.errors import PROVIDER, told
from audiokit.providers.elevenlabs.professional_remote import look, separation_of
from audiokit.providers.elevenlabs.professional_state import (
    SampleFile,
    Seen,
    Step,
    load_plan,
    missing,
    new_plan,
    next_step,
    save_plan,
)
from audiokit.providers.elevenlabs.uploads import FORMATS, read_upload
from audiokit.providers.elevenlabs.voices import read_voice, search_voices
from audiokit.providers.models import ELEVENLABS_PROFESSIONAL
from audiokit.retry import Retry

if TYPE_CHECKING:
    from elevenlabs import ElevenLabs

AT_ONCE = 4  # uploads; more do not make a line faster
MAX_BYTES = 50_000_000
REQUIREMENTS = SampleRequirements(
    min_total_s=1800.0, ideal_total_s=7200.0, max_total_s=10_800.0, max_files=100, max_bytes=MAX_BYTES, formats=FORMATS
)
"""The vendor's advice: half an hour at least, two to three hours at best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How to wait for what takes the vendor minutes or hours."""

    poll_s: float = 5.0
    """Pause between two questions, in seconds."""
    limit_s: float = 600.0
    """Longest wait, in seconds; nothing is lost by it, one can go on later."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds."""


class ProfessionalClone:
    """One professional clone on its way.

    Every step may be called at any time and again: what is done already is not done twice, because the vendor is asked
    first. The plan's file holds the rest.

    Parameters
    ----------
    path : the plan's file, as `begin` wrote it.
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    patience : how to wait.
    retry : how often to try again when the vendor fails.

    Raises
    ------
    ConfigError : no such plan.
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    """

    def __init__(
        self,
        path: Path,
        *,
        base_url: str | None = None,
        patience: Patience = Patience(),
        retry: Retry = Retry(),  # noqa: B008  frozen
    ) -> None:
        self.path = Path(path)
        self.plan = load_plan(self.path)
        self._door = ElevenLabsClient(base_url, answer_s=240.0)
        self._patience, self._retry = patience, retry

    @classmethod
    def begin(cls, path: Path, samples: Sequence[Path], *, name: str, language: str, **options: Any) -> Self:
        """Plan a clone, and send nothing yet.

        Parameters
        ----------
        path : where the plan is kept; a plan that is there already is gone on with, if it is of the same recordings.
        samples : recordings of one speaker; see `REQUIREMENTS`.
        name, language : of the voice; ISO 639-1.
        options : `description`, `model` and `separate` of `Plan`; the others of this class.

        Raises
        ------
        SampleError : no recordings, one twice, or one that cannot be read.
        UsageError : the plan that is there is of another clone.
        """
        about = {key: options.pop(key) for key in ("description", "model", "separate") if key in options}
        plan = new_plan(samples, name=name, language=language, **({"model": ELEVENLABS_PROFESSIONAL} | about))
        if not Path(path).exists():
            save_plan(plan, Path(path))
        clone = cls(Path(path), **options)
        if (clone.plan.name, clone.plan.samples) != (plan.name, plan.samples):
            raise UsageError(f"{path} is the plan of {clone.plan.name!r} with other recordings; choose another file")
        return clone

    def seen(self) -> Seen:
        """Ask the vendor how far it is."""
        with self._door.sdk() as client:
            return self._seen(client)

    def next_step(self) -> Step:
        """Tell what has to happen next."""
        return next_step(self.plan, self.seen())

    def advance(self, progress: Progress = SILENT) -> Step:
        """Do all that needs no person, and tell what is needed then.

        Returns
        -------
        "choose", "captcha", "wait for verification", "wait for training", "failed" or "done".
        """
        steps: dict[Step, Callable[[Progress], object]] = {
            "create": lambda _: self.create(),
            "upload": self.upload,
            "separate": self.separate,
            "wait for separation": self.separate,
            "train": lambda _: self.train(),
        }
        while (step := self.next_step()) in steps:
            steps[step](progress)
        return step

    def create(self) -> str:
        """Create the voice, or find the one that was created before, and give its id."""

        def attempt() -> str:
            with self._door.sdk() as client:
                return self._found(client) or self._created(client)

        if not self.plan.voice_id:
            self.plan = replace(self.plan, voice_id=retry.call(attempt, self._retry))
            save_plan(self.plan, self.path)
        return self.plan.voice_id

    def upload(self, progress: Progress = SILENT) -> None:
        """Send the recordings that have not arrived, four at once.

        Raises
        ------
        SampleError : one is missing now, too large, or of no format that ElevenLabs takes.
        """
        waiting = missing(self.plan, self.seen())
        total = len(self.plan.samples)
        progress("upload", total - len(waiting), total)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upload") as pool:
            jobs = [pool.submit(self._upload_one, file) for file in waiting]
            try:
                for done, job in enumerate(as_completed(jobs), total - len(waiting) + 1):
                    job.result()
                    progress("upload", done, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def separate(self, progress: Progress = SILENT) -> None:
        """Let the vendor tell the speakers apart, wait for it, and choose where there is but one.

        Raises
        ------
        ProviderError : it failed for a recording.
        ProviderTimeout : it takes longer than `patience` allows; call again later.
        """
        with self._door.sdk() as client:
            for sample in self._seen(client).samples:
                if sample.separation in ("not_started", "failed"):
                    client.voices.pvc.samples.speakers.separate(self.plan.voice_id, sample.sample_id)
            for _ in self._polls("separation"):
                samples = self._seen(client).samples
                progress("separate", sum(sample.separation == "completed" for sample in samples), len(samples))
                if failed := [sample.name for sample in samples if sample.separation == "failed"]:
                    raise ProviderError(
                        f"{PROVIDER} could not tell the speakers of {failed[0]} apart. Try again, leave the recording "
                        "out, or begin without separation.",
                        provider=PROVIDER,
                    )
                if all(sample.separation == "completed" for sample in samples):
                    break
        speakers = self.speakers()
        alone = {sample_id: list(found) for sample_id, found in speakers.items() if len(found) == 1}
        self.choose(alone)

    def speakers(self) -> dict[str, dict[str, float]]:
        """Give, for each sample, its speakers and how long each speaks, in seconds."""
        with self._door.sdk() as client:
            return {
                sample.sample_id: {
                    str(speaker.speaker_id): float(speaker.duration_secs)
                    for speaker in (separation_of(client, self.plan, sample.sample_id).speakers or {}).values()
                }
                for sample in self._seen(client).samples
            }

    def choose(self, chosen: Mapping[str, Sequence[str]]) -> None:
        """Tell whose voice is meant.

        Parameters
        ----------
        chosen : for each sample, its speakers that count.
        """
        with self._door.sdk() as client:
            for sample_id, speaker_ids in chosen.items():
                client.voices.pvc.samples.update(self.plan.voice_id, sample_id, selected_speaker_ids=list(speaker_ids))

    def choose_longest(self) -> None:
        """Take, of each sample, the one who speaks most."""
        found = {sample_id: speakers for sample_id, speakers in self.speakers().items() if speakers}
        self.choose({sample_id: [max(speakers, key=speakers.__getitem__)] for sample_id, speakers in found.items()})

    def captcha(self, folder: Path) -> Path:
        """Save the picture of the words that the owner of the voice must read aloud, and give its path."""
        data = self._door.get(f"/v1/voices/pvc/{self.plan.voice_id}/captcha")
        return save_image(data, Path(folder), f"{self.plan.name} captcha")

    def verify(self, recording: Path) -> None:
        """Prove that the owner of the voice agrees: send the words of `captcha`, read aloud.

        Raises
        ------
        ProviderError : the vendor does not recognize the voice or the words; fetch a new captcha, or
            `request_verification`.
        """
        part = read_upload(Path(recording), MAX_BYTES).part
        with self._door.sdk() as client:
            client.voices.pvc.verification.captcha.verify(
                self.plan.voice_id, recording=part, request_options=cast("Any", ONCE)
            )

    def request_verification(self, files: Sequence[Path], text: str = "") -> None:
        """Ask people of the vendor to verify, with documents or recordings.

        Parameters
        ----------
        files : what proves it.
        text : what they should know.

        Raises
        ------
        SampleError : a file that cannot be read.
        """
        parts = [(path.name, _read(path)) for path in map(Path, files)]
        extra: dict[str, Any] = {"extra_text": text} if text else {}
        with self._door.sdk() as client:
            client.voices.pvc.verification.request(
                self.plan.voice_id, files=cast("Any", parts), request_options=cast("Any", ONCE), **extra
            )

    def train(self, *, again: bool = False) -> None:
        """Begin the training, unless it has begun.

        Parameters
        ----------
        again : begin anew after a failure.
        """
        with self._door.sdk() as client:
            state = self._seen(client).training
            if state == "not_started" or (again and state == "failed"):
                client.voices.pvc.train(self.plan.voice_id, model_id=self.plan.model, request_options=cast("Any", ONCE))

    def wait(self, progress: Progress = SILENT) -> Voice:
        """Wait for the end of the training.

        Raises
        ------
        ProviderError : it failed; its message says why.
        ProviderTimeout : it takes longer than `patience` allows, as it may take hours; call again later.
        """
        with self._door.sdk() as client:
            for _ in self._polls("training"):
                seen = self._seen(client)
                progress("train", seen.training_share, 1.0)
                if seen.training == "failed":
                    raise self._failure(seen)
                if seen.training == "fine_tuned":
                    break
            return replace(read_voice(client.voices.get(self.plan.voice_id)), model=self.plan.model)

    def _failure(self, seen: Seen) -> ProviderError:
        reason = seen.message or "no reason is given"
        return ProviderError(
            f"{PROVIDER}: the training of {self.plan.name!r} failed: {reason}. "
            "Check the recordings, then train it again.",
            provider=PROVIDER,
        )

    def _found(self, client: ElevenLabs) -> str | None:
        voices = search_voices(client, self.plan.name, request_options=ONCE)
        return next((told(voice, "voice_id") for voice in voices if self.plan.mark in (voice.description or "")), None)

    def _created(self, client: ElevenLabs) -> str:
        answer = client.voices.pvc.create(
            name=self.plan.name,
            language=self.plan.language,
            description=f"{self.plan.description} {self.plan.mark}".strip(),
            request_options=cast("Any", ONCE),
        )
        return told(answer, "voice_id")

    def _upload_one(self, file: SampleFile) -> None:
        upload = read_upload(Path(file.path), MAX_BYTES)
        if hashlib.sha256(upload.data).hexdigest() != file.sha256:
            raise SampleError(f"{file.path}: it has changed since the clone was begun. Put it back, or begin anew.")
        part = replace(upload, name=file.sent_name).part
        tries = 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            with self._door.sdk() as client:
                # An upload whose answer was lost may have arrived.
                if tries > 1 and any(sample.name == file.sent_name for sample in self._seen(client).samples):
                    return
                client.voices.pvc.samples.create(self.plan.voice_id, files=[part], request_options=cast("Any", ONCE))

        retry.call(attempt, self._retry)

    def _seen(self, client: ElevenLabs) -> Seen:
        return look(client, self.plan)

    def _polls(self, what: str) -> Iterable[None]:
        """Give one item for each question that may be asked, with a pause between them."""
        waited_s = 0.0
        while True:
            yield
            if waited_s >= self._patience.limit_s:
                raise ProviderTimeout(
                    f"{PROVIDER}: the {what} of {self.plan.name!r} takes longer than {self._patience.limit_s:g} s. "
                    "Nothing is lost: go on later.",
                    provider=PROVIDER,
                    retryable=True,
                )
            self._patience.sleep(self._patience.poll_s)
            waited_s += self._patience.poll_s


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SampleError(f"{path.name}: cannot be read: {error.strerror or error}. Check the path.") from error
