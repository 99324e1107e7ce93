"""A worker process: one line of JSON in, lines of JSON out, one task at a time.

It is a program of its own, started with `python -m audiokit.dataset.worker`, rather than a fork or a spawned copy of
the caller: that works the same from a shell, a notebook and a script without a `__main__` guard, and a decoder that
crashes takes nothing with it. It ends when its standard input does, so that nothing outlives a killed caller.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from audiokit.dataset.layout import DISK_FULL
from audiokit.dataset.settings import PrepSettings
from audiokit.errors import AudioFileError, AudiokitError

TELL_EVERY_S = 0.2
HASH_BYTES = 1 << 20

Advance = Callable[[float], None]
Answer = dict[str, Any]


def probe(task: dict[str, Any], advance: Advance) -> Answer:
    """Hash a file and read its header, to find out early what can be prepared."""
    import hashlib

    from audiokit.audio.decode import open_reader
    from audiokit.dataset.recordings import on_disk

    with on_disk(task["path"], advance) as path:
        with open_reader(path) as reader:
            expected_s = reader.expected_s
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(HASH_BYTES):
                digest.update(block)
                if len(block) == HASH_BYTES:
                    advance(0.0)  # nothing to count, but a sign of life
    return {"sha256": digest.hexdigest(), "expected_s": expected_s}


def check(task: dict[str, Any], advance: Advance) -> Answer:
    """Open all that the settings name, so that what is wrong or missing shows before hours of work."""
    settings = PrepSettings.from_json(task["settings"])
    from audiokit.dataset.detect import speech_detector

    speech_detector(settings.vad)
    if settings.denoise:
        import numpy as np

        from audiokit.audio.buffer import Audio
        from audiokit.dsp.denoise import denoise

        denoise(Audio(np.zeros(480, np.float32), 48_000))
    if settings.min_mos is not None:
        from audiokit.analysis.mos import network

        network()
    if settings.max_laughter is not None:
        from audiokit.analysis.laughter import tagger

        tagger(settings.sounds_model)
    if not settings.transcribe:
        return {"recognizers": []}
    from audiokit.dataset.texts import recognizer

    opened = [recognizer(each.stt, each.model, each.language) for each in settings.recognizers]
    return {"recognizers": [getattr(each, "settings_key", "") for each in opened]}


def prepare(task: dict[str, Any], advance: Advance) -> Answer:
    """See `recording.prepare_recording`."""
    from audiokit.dataset.recording import Job, prepare_recording
    from audiokit.dataset.recordings import on_disk

    folders = {name: Path(task[name]) for name in ("clips", "work", "heard")}
    settings = PrepSettings.from_json(task["settings"])
    with on_disk(task["path"], advance) as path:
        return prepare_recording(
            Job(name=task["name"], sha256=task["sha256"], id=task["id"], settings=settings, path=path, **folders),
            advance,
        )


def transcribe(task: dict[str, Any], advance: Advance) -> Answer:
    """See `texts.transcribe_clip`."""
    from audiokit.dataset.texts import transcribe_clip

    return transcribe_clip(Path(task["path"]), PrepSettings.from_json(task["settings"]))


def voiceprint(task: dict[str, Any], advance: Advance) -> Answer:
    """See `voiceprint.take_voiceprint`."""
    from audiokit.dataset.voiceprint import take_voiceprint

    return take_voiceprint(Path(task["path"]))


def measure(task: dict[str, Any], advance: Advance) -> Answer:
    """See `sounds.MEASURES`."""
    from audiokit.audio.files import read
    from audiokit.dataset.sounds import MEASURES

    return MEASURES[task["task"]](read(task["path"]))


def laughter(task: dict[str, Any], advance: Advance) -> Answer:
    """See `laughter.Tagger.laughter`."""
    from audiokit.analysis.laughter import tagger
    from audiokit.audio.files import read

    return {"laughter": round(tagger(task["model"]).laughter(read(task["path"])), 2)}


def fingerprint(task: dict[str, Any], advance: Advance) -> Answer:
    """See `duplicates.take_print`."""
    from audiokit.audio.files import read
    from audiokit.dataset.duplicates import take_print

    return take_print(read(task["path"]))


TASKS: dict[str, Callable[[dict[str, Any], Advance], Answer]] = {
    "probe": probe,
    "check": check,
    "prepare": prepare,
    "transcribe": transcribe,
    "voiceprint": voiceprint,
    **dict.fromkeys(("mos", "reverb", "music"), measure),
    "laughter": laughter,
    "print": fingerprint,
}


def answer(task: dict[str, Any], advance: Advance) -> Answer:
    """Do one task; an error a user can mend is part of the answer, a bug is not caught."""
    try:
        return {"result": TASKS[task["task"]](task, advance)}
    except AudioFileError as error:
        return {"error": _printable(str(error)), "reason": error.reason, **_outside(error)}
    except AudiokitError as error:
        return {"error": _printable(str(error)), "reason": "failed", **_portrait(error)}
    except OSError as error:
        return {"error": _printable(f"{task.get('name', '')}: {error}"), "reason": "unreadable", **_outside(error)}


def _printable(message: str) -> str:
    """Write out the bytes of a file's name that are no text, which neither journal nor manifest can hold."""
    return message.encode("utf-8", "backslashreplace").decode()


def _outside(error: BaseException) -> dict[str, Any]:
    """Say whether the system, not the recording, is at fault: then another time may be better."""
    causes = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__
    met = [cause for cause in causes if isinstance(cause, OSError)]
    full = [cause.filename for cause in met if cause.errno in DISK_FULL]
    place = next((os.fsdecode(name) for name in full if isinstance(name, str | bytes)), "")
    return {"passing": bool(met), "disk_full": bool(full), **({"place": place} if place else {})}


def _portrait(error: AudiokitError) -> dict[str, Any]:
    """Name the error's class (for a plug-in's own, the house's class above it) and give its plain attributes."""
    known = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == AudiokitError.__module__)
    details = {name: value for name, value in vars(error).items() if isinstance(value, str | float | int | None)}
    return {"raised": known, "details": details}


def serve(tasks: TextIO, answers: TextIO) -> None:
    """Answer tasks until there are no more."""
    waiting: queue.Queue[str] = queue.Queue()
    idle = threading.Event()
    idle.set()
    threading.Thread(target=_read, args=(tasks, waiting, idle), daemon=True).start()
    while line := waiting.get():
        task = json.loads(line)
        answered = answer(task, teller(lambda message: _say(answers, message)))
        idle.set()
        _say(answers, {"answer": answered})


def _read(tasks: TextIO, waiting: queue.Queue[str], idle: threading.Event) -> None:
    for line in tasks:
        idle.clear()
        waiting.put(line)
    if not idle.is_set():
        os._exit(1)  # the caller is gone in the middle of a task: nobody wants the rest of it
    waiting.put("")


def teller(say: Callable[[dict[str, Any]], None]) -> Advance:
    """Say how far a task is, but not too often."""
    told_at = 0.0

    def tell(done_s: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            say({"done_s": round(done_s, 2)})

    return tell


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False) + "\n")
    answers.flush()


def main() -> None:
    """Serve on standard input and output; whatever a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the caller ends its workers
    # Messages may quote file names with bytes that are no UTF-8.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
