"""What the snippets of the documentation run in: a folder with the files they name, a shell, vendors of this machine.

A line of a console block that begins with `$` is run; the lines below it must be said, `…` standing for anything. A
block with a title that names a file is written, or added to it where the title goes on with "at its end"; one with
another title is not run, and the title says why.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from glob import glob
from importlib.metadata import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from audiokit.audio.files import read
from audiokit.cli.main import cli
from audiokit.cloning.entry import Consent, SampleRecord, VoiceEntry
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.dsp.generate import silence
from audiokit.providers.elevenlabs.order import VOICE_ID
from audiokit.spoken import say
from tests.vendors.anthropic import Anthropic
from tests.vendors.deepgram import Deepgram
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.host import Host
from tests.vendors.openai import OpenAI

BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
TAKES = (
    "The ferry leaves at seven, when the fog is still on the water. First come the bicycles, then the bread, and last "
    "of all the teacher, who has run all the way from the school. Nobody waits for anybody, but nobody is left behind.",
    "In the afternoon the harbour belongs to the children. They count the gulls, they count the boats, and when it is "
    "late they count the lights on the other side. There are always more than yesterday, they say, and nobody argues.",
    "My grandfather built the pier with his own hands, or so he told everybody. It was finished in a single summer. It "
    "has been repaired every summer since then, and each time somebody says that it was never as good as it is now.",
    "At night you hear the bell on the outer buoy. It has no rhythm, because the sea has none. Visitors complain about "
    "it on the first night, and on the last one they open the window, so that they can hear it until they fall asleep.",
    "When the winter storms come, the ferry stays at home. Then the baker closes early, the teacher reads aloud in the "
    "kitchen, and the whole village listens, because there is nothing else to do, and nothing that anybody likes more.",
)
"""Somewhat over a minute, spoken by a voice that is nobody's."""


