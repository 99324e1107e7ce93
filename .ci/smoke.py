"""What is done in an environment to see whether audiokit works there: every command, with what its extras bring.

A step whose extras are there must end with its exit code. Without them it may work all the same, or must end with
code 6 and name the `pip install` line: nothing that is not installed may be a surprise.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEP_S = 300.0
SERVING_S = 60.0
PORT = 8791
PORTAUDIO = "portaudio"  # what `mic` needs besides, and pip brings on Windows and macOS only
S3 = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
"""A store where nobody answers."""
HELP = """
import click
from click.testing import CliRunner
from audiokit.cli.main import cli

def walk(command, words):
    result = CliRunner().invoke(cli, [*words, "--help"])
    assert result.exit_code == 0, (words, result.output)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), [*words, name])

walk(cli, [])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command, and how it must end."""

    command: str
    """Words as in a shell; SAMPLES stands for the folder of recordings."""
    needs: tuple[str, ...] = ()
    """The extras that it must work with; none: it must always work."""
    code: int = 0
    """The exit code where it works."""
    says: str = ""
    """What stands in its output then."""
    refusal: int = 6
    """The exit code where an extra is missing."""


def python(source: str, *needs: str) -> Step:
    """Make a step of Python's words."""
    return Step(command=f"python -c {shlex.quote(source)}", needs=needs, refusal=1)


STEPS = (
    python("import audiokit; [getattr(audiokit, name) for name in audiokit.__all__]"),
    python(HELP),
    Step(command="audiokit --version", says="CPython"),
    Step(command="audiokit doctor", says="formats"),
    Step(command="audiokit config show", says="not set"),
    Step(command="audiokit completion bash", says="complete"),
    Step(command="audiokit edit 'SAMPLES/podcast/episode 1.mp3' a.m4a --trim 0:03-0:08 --normalize -16LUFS"),
    Step(command="audiokit edit a.m4a a.flac --mono --rate 16000 --highpass 80 --compress threshold=-20,ratio=4"),
    Step(command="audiokit edit a.flac quiet.wav --denoise", needs=("denoise",)),
    Step(command="audiokit split a.flac pieces --every 2", says="pieces"),
    Step(command="audiokit analyze a.flac --json", says="integrated_lufs"),
    Step(command="audiokit analyze a.flac --ask tempo,mos --json", needs=("analysis",), says="tempo"),
    Step(command="audiokit analyze a.flac --plot pictures", needs=("plot",)),
    Step(command="audiokit prep SAMPLES/podcast plain --vad energy", says="manifest.jsonl"),
    Step(command="audiokit prep SAMPLES/podcast far --vad energy --engine ray", needs=("ray",), says="manifest.jsonl"),
    Step(command="audiokit prep s3://bucket/talks none --vad energy", needs=("s3",), code=3, says="connect"),
    Step(command="audiokit dataset info plain", says="rate"),
    Step(command="audiokit dataset verify plain", says="as the manifest says"),
    Step(command="audiokit dataset export plain for-csv --to csv"),
    Step(command="audiokit prep SAMPLES/podcast neural --transcribe", needs=("offline",), says="manifest.jsonl"),
    Step(command="audiokit say 'What is two plus two?' -o question.wav", needs=("offline",)),
    Step(
        command="audiokit say 'What is two plus two?' -o again.wav --shared memory://kept", needs=("offline", "shared")
    ),
    Step(command="audiokit say Hello. --provider kokoro -o kokoro.wav", needs=("kokoro",)),
    Step(command="audiokit say Hello. --provider piper -o piper.wav", needs=("piper",)),
    Step(
        command="audiokit say Hello. --provider coqui --voice Ann -o coqui.wav", needs=("coqui",), code=4, says="licen"
    ),
    Step(
        command="audiokit say Hello. --provider elevenlabs -o none.wav", needs=("elevenlabs",), code=4, says="_API_KEY"
    ),
    Step(command="audiokit clone plain --name Ann --speaker 1 --dry-run", needs=("elevenlabs",), says="60 s at least"),
    Step(command="audiokit voices list", says="no voice"),
    Step(command="audiokit cache stats", says="entries"),
    Step(command="audiokit cost text Hello.", says="USD"),
    Step(command="audiokit agent init agent.toml"),
    Step(command="audiokit agent --input question.wav --output reply.wav --fast", needs=("offline",), says="4"),
    Step(command="audiokit agent check", needs=("offline",), says="silero"),
    Step(command="audiokit agent simulate SAMPLES/../tests/agent/scenarios/turns.yaml", needs=("testing",), says="ok"),
    Step(command="audiokit agent --text --llm anthropic", needs=("agent", "offline"), code=4, says="ANTHROPIC_API_KEY"),
    Step(command="audiokit agent run --devices", needs=("mic", PORTAUDIO)),
    python("from audiokit import config; config.keep_key('openai', config.Key('sk-1'))", "keyring"),
    python("from audiokit import Audio; Audio.read('a.flac').to_pydub()", "pydub"),
    python("from audiokit import Audio; Audio.read('a.flac').to_torch()", "torch"),
    python("from audiokit.progress import notebook; notebook()('prep', 1, 2)", "notebooks"),
)


def failures(own: Path, has: set[str], desk: Path) -> Iterator[str]:
    """Take all steps.

    Parameters
    ----------
    own : folder of the environment's programs.
    has : its extras.
    desk : an empty folder to work in.
    """
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY") and name != "PYTHONPATH"}
    home = {
        "HOME": str(desk),
        "AUDIOKIT_HOME": str(desk / "home"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **S3,
    }
    environment = {**kept, **home, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}"}
    if find_library("portaudio") or sys.platform in ("darwin", "win32"):
        has = has | {PORTAUDIO}
    for step in STEPS:
        yield from _taken(step, has, desk, environment)
    if {"offline", "server"} <= has:
        yield from _served(desk, environment)


def _taken(step: Step, has: set[str], desk: Path, environment: dict[str, str]) -> Iterator[str]:
    words = shlex.split(step.command.replace("SAMPLES", str(ROOT / "samples")))
    try:
        done = subprocess.run(
            words, cwd=desk, env=environment, capture_output=True, text=True, timeout=STEP_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        yield f"{step.command[:90]}: still running after {STEP_S:.0f} s"
        return
    said = done.stdout + done.stderr
    works = done.returncode == step.code and step.says in said
    is_refused = done.returncode == step.refusal and "pip install 'audiokit[" in said
    if not works and (set(step.needs) <= has or not is_refused):
        expected = f"expected {step.code} and {step.says!r}" + ("" if set(step.needs) <= has else ", or a refusal")
        yield f"{step.command[:90]}: exit code {done.returncode}, {expected}: {said.strip()[-700:]}"


def _served(desk: Path, environment: dict[str, str]) -> Iterator[str]:
    """Start the server, ask for its page, and stop it."""
    words = ["audiokit", "agent", "serve", "--port", str(PORT)]
    with (desk / "serve.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(words, cwd=desk, env=environment, stderr=log, stdout=log)
        try:
            page = _page(process)
        finally:
            process.terminate()
            code = _ended(process)
        log.seek(0)
        if "<html" not in page or code not in (0, -signal.SIGTERM):  # it ends as it was asked to
            yield f"{' '.join(words)}: exit code {code}, page {page[:60]!r}: {log.read()[-700:]}"


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """Give its exit code; None for one that does not end, and has to be killed."""
    try:
        return process.wait(SERVING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _page(process: subprocess.Popen[bytes]) -> str:
    deadline_s = time.monotonic() + SERVING_S
    while process.poll() is None and time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/") as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            time.sleep(0.2)
    return ""
