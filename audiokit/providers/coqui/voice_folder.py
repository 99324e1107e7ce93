"""A cloned voice on this machine: a folder with its recordings, what each model made of them, and what it is called."""

from __future__ import annotations

import json
import logging
import math
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from audiokit import config
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.errors import ProviderError, SampleError

log = logging.getLogger(__name__)

FACTS = "voice.json"


@dataclass(frozen=True, slots=True)
class VoiceFolder:
    """One voice, such as `voices/ann`: `1.wav`, `2.wav` ..., `voice.json`, and a file of latents for each model.

    The recordings lie as Tortoise wants to find a voice: numbered WAV files in a folder with the voice's name.
    """

    path: Path
    """The folder."""

    @property
    def references(self) -> list[Path]:
        """The recordings, in order.

        Raises
        ------
        ProviderError : there are none (any more).
        """
        found = sorted(self.path.glob("*.wav"), key=lambda path: (len(path.name), path.name))
        if not found:
            raise ProviderError(
                f"the voice folder {self.path} holds no recordings any more. Clone the voice again.", provider="coqui"
            )
        return found

    def latents(self, fingerprint: str) -> dict[str, NDArray[np.float32]] | None:
        """Read what a model made of the recordings; None when it has not, or the file is damaged.

        Parameters
        ----------
        fingerprint : the model's.
        """
        try:
            with self._latents(fingerprint).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, EOFError, BadZipFile):
            return None

    def keep_latents(self, fingerprint: str, latents: Mapping[str, NDArray[np.float32]]) -> None:
        """Write them beside the recordings, whole or not at all; where that is not allowed, warn and go on."""
        path = self._latents(fingerprint)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:  # to a name, numpy would append .npz
                np.savez(file, **latents)  # type: ignore[arg-type]
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            log.warning("%s cannot be written (%s): the voice is heard again each time", path, error.strerror)

    def _latents(self, fingerprint: str) -> Path:
        return self.path / f"latents-{fingerprint}.npz"


def make_voice_folder(
    name: str,
    samples: Sequence[Path],
    *,
    sample_rate: int,
    facts: Mapping[str, object],
    finish: Callable[[VoiceFolder], object],
    longest_s: float = float("inf"),
) -> VoiceFolder:
    """Copy recordings into a new folder of `voices` in audiokit's home, whole or not at all.

    Parameters
    ----------
    name : of the voice; a folder of that name that exists already is left alone, and "-2" put behind the new one's.
    samples : recordings of any kind audiokit reads; they become mono WAV files with float samples.
    sample_rate : of the copies, in Hz.
    facts : what `voice.json` is to hold.
    finish : called with the folder before it gets its name; what it raises leaves no folder.
    longest_s : recordings are cut into equal pieces that are no longer, in seconds.

    Raises
    ------
    SampleError : no samples.
    AudioFileError : one that cannot be read.
    """
    if not samples:
        raise SampleError("no samples to clone a voice from; expected at least one recording")
    voices = config.home() / "voices"
    voices.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=".", suffix=".part", dir=voices))
    try:
        heard = (read(sample).mono().resample(sample_rate) for sample in samples)
        for number, piece in enumerate((piece for audio in heard for piece in _cut(audio, longest_s)), start=1):
            write(part / f"{number}.wav", piece, subtype="FLOAT")
        (part / FACTS).write_text(json.dumps(dict(facts), ensure_ascii=False, indent=2) + "\n", "utf-8")
        finish(VoiceFolder(part))
        return VoiceFolder(_renamed(part, voices, slug(name)))
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _cut(audio: Audio, longest_s: float) -> Iterator[Audio]:
    pieces = max(1, math.ceil(audio.duration_s / longest_s))
    edges = [round(index * audio.frames / pieces) for index in range(pieces + 1)]
    for start, end in pairwise(edges):
        yield Audio(audio.samples[start:end], audio.sample_rate)


def _renamed(part: Path, voices: Path, name: str) -> Path:
    part.chmod(0o755)  # mkdtemp's folders are for one user only
    number = 1
    while True:
        path = voices / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()  # the one call that two processes cannot both succeed in
        except FileExistsError:
            number += 1
            continue
        os.replace(part, path)
        return path


def slug(name: str) -> str:
    """Make a name fit for a folder: "Ann Müller" is "ann-muller"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "voice"
