"""`audiokit.serve`: a server beside a program that goes on (audiokit.server.background)."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

import audiokit
from audiokit.cli.serve import serve as command
from audiokit.config import Key
from audiokit.errors import AudiokitError, ConfigError, ProviderUnavailable
from audiokit.server.background import start
from audiokit.server.settings import Limits, ServerSettings
from audiokit.server.workers import Workers
from tests.server.fake_agent import FakeAgent
from tests.server.serving import PATIENCE_S, until, wait_until
from tests.server.test_connection import closing
from tests.server.test_lean import HELLO

ANY_PORT = ServerSettings(port=0)


@contextmanager
def talk(url: str) -> Iterator[ClientConnection]:
    address = url.replace("http", "ws") + "/ws"
    with connect(address, subprotocols=["audiokit.v2"], compression=None) as socket:  # type: ignore[list-item]
        socket.send(HELLO)
        yield socket


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=PATIENCE_S) as answer:  # noqa: S310  loopback
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_server_runs_beside_the_program_and_stops_when_told(agent: FakeAgent) -> None:
    threads = threading.active_count()
    server = start(ANY_PORT, agent)
    with talk(server.url) as socket:
        socket.send('{"type": "text", "text": "Good morning"}')
        assert until(socket, "caption")[-1]["text"] == "Good morning"
    assert repr(server) == f"<RunningServer {server.url}>"
    server.stop()
    server.stop()
    assert repr(server) == f"<RunningServer {server.url}, stopped>"
    assert not answers(server.url)
    wait_until(lambda: threading.active_count() == threads)


def test_it_runs_where_an_event_loop_does(agent: FakeAgent) -> None:
    async def cell() -> bool:
        with start(ANY_PORT, agent) as server:
            return await asyncio.to_thread(answers, server.url)

    assert asyncio.run(cell())


def test_a_running_turn_ends_before_the_server_does(agent: FakeAgent) -> None:
    agent.thinking_s = 0.5
    server = start(ANY_PORT, agent)
    with talk(server.url) as socket:
        socket.send('{"type": "text", "text": "Good morning"}')
        until(socket, "caption")
        server.stop()
        messages = until(socket, "ended")
        assert closing(socket)[0] == 1012
    assert [each["text"] for each in messages if each["type"] == "caption"][-1] == "You said: Good morning"


def test_a_turn_that_takes_too_long_is_cut(agent: FakeAgent) -> None:
    agent.thinking_s = 60
    server = start(ServerSettings(port=0, drain_s=0.2), agent)
    with talk(server.url) as socket:
        socket.send('{"type": "text", "text": "Good morning"}')
        until(socket, "caption")
        server.stop()
        assert closing(socket)[0] == 1012


def test_the_port_is_free_again_and_one_that_is_taken_is_said(agent: FakeAgent) -> None:
    with start(ANY_PORT, agent) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"{port} cannot be listened on"):
            start(ServerSettings(port=port), agent)
    with start(ServerSettings(port=port), agent) as again:
        assert answers(again.url)


def test_the_public_verb_serves_an_agent_and_takes_the_token_of_the_environment(
    agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOKIT_SERVER_TOKEN", "0123456789abcdef")
    with audiokit.serve(agent, ServerSettings(port=0)) as server:  # type: ignore[arg-type]
        assert answers(server.url)
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(server.url + "/metrics")  # noqa: S310
        refused.value.close()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (ServerSettings(port=0, workers=2), "cannot be sent to other processes"),
        (ServerSettings(port=0, workers=2, token=Key("0123456789abcdef")), "one worker"),
    ],
)
def test_an_agent_of_this_process_is_not_shared(agent: FakeAgent, settings: ServerSettings, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        start(settings, agent)


def test_several_workers_want_the_main_thread() -> None:
    refused: list[AudiokitError] = []

    def begin() -> None:
        try:
            start(ServerSettings(port=0, workers=2))
        except AudiokitError as error:
            refused.append(error)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    assert "main thread" in str(refused[0])


def test_an_agent_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text("[[llm]]\nprovider = 'nobody'\n")
    with pytest.raises(ConfigError, match="nobody"):
        audiokit.serve(settings=ServerSettings(port=0, config=tmp_path / "agent.toml"))


# uvicorn leaves with SystemExit, of which a thread makes nothing, but pytest does.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_does_not_start_is_said(agent: FakeAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def meeting(workers: Workers) -> AsyncIterator[None]:
        raise OSError("no space left")
        yield

    monkeypatch.setattr(Workers, "meeting", meeting)
    threads = threading.active_count()
    with pytest.raises(ConfigError, match=r"did not start on http://127\.0\.0\.1:\d+"):
        start(ANY_PORT, agent)
    wait_until(lambda: threading.active_count() == threads)


def test_signals_are_given_back_and_the_port_is_free_where_several_workers_cannot_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def refuse(*args: object, **options: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise OSError("no")

    former = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("uvicorn.supervisors.Multiprocess", refuse)
    with pytest.raises(OSError, match="no"):
        start(ServerSettings(port=port, workers=2))
    assert signal.getsignal(signal.SIGTERM) is former
    socket.create_server(("127.0.0.1", port)).close()


def test_a_vendor_that_fails_is_told_to_the_client(agent: FakeAgent) -> None:
    agent.refusal = ProviderUnavailable("the service is down", provider="acme")
    with start(ANY_PORT, agent) as server, talk(server.url) as socket:
        assert until(socket, "error")[-1]["message"] == "the service is down"


def test_the_shells_options_are_the_settings_of_the_verb() -> None:
    renamed = {"agent_id": "bridge_agent_id", "max_sessions": "limits"}
    options = command.make_context("serve", []).params
    del options["bridge"]  # there is one vendor only
    fields = {field.name: field for field in dataclasses.fields(ServerSettings)}
    assert {renamed.get(name, name) for name in options} == set(fields) - {"exchange"}
    settings = ServerSettings()
    same = ("host", "port", "workers", "drain_s", "log_text", "quiet")
    assert [options[name] for name in same] == [getattr(settings, name) for name in same]
    assert options["max_sessions"] == Limits().sessions


SCRIPT = """
import sys
import audiokit
from audiokit import ServerSettings

