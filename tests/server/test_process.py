"""`audiokit agent serve` as a process: its log, its end (audiokit.cli.serve, audiokit.server.run, .drain)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from audiokit.audio.buffer import Audio
from audiokit.audio.files import write
from audiokit.cli.serve import serve
from audiokit.server.settings import ServerSettings
from tests.server.browser import ALLOW_MICROPHONE, chromium
from tests.server.serving import PATIENCE_S, until, wait_until
from tests.server.test_connection import closing
from tests.server.test_lean import HELLO
from tests.server.test_page import ALERT, CAPTIONS, STATE, type_text

pytestmark = pytest.mark.process

SERVE = "from audiokit.cli.serve import serve; serve(prog_name='serve')"
SLOW = """
import sys
sys.path.insert(0, {root!r})
import audiokit.server.run as run
from tests.server import fake_agent
from tests.server.fake_agent import FakeAgent
fake_agent.TURN_S = 1e9  # it answers what is typed only
run.partner_for = lambda settings: FakeAgent(thinking_s={thinking_s})
from audiokit.cli.serve import serve
serve(prog_name="serve")
"""
ROOT = str(Path(__file__).parents[2])


@contextmanager
def server(*words: str, thinking_s: float = 0.0, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    program = SLOW.format(root=ROOT, thinking_s=thinking_s)
    command = [sys.executable, "-c", program, "--port", str(port), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: process.poll() is not None or status(port, "/readyz") == 200)
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def status(port: int, path: str) -> int:
    """Ask, and close whatever comes of it: the server may be on its way up or down."""
    line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", path)
        with line.getresponse() as answer:
            return answer.status
    except (OSError, HTTPException):
        return 0
    finally:
        line.close()


def test_a_running_turn_ends_before_the_server_does() -> None:
    with server(thinking_s=1.0) as (process, port):
        with connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["audiokit.v2"], compression=None) as client:  # type: ignore[list-item]
            client.send(HELLO)
            client.send('{"type": "text", "text": "Good morning"}')
            until(client, "caption")
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: status(port, "/readyz") == 503)
            assert status(port, "/healthz") == 200
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://127.0.0.1:{port}/ws")
            assert refused.value.response.status_code == 503
            messages = until(client, "ended")
            assert closing(client)[0] == 1012
        output, log = process.communicate(timeout=PATIENCE_S)
    assert "notice" in [each["type"] for each in messages]
    assert [each["text"] for each in messages if each["type"] == "caption"][-1] == "You said: Good morning"
    assert output == ""
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [each["message"] for each in entries] == ["conversation started", "draining", "conversation ended"]
    assert len({each["conversation_id"] for each in entries if "conversation_id" in each}) == 1
    assert "Good morning" not in log


def test_a_turn_that_takes_too_long_is_cut_at_the_deadline() -> None:
    with server("--drain-seconds", "0.5", thinking_s=60) as (process, port):
        with connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["audiokit.v2"], compression=None) as client:  # type: ignore[list-item]
            client.send(HELLO)
            client.send('{"type": "text", "text": "Good morning"}')
            until(client, "caption")
            process.send_signal(signal.SIGTERM)
            assert closing(client) == (1012, "the server restarts")
        process.communicate(timeout=PATIENCE_S)


def test_a_server_that_is_killed_serves_again_on_its_port() -> None:
    with server(thinking_s=60) as (process, port):
        with connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["audiokit.v2"], compression=None) as client:  # type: ignore[list-item]
            client.send(HELLO)
            client.send('{"type": "text", "text": "Good morning"}')
            until(client, "caption")
            process.kill()
            assert closing(client)[0] == 1006
        process.wait(PATIENCE_S)
    with server(port=port), connect(f"ws://127.0.0.1:{port}/ws", compression=None) as client:
        assert until(client, "conversation_started")


@pytest.mark.browser
def test_the_page_comes_back_to_a_server_that_was_killed_in_the_middle_of_a_turn(tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    write(silence, Audio(np.zeros((16000, 1), np.float32), 16000))
    with chromium(ALLOW_MICROPHONE, f"--use-file-for-fake-audio-capture={silence}") as page:
        with server(thinking_s=60) as (process, port):
            page.open(f"http://127.0.0.1:{port}")
            page.click("#talk")
            page.wait(f"{STATE} === 'idle'")
            type_text(page, "Good morning")
            page.wait(f"{CAPTIONS}.includes('Good morning')")
            process.kill()
            page.wait(f"{ALERT}.includes('Trying again')")
        with server(port=port):
            page.wait(f"{STATE} === 'idle' && {ALERT} === ''")
            type_text(page, "Are you back?")
            page.wait(f"{CAPTIONS}.includes('You said: Are you back?')")


@contextmanager
def two_workers(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, list[psutil.Process]]]:
    """Two workers that meet in a folder of ours; they are new processes, see no patch and serve the offline agent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", f"if __name__ == '__main__':\n    {SERVE.replace('; ', chr(10) + '    ')}"]
    command += ["--port", str(port), "--workers", "2"]
    environment = {**os.environ, "TMPDIR": str(folder), "TMP": str(folder), "TEMP": str(folder)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        workers: list[psutil.Process] = []
        try:
            wait_until(lambda: status(port, "/readyz") == 200)
            wait_until(lambda: _talks(port))
            workers += psutil.Process(process.pid).children(recursive=True)
            yield process, port, workers
        finally:
            process.kill()
            wait_until(lambda: not any(map(_lives, workers)))


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_several_workers_serve_and_end_together(tmp_path: Path) -> None:
    with two_workers(tmp_path) as (process, port, workers):
        assert len([each for each in workers if "spawn_main" in " ".join(each.cmdline())]) == 2
        _talk_to_all(port)
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE_S)
    assert '"conversation started"' in log
    assert list(tmp_path.iterdir()) == []


