"""`export`: the kept clips of a dataset in a folder of their own, as another program wants to read them."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.split import Parts, split
from audiokit.dataset.manifest import Dataset
from audiokit.disk import replace_text
from audiokit.errors import ConfigError, DatasetError
from audiokit.progress import SILENT, Progress, clock_face


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A form that another program reads."""

    summary: str
    """Who reads it."""
    writer: str
    """Module and function that write it: it is handed an `Export` and gives the README's lines on loading it."""
    needs_text: bool
    """Whether clips without a text have no place in it."""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "coqui": Format(
            summary="Coqui's trainer, with recipes that start it",
            writer="audiokit.dataset.exports.coqui:write",
            needs_text=True,
        ),
        "ljspeech": Format(
            summary="whatever reads LJSpeech 1.1: metadata.csv and wavs/",
            writer="audiokit.dataset.exports.ljspeech:write",
            needs_text=True,
        ),
        "csv": Format(
            summary="tables: one CSV file a part, with a heading",
            writer="audiokit.dataset.exports.table:write",
            needs_text=False,
        ),
        "hf": Format(
            summary="Hugging Face datasets: an audio folder",
            writer="audiokit.dataset.exports.huggingface:write",
            needs_text=False,
        ),
        "nemo": Format(
            summary="NVIDIA NeMo: a JSON manifest a part",
            writer="audiokit.dataset.exports.nemo:write",
            needs_text=True,
        ),
        "lhotse": Format(
            summary="Lhotse: recordings, supervisions and cuts",
            writer="audiokit.dataset.exports.lhotse:write",
            needs_text=False,
        ),
        "webdataset": Format(
            summary="WebDataset: tar files of sound and JSON, read in order",
            writer="audiokit.dataset.exports.webdataset:write",
            needs_text=False,
        ),
    }
)
"""By name; a new one is a line here and a module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """How clips are dealt out and written.

    Raises
    ------
    ConfigError : shares or a rate that cannot be meant.
    """

    split: tuple[float, ...] = (0.95, 0.05)
    """Shares of training, validation and, with three numbers, test, in seconds of clips."""
    seed: int = 0
    """Another one deals the recordings otherwise."""
    sample_rate: int | None = None
    """Rate of the exported clips, in Hz; None keeps each clip's own."""
    speaker: str = "speaker"
    """What formats that name the speaker call them."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.split) <= 3 or not all(0 < share < float("inf") for share in self.split):
            raise ConfigError(f"split is {self.split}; expected one to three numbers above 0, such as 0.95/0.05")
        if self.sample_rate is not None and not 8_000 <= self.sample_rate <= 192_000:
            raise ConfigError(f"sample_rate is {self.sample_rate}; expected 8000 to 192000 Hz")
        if not self.speaker.strip() or set(self.speaker) & set("|/\\\n\r\t"):
            raise ConfigError(f"speaker is {self.speaker!r}; expected a name without |, / or line breaks")


@dataclass(slots=True, kw_only=True)
class Export:
    """One export being written; a format's writer gets it."""

    dataset: Dataset
    """Where the clips come from."""
    root: Path
    """The folder to fill."""
    parts: Parts
    """The clips, by part."""
    settings: ExportSettings
    """How."""
    progress: Progress = SILENT
    """Told after each clip, in seconds of audio."""
    done_s: float = field(default=0.0, init=False)
    """Written so far, in seconds of audio."""
    total_s: float = field(init=False)
    """To be written in all, in seconds of audio."""

    def __post_init__(self) -> None:
        self.total_s = sum(clip.duration_s for clips in self.parts.values() for clip in clips)

    def speaker(self, clip: Clip) -> str:
        """Name who speaks: the label of the dataset, else what the settings call everybody."""
        return clip.speaker or self.settings.speaker

    @property
    def language(self) -> str:
        """The language most clips are in; empty when none is known."""
        known = Counter(clip.language for clips in self.parts.values() for clip in clips if clip.language)
        return known.most_common(1)[0][0] if known else ""

    def place(self, clip: Clip, folder: str) -> str:
        """Put a clip into a folder of the export, as 16-bit WAV; give its path from the export's root."""
        path = self.root / folder / f"{clip.id}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = self.dataset.path(clip)
        if not source.is_file():
            raise DatasetError(f"{source} is missing. audiokit dataset verify {self.dataset.root} tells what else is.")
        rate = self.settings.sample_rate or clip.sample_rate
        if source.suffix == ".wav" and rate == clip.sample_rate:
            shutil.copyfile(source, path)
        else:
            self.dataset.audio(clip).resample(rate).save(path)
        self.done_s += clip.duration_s
        self.progress(clip.id, self.done_s, self.total_s)
        return path.relative_to(self.root).as_posix()

    def write_text(self, name: str, text: str) -> None:
        """Write a text file below the export's root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)


def export(
    dataset: Dataset,
    out: str | PathLike[str],
    format: str,
    settings: ExportSettings | None = None,
    *,
    progress: Progress = SILENT,
) -> Parts:
    """Write the kept clips into a new folder, in the form that another program reads: all of it, or nothing.

    Parameters
    ----------
    dataset : with texts, for formats that need them.
    out : the folder; new or empty.
    format : one of `FORMATS`.
    settings : shares, seed, rate and speaker.
    progress : called with a clip's id and seconds of audio, done and in all.

    Returns
    -------
    The clips by part: "train", "validation", "test".

    Raises
    ------
    ConfigError : no such format.
    DatasetError : `out` holds something, no clip fits, or a clip's file is missing.
    """
    if format not in FORMATS:
        raise ConfigError(f"no export is named {format!r}; there are: {', '.join(FORMATS)}")
    chosen, settings, out = FORMATS[format], settings or ExportSettings(), Path(out)
    parts = split(_fitting(dataset, chosen, format), settings.split, seed=settings.seed)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DatasetError(f"{out} is there already and not an empty folder. Name another OUT, or move it away.")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        task = Export(dataset=dataset, root=part, parts=parts, settings=settings, progress=progress)
        loading = _writer(chosen)(task)
        task.write_text("README.md", _readme(out.name, chosen, parts, loading))
        if out.is_dir():
            out.rmdir()
        os.replace(part, out)
    except OSError as error:
        raise DatasetError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return parts


def _fitting(dataset: Dataset, format: Format, name: str) -> Sequence[Clip]:
    clips = [clip for clip in dataset.kept if clip.text.strip() or not format.needs_text]
    if not dataset.kept:
        raise DatasetError(f"{dataset.root} holds no clip. Look into its README.md for what was refused and why.")
    if not clips:
        raise DatasetError(
            f"none of the {len(dataset)} clips of {dataset.root} has a text, and {name} needs them. "
            "Make them with: audiokit prep SOURCE... OUT --transcribe"
        )
    return clips


def _writer(format: Format) -> Callable[[Export], str]:
    module, _, function = format.writer.partition(":")
    writer: Callable[[Export], str] = getattr(import_module(module), function)
    return writer


def _readme(name: str, format: Format, parts: Parts, loading: str) -> str:
    rows = [
        f"| {part} | {len(clips)} | {clock_face(sum(clip.duration_s for clip in clips))} |"
        for part, clips in parts.items()
    ]
    table = "\n".join(["| part | clips | length |", "| --- | --- | --- |", *rows])
    return f"# {name}\n\nSpeech clips from audiokit, for {format.summary}.\n\n{table}\n\n{loading.strip()}\n"