if __name__ == "__main__":
    server = audiokit.serve(settings=ServerSettings(port=0, workers={workers}))
    print(server.url, flush=True)
    {then}
"""


@contextmanager
def running(script: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a script until the block ends; give its process, and its server's address once it answers."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, str(script)], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            wait_until(lambda: answers(url) or process.poll() is not None)
            yield process, url
        finally:
            process.kill()


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_a_script_serves_until_ctrl_c(workers: int, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(workers=workers, then="server.wait()"))
    with running(script) as (process, url):
        with talk(url) as line:
            until(line, "ready")
            process.send_signal(signal.SIGINT)
            assert closing(line)[0] == 1012
        _, log = process.communicate(timeout=PATIENCE_S)
    assert log.rstrip().endswith("KeyboardInterrupt")
    assert not answers(url)


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_a_script_that_forgets_to_stop_ends_all_the_same(workers: int, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(workers=workers, then="input_ended = sys.stdin.read()"))
    with running(script) as (process, url):
        with talk(url) as line:
            line.send('{"type": "text", "text": "What is two plus two, please?"}')
            until(line, "caption")
            assert process.stdin is not None
            process.stdin.close()
            messages = until(line, "ended")
            assert closing(line)[0] == 1012
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert [each for each in messages if "shutdown" in each.get("message", "")] == []
    assert not answers(url)


@pytest.mark.process
def test_workers_end_with_a_script_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(workers=2, then="server.wait()"))
    with running(script) as (process, url):
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) >= 2
        process.kill()
        wait_until(lambda: not any(each.is_running() for each in workers))
    assert not answers(url)
