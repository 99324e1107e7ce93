"""audiokit.audio.player: what a notebook shows of an `Audio`."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import soundfile

from audiokit.audio import player
from audiokit.audio.buffer import Audio


def played(html: str) -> Audio:
    """Decode what the player would play."""
    (data,) = re.findall(r'src="data:audio/(?:wav|flac);base64,([^"]+)"', html)
    return Audio(*soundfile.read(io.BytesIO(base64.b64decode(data)), always_2d=True))


def lanes(html: str) -> list[np.ndarray]:
    """Give the corners of each lane's polygon, (corners, 2)."""
    found = re.findall(r'points="([^"]+)"', html)
    return [np.array([corner.split(",") for corner in points.split()], float) for points in found]


@pytest.mark.parametrize("channels", [1, 2])
def test_the_player_has_the_whole_sound(tone, channels):
    audio = Audio(np.tile(tone(440.0, 0.5).samples, (1, channels)), 16000)
    sound = played(audio._repr_html_())
    assert sound.sample_rate == 16000
    assert np.abs(sound.samples - audio.samples).max() <= 1 / 32768


def test_a_long_sound_is_played_in_part_and_says_so(tone, monkeypatch):
    monkeypatch.setattr(player, "MOST_WAV_BYTES", 10_000)
    monkeypatch.setattr(player, "PREVIEW_S", 1.0)
    html = player.to_html(Audio(np.tile(tone(440.0, 2.0, 48000).samples, (1, 2)), 48000))
    assert "preview: mono, 24000 Hz, the first 1 s of 2 s" in html
    assert (played(html).sample_rate, played(html).samples.shape) == (24000, (24000, 1))


def test_ten_minutes_of_stereo_stay_below_twenty_megabytes():
    noise = np.random.default_rng(1).normal(0, 0.1, (48000, 2))
    html = player.to_html(Audio(noise, 48000) * 660)
    assert len(html) < 40_000_000  # white noise, the worst that FLAC can meet
    assert played(html).duration_s == 600
    assert "the first 10:00 of 11:00" in html


@pytest.mark.parametrize(("rate", "played_rate"), [(2000, 8000), (22050, 22050), (192000, 48000)])
def test_the_player_keeps_to_rates_that_browsers_know(rate, played_rate):
    sound = played(player.to_html(Audio(np.zeros(rate), rate)))
    assert (sound.sample_rate, sound.duration_s) == (played_rate, 1.0)


def test_many_channels_are_mixed_for_the_ear_and_the_eye():
    html = player.to_html(Audio(np.full((100, 8), 0.25), 8000))
    assert played(html).channels == 1
    assert len(lanes(html)) == 1
    assert "8 channels" in html


def test_what_is_louder_than_full_scale_is_clipped_for_the_player():
    sound = played(player.to_html(Audio(np.array([2.0, -2.0]), 8000)))
    assert sound.samples[:, 0] == pytest.approx([1, -1], abs=1e-4)


def test_the_waveform_has_a_lane_a_channel_and_800_columns():
    html = player.to_html(Audio(np.random.default_rng(1).normal(0, 0.1, (8000, 2)), 8000))
    assert [len(corners) for corners in lanes(html)] == [1600, 1600]


def test_the_waveform_spans_lowest_to_highest_at_the_place_of_the_sound():
    samples = np.zeros(8000)
    samples[4001:4005] = [0.5, -0.25, 0.5, -0.25]
    (corners,) = lanes(player.to_html(Audio(samples, 8000)))
    top, bottom = corners[:800, 1], corners[:799:-1, 1]
    assert np.flatnonzero(top < 30).tolist() == [400]
    assert (top[400], bottom[400]) == (2.0, 44.0)  # the middle at 30, the peak 28 above it


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.full(4000, 0.5), "0.500 s, 8000 Hz, mono, peak -6.0 dBFS"),
        (np.zeros(8000), "1.000 s, 8000 Hz, mono, silence"),
    ],
)
def test_the_caption_tells_length_rate_channels_and_peak(samples, words):
    assert words in player.to_html(Audio(samples, 8000))


def test_no_frames_have_a_caption_only():
    html = player.to_html(Audio(np.empty((0, 2)), 8000))
    assert "0.000 s, 8000 Hz, stereo" in html
    assert "<audio" not in html
    assert "<svg" not in html


@pytest.mark.parametrize("frames", [1, 2, 799, 801])
def test_short_sounds_are_drawn(frames):
    html = player.to_html(Audio(np.full(frames, 0.5), 8000))
    assert len(lanes(html)[0]) == 2 * min(frames, 800)


def test_the_page_is_well_formed_and_needs_nothing_from_outside(tone):
    html = player.to_html(tone(440.0, 0.1)).replace(" controls ", ' controls="" ')
    tags = [element.tag for element in ElementTree.fromstring(html).iter()]  # noqa: S314  our own words
    assert {"audio", "svg"} <= set(tags)
    assert "script" not in tags
    assert "http" not in html


@pytest.mark.parametrize(
    ("duration_s", "end"), [(0.5, "0.5 s"), (59.96, "60 s"), (90, "1:30"), (3 * 3600 + 62, "3:01:02")]
)
def test_time_is_written_as_on_a_clock(duration_s, end):
    html = player.to_html(Audio(np.zeros(round(duration_s * 100)), 100))
    assert f"<span>{end}</span></div>" in html
