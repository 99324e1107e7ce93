"""Tags and a cover picture, put into a file by FFmpeg's libraries."""

from __future__ import annotations

import base64
import io
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from audiokit.audio.formats import Encoding, FileFormat
from audiokit.errors import AudioFileError

if TYPE_CHECKING:
    from av.container import OutputContainer

PICTURES = {b"\xff\xd8\xff": ("jpeg_pipe", "image/jpeg"), b"\x89PNG": ("png_pipe", "image/png")}
FRONT_COVER = 3  # of ID3's list of picture types, which FLAC and Vorbis comments have taken over


def describe(container: OutputContainer, target: FileFormat, encoding: Encoding) -> None:
    """Put tags and cover into a container that already has its audio stream and no packet yet.

    Raises
    ------
    AudioFileError : the cover is no JPEG or PNG, or not there.
    """
    tags = dict(encoding.tags)
    picture = read_picture(encoding.cover) if encoding.cover else None
    if picture and target.cover == "comment":
        tags["METADATA_BLOCK_PICTURE"] = _picture_block(*picture)
    # Ogg keeps what it knows with the stream, all others with the file.
    owner = container.streams[0] if target.cover == "comment" else container
    owner.metadata.update(tags)
    if picture and target.cover == "stream":
        _attach(container, *picture)


def retag(source: io.FileIO, sink: io.FileIO, target: FileFormat, encoding: Encoding) -> None:
    """Copy a finished file into another, coded sound as it is, with tags and cover."""
    import av

    options = dict(target.options)
    source.seek(0)
    with av.open(source, "r") as old, av.open(sink, "w", format=target.muxer, container_options=options) as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        describe(new, target, encoding)
        for packet in old.demux(old.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)


def read_picture(path: str | os.PathLike[str]) -> tuple[bytes, str, str]:
    """Read a picture; give its bytes, FFmpeg's name for its format, and its media type.

    Raises
    ------
    AudioFileError : no JPEG or PNG, or not there.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AudioFileError(f"{path}: cover cannot be read: {error.strerror}. Check the path.") from error
    for magic, (demuxer, media_type) in PICTURES.items():
        if data.startswith(magic):
            return data, demuxer, media_type
    raise AudioFileError(f"{path.name}: no JPEG or PNG; expected one as cover. Convert the picture.")


def _attach(container: OutputContainer, data: bytes, demuxer: str, media_type: str) -> None:
    import av
    from av.stream import Disposition

    with av.open(io.BytesIO(data), "r", format=demuxer) as picture:
        source = picture.streams.video[0]
        stream = container.add_stream_from_template(source)
        stream.disposition = Disposition.attached_pic
        packet = next(picture.demux(source))
        packet.stream = stream
        container.mux(packet)


def _picture_block(data: bytes, demuxer: str, media_type: str) -> str:
    """Lay out FLAC's picture block, which Vorbis comments hold in base64; sizes of 0 mean "look into the picture"."""
    kind = media_type.encode()
    head = struct.pack(f">II{len(kind)}sI", FRONT_COVER, len(kind), kind, 0)
    return base64.b64encode(head + struct.pack(">IIIII", 0, 0, 0, 0, len(data)) + data).decode()
