"""Against the standard library's codec (audiokit.server.mulaw)."""

from __future__ import annotations

import warnings

import numpy as np

from audiokit.server import mulaw

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the standard library's, until Python 3.13
    import audioop


def test_every_code_is_decoded_like_g711() -> None:
    codes = bytes(range(256))
    assert mulaw.decode(codes) == audioop.ulaw2lin(codes, 2)


def test_every_sample_comes_back_within_half_a_step() -> None:
    samples = np.arange(-32768, 32768, dtype="<i2")
    there_and_back = np.frombuffer(mulaw.decode(mulaw.encode(samples.tobytes())), "<i2").astype(int)
    step = np.maximum(8, 2.0 ** (np.floor(np.log2(np.minimum(np.abs(samples.astype(int)), 32635) + 132)) - 4))
    inside = np.abs(samples.astype(int)) <= 32635
    assert (np.abs(there_and_back - samples)[inside] <= step[inside] / 2).all()
