"""audiokit.cli.agent and audiokit.cli.talk, as a shell sees them: real processes, real offline models."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

import audiokit
from audiokit.agent import events
from audiokit.agent.config_file import AgentConfig, load
from audiokit.audio.buffer import Audio
from audiokit.cli.agent import COMMANDS
from audiokit.cli.main import cli
from audiokit.cli.talk import changed
from audiokit.registry import provider
from tests.vendors.host import Host
from tests.vendors.openai import OpenAI

NO_FLAGS = dict.fromkeys(
    ("stt", "llm", "tts", "vad", "voice", "system", "greeting", "language", "no_cache", "no_barge_in")
)


def run(*words: object, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["agent", *map(str, words)], input=typed)


def shell(*words: object, typed: str = "", timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audiokit", "agent", *map(str, words)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=timeout_s)


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The offline voice asks what two plus two is."""
    from audiokit import portal

    path = tmp_path_factory.mktemp("question") / "question.wav"
    chunks = portal.iterate(provider("tts", "hibari").synthesize("What is two plus two?"))
    room = np.zeros((12_000, 1), np.float32)
    Audio(np.concatenate([room, *(chunk.samples for chunk in chunks), room]), 24_000).save(path)
    return path


@pytest.mark.process
@pytest.mark.model
def test_a_question_from_a_file_is_answered_with_no_key_and_no_network(question: Path, tmp_path: Path) -> None:
    done = shell("--input", question, "--output", tmp_path / "reply.wav", "--fast", "--record", tmp_path / "talk")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "Agent: That makes 4."
    assert "latency p50" in done.stderr
    assert soundfile.info(tmp_path / "reply.wav").duration > 1
    assert {path.name for path in (tmp_path / "talk").iterdir()} == {
        "user.wav", "agent.wav", "events.jsonl", "turns.jsonl", "transcript.txt"
    }  # fmt: skip


@pytest.mark.process
@pytest.mark.model
def test_python_holds_the_same_conversation(question: Path, tmp_path: Path) -> None:
    happened = audiokit.converse(question, tmp_path / "both.wav", with_user=True)
    assert [event.text for event in happened if isinstance(event, events.AgentText) and event.is_final] == [
        "That makes 4."
    ]
    assert soundfile.info(tmp_path / "both.wav").channels == 2


@pytest.mark.process
@pytest.mark.model
def test_typed_lines_are_answered_and_json_has_every_event(tmp_path: Path) -> None:
    done = shell("--text", "--json", "--quiet", "--session", tmp_path / "talk.json", typed="What is 3 times 4?\n")
    assert done.returncode == 0, done.stderr
    happened = [json.loads(line) for line in done.stdout.splitlines()]
    assert happened[-1]["type"] == "session_ended"
    assert [event["text"] for event in happened if event["type"] == "agent_text"][-1] == "That makes 12."
    assert done.stderr == ""
    assert (tmp_path / "talk.json").exists()


