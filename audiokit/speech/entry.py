"""One kept piece of speech: what was asked, the sound as it came, the times of its words; and its file format.

    audiokit-speech 1 <CRC-32 of all that follows, 8 hexadecimal digits>
    <one line of JSON: request, encoding, sample rate, frames, words>
    <the sound>

A file that was torn, cut, changed or renamed is told by its check sum and its key, so nothing must be flushed to disk
before a file takes its name.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk, to_pcm16
from audiokit.contracts import SpeechChunk, Word
from audiokit.speech.cache_key import SpeechRequest

MAGIC = b"audiokit-speech 1 "
HEAD_BYTES = len(MAGIC) + 9
PCM = "pcm_s16le"
CHUNK_S = 0.2  # long enough to be cheap, short enough to stop soon
LENGTH_TOLERANCE_S = 0.2  # lossy codecs add and cut some padding at both ends


class UnreadableEntry(ValueError):  # noqa: N818  says what the file is, for whoever decides what that means
    """A file that is no whole entry of this format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEntry:
    """Speech that was paid for once."""

    request: SpeechRequest
    """What was asked."""
    sample_rate: int
    """In Hz."""
    frames: int
    """How long it is, in frames."""
    encoding: str
    """How `sound` is kept: "pcm_s16le", or the format it came in."""
    sound: bytes
    """All of it."""
    words: tuple[Word, ...] = ()
    """With their times, if the provider told."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def chunks(self) -> Iterator[SpeechChunk]:
        """Give it as its provider did, in pieces of 0.2 s; the first brings all the encoded bytes."""
        encoded = b"" if self.encoding == PCM else self.sound
        words, at = self.words, 0
        for samples in self._blocks(round(CHUNK_S * self.sample_rate)):
            at += len(samples)
            is_last = at >= self.frames
            begun = tuple(word for word in words if is_last or word.start_s * self.sample_rate < at)
            yield SpeechChunk(samples, self.sample_rate, begun, encoded, from_cache=True)
            words, encoded = words[len(begun) :], b""

    def _blocks(self, step: int) -> Iterator[Samples]:
        if self.encoding == PCM:
            for at in range(0, len(self.sound), 2 * step):
                yield AudioChunk.from_pcm16(self.sound[at : at + 2 * step], self.sample_rate).samples
            return
        with soundfile.SoundFile(io.BytesIO(self.sound)) as file:
            yield from file.blocks(step, dtype="float32", always_2d=True)


def entry_of(request: SpeechRequest, chunks: Sequence[SpeechChunk]) -> SpeechEntry:
    """Make an entry of all that was heard.

    The vendor's own bytes are kept where they can be played again; otherwise 16-bit samples.

    Parameters
    ----------
    request : what was asked.
    chunks : everything that came, at least one frame.
    """
    samples = np.concatenate([chunk.samples for chunk in chunks])
    rate = chunks[0].sample_rate
    encoded = b"" if request.encoding == PCM else b"".join(chunk.encoded for chunk in chunks)
    decoded = _decoded_frames(encoded, rate) if encoded else 0
    is_playable = decoded > 0 and abs(decoded - len(samples)) <= LENGTH_TOLERANCE_S * rate
    return SpeechEntry(
        request=request,
        sample_rate=rate,
        frames=decoded if is_playable else len(samples),
        encoding=request.encoding if is_playable else PCM,
        sound=encoded if is_playable else to_pcm16(samples),
        words=tuple(word for chunk in chunks for word in chunk.words),
    )


def check_sound(entry: SpeechEntry) -> None:
    """Decode all of an entry that comes from elsewhere.

    Raises
    ------
    UnreadableEntry : its sound is no sound, or another one than its header tells.
    """
    frames = len(entry.sound) // 2 if entry.encoding == PCM else _decoded_frames(entry.sound, entry.sample_rate)
    if frames != entry.frames:
        raise UnreadableEntry(f"its sound has {frames} frames; its header tells of {entry.frames}")


def _check_start(entry: SpeechEntry) -> None:
    """Decode the first piece, so that what is given can at least begin to sound."""
    if entry.sample_rate < 1 or entry.frames < 1:
        raise ValueError(f"{entry.frames} frames at {entry.sample_rate} Hz")
    if entry.encoding == PCM:
        if len(entry.sound) != 2 * entry.frames:
            raise ValueError(f"{len(entry.sound)} bytes for {entry.frames} frames")
    elif not len(next(entry.chunks()).samples):
        raise ValueError("no sound")


def _decoded_frames(encoded: bytes, sample_rate: int) -> int:
    """Count the frames of a file that libsndfile can read at its rate; 0 if it cannot."""
    try:
        with soundfile.SoundFile(io.BytesIO(encoded)) as file:
            is_same = file.samplerate == sample_rate and file.channels == 1
            return sum(map(len, file.blocks(sample_rate))) if is_same else 0
    except soundfile.LibsndfileError:
        return 0


def packed(entry: SpeechEntry) -> bytes:
    """Write an entry as a file."""
    header = {
        "request": entry.request.to_json(),
        "encoding": entry.encoding,
        "sample_rate": entry.sample_rate,
        "frames": entry.frames,
        "words": [[word.text, word.start_s, word.end_s, word.confidence] for word in entry.words],
    }
    body = json.dumps(header).encode("ascii") + b"\n" + entry.sound
    return MAGIC + b"%08x\n" % zlib.crc32(body) + body


def unpacked(data: bytes, key: str) -> SpeechEntry:
    """Read an entry from a file.

    Parameters
    ----------
    data : the whole file.
    key : under which it was found; it must be the key of what was asked.

    Raises
    ------
    UnreadableEntry : damaged, or another file's.
    """
    if not data.startswith(MAGIC):
        raise UnreadableEntry("not a speech entry of this version")
    if data[len(MAGIC) : HEAD_BYTES] != b"%08x\n" % zlib.crc32(memoryview(data)[HEAD_BYTES:]):
        raise UnreadableEntry("damaged: its check sum is another one")
    header, _, sound = data[HEAD_BYTES:].partition(b"\n")
    try:
        fields = json.loads(header)
        entry = SpeechEntry(
            request=SpeechRequest(**fields["request"]),
            sample_rate=fields["sample_rate"],
            frames=fields["frames"],
            encoding=fields["encoding"],
            sound=sound,
            words=tuple(
                Word(text=text, start_s=start_s, end_s=end_s, confidence=confidence)
                for text, start_s, end_s, confidence in fields["words"]
            ),
        )
        _check_start(entry)
    except (KeyError, TypeError, ValueError, StopIteration, soundfile.LibsndfileError) as error:
        raise UnreadableEntry(f"it cannot be read: {error!r}") from error
    if entry.request.key != key:
        raise UnreadableEntry("it belongs to another key")
    return entry
