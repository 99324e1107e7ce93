"""`Dataset`: what `prep` leaves behind, written once and read back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiokit.dataset.clip import Clip
from audiokit.dataset.judge import reason_name
from audiokit.dataset.layout import Layout
from audiokit.dataset.merged import Part, read_parts
from audiokit.dataset.settings import PrepSettings
from audiokit.disk import replace_text
from audiokit.errors import ConfigError, DatasetError, MissingDependencyError

if TYPE_CHECKING:
    import pandas

    from audiokit.audio.buffer import Audio

FORMAT = 1  # raise it when a reader of today could not read the files any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One recording that `prep` was given."""

    name: str
    """As it was named, with forward slashes."""
    id: str
    """What its clips' ids begin with; empty for a file that was skipped unread."""
    sha256: str
    """Hash of the file; empty for a file that was skipped unread."""
    skipped: str = ""
    """Why nothing was made of it, in a word or two; empty when it was prepared."""
    message: str = ""
    """The same in full, or a warning about a recording that was prepared."""
    duration_s: float = 0.0
    """Length in seconds, counted in decoded samples."""
    sample_rate: int = 0
    """In Hz."""
    channels: int = 0
    """As recorded."""
    speech_s: float = 0.0
    """Seconds of speech without pauses."""
    lufs: float | None = None
    """Loudness of its speech, in LUFS; None without speech."""
    kept: int = 0
    """Clips kept."""
    kept_s: float = 0.0
    """Seconds of clips kept."""
    refused: int = 0
    """Clips refused."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Source:
        """Read what `asdict` gave."""
        unknown = sorted(set(data) - {field.name for field in fields(cls)})
        if unknown:
            raise DatasetError(f"a source with unknown fields {', '.join(unknown)}. Run prep again.")
        return cls(**data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Clips with their manifest, on disk."""

    root: Path
    """The dataset's folder."""
    settings: PrepSettings
    """How it was made."""
    sources: tuple[Source, ...]
    """Every recording that was given, skipped ones too."""
    clips: tuple[Clip, ...]
    """Every clip, refused ones too, by source and time."""
    merged: tuple[Part, ...] = ()
    """What it was merged from; empty for one that `prep` made."""

    @classmethod
    def open(cls, root: str | PathLike[str]) -> Dataset:
        """Read a dataset back; one behind an address such as s3://bucket/dataset is brought to this machine.

        Raises
        ------
        DatasetError : no dataset there, one that was interrupted, or one of another format.
        ConfigError, MissingDependencyError : the address cannot be opened.
        """
        from audiokit.dataset.mirror import brought, layout_of

        layout = layout_of(root)
        brought(layout, root)
        if layout.unfinished.exists():
            raise DatasetError(
                f"{root} is not finished: a prep was interrupted or still runs. Run the same prep again."
            )
        try:
            summary = json.loads(layout.summary.read_text(encoding="utf-8"))
            if summary["format"] != FORMAT:
                raise DatasetError(f"{root}: format {summary['format']}, this audiokit reads {FORMAT}. Run prep again.")
            with layout.manifest.open(encoding="utf-8") as lines:  # str.splitlines() would also cut at U+2028 in a name
                clips = tuple(Clip.from_json(json.loads(line)) for line in lines)
            return cls(
                root=layout.root,
                settings=PrepSettings.from_json(summary["settings"]),
                sources=tuple(Source.from_json(row) for row in summary["sources"]),
                clips=clips,
                merged=read_parts(layout),
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DatasetError(
                f"{root}: no dataset there (no {error.filename}). Make one with audiokit prep."
            ) from error
        except (ValueError, KeyError, TypeError, ConfigError) as error:
            raise DatasetError(
                f"{root}: dataset.json or manifest.jsonl is damaged ({error}). Run prep again."
            ) from error

    @classmethod
    def merge(cls, datasets: Sequence[Dataset | str | PathLike[str]], out: str | PathLike[str]) -> Dataset:
        """Put datasets together into a new folder; see `audiokit.api.merge_datasets`."""
        from audiokit.dataset.merge import merge

        return merge(datasets, out)

    @property
    def kept(self) -> tuple[Clip, ...]:
        """The clips that belong to the dataset."""
        return tuple(clip for clip in self.clips if clip.kept)

    @property
    def totals(self) -> dict[str, Any]:
        """Count recordings, hours and clips; see `dataset.json`."""
        return totals(self.sources, self.clips)

    def path(self, clip: Clip) -> Path:
        """Give the file of a kept clip.

        Raises
        ------
        DatasetError : the clip was refused.
        """
        if clip.path is None:
            raise DatasetError(f"clip {clip.id} was refused ({'; '.join(clip.refused_because)}): it has no file")
        return self.root / clip.path

    def audio(self, clip: Clip) -> Audio:
        """Read the sound of a kept clip."""
        from audiokit.audio.files import read

        return read(self.path(clip))

    def to_pandas(self) -> pandas.DataFrame:
        """Give all clips as a table, a row each.

        Raises
        ------
        MissingDependencyError : pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingDependencyError("pandas", extra="notebooks") from error
        return pandas.DataFrame([asdict(clip) for clip in self.clips], columns=[field.name for field in fields(Clip)])

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)

    def __repr__(self) -> str:
        minutes = sum(clip.duration_s for clip in self.kept) / 60
        return f"Dataset({str(self.root)!r}, {len(self)} clips, {minutes:.1f} min, {len(self.sources)} recordings)"

    def _repr_html_(self) -> str:
        from audiokit.dataset.overview import to_html

        return to_html(self)


def kept_recordings(layout: Layout) -> dict[str, str]:
    """Read which recordings gave clips to the dataset as it lies there: names by hash."""
    try:
        sources = json.loads(layout.summary.read_text(encoding="utf-8"))["sources"]
        return {row["sha256"]: row["name"] for row in sources if row["kept"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def totals(sources: Sequence[Source], clips: Sequence[Clip]) -> dict[str, Any]:
    """Add up what went in and what came out, in seconds and clips."""
    kept = [clip for clip in clips if clip.kept]
    refused: dict[str, dict[str, float]] = defaultdict(lambda: {"clips": 0, "seconds": 0.0})
    for clip in clips:
        for reason in clip.refused_because:
            refused[reason_name(reason)]["clips"] += 1
            refused[reason_name(reason)]["seconds"] = round(
                refused[reason_name(reason)]["seconds"] + clip.duration_s, 3
            )
    skipped: dict[str, int] = defaultdict(int)
    for source in sources:
        if source.skipped:
            skipped[source.skipped] += 1
    return {
        "recordings": len(sources),
        "prepared": sum(not source.skipped for source in sources),
        "skipped": dict(sorted(skipped.items())),
        "duration_s": round(sum(source.duration_s for source in sources), 3),
        "speech_s": round(sum(source.speech_s for source in sources), 3),
        "clips": len(clips),
        "kept": len(kept),
        "kept_s": round(sum(clip.duration_s for clip in kept), 3),
        "refused": dict(sorted(refused.items())),
        "flagged": sum(bool(clip.flags) for clip in kept),
        **({"speakers": speakers} if (speakers := _speakers(clips)) else {}),
    }


def _speakers(clips: Sequence[Clip]) -> dict[str, dict[str, float]]:
    """Add up the clips of each speaker, kept or not, who speaks most first; empty without labels."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: {"clips": 0, "kept": 0, "seconds": 0.0})
    for clip in clips:
        if clip.speaker:
            row = found[clip.speaker]
            row["clips"] += 1
            row["kept"] += clip.kept
            row["seconds"] = round(row["seconds"] + clip.duration_s, 3)
    return dict(sorted(found.items(), key=lambda item: (-item[1]["seconds"], item[0])))


def write_manifest(layout: Layout, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip]) -> None:
    """Write manifest and summary, each whole or not at all."""
    from importlib.metadata import version

    lines = (json.dumps(clip.to_json(), ensure_ascii=False, allow_nan=False) + "\n" for clip in clips)
    replace_text(layout.manifest, "".join(lines))
    summary = {
        "format": FORMAT,
        "audiokit": version("audiokit"),
        "settings": settings.to_json(),
        "totals": totals(sources, clips),
        "sources": [asdict(source) for source in sources],
        **({"merged": [asdict(part) for part in parts]} if (parts := read_parts(layout)) else {}),
    }
    replace_text(layout.summary, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
