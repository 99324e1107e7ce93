"""`Recording`: a folder with all of a conversation: both voices, the words, what happened and how long it took."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TextIO

from audiokit.agent.events import AgentText, Event, SessionEnded, SpokenFailure, TurnEnded, UserText
from audiokit.agent.file_io import SAMPLE_RATE, FileOut, SoundFile
from audiokit.agent.track import UserTrack
from audiokit.errors import AudioFileError
from audiokit.progress import clock_face

FILES = ("user.wav", "agent.wav", "events.jsonl", "turns.jsonl", "transcript.txt")


class Recording(FileOut):
    """Writes a conversation into a folder as it goes; a context manager, whose end completes the files.

    An `AudioOut` for `file_io.Outs`: `agent.wav` holds what was heard of the agent, `user.wav` the microphone, both
    from the same moment on. `events.jsonl` has a line for each event, `turns.jsonl` each turn's metrics,
    `transcript.txt` what was said. A line that was written stays, whatever ends the process.

    Parameters
    ----------
    folder : made if it is not there; one that holds a conversation is refused.
    sample_rate : of both sound files, in Hz.

    Raises
    ------
    AudioFileError : cannot be written, or holds a conversation.
    """

    def __init__(self, folder: str | os.PathLike[str], *, sample_rate: int = SAMPLE_RATE) -> None:
        self.folder = _fresh(Path(folder))
        super().__init__(self.folder / "agent.wav", sample_rate=sample_rate)
        self._user_file = SoundFile(self.folder / "user.wav", sample_rate)
        self._user = UserTrack(sample_rate, self._user_file.write)
        self._events, self._turns, self._transcript = (_lines(self.folder / name) for name in FILES[2:])
        self._aside = ""

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._user_file.close()
        for file in (self._events, self._turns, self._transcript):
            file.close()

    def note(self, event: Event) -> None:
        """Write an event down."""
        _write_json(self._events, event.to_json())
        if isinstance(event, TurnEnded):
            _write_json(self._turns, {"turn_id": event.turn_id, **asdict(event.metrics)})
        self._transcribe(event)

    def _transcribe(self, event: Event) -> None:
        lines: list[str] = []
        match event:
            case UserText(text=text, is_final=True):
                lines = [f"User: {text}"]
            case SpokenFailure(text=text):
                self._aside = text
            case AgentText(text=text, is_final=True):  # first what was heard of the reply
                lines = [f"Agent: {each}" for each in (text, self._aside) if each]
                self._aside = ""
            case SessionEnded(reason=reason):
                lines = [f"ended: {reason}"]
        for line in lines:
            self._transcript.write(f"[{clock_face(event.at_s)}] {line}\n")


def _write_json(file: TextIO, data: Mapping[str, object]) -> None:
    file.write(json.dumps(data, ensure_ascii=False) + "\n")


def _fresh(folder: Path) -> Path:
    held = [name for name in FILES if (folder / name).exists()]
    if held:
        raise AudioFileError(
            f"{folder} holds a conversation ({', '.join(held)}). Record into another folder.", reason="cannot write"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"{folder} cannot be made: {error.strerror}.", reason="cannot write") from error
    return folder


def _lines(path: Path) -> TextIO:
    """Open a file whose every line is on disk as soon as it is written."""
    return path.open("w", encoding="utf-8", buffering=1)
