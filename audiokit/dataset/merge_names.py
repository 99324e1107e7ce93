"""What recordings and clips are called once datasets lie together, and which of two equal recordings stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from audiokit.dataset.clip import Clip
from audiokit.dataset.manifest import Dataset, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A dataset's rows in the merged one."""

    name: str
    """What the dataset is called among the parts."""
    sources: tuple[Source, ...]
    """Its recordings; those that an earlier dataset has too are marked as skipped."""
    clips: tuple[tuple[Clip, Clip], ...]
    """Its clips, as they were and as they are now called."""
    twins: tuple[str, ...]
    """A sentence for each recording that another dataset has too."""


def part_names(folders: Sequence[str]) -> list[str]:
    """Make plain names out of folders' names, no two alike, in which nothing has a meaning for a file system."""
    names: list[str] = []
    for folder in folders:
        plain = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:40].strip("-") or "dataset"
        names.append(_first_free((plain if at == 1 else f"{plain}-{at}" for at in count(1)), names))
    return names


def renamed(datasets: Sequence[Dataset], names: Sequence[str]) -> list[Renamed]:
    """Give every recording and clip a name of its own; what comes first keeps its name.

    Parameters
    ----------
    datasets : in the order of the merged dataset.
    names : of each, from `part_names`.
    """
    owners = _owners(datasets)
    taken: tuple[set[str], set[str]] = set(), set()
    rows = []
    for at, (dataset, name) in enumerate(zip(datasets, names, strict=True)):
        others = {sha256: names[owner] for sha256, owner in owners.items() if owner != at}
        rows.append(_one_renamed(dataset, name, others, *taken))
    return rows


def _owners(datasets: Sequence[Dataset]) -> dict[str, int]:
    """Find for each recording whose clips of it are taken: of the first that prepared it, else of the first."""
    owners: dict[str, int] = {}
    for wants_prepared in (True, False):
        for at, dataset in enumerate(datasets):
            for source in dataset.sources:
                if source.sha256 and not (wants_prepared and source.skipped):
                    owners.setdefault(source.sha256, at)
    return owners


def _one_renamed(
    dataset: Dataset, part: str, elsewhere: dict[str, str], taken_names: set[str], taken_ids: set[str]
) -> Renamed:
    of_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in dataset.clips:
        of_source[clip.source].append(clip)
    sources, pairs, twins = [], [], []
    for source in dataset.sources:
        name = _apart(source.name, f"{part}/", lambda known: known in taken_names)
        taken_names.add(name)
        if source.sha256 in elsewhere:
            twins.append(f"{name}: the same recording is in {elsewhere[source.sha256]}, whose clips are taken")
            sources.append(Source(name=name, id="", sha256=source.sha256, skipped="duplicate", message=twins[-1]))
            continue
        clips = [] if source.skipped else of_source[source.name]
        prefix = _apart("", f"{part}-", _meets(clips, taken_ids))
        taken_ids |= {prefix + clip.id for clip in clips}
        sources.append(replace(source, name=name, id=source.id and prefix + source.id))
        pairs += [(clip, _clip(clip, prefix + clip.id, name)) for clip in clips]
    return Renamed(name=part, sources=tuple(sources), clips=tuple(pairs), twins=tuple(twins))


def _meets(clips: Sequence[Clip], taken: Collection[str]) -> Callable[[str], bool]:
    return lambda prefix: any(prefix + clip.id in taken for clip in clips)


def _apart(name: str, prefix: str, is_taken: Callable[[str], bool]) -> str:
    """Put the prefix before a name until nobody else has it."""
    while is_taken(name):
        name = prefix + name
    return name


def _first_free(names: Iterator[str], taken: Collection[str]) -> str:
    return next(name for name in names if name not in taken)


def _clip(clip: Clip, new_id: str, source: str) -> Clip:
    path = clip.path and f"clips/{new_id}{clip.path[clip.path.rindex('.') :]}"
    return replace(clip, id=new_id, source=source, path=path)
