"""Tags: title, artist and whatever else a recording says of itself."""

from __future__ import annotations

import os

from audiokit.audio.ffmpeg import DEMUXERS, open_container

TECHNICAL = frozenset(
    {"compatible_brands", "creation_time", "duration", "encoder", "handler_name", "language", "major_brand"}
    | {"minor_version", "vendor_id"}
)
"""Notes that muxers write about themselves."""


def tags(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read the tags of a recording, names in lower case; none when there are none or they cannot be read.

    Parameters
    ----------
    path : a recording that `open_reader` opens.
    """
    import av

    try:
        with open_container(os.fspath(path), {"format_whitelist": DEMUXERS}) as container:
            streams = [stream.metadata for stream in container.streams.audio[:1]]
            # The container's tags win; Ogg keeps them in the stream.
            found = {
                name.lower(): value for metadata in (*streams, container.metadata) for name, value in metadata.items()
            }
    except av.FFmpegError:
        return {}
    return {name: value for name, value in sorted(found.items()) if name not in TECHNICAL}