@pytest.mark.process
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_typed_bytes_that_are_no_text_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", f"utf-8:{errors}")
    command = [sys.executable, "-m", "audiokit", "agent", "--text", "--session", str(tmp_path / "talk.json")]
    done = subprocess.run(command, input=b"caf\xe9\nWhat is 3 times 4?\n", capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "You: caf\N{REPLACEMENT CHARACTER}" in done.stdout.decode()
    assert "That makes 12." in (tmp_path / "talk.json").read_text("utf-8")


@pytest.mark.process
def test_typing_needs_neither_ears_nor_a_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    missing = ("faster_whisper", "ctranslate2", "onnxruntime", "hibari", "sounddevice")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({missing}))\n")
    (tmp_path / "agent.toml").write_text("[agent.turn_taking]\ndetection = 'model'\n[turn]\nprovider = 'smart-turn'\n")
    words: list[object] = ["--text", "--quiet", "--config", tmp_path / "agent.toml"]
    done = shell(*words, typed="What is 3 times 4?\n", timeout_s=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Agent: That makes 12." in done.stdout
    aloud = shell(*words, "--output", tmp_path / "reply.wav", typed="What is 3 times 4?\n", timeout_s=60)
    assert (aloud.returncode, "audiokit[offline]" in aloud.stderr) == (6, True)


@pytest.mark.process
@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_leaves_whole_files(question: Path, tmp_path: Path) -> None:
    long = Audio.read(question)
    Audio(np.concatenate([long.samples, np.zeros((60 * 24_000, 1), np.float32)]), 24_000).save(tmp_path / "long.wav")
    words = ["--input", tmp_path / "long.wav", "--output", tmp_path / "reply.wav", "--record", tmp_path / "talk"]
    command = [sys.executable, "-m", "audiokit", "agent", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline_s = time.monotonic() + 120
    while not (tmp_path / "talk" / "events.jsonl").exists() or not (tmp_path / "talk" / "events.jsonl").stat().st_size:
        assert time.monotonic() < deadline_s
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "What was written is whole." in said
    assert "Traceback" not in said
    for name in ("reply.wav", "talk/user.wav", "talk/agent.wav"):
        assert soundfile.info(tmp_path / name).frames > 0
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.process
@pytest.mark.model
def test_check_tells_what_each_service_answered(tmp_path: Path) -> None:
    done = shell("check", "--json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [(each["stage"], each["error"]) for each in results] == [
        ("tts", None), ("stt", None), ("llm", None), ("vad", None)
    ]  # fmt: skip
    assert "hear me" in results[1]["answer"]


@pytest.mark.model
def test_check_says_what_an_answer_is_the_answer_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    speech, recognizer, model, _ = run("check").stdout.splitlines()
    assert re.search(r"tts +hibari .* spoke \d\.\d s of speech$", speech)
    assert re.search(r"stt +whisper .* heard '.*hear me\?'$", recognizer)
    assert re.search(r"llm +scripted .* asked to say hello, answered 'hello\.'$", model)


@pytest.mark.model
def test_check_ends_with_the_code_of_the_first_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    (tmp_path / "agent.toml").write_text("[[llm]]\nprovider = 'openai'\n[[llm]]\nprovider = 'anthropic'\n")
    result = run("check", "--config", tmp_path / "agent.toml")
    assert result.exit_code == 5, result.output
    assert "openai" in result.stdout
    assert "ANTHROPIC_API_KEY" in result.stdout


def test_init_writes_a_file_that_is_read_and_does_not_replace_it(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    assert run("init", path).stdout.strip() == str(path)
    assert load(path).stt == AgentConfig().stt
    refused = run("init", path)
    assert (refused.exit_code, "--force" in refused.stderr) == (4, True)
    assert run("init", path, "--force").exit_code == 0
    assert run("init", tmp_path / "nowhere" / "agent.toml").exit_code == 4


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--text", "--llm", "anthropic"], 4, "ANTHROPIC_API_KEY"),
    (["--text", "--config", "TMP/none.toml"], 4, "there is no such file"),
    (["--text", "--config", "TMP/bad.toml"], 4, "Did you mean 'greeting'?"),
    (["--text", "--llm", "anthropics"], 4, "Did you mean 'anthropic'?"),
    (["--text", "--stt", "whisper"], 2, "--text and --stt"),
    (["--output", "TMP/reply.wav", "--stt", "whisper:no/such/model"], 4, "no/such/model"),
    (["--text", "--fast"], 2, "do not go together"),
    (["--text", "--input", "a.wav", "--output", "b.wav"], 2, "--text and --input"),
    (["--text", "--stereo"], 2, "--stereo needs --output"),
    (["--fast", "--output", "b.wav"], 2, "--fast needs --input"),
    (["--input", "a.wav"], 2, "needs a place for the reply"),
    (["--input", "TMP/none.wav", "--output", "TMP/reply.wav", "--fast"], 3, "none.wav"),
    (["--frist"], 2, "No such option"),
    (["chek"], 2, "Did you mean 'check'?"),
])  # fmt: skip
@pytest.mark.model
def test_what_goes_wrong_has_its_exit_code_and_a_reason(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    (tmp_path / "bad.toml").write_text("[agent]\ngreting = 'Hi.'\n")
    result = run(*(word.replace("TMP", str(tmp_path)) for word in words))
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "reply.wav").exists() or code == 3


@pytest.mark.model
def test_a_reply_replaces_no_file_unless_it_is_told_to(question: Path, tmp_path: Path) -> None:
    kept = question.read_bytes()
    (tmp_path / "reply.wav").write_bytes(b"mine")
    refused = run("--input", question, "--output", tmp_path / "reply.wav")
    assert (refused.exit_code, "--force" in refused.stderr) == (2, True)
    same = run("--input", question, "--output", question, "--fast", "--force")
    assert (same.exit_code, "is the recording that is answered" in same.stderr) == (2, True)
    assert (tmp_path / "reply.wav").read_bytes() == b"mine"
    assert question.read_bytes() == kept


@pytest.mark.model
def test_a_voice_that_is_not_there_ends_the_conversation_with_its_reason(tmp_path: Path) -> None:
    words = ["--text", "--record", tmp_path / "talk", "--voice", "Nobody", "--no-cache"]
    refused = run(*words, typed="hello\n")
    assert refused.exit_code == 5, refused.output
    assert "Nobody" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr


@pytest.mark.model
def test_a_key_that_is_refused_ends_the_conversation_with_exit_code_4(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = OpenAI()
    with Host(vendor) as host:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host.url}/v1")
        refused = run("--text", "--llm", "openai:gpt-6-luna", typed="hello\nare you there\n")
    assert refused.exit_code == 4, refused.output
    assert "OPENAI_API_KEY" in refused.stderr.splitlines()[-1]
    assert "sk-wrong" not in refused.output
    assert "Traceback" not in refused.stderr


def test_a_model_that_nobody_reaches_is_told_and_ends_with_exit_code_5(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    failed = run("--text", "--llm", "openai", "--quiet", typed="hello\nare you there\nhello\n")
    assert failed.exit_code == 5, failed.output
    assert failed.stdout.splitlines()[:2] == ["You: hello", "Agent: Sorry, I cannot think of an answer right now."]
    assert "gave up" in failed.stderr
    assert "Check the network" in failed.stderr
    told = run("--text", "--llm", "openai", typed="hello\n")
    assert (told.exit_code, "(llm openai failed" in told.stderr) == (0, True)


@pytest.mark.process
@pytest.mark.parametrize(("words", "code", "said"), [
    (["--text", "--llm", "anthropic"], 4, "ANTHROPIC_API_KEY"), (["check", "--config", "bad.toml"], 4, "'greeting'"),
    (["--devices"], 6, "pip install 'audiokit[mic]'"), (["--text", "--fast"], 2, "do not go together"),
])  # fmt: skip
def test_a_shell_sees_the_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sounddevice.py").write_text("raise ImportError\n")
    (tmp_path / "bad.toml").write_text("[agent]\ngreting = 'Hi.'\n")
    done = shell(*words, timeout_s=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.model
def test_without_sounddevice_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    for words in ([], ["--devices"]):
        result = run(*words)
        assert result.exit_code == 6, result.output
        assert "pip install 'audiokit[mic]'" in result.stderr


def test_flags_go_before_the_file() -> None:
    config = changed(
        AgentConfig(),
        {**NO_FLAGS, "stt": "deepgram:nova-3", "vad": "energy", "greeting": "Hi.", "no_cache": True,
         "no_barge_in": True, "voice": "rachel"},
    )  # fmt: skip
    assert [(each.provider, dict(each.settings)) for each in config.stt] == [("deepgram", {"model": "nova-3"})]
    assert (config.vad.provider, config.cache, config.tts[0].voice) == ("energy", False, "rachel")
    assert (config.agent.greeting, config.agent.barge_in.allowed) == ("Hi.", False)
    assert config.llm == AgentConfig().llm


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_the_group_is_the_commands_own(name: str) -> None:
    place, short_help = COMMANDS[name]
    module, attribute = place.split(":")
    command = getattr(import_module(module), attribute)
    assert command.name == name
    assert short_help.startswith(command.get_short_help_str(limit=80).rstrip("."))
    assert f"\n  {name}" in run("--help").stdout
    assert run(name, "--help").exit_code == 0


def test_the_options_of_a_conversation_are_shown() -> None:
    assert "--record DIR" in run("run", "--help").stdout


def test_a_file_in_the_folder_is_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.toml").write_text("[llm]\nprovider = 'nobody'\n")
    result = run("--text")
    assert (result.exit_code, "nobody" in result.stderr) == (4, True)
    assert os.listdir(tmp_path) == ["agent.toml"]


SCENARIO = """
- name: a greeting is heard
  services:
    llm: {answers: ["Good morning to you."]}
  steps:
    - user: good morning
  expect:
    history:
      - user: good morning
      - agent: REPLY
"""


@pytest.mark.parametrize(("reply", "code", "said"), [
    ("Good morning to you.", 0, "ok      a greeting is heard"), ("Good night.", 1, "FAILED  a greeting is heard"),
])  # fmt: skip
def test_scenarios_are_played_in_no_time(tmp_path: Path, reply: str, code: int, said: str) -> None:
    (tmp_path / "talk.yaml").write_text(SCENARIO.replace("REPLY", reply))
    result = run("simulate", tmp_path / "talk.yaml")
    assert result.exit_code == code, result.output
    assert said in result.stdout
    rows = json.loads(run("simulate", tmp_path / "talk.yaml", "--json").stdout)
    assert [(row["name"], row["failure"] is None) for row in rows] == [("a greeting is heard", code == 0)]


def test_a_file_that_holds_no_scenario_is_exit_code_4(tmp_path: Path) -> None:
    (tmp_path / "talk.yaml").write_text("- nam: x\n")
    result = run("simulate", tmp_path / "talk.yaml")
    assert (result.exit_code, "Did you mean 'name'?" in result.stderr) == (4, True)
