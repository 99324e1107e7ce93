"""`merge`: several datasets become one, whole or not at all; the datasets themselves stay as they are."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import DISK_FULL, Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.merge_names import Renamed, part_names, renamed
from audiokit.dataset.merge_speakers import relabelled, together
from audiokit.dataset.merged import Part, write_parts
from audiokit.dataset.review import recounted
from audiokit.dataset.reviews import (
    Reviews,
    is_refused_by_hand,
    parked_file,
    read_reviews,
    refuse_by_hand,
    write_by_hand,
    write_reviews,
)
from audiokit.dataset.store import is_address, shown
from audiokit.dataset.write import write_dataset
from audiokit.disk import file_sha256
from audiokit.errors import DatasetError, UsageError
from audiokit.progress import SILENT, Progress

logger = logging.getLogger(__name__)

OF_ONE_RUN = ("clips", "settings")
"""Kinds of journal lines that only the dataset's own `prep` can use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file to be taken over."""

    source: Path
    """Where it lies."""
    place: str
    """Where it goes to, from the merged dataset's folder."""
    clip: Clip
    """The clip, as its own dataset calls it."""


def merge(
    datasets: Sequence[Dataset | str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    copy: bool = False,
    progress: Progress = SILENT,
) -> Dataset:
    """Put datasets together; see `audiokit.api.merge_datasets`."""
    if is_address(out):
        raise UsageError(f"{shown(str(out))} is an address; expected a folder of this machine. Copy the folder there.")
    if not os.fspath(out):
        raise UsageError("OUT is empty; expected a new folder.")
    roots = [(one if isinstance(one, Dataset) else Dataset.open(one)).root for one in datasets]
    out = Path(os.path.abspath(out))
    _refuse_roots(roots, out)
    with ExitStack() as held:
        opened = [held.enter_context(_held(root)) for root in roots]
        _refuse_incomparable(opened)
        with _whole_folder(out) as part:
            _fill(Layout(part), opened, copy=copy, progress=progress)
    return Dataset.open(out)


def _refuse_roots(roots: Sequence[Path], out: Path) -> None:
    if len(roots) < 2:
        raise UsageError(f"{len(roots)} datasets to merge; expected two or more.")
    twice = [name for name, times in Counter(os.path.realpath(root) for root in roots).items() if times > 1]
    if twice:
        raise UsageError(f"{twice[0]} is named twice; expected different datasets.")
    if out.is_symlink():
        raise DatasetError(f"{out} is a link; expected a new or an empty folder. Name the folder itself.")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DatasetError(f"{out} is there already and not an empty folder. Name another OUT, or move it away.")


@contextmanager
def _held(root: Path) -> Iterator[Dataset]:
    """Open a dataset, anew, while nobody writes it."""
    from filelock import FileLock, Timeout

    lock = FileLock(Layout(root).state / "lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise DatasetError(f"{root} is being written by a prep or review. Wait until it ends.") from error
    except OSError:
        logger.debug("%s cannot be locked: nobody here can write it", root)
    try:
        yield Dataset.open(root)
    finally:
        lock.release()


def _refuse_incomparable(datasets: Sequence[Dataset]) -> None:
    kinds = [{f"{clip.sample_rate} Hz {Path(str(clip.path)).suffix[1:]}" for clip in one} for one in datasets]
    if len(set().union(*kinds)) > 1:
        found = "; ".join(f"{one.root}: {', '.join(sorted(kind))}" for one, kind in zip(datasets, kinds, strict=True))
        raise DatasetError(
            f"clips of different kinds do not belong together ({found}). Prep the recordings with the same "
            "--sample-rate and --format, or merge those that are alike."
        )


@contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """Give a folder of the same name to fill; it takes its place at the end, or vanishes."""
    from filelock import Timeout

    stage = out.with_name(f".{out.name}.part")
    try:
        with _alone(stage):
            (stage / out.name).mkdir(parents=True)
            yield stage / out.name
            if out.is_dir():
                out.rmdir()
            os.replace(stage / out.name, out)
    except Timeout as error:
        raise DatasetError(f"{out} is being written by another merge. Wait until it ends.") from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DatasetError(f"no space left on the disk of {out}. Free some; nothing was left behind.") from error
        raise DatasetError(f"{out} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _alone(stage: Path) -> Iterator[None]:
    """Hold a folder's name alone; nothing lies there before and after."""
    from filelock import FileLock

    lock = Path(f"{stage}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock, blocking=False):
        shutil.rmtree(stage, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _fill(layout: Layout, datasets: Sequence[Dataset], *, copy: bool, progress: Progress) -> None:
    names = part_names([one.root.resolve().name for one in datasets])
    rows, journals = renamed(datasets, names), [Journal(Layout(one.root).journal) for one in datasets]
    labels = together([[new for _, new in part.clips] for part in rows], journals, names)
    for note in (*_differences(datasets, names), *labels.notes, *(twin for part in rows for twin in part.twins)):
        logger.warning("%s", note)
    for folder in (layout.clips, layout.heard, layout.refused):
        folder.mkdir(parents=True)
    _take_over(layout, [sound for one, part in zip(datasets, rows, strict=True) for sound in _sounds(one, part)],
               copy=copy, progress=progress)  # fmt: skip
    _keep_journal(layout, journals)
    write_parts(layout, [part for one, row in zip(datasets, rows, strict=True) for part in _parts(one, row)])
    reviews = _reviews(datasets)
    write_reviews(layout, reviews)
    clips = [relabelled(new, of) for part, of in zip(rows, labels.names, strict=True) for _, new in part.clips]
    clips = write_by_hand(refuse_by_hand(clips, reviews), reviews)
    sources = recounted([source for part in rows for source in part.sources], clips)
    write_dataset(layout, datasets[0].settings, sources, clips)


def _differences(datasets: Sequence[Dataset], names: Sequence[str]) -> list[str]:
    """Name the settings that are not the same in all datasets."""
    settings = [asdict(one.settings) for one in datasets]
    return [
        f"{field} differs: {', '.join(f'{one[field]} in {name}' for one, name in zip(settings, names, strict=True))}"
        for field in settings[0]
        if len({one[field] for one in settings}) > 1
    ]


def _sounds(dataset: Dataset, part: Renamed) -> Iterator[Sound]:
    """List the files of the kept clips, and of those that a person refused."""
    layout = Layout(dataset.root)
    for clip, new in part.clips:
        if new.path:
            yield Sound(source=dataset.path(clip), place=new.path, clip=clip)
        elif is_refused_by_hand(clip) and (parked := parked_file(layout, clip)):
            place = layout.refused.relative_to(layout.root) / f"{new.id}{parked.suffix}"
            yield Sound(source=parked, place=place.as_posix(), clip=clip)


def _take_over(layout: Layout, sounds: Sequence[Sound], *, copy: bool, progress: Progress) -> None:
    done_s, total_s = 0.0, sum(sound.clip.duration_s for sound in sounds)
    for sound in sounds:
        _verify(sound)
        _place(sound.source, layout.root / sound.place, copy=copy)
        done_s += sound.clip.duration_s
        progress(sound.clip.id, done_s, total_s)


def _verify(sound: Sound) -> None:
    """Refuse a file that is not what its manifest says: the merged one would vouch for it."""
    try:
        found = file_sha256(sound.source)
    except OSError as error:
        raise DatasetError(f"{sound.source} cannot be read ({error.strerror}). {_ADVICE}") from error
    if sound.clip.sha256 and found != sound.clip.sha256:
        raise DatasetError(f"{sound.source} is not what its manifest says: its SHA-256 is {found[:12]}... {_ADVICE}")


def _place(source: Path, place: Path, *, copy: bool) -> None:
    """Give a file a second name, or copy it where the disk is another one or knows no second names.

    What is there already may be another dataset's clip under its second name: it is never written to.
    """
    if os.path.lexists(place):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    if not copy:
        try:
            os.link(source, place)
        except OSError as error:
            if error.errno in (*DISK_FULL, errno.EEXIST):
                raise
        else:
            return
    shutil.copyfile(source, place)


def _keep_journal(layout: Layout, journals: Sequence[Journal]) -> None:
    """Keep what was found out about single clips, such as their voices."""
    merged = Journal(layout.journal)
    merged.adopt(journals, leaving_out=OF_ONE_RUN)


def _parts(dataset: Dataset, row: Renamed) -> list[Part]:
    """Say what came from where; of a dataset that was merged itself, its own parts."""
    now = {old.name: new.name for old, new in zip(dataset.sources, row.sources, strict=True)}
    if not dataset.merged:
        return [Part(name=row.name, settings=dataset.settings.to_json(), sources=tuple(now.values()))]
    return [
        Part(name=f"{row.name}/{part.name}", settings=part.settings, sources=tuple(now[name] for name in part.sources))
        for part in dataset.merged
    ]


def _reviews(datasets: Sequence[Dataset]) -> Reviews:
    """Put together what persons decided; about the same piece of the same recording the first one counts."""
    found: Reviews = {}
    for one in datasets:
        for key, review in read_reviews(Layout(one.root)).items():
            if found.setdefault(key, review) is not review:
                logger.warning("%s was decided about in more than one dataset; the first decision counts", review.clip)
    return found


_ADVICE = "See what else is wrong with: audiokit dataset verify; the same prep again mends it."
