"""Steps from words: `trim` and `0:10-1:30`, `compress` and `threshold=-20,ratio=4`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audiokit.editing import steps
from audiokit.editing.options import FLAG, OPTIONS
from audiokit.editing.steps import Step
from audiokit.errors import UsageError

TIME = r"(?:\d+:)?(?:\d+:)?\d*\.?\d+"
SPAN = re.compile(rf"(-?{TIME})?-(-?{TIME})?")
NUMBER_AND_UNIT = re.compile(r"(-?\d*\.?\d+)\s*([A-Za-z]*)")
NORMALIZATIONS: Mapping[str, Callable[[float], Step]] = {
    "lufs": steps.NormalizeLoudness,
    "rms": steps.NormalizeRms,
    "dbrms": steps.NormalizeRms,
    "dbfs": steps.NormalizePeak,
    "peak": steps.NormalizePeak,
}
DEFAULT = "default"
YES = {"yes": True, "true": True, "no": False, "false": False}


def parse_step(name: str, value: str = FLAG) -> Step:
    """Make a step from its name and its value.

    Parameters
    ----------
    name : a key of `OPTIONS`, such as "fade-in".
    value : as `OPTIONS[name].metavar` shows it; empty where that is empty.

    Raises
    ------
    UsageError : names the step, the value, and what is allowed.
    """
    try:
        return PARSERS[name](value)
    except ValueError:
        metavar, text = OPTIONS[name]
        raise UsageError(f"{name}: {value!r} cannot be read; expected {metavar}. {text}") from None


def seconds(text: str) -> float:
    """Read a time: `90`, `1:30`, `1:02:03.5`; with a minus sign it counts from the end.

    Raises
    ------
    ValueError : no time.
    """
    if not re.fullmatch(f"-?{TIME}", text):
        raise ValueError(text)
    value = 0.0
    for part in text.removeprefix("-").split(":"):
        value = 60 * value + float(part)
    return -value if text.startswith("-") else value


def _trim(text: str) -> Step:
    match = SPAN.fullmatch(text)
    if match is None or text == "-":
        raise ValueError(text)
    start, end = match.groups()
    return steps.Trim(seconds(start) if start else 0.0, seconds(end) if end else None)


def _bandpass(text: str) -> Step:
    low, _, high = text.partition("-")
    return steps.Bandpass(_number("Hz")(low), _number("Hz")(high))


def _normalize(text: str) -> Step:
    match = NUMBER_AND_UNIT.fullmatch(text)
    if match is None or match[2].lower() not in NORMALIZATIONS:
        raise ValueError(text)
    return NORMALIZATIONS[match[2].lower()](float(match[1]))


def _number(*units: str) -> Callable[[str], float]:
    """Give a reader of numbers, which may carry one of `units`."""

    def read(text: str) -> float:
        match = NUMBER_AND_UNIT.fullmatch(text.strip().removeprefix("+"))
        if match is None or match[2].lower() not in ("", *(unit.lower() for unit in units)):
            raise ValueError(text)
        return float(match[1])

    return read


def _whole(*units: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = _number(*units)(text)
        if number != int(number):
            raise ValueError(text)
        return int(number)

    return read


def _gain_or_silence(text: str) -> float:
    return float("-inf") if text == "-inf" else _number("dB")(text)


def _yes(text: str) -> bool:
    if text not in YES:
        raise ValueError(text)
    return YES[text]


def _settings(
    make: Callable[..., Step], fields: Mapping[str, tuple[str, Callable[[str], float]]]
) -> Callable[[str], Step]:
    """Give a reader of `key=value,key=value`; each key has its field and the reader of its value."""

    def read(text: str) -> Step:
        chosen = {}
        for part in [] if text == DEFAULT else text.split(","):
            key, separator, value = part.partition("=")
            if not separator or key.strip() not in fields:
                raise ValueError(part)
            field, read_value = fields[key.strip()]
            chosen[field] = read_value(value.strip())
        return make(**chosen)

    return read


def _fade(text: str) -> Step:
    read = _settings(
        steps.Fade,
        {
            "from": ("from_db", _gain_or_silence),
            "to": ("to_db", _gain_or_silence),
            "start": ("start_s", seconds),
            "end": ("end_s", seconds),
        },
    )
    if not re.search(r"\bend=", text):
        raise ValueError(text)
    return read(text)


_compress = _settings(
    steps.Compress,
    {
        "threshold": ("threshold_dbfs", _number("dB", "dBFS")),
        "ratio": ("ratio", _number()),
        "attack": ("attack_s", _number("s")),
        "release": ("release_s", _number("s")),
        "knee": ("knee_db", _number("dB")),
        "makeup": ("makeup_db", _number("dB")),
    },
)
_gate = _settings(
    steps.Gate,
    {
        "threshold": ("threshold_dbfs", _number("dB", "dBFS")),
        "attack": ("attack_s", _number("s")),
        "hold": ("hold_s", _number("s")),
        "release": ("release_s", _number("s")),
        "range": ("range_db", _number("dB")),
    },
)
_strip_silence = _settings(
    steps.StripSilence,
    {
        "threshold": ("threshold_dbfs", _number("dB", "dBFS")),
        "min": ("min_silence_s", _number("s")),
        "keep": ("keep_silence_s", _number("s")),
        "inner": ("inner", _yes),
    },
)


def _one(make: Callable[..., Step], read: Callable[[str], float]) -> Callable[[str], Step]:
    return lambda text: make(read(text))


def _none(make: Callable[[], Step]) -> Callable[[str], Step]:
    return lambda text: make()


PARSERS: Mapping[str, Callable[[str], Step]] = {
    "trim": _trim,
    "gain": _one(steps.Gain, _number("dB")),
    "fade-in": _one(steps.FadeIn, seconds),
    "fade-out": _one(steps.FadeOut, seconds),
    "fade": _fade,
    "highpass": _one(steps.Highpass, _number("Hz")),
    "lowpass": _one(steps.Lowpass, _number("Hz")),
    "bandpass": _bandpass,
    "dehum": _one(steps.Dehum, _number("Hz")),
    "denoise": _none(steps.Denoise),
    "compress": _compress,
    "gate": _gate,
    "normalize": _normalize,
    "limit": _one(steps.Limit, _number("dBTP", "dB")),
    "strip-silence": _strip_silence,
    "speed": _one(steps.Speed, _number("x")),
    "pitch": _one(steps.Pitch, _number()),
    "reverse": _none(steps.Reverse),
    "pan": _one(steps.Pan, _number()),
    "invert": _none(steps.Invert),
    "mono": _none(steps.Mono),
    "channels": _one(steps.Channels, _whole()),
    "sample-rate": _one(steps.Rate, _whole("Hz")),
    "width": _one(steps.Width, _whole("bit", "bits")),
}
"""What makes each step from its value."""