VENDORS: dict[str, Callable[[], Any]] = {
    "elevenlabs": ElevenLabs, "openai": OpenAI, "anthropic": Anthropic, "deepgram": Deepgram
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A listing of a page."""

    language: str
    title: str
    text: str

    @property
    def is_file(self) -> bool:
        """Its title names a file, which is to be written."""
        return bool(re.fullmatch(r"[\w-]+\.\w+(, at its end)?", self.title))


def blocks(markdown: str) -> list[Block]:
    """Give the listings of a page."""
    return [
        Block(language=found["language"], title=found["title"] or "", text=found["text"])
        for found in BLOCK.finditer(markdown)
    ]


def steps(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Give each command of a console block, with the lines that it must say."""
    command, said = "", list[str]()
    for line in [*block.text.splitlines(), "$ "]:
        if line.startswith("$ "):
            if command:
                yield command, said
            command, said = line[2:], []
        else:
            said.append(line)


def play(block: Block, names: dict[str, object]) -> None:
    """Do what a block shows; `names` are those that Python blocks share."""
    if block.is_file:
        name, is_more, _ = block.title.partition(", ")
        with Path(name).open("a" if is_more else "w", encoding="utf-8") as file:
            file.write(block.text)
    elif block.title:
        return
    elif block.language == "python":
        exec(compile(block.text, "a page", "exec"), names)  # noqa: S102  our own pages
    elif block.language == "console":
        for command, said in steps(block):
            check_said(run(command), said)


def check_said(told: str, said: list[str]) -> None:
    """Check that lines came in this order, perhaps with others between."""
    lines = iter(told.splitlines())
    for wanted in said:
        pattern = ".*".join(map(re.escape, wanted.split("…")))
        assert any(re.fullmatch(pattern, line.rstrip()) for line in lines), f"{wanted!r} was not said:\n{told}"


def run(line: str, typed: str = "") -> str:
    """Run a line of a shell; programs may be joined by `|`, and `>` writes into a file. Gives all that was said."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    data, told, into = typed.encode(), "", ""
    for is_sign, group in groupby(lexer, lambda word: word in ("|", ">")):
        words = list(group)
        if is_sign:
            into = words[0]
        elif into == ">":
            Path(words[0]).write_bytes(data)
        else:
            data, told = _program(words, data)
    return told


def _program(words: list[str], data: bytes) -> tuple[bytes, str]:
    """Run one program; gives its standard output, and all that it said."""
    if words[0] == "audiokit":
        named = [found for word in words[1:] for found in (sorted(glob(word)) or [word])]
        result = CliRunner().invoke(cli, named, input=data)
        assert result.exit_code == 0, f"{words}: {result.exit_code}: {result.output[-2000:]}{result.exception!r}"
        assert all(Path(named[place]).exists() for place in _outputs(named)), f"{words} wrote nothing"
        return result.stdout_bytes, "" if b"\0" in result.stdout_bytes else result.output
    if words[0] == "pytest":
        done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout.encode(), done.stdout
    if words[0] == "some-model":
        return b"The first clause is spoken, while the second is still being written.", ""
    assert words[:2] == ["pip", "install"], f"nobody here knows the program {words[0]}"
    return b"", _checked_extras(words[2])


def _outputs(words: list[str]) -> list[int]:
    return [place for place, before in enumerate(words[:-1], 1) if before in ("-o", "--output", "--srt", "--record")]


def _checked_extras(requirement: str) -> str:
    """What is to be installed has names that exist; installing is the work of `.ci/run`."""
    name, _, extras = requirement.rstrip("]").partition("[")
    assert name == "audiokit"
    assert {*filter(None, extras.split(","))} <= {*(metadata("audiokit").get_all("Provides-Extra") or ())}
    return ""


def fill(folder: Path, samples: Path) -> None:
    """Write the files that pages and examples speak of; with real speech where somebody listens."""
    from shutil import copy, copytree

    copytree(samples / "podcast", folder / "samples/podcast")
    for name in ("episodes", "season1"):
        copytree(samples / "podcast/extras", folder / name)
    copy(samples / "podcast/episode 1.mp3", folder / "episode.mp3")
    copy(samples / "podcast/episode 2.m4a", folder / "interview.m4a")
    room = silence(0.5, sample_rate=24_000)
    (folder / "takes").mkdir()
    for number, text in enumerate(TAKES):
        (room + say(text) + room).save(folder / f"takes/{number}.flac")
    (room + say("What is two plus two?") + room).save(folder / "question.wav")
    (folder / "notes.md").write_text("# Notes\n\nThe boat leaves at *noon*.\n", "utf-8")
    (folder / "book.md").write_text("# Noon\n\nThe boat leaves.\n\n# Night\n\nIt is back.\n", "utf-8")
    (folder / "book.txt").write_text("Chapter 1\n\nThe boat leaves.\n\nChapter 2\n\nIt is back.\n", "utf-8")
    (folder / "phrases.txt").write_text("One moment, please.\nGoodbye.\n", "utf-8")
    (folder / "lines.txt").write_text("The boat leaves at noon.\n", "utf-8")


def fill_more(folder: Path) -> None:
    """Write the short recordings and the picture that examples of `--help` name."""
    from PIL import Image

    talk = read(folder / "interview.m4a").mono() * 4
    for name in ("talk.wav", "talk.mp3", "talk.m4a"):
        talk.save(folder / name)
    short = talk[2.0:6.0]
    (folder / "chapters").mkdir()
    for name in ("intro.wav", "outro.wav", "song.flac", "chapters/1.wav", "chapters/2.wav"):
        short.save(folder / name)
    for number in (1, 2):
        sum(read(folder / f"takes/{take}.flac") for take in range(number - 1, 5, 2)).save(folder / f"take{number}.wav")
    read(folder / "takes/0.flac").save(folder / "agreed.m4a")
    Image.new("RGB", (64, 64), "teal").save(folder / "face.jpg")


def enter_voices(service: ElevenLabs, takes: Path) -> None:
    """Put Ann and Ben into the book of voices, and into the account at ElevenLabs."""
    samples = tuple(
        SampleRecord(name=path.name, sha256="ab" * 32, duration_s=read(path).duration_s) for path in takes.iterdir()
    )
    for name in ("Ann", "Ben"):
        voice_id = service.new_voice(name)["voice_id"]
        consent = Consent(statement="I agree.", given="2026-11-02T09:00:00+00:00", voice=name, samples_sha256="cd")
        voice = Voice(name=name, provider="elevenlabs", voice_id=voice_id, language="en")
        VoiceBook().add(
            VoiceEntry(
                voice=voice, origin="instant", created="2026-11-02T10:00:00+00:00", samples=samples, consent=consent
            )
        )


@contextmanager
def hosts() -> Iterator[dict[str, Host]]:
    """Open a place on this machine for every vendor."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Host(app())) for name, app in VENDORS.items()}


@contextmanager
def vendors(running: dict[str, Host], patch: pytest.MonkeyPatch) -> Iterator[ElevenLabs]:
    """Serve every vendor anew, with keys in the environment; gives the one that keeps voices."""
    for name, host in running.items():
        host.clear()
        host.app = VENDORS[name]()
        patch.setenv(f"{name.upper()}_API_KEY", str(host.app.key))
        patch.setenv(f"{name.upper()}_BASE_URL", host.url + ("/v1" if name == "openai" else ""))
    running["openai"].app.models.add("gpt-5.4-mini")
    service: ElevenLabs = running["elevenlabs"].app
    service.voices[VOICE_ID] = service.new_voice("Everybody's", "premade", voice_id=VOICE_ID)
    yield service
    for host in running.values():
        host.check()
