"""The verbs: what the shell's commands call, and notebooks too.

Those for recordings, datasets and servers are here; `audiokit.cloned` makes voices, `audiokit.spoken` lets them speak.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, overload

from audiokit.progress import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from audiokit.agent.agent import Agent
    from audiokit.agent.config_file import AgentConfig
    from audiokit.agent.events import Event
    from audiokit.analysis.report import Report
    from audiokit.audio.buffer import Audio
    from audiokit.audio.files import FileInfo
    from audiokit.audio.formats import Encoding
    from audiokit.dataset.engine import EngineName, RayCluster
    from audiokit.dataset.exports.export import ExportSettings
    from audiokit.dataset.exports.split import Parts
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.settings import PrepSettings
    from audiokit.editing.apply import Source
    from audiokit.editing.split import AtSilence, AtTimes, Every, Piece
    from audiokit.editing.step import Step
    from audiokit.server.background import RunningServer
    from audiokit.server.settings import ServerSettings


def prep(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    settings: PrepSettings | None = None,
    *,
    jobs: int | None = None,
    engine: EngineName | RayCluster = "local",
    work: str | os.PathLike[str] | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Dataset:
    """Turn recordings into a dataset of clips fit for cloning a voice or training one.

    Each recording is read in blocks, its sound never whole in memory; speech is found by a neural detector, cut in
    pauses, measured, judged, brought to one loudness, and written with a manifest. An interrupted call goes on where
    it stopped when it is made again; the result is the same to the byte, whatever `jobs`, `engine` and machine.

    Parameters
    ----------
    sources : a file, a folder (searched whole) or a glob, or several of them; addresses too, such as s3://bucket/talks.
    out : folder of the dataset; new, empty, or one of an earlier call. Behind an address it is kept as the work goes
        on, so that another machine can go on where this one was lost.
    settings : how to prepare; `PrepSettings()` by default.
    jobs : how many recordings are worked on at once; by default one a processor core, of all machines together.
    engine : "local", "ray", or a `RayCluster`; machines without the recordings are sent them, or fetch them from
        their address.
    work : with `out` behind an address, where its working folder goes; by default into audiokit's home folder.
    strict : stop at the first recording that cannot be used, instead of noting it and going on.
    progress : called with a label and seconds of audio, done and in all.

    Returns
    -------
    Dataset : opened from `out`.

    Raises
    ------
    AudioFileError : a source is not there; with `strict`, also the first recording that cannot be used.
    DatasetError : `out` is no place for a dataset, another call writes it, the disk is full, or nothing usable came
        out.
    ConfigError : a detector or recognizer of an unknown name; a store that refuses access; no Ray cluster there.
    MissingDependencyError : the detector or recognizer is not installed, or Ray, or what a store needs.
    """
    from audiokit.dataset.prepare import prepare
    from audiokit.dataset.settings import PrepSettings

    several = [sources] if isinstance(sources, (str, os.PathLike)) else list(sources)
    return prepare(
        several,
        out,
        settings or PrepSettings(),
        jobs=jobs,
        engine=engine,
        work=work,
        strict=strict,
        progress=progress,
    )


def analyze(
    source: str | os.PathLike[str] | Audio,
    *,
    ask: Collection[str] = (),
    plot: str | os.PathLike[str] | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Measure a recording: levels, loudness, noise, pitch, timbre, and what each part of it is.

    Decodes once, block by block: 3 hours take no more memory than 3 minutes. Without the extra `offline` speech is
    not told from other sound; the report's notes say so. A recording whose end is missing is measured as far as it
    goes, with a note.

    Parameters
    ----------
    source : a file, or audio in memory.
    ask : what costs more, by name. "tempo", "beats", "onsets": 3 s and 250 MB for librosa, then 2,000 x real time
        and more; "pyin": pitch by pYIN instead of YIN, 14 x real time; "mos": opinion scores by DNSMOS, 15 x;
        "speakers": how many voices speak, 3 s at most.
    plot : a PNG to draw: waveform with segments, log-mel spectrogram, pitch, loudness.
    progress : called with the name and seconds of audio, done and in all.

    Raises
    ------
    AudioFileError : cannot be read, or holds no sound; or the picture cannot be written.
    MissingDependencyError : what was asked for is not installed: the extras are `analysis` and `plot`.
    """
    from audiokit.analysis.report import analyze

    return analyze(source, ask=ask, plot=plot, progress=progress)


