"""The verbs that speak: a text into sound, a book into files, a stream as it comes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, overload

from audiokit.progress import SILENT, Progress

if TYPE_CHECKING:
    from audiokit.audio.buffer import Audio
    from audiokit.contracts import TTS, SpeechChunk, Voice
    from audiokit.speech.chapters import Chapter
    from audiokit.speech.narrate import Spoken
    from audiokit.speech.speaking import SaySettings
    from audiokit.speech.usage import UsageCounter


@overload
def say(
    text: str,
    *,
    voice: str | Voice | None = ...,
    out: None = ...,
    srt: str | os.PathLike[str] | None = ...,
    settings: SaySettings | None = ...,
    force: bool = ...,
    usage: UsageCounter | None = ...,
    progress: Progress = ...,
) -> Audio: ...


@overload
def say(
    text: str,
    *,
    voice: str | Voice | None = ...,
    out: str | os.PathLike[str],
    srt: str | os.PathLike[str] | None = ...,
    settings: SaySettings | None = ...,
    force: bool = ...,
    usage: UsageCounter | None = ...,
    progress: Progress = ...,
) -> Path: ...


def say(
    text: str,
    *,
    voice: str | Voice | None = None,
    out: str | os.PathLike[str] | None = None,
    srt: str | os.PathLike[str] | None = None,
    settings: SaySettings | None = None,
    force: bool = False,
    usage: UsageCounter | None = None,
    progress: Progress = SILENT,
) -> Audio | Path:
    """Speak a text of any length.

    Sentences are made ahead in parallel and joined without clicks or gaps. What was said before comes from the cache,
    so an interrupted call goes on where it stopped when it is made again. With `out`, memory does not grow.

    Parameters
    ----------
    text : what to say; blank lines part paragraphs.
    voice : a name in the `VoiceBook`, PROVIDER:ID, a name that the provider gave, or a `Voice`; None: its default.
    out : a file to write; its extension gives the format. Without it the sound comes back.
    srt : a file for subtitles: by words if the provider tells their times, else by sentences.
    settings : who speaks and how; `SaySettings()` by default: hibari, offline, with the cache.
    force : replace files that are there.
    usage : characters, paid and cached, are counted there.
    progress : called with "speech" and characters, done and in all.

    Returns
    -------
    The `Audio`, which plays itself in Jupyter; with `out`, the file's path.

    Raises
    ------
    UsageError : nothing to say, a voice of another provider, or a file is there and `force` is not given.
    VoiceNotFoundError : nobody has such a voice, neither the book nor the provider.
    ConfigError, MissingDependencyError : no such provider or voice, no key, or it is not installed.
    ProviderError : it refused or failed, and so did the fallbacks.
    AudioFileError : the file cannot be written.
    """
    from audiokit.speech.to_file import check_free, write_speech, write_srt

    check_free([out, srt], force=force)
    how = _Speaking(voice, settings, usage, words=srt is not None)
    with how.narrated(text, progress=progress) as spoken:
        if out is not None:
            cues = write_speech(Path(out), spoken)
            if srt is not None:
                write_srt(Path(srt), cues)
            return Path(out)
        sentences = list(spoken)
    return _joined(sentences, srt)


def narrate(
    text: str,
    out: str | os.PathLike[str],
    *,
    voice: str | Voice | None = None,
    extension: str = "mp3",
    settings: SaySettings | None = None,
    force: bool = False,
    usage: UsageCounter | None = None,
    progress: Progress = SILENT,
) -> list[Path]:
    """Speak a book: into one file with marks for its chapters, or into a folder with a file for each.

    Chapters begin at Markdown's `#` and `##`, or at lines such as "Chapter 1"; Markdown is not read aloud.
    An interrupted call goes on where it stopped when it is made again; a folder gets its files when all are there,
    until then they wait in its folder `.part`.

    Parameters
    ----------
    text : the book.
    out : a file, of a format with chapters: m4b, m4a, mp3; or a folder, for files such as `01 Prologue.mp3`.
    voice, settings, force, usage, progress : as for `say`.
    extension : the format of a folder's files.

    Returns
    -------
    The files, in their order.

    Raises
    ------
    UsageError : a file is there and `force` is not given, a format without chapters, or nothing to say.
    As `say` does.
    """
    from audiokit.errors import UsageError
    from audiokit.speech.to_file import MARKED

    out, how, book = Path(out), _Speaking(voice, settings, usage), _chapters(text)
    if not book:
        raise UsageError("nothing to say: the text has no letter and no figure")
    suffix = out.suffix[1:].lower()
    if suffix in MARKED and not out.is_dir():
        return [_into_one(book, out, how, force=force, progress=progress)]
    if suffix and not out.is_dir():
        raise UsageError(f"{out}: {suffix} has no chapters. Name a file of {', '.join(MARKED)}, or a folder.")
    return _into_many(book, out, extension.removeprefix("."), how, force=force, progress=progress)


def stream_speech(
    text: str | Iterable[str],
    *,
    voice: str | Voice | None = None,
    settings: SaySettings | None = None,
    usage: UsageCounter | None = None,
) -> Iterator[SpeechChunk]:
    """Speak a text, or pieces of one that is still being written, and give the sound as it is made.

    The first clause sounds before the text is whole. Leaving the loop early stops the provider's work.

    Parameters
    ----------
    text : all of it, or an iterator of pieces in any portions, such as a model's tokens.
    voice, settings, usage : as for `say`.

    Raises
    ------
    As `say` does.
    """
    from audiokit import portal
    from audiokit.speech.live import streamed

    how = _Speaking(voice, settings, usage)
    pieces = [text] if isinstance(text, str) else text
    with closing(portal.iterate(streamed(how.tts, pieces, how.voice, change=how.prepared))) as chunks:  # type: ignore[type-var]
        yield from chunks


def warm(
    lines: Iterable[str],
    *,
    voice: str | Voice | None = None,
    clauses: bool = False,
    settings: SaySettings | None = None,
    usage: UsageCounter | None = None,
    progress: Progress = SILENT,
) -> None:
    """Speak phrases ahead of time, so that they are in the cache when they are needed.

    Parameters
    ----------
    lines : each is kept as it stands, not cut into sentences; those with nothing to say are left out.
    clauses : cut them as a live agent and `stream_speech` do, and keep each clause.
    voice, settings, usage : as for `say`.
    progress : called with "speech" and characters, done and in all.

    Raises
    ------
    As `say` does.
    """
    from audiokit import portal
    from audiokit.speech.narrate import Line, narrated
    from audiokit.speech.sentences import clauses_of, is_speakable

    how = _Speaking(voice, settings, usage)
    if clauses:
        lines = clauses_of(lines)
    spoken = [Line(text=how.prepared(line), pause_s=0.0) for line in lines if is_speakable(line)]
    for _ in portal.iterate(narrated(how.tts, spoken, how.voice, how.settings.pace, progress=progress)):
        if how.cache:
            how.cache.settle()  # lines are made faster than a shared store takes them


class _Speaking:
    """Who speaks, opened once for all that is said.

    Parameters
    ----------
    voice, settings, usage : as for `say`.
    words : whether the times of words are wanted.
    """

    def __init__(
        self,
        voice: str | Voice | None,
        settings: SaySettings | None,
        usage: UsageCounter | None,
        *,
        words: bool = False,
    ) -> None:
        from audiokit.cloning.find_voice import find_voice
        from audiokit.speech.speaking import OFFLINE, SaySettings, cache_for, speaker_for, with_words
        from audiokit.speech.usage import UsageCounter

        self.settings = settings or SaySettings()
        self.voice = find_voice(voice, self.settings.provider or OFFLINE) if isinstance(voice, str) else voice
        if words:
            self.settings = with_words(self.settings, self.voice)
        self.cache = cache_for(self.settings)
        self.tts: TTS = speaker_for(self.settings, self.voice, usage or UsageCounter(), self.cache)

    def digest(self, *what: object) -> str:
        """Tell by 32 hexadecimal digits what is to be said, and all of how that changes the sound."""
        from audiokit.speech.cache_key import voice_identity

        how = [self.settings.provider, self.settings.fallback, self.tts.settings_key, voice_identity(self.voice),
               self.settings.normalize_text, self.settings.pace.sentence_pause_s,
               self.settings.pace.paragraph_pause_s]  # fmt: skip
        return sha256(json.dumps([*how, *what]).encode()).hexdigest()[:32]

    def prepared(self, text: str) -> str:
        """Give what is really sent."""
        if not self.settings.normalize_text:
            return text
        from audiokit.speech.normalize import normalized

        return normalized(text)

    @contextmanager
    def narrated(self, text: str, *, start_s: float = 0.0, progress: Progress = SILENT) -> Iterator[Iterator[Spoken]]:
        """Speak a text while the block runs."""
        from audiokit import portal
        from audiokit.speech.narrate import narrated, script

        pace = self.settings.pace
        lines = script(self.prepared(text), pace)
        stream = narrated(self.tts, lines, self.voice, pace, start_s=start_s, progress=progress)
        with closing(portal.iterate(stream)) as spoken:  # type: ignore[type-var]
            yield spoken


def _chapters(text: str) -> list[Chapter]:
    """Cut a book, as plain text; what has nothing to say, such as a cover, is left out."""
    from audiokit.speech.chapters import chapters
    from audiokit.speech.markdown import plain_text, without_front_matter
    from audiokit.speech.sentences import is_speakable

    book = [replace(chapter, text=plain_text(chapter.text)) for chapter in chapters(without_front_matter(text))]
    return [chapter for chapter in book if is_speakable(chapter.text)]


def _joined(sentences: list[Spoken], srt: str | os.PathLike[str] | None) -> Audio:
    import numpy as np

    from audiokit.audio.buffer import Audio
    from audiokit.speech.subtitles import cues
    from audiokit.speech.to_file import write_srt

    if srt is not None:
        write_srt(Path(srt), cues(sentences))
    samples = np.concatenate([sentence.audio.samples for sentence in sentences])
    return Audio(samples, sentences[0].audio.sample_rate)


def _into_one(book: list[Chapter], out: Path, how: _Speaking, *, force: bool, progress: Progress) -> Path:
    from audiokit.speech.to_file import check_free, copy_with_chapters, write_speech

    check_free([out], force=force)
    marks: list[tuple[str, float, float]] = []

    def all_spoken() -> Iterator[Spoken]:
        end_s = 0.0
        for number, chapter in enumerate(book, start=1):
            start_s = end_s
            with how.narrated(chapter.text, start_s=start_s, progress=progress) as spoken:
                for sentence in spoken:
                    end_s = sentence.end_s
                    yield sentence
            marks.append((chapter.title or f"{number}", start_s, end_s))

    unmarked = out.with_name(f"{out.stem}.unmarked{out.suffix}")
    try:
        write_speech(unmarked, all_spoken())
        copy_with_chapters(unmarked, out, marks)
    finally:
        unmarked.unlink(missing_ok=True)
    return out


def _into_many(
    book: list[Chapter], folder: Path, extension: str, how: _Speaking, *, force: bool, progress: Progress
) -> list[Path]:
    from audiokit.audio.formats import Encoding, file_format
    from audiokit.errors import AudioFileError
    from audiokit.speech.to_file import check_free, write_speech

    width = max(2, len(str(len(book))))
    paths = [
        folder / f"{number:0{width}} {_file_name(chapter.title) or 'Text'}.{extension}"
        for number, chapter in enumerate(book, start=1)
    ]
    check_free(paths, force=force)
    known, made = file_format(paths[0]).tags, folder / ".part"
    try:
        made.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"{folder}: is no folder to write to: {error.strerror}.", reason="cannot write") from error
    finished: list[Path] = []
    for number, (path, chapter) in enumerate(zip(paths, book, strict=True), start=1):
        tags = {"title": chapter.title or path.stem, "track": str(number)}
        tags = {name: value for name, value in tags.items() if known is None or name in known}
        finished.append(made / f"{number} {how.digest(chapter.text, tags)}{path.suffix}")
        if not finished[-1].exists():
            with how.narrated(chapter.text, progress=progress) as spoken:
                write_speech(finished[-1], spoken, Encoding(tags=tags))
    for file, path in zip(finished, paths, strict=True):
        os.replace(file, path)
    rmtree(made)
    return paths


def _file_name(title: str) -> str:
    """Leave out what some system does not want in a file's name."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "", title).strip(" .")[:60]
