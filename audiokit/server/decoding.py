"""Compressed audio that comes piece by piece, as MediaRecorder sends it: decoded as it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from audiokit.audio.chunk import AudioChunk
from audiokit.server.inputs import Container, Refusal

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import InputContainer

SAMPLE_RATE = 16000  # what recognizers want; Opus always decodes to 48 kHz
WAITING_BYTES = 1_000_000  # over a minute of Opus at 128 kbit/s
DEMUXERS = {"webm": "matroska", "ogg": "ogg"}
# The headers say everything; without these FFmpeg would collect up to 5 s before its first frame.
PROBE = {"probesize": "32", "analyzeduration": "0", "fflags": "nobuffer"}
BUFFER_BYTES = 1024
PAUSE_S = 0.02


class StreamDecoder:
    """One stream of Opus or Vorbis, decoded in a thread of its own: FFmpeg waits inside its reads.

    Parameters
    ----------
    container : what the stream is wrapped in.
    deliver : called from the thread with each decoded piece, mono 16 kHz; False: it has no room yet.
    fail : called from the thread, once, with the reason when the stream cannot be decoded any further.
    """

    def __init__(
        self, container: Container, deliver: Callable[[AudioChunk], bool], fail: Callable[[str], None]
    ) -> None:
        self.container = container
        self._deliver, self._fail = deliver, fail
        self._pipe = _Pipe()
        self._thread = threading.Thread(target=self._run, name=f"audiokit-{container}", daemon=True)
        self._thread.start()

    def push(self, data: bytes) -> None:
        """Take the next piece.

        Raises
        ------
        Refusal : more is waiting than a microphone can have sent.
        """
        self._pipe.write(data)

    def close(self) -> None:
        """End the stream; what was not decoded yet is dropped."""
        self._pipe.close()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the thread to end after `close`."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        import av
        from av.error import FFmpegError

        try:
            with av.open(
                self._pipe,
                format=DEMUXERS[self.container],
                options=PROBE,
                buffer_size=BUFFER_BYTES,
            ) as stream:
                self._decode(cast("InputContainer", stream))
        except (FFmpegError, ValueError, IndexError) as error:
            if not self._pipe.is_closed:
                self._fail(f"audio/{self.container}: cannot be decoded: {type(error).__name__}")
        finally:
            self._pipe.close()

    def _decode(self, stream: InputContainer) -> None:
        from av.audio.resampler import AudioResampler

        to_mono = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in stream.decode(audio=0):
            for piece in to_mono.resample(frame):
                chunk = _chunk(piece)
                while not (self._pipe.is_closed or self._deliver(chunk)):
                    self._pipe.wait_for_end(PAUSE_S)
                if self._pipe.is_closed:
                    return


class _Pipe:
    """Bytes from the event loop to FFmpeg's blocking reads."""

    def __init__(self) -> None:
        self._bytes, self._changed = bytearray(), threading.Condition()
        self.is_closed = False

    def write(self, data: bytes) -> None:
        with self._changed:
            if self.is_closed:
                return
            if len(self._bytes) + len(data) > WAITING_BYTES:
                raise Refusal("audio: more waits to be decoded than a microphone can have sent")
            self._bytes += data
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self.is_closed = True
            self._changed.notify()

    def wait_for_end(self, longest_s: float) -> None:
        """Wait until it is closed, but not longer than so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_closed, longest_s)

    def read(self, size: int) -> bytes:
        """Give what is there, up to `size`; wait while there is nothing; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes or self.is_closed)
            if self.is_closed:
                return b""
            data = bytes(self._bytes[:size])
            del self._bytes[:size]
            return data


def begins_stream(data: bytes, container: Container) -> bool:
    """Tell whether a new stream begins with this piece: an EBML header, or an Ogg page that says so."""
    if container == "webm":
        return data.startswith(b"\x1a\x45\xdf\xa3")
    return data.startswith(b"OggS") and len(data) > 5 and bool(data[5] & 2)  # RFC 3533, section 6, field 3


def _chunk(frame: AudioFrame) -> AudioChunk:
    samples = np.nan_to_num(frame.to_ndarray().reshape(-1, 1)).astype(np.float32, copy=False)
    return AudioChunk(samples, SAMPLE_RATE)