def info(path: str | os.PathLike[str]) -> FileInfo:
    """Look at a recording's header only.

    Parameters
    ----------
    path : a recording.

    Raises
    ------
    AudioFileError : missing, or no recording.
    """
    from audiokit.audio.files import info

    return info(path)


@overload
def edit(
    sources: Source | Sequence[Source],
    steps: Sequence[Step] = ...,
    out: None = ...,
    *,
    crossfade_s: float = ...,
    progress: Progress = ...,
) -> Audio: ...


@overload
def edit(
    sources: Source | Sequence[Source],
    steps: Sequence[Step],
    out: str | os.PathLike[str],
    *,
    crossfade_s: float = ...,
    encoding: Encoding | None = ...,
    force: bool = ...,
    progress: Progress = ...,
) -> Path: ...


def edit(
    sources: Source | Sequence[Source],
    steps: Sequence[Step] = (),
    out: str | os.PathLike[str] | None = None,
    *,
    crossfade_s: float = 0.0,
    encoding: Encoding | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Audio | Path:
    """Change sound step by step, in the order given.

    From file to file in memory that does not grow with the length. A normalization goes through the sound up to it
    once more first, to measure it; a reversal writes it into a temporary file.

    Parameters
    ----------
    sources : a recording or an `Audio`, or several that are joined first, at the highest rate and the largest number
        of channels among them.
    steps : what to do, from `audiokit.steps`, such as `steps.Trim(10, 90)` and `steps.NormalizeLoudness(-16)`.
    out : a file to write; its extension gives the format. Without it the result comes back in memory.
    crossfade_s : how long each source overlaps the one before, in seconds; at most their length.
    encoding : sample format, bit rate, tags and cover of the file.
    force : replace `out` if it is there.
    progress : called with a file's name and seconds of audio, done and in all, each time it is gone through.

    Returns
    -------
    The edited `Audio`, or the path of the file.

    Raises
    ------
    AudioFileError : a source that cannot be read, or a file that cannot be written.
    UsageError : a step that does not go with the sound, or `out` is there and `force` is not given.
    MissingDependencyError : a step needs a package that is not installed.
    """
    from pathlib import Path

    from audiokit.audio.buffer import Audio
    from audiokit.audio.formats import Encoding
    from audiokit.editing.apply import check_target, edited, to_file
    from audiokit.editing.streams import collected

    several = [sources] if isinstance(sources, (Audio, str, os.PathLike)) else list(sources)
    encoding = encoding or Encoding()
    if out is None:
        return collected(edited(several, steps, crossfade_s=crossfade_s, progress=progress))
    check_target(Path(out), encoding, force=force)
    to_file(edited(several, steps, crossfade_s=crossfade_s, progress=progress), Path(out), encoding)
    return Path(out)


def split(
    source: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    where: AtSilence | Every | AtTimes | None = None,
    *,
    extension: str = "wav",
    encoding: Encoding | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> list[Piece]:
    """Cut a recording into files, in memory that does not grow with its length.

    Parameters
    ----------
    source : a recording.
    out_dir : folder for the pieces, which are called after the recording, with a number: `talk_001.wav`.
    where : `AtSilence(...)`, the default, `Every(30.0)` or `AtTimes((60.0, 150.0))`, from `audiokit.editing.split`.
    extension : the pieces' format.
    encoding : sample format, bit rate, tags and cover of the pieces.
    force : replace pieces of the same names.
    progress : called with the file's name and seconds of audio, done and in all.

    Returns
    -------
    The pieces, with their times in the recording.

    Raises
    ------
    AudioFileError : a source that cannot be read, one that is silent throughout, or pieces that cannot be written.
    UsageError : a time behind the end, or pieces are there and `force` is not given.
    """
    from audiokit.audio.formats import Encoding
    from audiokit.editing.split import AtSilence, split_recording

    return split_recording(
        source,
        out_dir,
        where or AtSilence(),
        extension=extension,
        encoding=encoding or Encoding(),
        force=force,
        progress=progress,
    )


def export(
    dataset: Dataset | str | os.PathLike[str],
    out: str | os.PathLike[str],
    format: str,
    settings: ExportSettings | None = None,
    *,
    progress: Progress = SILENT,
) -> Parts:
    """Write the kept clips of a dataset into a new folder, in the form that another program reads.

    Parameters
    ----------
    dataset : opened, or its folder.
    out : the folder; new or empty. It is there whole or not at all.
    format : "coqui", "ljspeech", ...: the names in `audiokit.dataset.exports.export.FORMATS`.
    settings : shares of training and validation, seed, rate, speaker; `ExportSettings()` by default.
    progress : called with a clip's id and seconds of audio, done and in all.

    Returns
    -------
    The clips by part: "train", "validation", "test".

    Raises
    ------
    ConfigError : no such format.
    DatasetError : no dataset, `out` holds something, or no clip fits.
    """
    from audiokit.dataset.exports.export import export as run
    from audiokit.dataset.manifest import Dataset

    opened = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    return run(opened, out, format, settings, progress=progress)


def merge_datasets(
    datasets: Sequence[Dataset | str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    copy: bool = False,
    progress: Progress = SILENT,
) -> Dataset:
    """Put datasets together into a new folder, which is there whole or not at all; they stay as they are.

    A recording that several have is taken from the first that prepared it. Names that collide get the dataset's name
    in front. Speakers are labelled anew, and are one only if their voiceprints say so. Decisions of `review` and texts
    come along. The recordings' own datasets are what `prep` continues; the merged one it refuses.

    Parameters
    ----------
    datasets : two or more, opened or as folders; nobody can write them meanwhile.
    out : the folder; new or empty.
    copy : copy the clips. Otherwise each gets a second name (a hard link) where the disk can, and takes no space:
        audiokit replaces clips and never writes into them, but another program might.
    progress : called with a clip's id and seconds of audio, done and in all.

    Raises
    ------
    UsageError : fewer than two datasets, or one named twice.
    DatasetError : no dataset, one that is being written, clips of different rates or formats, a clip that is not what
        its manifest says, `out` holds something, or a full disk.
    """
    from audiokit.dataset.merge import merge

    return merge(datasets, out, copy=copy, progress=progress)


def converse(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    config: str | os.PathLike[str] | AgentConfig | None = None,
    *,
    with_user: bool = False,
    record: str | os.PathLike[str] | None = None,
    session: str | os.PathLike[str] | None = None,
    fast: bool = True,
) -> list[Event]:
    """Let an agent answer what is said in a recording, as if it were live; gives what happened, event by event.

    Parameters
    ----------
    source, out : a recording in place of the microphone, and a file for what is heard of the agent meanwhile.
    config : an `agent.toml`, or what was read from one; by default an agent that needs no key and no network.
    with_user, record, session : see `audiokit.agent.doors.Doors`.
    fast : take no longer than the models compute; False takes as long as the recording and the replies.

    Raises
    ------
    AudioFileError : a file that cannot be read or written.
    ConfigError : a configuration that cannot be meant, or a missing key.
    MissingDependencyError : a provider whose extra is not installed.
    """
    from audiokit.agent.config_file import AgentConfig, build, load, patient
    from audiokit.agent.doors import Doors, hold

    chosen = AgentConfig() if config is None else config if isinstance(config, AgentConfig) else load(config)
    doors = Doors(input=source, output=out, with_user=with_user, record=record, session=session)
    events: list[Event] = []
    hold(build(patient(chosen) if fast else chosen), doors, show=events.append, fast=fast)
    return events


def serve(agent: Agent | None = None, settings: ServerSettings | None = None) -> RunningServer:
    """Serve an agent to browsers, telephones and programs, while the program goes on.

    Works in scripts and where an event loop runs, as in Jupyter. A script that has nothing else to do waits:
    `serve().wait()`. With several workers a script needs the usual `if __name__ == "__main__":`.

    Parameters
    ----------
    agent : who is talked with; by default whom `settings` name, else an agent that needs no key and no network. Other
        than the command, it never looks for an agent.toml: name it, `ServerSettings(config=Path("agent.toml"))`.
    settings : where and for whom; by default on http://127.0.0.1:8765, with the token of AUDIOKIT_SERVER_TOKEN.

    Returns
    -------
    RunningServer : has `url`, `wait()` and `stop()`; as a context manager it stops when its block ends.

    Raises
    ------
    ConfigError : the address is taken, the agent cannot be opened, or several workers shall share one of this process.
    MissingDependencyError : the extra `server` is not installed, or one that the agent needs.
    """
    from audiokit.server.background import start
    from audiokit.server.settings import ServerSettings

    return start(settings or ServerSettings(), agent)
