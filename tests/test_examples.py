"""Each command's help has examples, and each example does what it says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType

import click
import pytest

from audiokit.audio.files import read
from docs import generated
from tests import documented
from tests.documented import blocks, enter_voices, run, vendors
from tests.vendors.host import Host

COMMANDS = {" ".join(words): command for words, command, _ in generated.commands()}
EXAMPLES = list(dict.fromkeys(line for command in COMMANDS.values() for line in generated.examples(command)))
AGENT_PAGE = Path(__file__).parent.parent / "docs/pages/how-to/agent.md"
SCENARIOS = Path(__file__).parent / "agent/scenarios"

NOT_RUN = MappingProxyType({
    "audiokit agent": "tests/agent/test_microphones.py",
    "audiokit agent --stt deepgram --llm anthropic --tts elevenlabs --voice Ann --record talks/1":
        "tests/agent/test_microphones.py",
    "audiokit agent serve": "tests/server/test_process.py",
    "audiokit agent serve --config agent.toml --host 0.0.0.0 --workers 4": "tests/server/test_workers.py",
    "audiokit agent serve --bridge elevenlabs --agent-id agent_0123": "tests/server/test_bridge.py",
    "audiokit clone dataset --name Ann --provider coqui --set device=cpu --consent \"My own voice.\"":
        "tests/providers/coqui/test_clone.py",
    "audiokit dataset review dataset": "tests/cli/test_dataset.py",
    "audiokit dataset review dataset --no-browser --port 8000": "tests/cli/test_dataset.py",
    "audiokit prep episodes/ dataset --second-stt whisper:base --refuse-doubtful": "tests/dataset/test_transcripts.py",
    "audiokit prep s3://talks/2024 s3://talks/dataset --engine ray --ray-address auto":
        "tests/dataset/test_ray_pool.py",
    "audiokit say \"Hi!\" --provider elevenlabs --fallback hibari --play": "tests/speech/test_aloud.py",
    "some-model | audiokit say - --stream": "tests/speech/test_aloud.py",
    "audiokit voices status Ann --verify captcha.m4a": "tests/cloning/test_professional.py",
    "audiokit voices status Ann --wait": "tests/cloning/test_professional.py",
})  # fmt: skip
"""What wants a microphone, a loudspeaker, a download, a cluster, a person or Ctrl-C; and where the same is tested."""

TYPED = MappingProxyType({
    "audiokit agent --text": "What is 3 times 4?\n",
    "audiokit agent --text --llm openai:gpt-5.4-mini": "Hello.\n",
    "audiokit cache clear": "y\n",
    "audiokit voices delete Ann": "y\n",
    "audiokit config set ELEVENLABS_API_KEY": "sk-secret\n",
    "audiokit config set OPENAI_API_KEY": "sk-secret\n",
})  # fmt: skip
"""What a person types."""


def a_book_of_scenarios() -> None:
    (block,) = (block for block in blocks(AGENT_PAGE.read_text("utf-8")) if block.title == "scenario.yaml")
    Path("scenario.yaml").write_text(block.text, "utf-8")
    Path("scenarios").mkdir()
    shutil.copy(SCENARIOS / "turns.yaml", "scenarios")


def a_packed_cache() -> None:
    run("audiokit cache warm phrases.txt")
    run("audiokit cache export speech.zip")


def a_packed_voice() -> None:
    run("audiokit voices export Ben carl.zip")
    run("audiokit voices delete Ben --yes --keep-remote")


def two_datasets() -> None:
    for name in ("season1", "season2"):
        shutil.rmtree(name, ignore_errors=True)
    run("audiokit prep take1.wav season1")
    run("audiokit prep take2.wav season2")


NEEDED: dict[str, Callable[[], object]] = {
    "cache import": a_packed_cache,
    "voices import": a_packed_voice,
    "agent simulate": a_book_of_scenarios,
    "dataset merge": two_datasets,
    "audiokit prep": lambda: shutil.rmtree("dataset"),
    "edit talk.wav talk.mp3": lambda: Path("talk.mp3").unlink(),
    "agent check": lambda: run("audiokit agent init"),
    "--unset speed": lambda: run("audiokit voices settings Ann --set speed=1.05"),
    "unset cache.max_bytes": lambda: run("audiokit config set cache.max_bytes 500000000"),
    "unset OPENAI_API_KEY": lambda: run("audiokit config set OPENAI_API_KEY", "sk-secret\n"),
}
"""What must have been done before, by words of the example."""


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Host]]:
    with documented.hosts() as hosts:
        yield hosts


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, samples_dir: Path) -> Path:
    """The folder that the examples speak of, to be copied."""
    folder = tmp_path_factory.mktemp("stocked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIOKIT_HOME", str(tmp_path_factory.mktemp("home")))
        documented.fill(folder, samples_dir)
        documented.fill_more(folder)
        patch.chdir(folder)
        run("audiokit prep takes/ dataset --transcribe")
    return folder


@pytest.fixture
def folder(stocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shutil.copytree(stocked, tmp_path / "folder"))
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_an_example_of_itself(name: str) -> None:
    first = generated.examples(COMMANDS[name])[0]
    assert first.startswith(name.removesuffix(" run")) or " | " in first


@pytest.mark.model
@pytest.mark.process
@pytest.mark.parametrize("example", [example for example in EXAMPLES if example not in NOT_RUN])
def test_each_example_does_what_it_says(
    example: str,
    folder: Path,
    running: dict[str, Host],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if "_API_KEY" in example:
        request.getfixturevalue("keyring")
    with vendors(running, monkeypatch) as service:
        if not re.search(r" clone |--name Host", example):
            enter_voices(service, Path("takes"))
        for words, prepare in NEEDED.items():
            if words in example:
                prepare()
        run(example.replace("/other/disk", str(folder)), TYPED.get(example, ""))


def test_what_is_not_run_here_is_tested_elsewhere() -> None:
    assert set(NOT_RUN) <= set(EXAMPLES)
    for place in NOT_RUN.values():
        assert (Path(__file__).parent.parent / place).is_file()


def test_an_option_of_an_example_is_one_of_its_command() -> None:
    for name, command in COMMANDS.items():
        if isinstance(command, click.Group):
            continue
        known = {option for parameter in command.params for option in parameter.opts}
        for line in generated.examples(command):
            assert set(re.findall(r" (--[a-z-]+)", line)) <= known, f"{name}: {line}"


def test_the_short_recordings_of_the_examples_can_be_heard(stocked: Path) -> None:
    assert read(stocked / "talk.wav").duration_s > 150
    assert read(stocked / "take1.wav").duration_s > 20
