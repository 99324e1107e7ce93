from __future__ import annotations

import io
import sys
import warnings

import numpy as np
import pytest
import soundfile

from audiokit.audio.bridges import from_librosa, from_pydub, from_torch, to_librosa, to_pydub, to_torch
from audiokit.audio.buffer import Audio
from audiokit.errors import MissingDependencyError

RNG = np.random.default_rng(5)


def integers(bits: int, channels: int, frames: int = 500) -> np.ndarray:
    """Make integers over the whole range of `bits`, both ends among them."""
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    values = RNG.integers(lowest, highest, (frames, channels), endpoint=True)
    values[:4] = [[lowest], [highest], [-1], [0]]
    return values


def sound_of(values: np.ndarray, bits: int) -> Audio:
    return Audio(values / 2.0 ** (bits - 1), 48000)


@pytest.fixture
def pydub_segment():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    return AudioSegment


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("bits", [8, 16, 24])
def test_integers_reach_pydub_and_come_back_bit_by_bit(pydub_segment, bits, channels):
    values = integers(bits, channels)
    audio = sound_of(values, bits)
    assert np.array_equal(from_pydub(to_pydub(audio, bits)).samples, audio.samples)


@pytest.mark.parametrize(("bits", "width", "shift"), [(8, 1, 0), (16, 2, 0), (24, 4, 8)])
def test_pydub_sees_the_very_integers(pydub_segment, bits, width, shift):
    values = integers(bits, 2)
    segment = to_pydub(sound_of(values, bits), bits)
    assert (segment.sample_width, segment.frame_rate, segment.channels) == (width, 48000, 2)
    assert np.array_equal(np.array(segment.get_array_of_samples()).reshape(-1, 2), values << shift)


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_a_wav_opened_by_pydub_gives_what_soundfile_reads(pydub_segment, bits, tmp_path):
    subtype = {8: "PCM_U8", 16: "PCM_16", 24: "PCM_24"}[bits]
    path = tmp_path / "a.wav"
    soundfile.write(path, sound_of(integers(bits, 2), bits).samples, 44100, subtype=subtype)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(from_pydub(pydub_segment(path.read_bytes())).samples, expected)


def test_32_bits_keep_their_upper_24(pydub_segment):
    values = integers(32, 2)
    data = values.astype("<i4").tobytes()
    audio = from_pydub(pydub_segment(data, sample_width=4, frame_rate=48000, channels=2))
    back = np.frombuffer(to_pydub(audio, 32).raw_data, "<i4").reshape(-1, 2)
    assert np.abs(back - values).max() <= 2**7


def test_32_bits_below_48_dbfs_keep_all(pydub_segment):
    values = integers(24, 2)  # 24 bits at the bottom of 32: under 2**-8 of full scale
    data = values.astype("<i4").tobytes()
    audio = from_pydub(pydub_segment(data, sample_width=4, frame_rate=48000, channels=2))
    assert np.array_equal(np.frombuffer(to_pydub(audio, 32).raw_data, "<i4").reshape(-1, 2), values)


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_what_is_louder_than_full_scale_is_clipped_for_pydub(pydub_segment, bits):
    back = from_pydub(to_pydub(Audio(np.array([1.5, 1.0, -1.5]), 8000), bits)).samples[:, 0]
    assert back == pytest.approx([1, 1, -1], abs=2.0 ** (1 - bits))


def test_no_frames_pass_through_pydub(pydub_segment):
    empty = Audio(np.empty((0, 2)), 8000)
    assert from_pydub(to_pydub(empty, 24)).samples.shape == (0, 2)


def test_pydub_exports_what_it_was_given(pydub_segment):
    audio = sound_of(integers(16, 2), 16)
    exported = to_pydub(audio).export(io.BytesIO(), format="wav")
    samples, rate = soundfile.read(exported, dtype="float32", always_2d=True)
    assert rate == 48000
    assert np.array_equal(samples, audio.samples)


def test_other_bit_depths_are_refused():
    with pytest.raises(ValueError, match="bits is 12; expected 8, 16, 24 or 32"):
        to_pydub(Audio(np.zeros(3), 8000), 12)


@pytest.mark.parametrize(("package", "bridge"), [("pydub", to_pydub), ("torch", to_torch)])
def test_a_missing_package_is_named_with_its_extra(package, bridge, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"{package} is not installed.*audiokit\[{package}\]"):
        bridge(Audio(np.zeros(3), 8000))


@pytest.mark.parametrize(("channels", "shape"), [(1, (3,)), (2, (2, 3))])
def test_librosa_gets_its_own_shape_without_a_copy(channels, shape):
    audio = Audio(RNG.random((3, channels)), 8000)
    samples, rate = to_librosa(audio)
    assert (samples.shape, rate) == (shape, 8000)
    assert np.shares_memory(samples, audio.samples)


@pytest.mark.parametrize("channels", [1, 2])
def test_librosa_gives_back_what_it_got(channels):
    audio = Audio(RNG.random((3, channels)), 8000)
    assert np.array_equal(from_librosa(*to_librosa(audio)).samples, audio.samples)


def test_librosa_works_on_what_it_gets(tone):
    from librosa import yin

    samples, rate = tone(440.0, 0.5).to_librosa()
    assert np.median(yin(samples, fmin=100, fmax=1000, sr=rate)) == pytest.approx(440, rel=0.01)


@pytest.mark.parametrize("channels", [1, 2])
def test_torch_gives_back_what_it_got(channels):
    pytest.importorskip("torch")
    audio = Audio(RNG.random((5, channels)), 8000)
    tensor = to_torch(audio)
    assert tuple(tensor.shape) == (channels, 5)
    assert tensor.is_contiguous()
    assert np.array_equal(from_torch(tensor, 8000).samples, audio.samples)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_tensor_may_be_written_into(channels):
    pytest.importorskip("torch")
    audio = Audio(np.ones((5, channels)), 8000)
    to_torch(audio).zero_()
    assert (audio.samples == 1).all()


def test_a_shared_tensor_is_no_copy():
    pytest.importorskip("torch")
    audio = Audio(np.ones((5, 2)), 8000)
    assert np.shares_memory(to_torch(audio, copy=False).numpy(), audio.samples)


def test_a_tensor_with_a_gradient_is_taken():
    torch = pytest.importorskip("torch")
    assert from_torch(torch.ones(5, dtype=torch.float64, requires_grad=True), 8000).samples.shape == (5, 1)


def test_numpy_gets_a_copy_of_its_own():
    audio = Audio(np.ones((5, 2)), 8000)
    audio.to_numpy()[:] = 0
    assert (audio.samples == 1).all()


def test_the_methods_of_audio_are_these_doors(pydub_segment):
    audio = sound_of(integers(24, 2), 24)
    assert np.array_equal(Audio.from_pydub(audio.to_pydub(24)).samples, audio.samples)
    assert np.array_equal(Audio.from_librosa(*audio.to_librosa()).samples, audio.samples)


def test_the_torch_methods_of_audio_are_these_doors():
    pytest.importorskip("torch")
    audio = sound_of(integers(24, 2), 24)
    assert np.array_equal(Audio.from_torch(audio.to_torch(), 48000).samples, audio.samples)
