"""The listening page: every sentence by every voice, blind, to vote; one file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import random
from collections.abc import Sequence
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any

from audiokit.audio.buffer import Audio
from audiokit.audio.files import write
from audiokit.cloning.evaluate import Judgement, SpokenLine
from audiokit.disk import whole_file
from audiokit.dsp.dynamics import limit
from audiokit.dsp.gain import normalize_loudness
from audiokit.errors import UsageError

LOUDNESS_LUFS = -20.0  # all alike: the louder of two voices would win
SHORTEST_S = 0.5  # of sound that has a loudness


def write_page(judgements: Sequence[Judgement], path: Path, *, seed: int = 0) -> Path:
    """Write the page.

    Parameters
    ----------
    judgements : of voices that spoke the same sentences, in any order.
    path : an HTML file; replaced if it is there.
    seed : which voice is A for each sentence hangs on it, and on nothing else.

    Raises
    ------
    ValueError : the voices spoke different sentences, or there is none.
    UsageError : the file cannot be written.
    """
    texts = [line.text for line in judgements[0].lines] if judgements else []
    if not texts or any([line.text for line in judgement.lines] != texts for judgement in judgements):
        raise ValueError("expected one judgement or more, all of the same sentences")
    order = random.Random(seed)  # noqa: S311  it hides nothing from an attacker
    rounds = []
    for number, text in enumerate(texts):
        voices = list(range(len(judgements)))
        order.shuffle(voices)
        sounds = [_sound(judgements[voice].lines[number]) for voice in voices]
        rounds.append({"text": text, "voices": voices, "sounds": sounds})
    data = {"names": [_name(judgement) for judgement in judgements], "rounds": rounds}
    _replace(path, _page(data))
    return path


def _name(judgement: Judgement) -> str:
    return f"{judgement.voice.name} ({judgement.voice.provider})"


def _sound(line: SpokenLine) -> str:
    """Give a sentence as MP3, in the form of a data URL."""
    audio = line.audio
    if audio.duration_s >= SHORTEST_S:
        audio = limit(normalize_loudness(audio, LOUDNESS_LUFS), -1.0)
    with TemporaryDirectory(prefix="audiokit-") as folder:
        path = Path(folder) / "line.mp3"
        write(path, _at_mp3_rate(audio))
        return f"data:audio/mpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _at_mp3_rate(audio: Audio) -> Audio:
    return audio if audio.sample_rate in (16_000, 22_050, 24_000, 44_100, 48_000) else audio.resample(44_100)


def _page(data: dict[str, Any]) -> str:
    # "<" could end the script early, wherever a sentence or a name holds it.
    text = json.dumps(data).replace("<", "\\u003c")
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    heading = " or ".join(html.escape(name) for name in data["names"])
    return Template(_TEMPLATE).substitute(data=text, key=key, heading=heading, style=_STYLE, script=_SCRIPT)


def _replace(path: Path, text: str) -> None:
    try:
        with whole_file(path) as part:
            part.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8884; padding: 1rem 0; }
.sound { display: flex; gap: 1rem; align-items: center; margin: .4rem 0; }
audio { flex: 1; height: 2.4rem; }
button { font: inherit; padding: .3rem .9rem; border: 1px solid #888; border-radius: .4rem; background: none;
  color: inherit; cursor: pointer; }
button[aria-pressed=true] { background: #2563eb; border-color: #2563eb; color: white; }
td, th { padding: .2rem 1.2rem .2rem 0; text-align: left; }
:root { color-scheme: light dark; }
"""

_SCRIPT = """
const data = JSON.parse(document.getElementById("data").textContent);
const key = "audiokit-" + document.body.dataset.key;
const kept = () => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };
const votes = kept();
const keep = () => { try { localStorage.setItem(key, JSON.stringify(votes)); } catch { /* private window */ } };
const rounds = document.getElementById("rounds");
const element = (name, text, parent) => {
  const made = document.createElement(name);
  made.textContent = text;
  parent.append(made);
  return made;
};

data.rounds.forEach((round, number) => {
  const section = element("section", "", rounds);
  element("p", (number + 1) + ". " + round.text, section);
  const choices = [...round.voices.map((_, at) => at), -1].map((at) => {
    const row = element("div", "", section);
    row.className = "sound";
    const label = at < 0 ? "no difference" : String.fromCharCode(65 + at);
    const button = element("button", label, row);
    button.onclick = () => { votes[number] = at; keep(); show(); };
    if (at >= 0) {
      const sound = element("audio", "", row);
      sound.controls = true;
      sound.src = round.sounds[at];
    }
    return { at, button };
  });
  round.show = () => choices.forEach(({ at, button }) => button.setAttribute("aria-pressed", votes[number] === at));
});

function tally() {
  const counts = Object.fromEntries([...data.names, "no difference"].map((name) => [name, 0]));
  data.rounds.forEach((round, number) => {
    if (number in votes) counts[votes[number] < 0 ? "no difference" : data.names[round.voices[votes[number]]]] += 1;
  });
  return counts;
}

function show() {
  data.rounds.forEach((round) => round.show());
  const voted = data.rounds.filter((_, number) => number in votes).length;
  document.getElementById("voted").textContent = voted + " of " + data.rounds.length + " voted";
  const reveal = document.getElementById("reveal");
  reveal.disabled = voted < data.rounds.length;
  document.getElementById("result").replaceChildren();
}

document.getElementById("reveal").onclick = () => {
  const result = document.getElementById("result");
  result.replaceChildren();
  const table = element("table", "", result);
  Object.entries(tally()).forEach(([name, count]) => {
    const row = element("tr", "", table);
    element("th", name, row);
    element("td", String(count), row);
  });
  const link = element("a", "Save the votes", result);
  link.download = "votes.json";
  link.href = "data:application/json," + encodeURIComponent(JSON.stringify({ votes: tally() }, null, 2));
};

document.getElementById("again").onclick = () => {
  Object.keys(votes).forEach((number) => delete votes[number]);
  keep();
  show();
};

show();
"""

_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Which voice is better?</title>
<style>$style</style>
</head>
<body data-key="$key">
<h1>Which voice is better?</h1>
<p>$heading. Listen to each sentence and choose; which letter is which voice changes from sentence to sentence, and is
told when all votes are in. Votes stay in this browser.</p>
<div id="rounds"></div>
<p><span id="voted"></span> <button id="reveal">Show the result</button> <button id="again">Begin again</button></p>
<div id="result"></div>
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
"""
