"""audiokit.api.edit and audiokit.editing.apply: from files and from memory, into files and into memory."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit import AudioFileError, Encoding, UsageError, edit, steps
from audiokit.audio.buffer import Audio
from audiokit.audio.encode import Writer
from audiokit.audio.files import info, read, write
from audiokit.dsp.levels import peak_dbfs
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.mix import append
from audiokit.dsp.true_peak import true_peak_dbtp

STEPS = [
    steps.Trim(1, 12),
    steps.Highpass(80),
    steps.Compress(),
    steps.NormalizeLoudness(-16),
    steps.Limit(-1),
    steps.FadeOut(2),
]


def test_an_edit_of_nothing_gives_the_sound_back(talk: Audio) -> None:
    assert np.array_equal(edit(talk).samples, talk.samples)


def test_from_file_to_file_is_what_memory_gives(talk: Audio, talk_file: Path, tmp_path: Path) -> None:
    out = edit(talk_file, STEPS, tmp_path / "out.wav")
    assert out == tmp_path / "out.wav"
    assert np.abs(read(out).samples - edit(read(talk_file), STEPS).samples).max() <= 2**-15


def test_the_order_of_steps_matters(talk: Audio) -> None:
    raised_last = edit(talk, [steps.NormalizePeak(-6), steps.Gain(3)])
    raised_first = edit(talk, [steps.Gain(3), steps.NormalizePeak(-6)])
    assert (peak_dbfs(raised_last), peak_dbfs(raised_first)) == pytest.approx((-3, -6), abs=0.001)


def test_a_measurement_hears_what_the_steps_before_it_made(talk: Audio) -> None:
    edited = edit(
        talk, [steps.Highpass(300), steps.NormalizeLoudness(-23), steps.Gain(2), steps.NormalizeLoudness(-20)]
    )
    assert loudness_lufs(edited) == pytest.approx(-20, abs=0.01)


def test_several_sources_are_joined(talk: Audio, talk_file: Path) -> None:
    joined = edit([talk_file, talk, talk_file], crossfade_s=0.5)
    file = read(talk_file)
    assert np.allclose(joined.samples, append(file, talk, file, crossfade_s=0.5).samples, atol=1e-6)


def test_the_source_is_not_changed(talk: Audio) -> None:
    before = talk.samples.copy()
    edit(talk, STEPS)
    assert np.array_equal(talk.samples, before)


def test_a_file_that_is_there_stays_unless_forced(talk: Audio, tmp_path: Path) -> None:
    (tmp_path / "out.wav").write_text("precious")
    with pytest.raises(UsageError, match=r"is there already.*--force"):
        edit(talk, STEPS, tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_text() == "precious"
    edit(talk, STEPS, tmp_path / "out.wav", force=True)
    assert read(tmp_path / "out.wav").duration_s == 11


def test_a_recording_can_replace_itself(talk_file: Path) -> None:
    before = read(talk_file)
    edit(talk_file, [steps.Gain(-6)], talk_file, force=True)
    assert peak_dbfs(read(talk_file)) == pytest.approx(peak_dbfs(before) - 6, abs=0.01)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_stops_in_the_middle_leaves_nothing(
    talk_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    written = []

    def failing(self: Writer, samples: object) -> None:
        written.append(samples)
        if len(written) == 3:
            raise error

    monkeypatch.setattr(Writer, "write", failing)
    with pytest.raises(error):
        edit(talk_file, [], tmp_path / "out.mp3")
    assert list(tmp_path.iterdir()) == [talk_file]


def test_a_truncated_source_leaves_nothing(talk_file: Path, tmp_path: Path) -> None:
    (tmp_path / "half.wav").write_bytes(talk_file.read_bytes()[:400_000])
    with pytest.raises(AudioFileError, match="cut short"):
        edit(tmp_path / "half.wav", [], tmp_path / "out.wav")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(("out", "options", "told"), [
    ("out.xyz", {}, "'.xyz' is no format"),
    (".", {}, "is a folder"),
    ("nowhere/out.wav", {}, "cannot be written"),
    ("out.wav", {"encoding": Encoding(bitrate_bps=128_000)}, "wav has no bit rate"),
    ("out.flac", {"steps": [steps.Width(32)]}, "flac cannot hold 32 bits; expected one of 8, 16, 24"),
    ("out.wav", {"crossfade_s": -1}, "-1 s; expected 0 or more"),
    ("out.wav", {"sources": []}, "expected at least one"),
    ("out.wav", {"steps": [steps.Trim(500)]}, "no sound to write"),
    ("out.wav", {"sources": "missing.wav"}, "no such file"),
])  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_nothing(
    talk: Audio, tmp_path: Path, out: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises((AudioFileError, UsageError)) as refused:
        edit(**{"sources": talk, "steps": [], "out": tmp_path / out, **options})  # type: ignore[call-overload]
    assert told in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("subtype", "wanted", "edits"), [
    ("PCM_16", "PCM_16", []), ("PCM_24", "PCM_24", []), ("FLOAT", "PCM_24", []), ("PCM_U8", "PCM_16", []),
    ("PCM_24", "PCM_16", [steps.Width(16)]), ("PCM_16", "PCM_U8", [steps.Width(8)]),
    ("PCM_24", "PCM_24", [steps.Rate(8000), steps.Mono(), steps.Gain(1), steps.Trim(1, 2), steps.Reverse()]),
])  # fmt: skip
def test_depth_is_kept_unless_asked(
    talk: Audio, tmp_path: Path, subtype: str, wanted: str, edits: list[steps.Step]
) -> None:
    write(tmp_path / "in.wav", talk, subtype=subtype)
    edit(tmp_path / "in.wav", edits, tmp_path / "out.wav")
    assert soundfile.info(tmp_path / "out.wav").subtype == wanted


@pytest.mark.parametrize("extension", ["wav", "flac", "aiff"])
def test_a_lossless_copy_is_exact(talk: Audio, tmp_path: Path, extension: str) -> None:
    noise = Audio.from_integers(np.random.default_rng(1).integers(-(2**15), 2**15, (50_000, 2), np.int16), 44100)
    write(tmp_path / "in.wav", noise)
    edit(tmp_path / "in.wav", [], tmp_path / f"out.{extension}")
    assert np.array_equal(read(tmp_path / f"out.{extension}").samples, noise.samples)


@pytest.mark.parametrize(
    ("extension", "sample_rate"), [("opus", 48000), ("webm", 48000), ("mp3", 44100), ("m4a", 44100)]
)
def test_a_format_gets_a_rate_that_it_knows(talk: Audio, tmp_path: Path, extension: str, sample_rate: int) -> None:
    edit(talk, [steps.Rate(44100)], tmp_path / f"out.{extension}")
    told = info(tmp_path / f"out.{extension}")
    assert told.sample_rate == sample_rate
    assert told.duration_s == pytest.approx(talk.duration_s, abs=0.1)


def test_limited_sound_stays_below_its_ceiling_in_the_file(talk_file: Path, tmp_path: Path) -> None:
    edit(talk_file, [steps.Gain(20), steps.Limit(-1)], tmp_path / "out.wav")
    assert true_peak_dbtp(read(tmp_path / "out.wav")) == pytest.approx(-1, abs=0.02)


def test_peaks_that_are_cut_off_are_told(talk: Audio, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "audiokit"):
        edit(talk, [steps.NormalizePeak(0), steps.Gain(6)], tmp_path / "loud.wav")
        edit(talk, [steps.NormalizePeak(0)], tmp_path / "full.wav")
    assert caplog.messages == ["loud.wav: peaks of +6.0 dBFS were cut off at full scale; end with --limit -1dBTP"]


def test_progress_is_told_for_each_time_the_sound_is_gone_through(talk_file: Path, tmp_path: Path) -> None:
    ends = []

    def told(label: str, done: float, total: float) -> None:
        if done == total:
            ends.append((label, done))

    edit(talk_file, [steps.NormalizePeak(-1)], tmp_path / "out.wav", progress=told)
    assert ends == [("talk.wav", pytest.approx(read(talk_file).duration_s))] * 2


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    script = """
import sys
from audiokit import edit, steps
edit(sys.argv[1], [steps.Highpass(80), steps.Compress(), steps.NormalizeRms(-20), steps.Limit(-1), steps.FadeOut(5),
                   steps.Reverse(), steps.Rate(22050)], sys.argv[2], force=True)
# ru_maxrss would count what the parent held when it forked.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""

    def peak_kib(minutes: int) -> int:
        rng = np.random.default_rng(2)
        with soundfile.SoundFile(tmp_path / "in.wav", "w", 16000, 2, "PCM_16") as file:
            for _ in range(minutes):
                file.write(0.1 * rng.standard_normal((60 * 16000, 2)))
        words = [sys.executable, "-c", script, tmp_path / "in.wav", tmp_path / "out.wav"]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    short, long = peak_kib(1), peak_kib(12)  # of 12 minutes, 92 MB in float32
    assert long < 200_000
    assert long - short < 20_000
