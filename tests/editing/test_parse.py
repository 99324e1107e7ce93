"""audiokit.editing.parse and audiokit.editing.options."""

from __future__ import annotations

import math

import pytest

from audiokit.editing import steps
from audiokit.editing.options import OPTIONS
from audiokit.editing.parse import PARSERS, parse_step, seconds
from audiokit.errors import UsageError


@pytest.mark.parametrize(("name", "value", "step"), [
    ("trim", "0:10-1:30", steps.Trim(10, 90)),
    ("trim", "1.5-", steps.Trim(1.5)),
    ("trim", "-1:02:03.5", steps.Trim(0, 3723.5)),
    ("trim", "10--5", steps.Trim(10, -5)),
    ("trim", "-0:30-", steps.Trim(-30)),
    ("trim", "-30--10", steps.Trim(-30, -10)),
    ("gain", "-5", steps.Gain(-5)),
    ("gain", "+3.5dB", steps.Gain(3.5)),
    ("fade-in", "1", steps.FadeIn(1)),
    ("fade-out", "0:02", steps.FadeOut(2)),
    ("fade", "from=-inf,to=0,start=1,end=0:03", steps.Fade(from_db=-math.inf, to_db=0, start_s=1, end_s=3)),
    ("fade", "to=-12,end=2", steps.Fade(to_db=-12, end_s=2)),
    ("highpass", "80", steps.Highpass(80)),
    ("lowpass", "4000Hz", steps.Lowpass(4000)),
    ("bandpass", "300-3400", steps.Bandpass(300, 3400)),
    ("dehum", "60", steps.Dehum(60)),
    ("denoise", "", steps.Denoise()),
    ("compress", "threshold=-20,ratio=4", steps.Compress(threshold_dbfs=-20, ratio=4)),
    ("compress", "attack=0.01, knee=6dB, makeup=3", steps.Compress(attack_s=0.01, knee_db=6, makeup_db=3)),
    ("compress", "default", steps.Compress()),
    ("gate", "threshold=-45,hold=0.2,range=20", steps.Gate(threshold_dbfs=-45, hold_s=0.2, range_db=20)),
    ("normalize", "-16LUFS", steps.NormalizeLoudness(-16)),
    ("normalize", "-20RMS", steps.NormalizeRms(-20)),
    ("normalize", "-20 dbRMS", steps.NormalizeRms(-20)),
    ("normalize", "-1dBFS", steps.NormalizePeak(-1)),
    ("limit", "-1dBTP", steps.Limit(-1)),
    ("strip-silence", "threshold=-35,min=0.5,keep=0,inner=yes",
     steps.StripSilence(threshold_dbfs=-35, min_silence_s=0.5, keep_silence_s=0, inner=True)),
    ("speed", "1.1", steps.Speed(1.1)),
    ("pitch", "-2.5", steps.Pitch(-2.5)),
    ("reverse", "", steps.Reverse()),
    ("pan", "-0.3", steps.Pan(-0.3)),
    ("invert", "", steps.Invert()),
    ("mono", "", steps.Mono()),
    ("channels", "2", steps.Channels(2)),
    ("sample-rate", "44100", steps.Rate(44100)),
    ("width", "24", steps.Width(24)),
])  # fmt: skip
def test_words_become_steps(name: str, value: str, step: steps.Step) -> None:
    assert parse_step(name, value) == step


UNREADABLE = [
    ("trim", "later", "expected START-END"),
    ("trim", "-", "expected START-END"),
    ("trim", "1:2:3:4-", "expected START-END"),
    ("gain", "loud", "expected DB"),
    ("gain", "5 apples", "expected DB"),
    ("fade-in", "soon", "expected SECONDS"),
    ("fade", "to=-6", "end is needed"),
    ("fade", "end=2,up=3", "from=DB,to=DB"),
    ("bandpass", "300", "LOW-HIGH"),
    ("compress", "treshold=-20", "threshold (-20)"),
    ("compress", "threshold", "KEY=VALUE"),
    ("compress", "", "KEY=VALUE"),
    ("compress", "ratio=four", "ratio (4)"),
    ("gate", "depth=3", "range (40)"),
    ("normalize", "-16", "-16LUFS"),
    ("normalize", "-16dB", "-1dBFS"),
    ("normalize", "loud", "-20RMS"),
    ("strip-silence", "inner=maybe", "inner=yes"),
    ("speed", "fast", "expected FACTOR"),
    ("channels", "1.5", "expected N"),
    ("sample-rate", "44.1kHz", "such as 44100"),
    ("width", "wide", "8, 16, 24 or 32"),
]

OUT_OF_RANGE = [
    ("trim", "1:30-0:10", "expected an end behind the start"),
    ("trim", "-5--10", "expected an end behind the start"),
    ("trim", "-5-10", "expected both from the end"),
    ("gain", "200", "200 dB; expected -120 to 120 dB"),
    ("fade-out", "-1", "-1 s; expected 0 to 86400 s"),
    ("fade", "start=3,end=2", "expected an end behind its start, 3 s"),
    ("highpass", "0", "0 Hz; expected 1 to 192000 Hz"),
    ("lowpass", "1000000", "expected 1 to 192000 Hz"),
    ("bandpass", "3400-300", "expected the lower edge first"),
    ("dehum", "5", "expected 10 to 1000 Hz"),
    ("compress", "threshold=5", "threshold is 5 dBFS; expected -100 to 0 dBFS"),
    ("compress", "ratio=0.5", "ratio is 0.5; expected 1 to inf"),
    ("compress", "attack=-1", "attack is -1 s; expected 0 to 10 s"),
    ("gate", "range=-3", "range is -3 dB; expected 0 to inf dB"),
    ("normalize", "3LUFS", "3 LUFS; expected -70 to 0 LUFS"),
    ("normalize", "3dBFS", "3 dBFS; expected -100 to 0 dBFS"),
    ("normalize", "3RMS", "expected -100 to 0 dB RMS"),
    ("limit", "3", "3 dBTP; expected -60 to 0 dBTP"),
    ("strip-silence", "min=0", "min is 0 s; expected 0.01 to 3600 s"),
    ("speed", "9", "9; expected 0.25 to 4"),
    ("pitch", "13", "13 semitones; expected -12 to 12 semitones"),
    ("pan", "2", "2; expected -1 to 1"),
    ("channels", "0", "0; expected 1 to 256"),
    ("sample-rate", "10", "10 Hz; expected 1000 to 768000 Hz"),
    ("width", "12", "12 bits; expected one of 8, 16, 24, 32"),
]


@pytest.mark.parametrize(("name", "value", "told"), UNREADABLE)
def test_what_cannot_be_read_names_the_step_the_value_and_what_is_allowed(name: str, value: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_step(name, value)
    assert str(refused.value).startswith(f"{name}: {value!r} cannot be read; expected ")
    assert told in str(refused.value)


@pytest.mark.parametrize(("name", "value", "told"), OUT_OF_RANGE)
def test_what_is_out_of_range_names_the_step_the_value_and_what_is_allowed(name: str, value: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_step(name, value)
    assert str(refused.value).startswith(f"{name}: ")
    assert told in str(refused.value)


def test_every_option_has_its_parser_in_the_same_order() -> None:
    assert list(PARSERS) == list(OPTIONS)


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("1:30", 90), ("1:02:03.5", 3723.5), (".5", 0.5), ("-5", -5)])
def test_times_are_seconds_or_have_colons(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", ":", "1:", "a", "1e3", "--5", "nan"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        seconds(text)