def test_workers_whose_parent_was_killed_end_and_leave_no_folder(tmp_path: Path) -> None:
    with two_workers(tmp_path) as (process, _, workers):
        folders = list(tmp_path.iterdir())
        wait_until(lambda: all(len(list(each.glob("worker-*.json"))) == 2 for each in folders))
        assert len(folders) == 1
        process.kill()
        wait_until(lambda: not any(map(_lives, workers)))
    assert list(tmp_path.iterdir()) == []


def _talk_to_all(port: int) -> None:
    """Eight conversations, some at each worker: whoever is asked knows them all and reaches them all."""
    with ExitStack() as stack:
        clients = []
        for _ in range(8):
            line = connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["audiokit.v2"], compression=None)  # type: ignore[list-item]
            clients.append(stack.enter_context(line))
            clients[-1].send(HELLO)
            until(clients[-1], "ready")
        counted = b'audiokit_sessions{protocol="v2"} 8\n'
        # Each request may come to another worker, which knows of its siblings half a second later.
        wait_until(lambda: all(counted in _asked(port, "/metrics") for _ in range(8)))
        assert len(json.loads(_asked(port, "/admin/connections"))) == 8
        assert json.loads(_asked(port, "/admin/broadcast", b'{"message": "tea time"}')) == {"heard_by": 8}
        assert [until(client, "notice")[-1]["message"] for client in clients] == ["tea time"] * 8


def _asked(port: int, path: str, body: bytes | None = None) -> bytes:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        return bytes(answer.read())


def _talks(port: int) -> bool:
    try:
        with connect(f"ws://127.0.0.1:{port}/ws", compression=None) as client:
            client.send(json.dumps({"type": "heartbeat"}))
            return until(client, "conversation_started") != []
    except (OSError, WebSocketException):
        return False


def test_a_port_that_is_taken_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    from audiokit.cli.lazy import LazyGroup

    group = LazyGroup(name="agent", table={"serve": ("audiokit.cli.serve:serve", "")})
    group.params = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(group, ["serve", "--port", str(taken.getsockname()[1]), "--quiet"])
    assert result.exit_code == 4
    assert "cannot be listened on" in result.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--bridge", "elevenlabs"], "--agent-id"),
        (["--agent-id", "a"], "--bridge"),
        (["--bridge", "elevenlabs", "--agent-id", "a", "--config", "x.toml"], "one of them"),
        (["--workers", "x"], "integer"),
    ],
)
def test_words_that_cannot_be_meant_are_refused(words: list[str], complaint: str) -> None:
    result = CliRunner().invoke(serve, words)
    assert result.exit_code == 2
    assert complaint in result.output


def test_workers_whose_agent_cannot_be_opened_are_not_started_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text("[[llm]]\nprovider = 'nobody'\n")
    words = ["--port", "0", "--workers", "2", "--config", str(tmp_path / "agent.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "audiokit", "agent", "serve", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 4, done.stderr
    assert "nobody" in done.stderr


@pytest.mark.parametrize(("has_file", "told"), [(True, "agent.toml (stt energetic"), (False, "the offline agent (")])
def test_the_file_of_the_folder_is_served_and_named(
    has_file: bool, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    served: list[ServerSettings] = []

    def serve_at_once(settings: ServerSettings, tell: Callable[[str], None]) -> None:
        served.append(settings)
        tell("http://127.0.0.1:1")

    monkeypatch.setattr("audiokit.server.run.serve", serve_at_once)
    if has_file:
        Path("agent.toml").write_text("[stt]\nprovider = 'energetic'\n")
    result = CliRunner().invoke(serve, [])
    assert result.exit_code == 0, result.output
    assert f"Serving on http://127.0.0.1:1: {told}" in result.stderr
    assert "llm scripted; tts hibari)" in result.stderr
    assert CliRunner().invoke(serve, ["--bridge", "elevenlabs", "--agent-id", "a1"]).exit_code == 0
    assert [each.config for each in served] == [Path("agent.toml") if has_file else None, None]
