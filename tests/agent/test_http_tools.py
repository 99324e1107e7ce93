"""audiokit.agent.http_tools: a model's tool calls as requests to a real server on this machine."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from audiokit.agent.agent import Agent
from audiokit.agent.doors import Doors, converse
from audiokit.agent.events import AgentText, ToolEnded
from audiokit.agent.http_tools import LONGEST_ANSWER_BYTES, HttpTool, HttpToolConfig
from audiokit.agent.mute import MuteTTS
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Message, Tool, ToolCall, Transcript
from audiokit.errors import ConfigError, MissingKeyError, ProviderError, ProviderTimeout, ProviderUnavailable

TEXT = {"type": "string"}


@dataclass
class Service:
    """A server that remembers what it was asked and answers as told."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"sunny"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.requests.append(
                {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
            )
            time.sleep(told.delay_s)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            with suppress(ConnectionError):  # a caller that did not wait
                self.end_headers()
                self.wfile.write(told.answer)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def weather(url: str, **settings: Any) -> HttpTool:
    settings.setdefault("parameters", {"city": TEXT, "days": {"type": "integer"}})
    return HttpTool(HttpToolConfig(name="weather", description="The weather.", url=url, **settings))


def call(tool: HttpTool, **arguments: object) -> str:
    return asyncio.run(tool.call(arguments))


def test_the_model_is_told_what_it_may_ask(service: Service) -> None:
    tool = weather(service.url + "/{city}", optional=("days",)).tool
    assert tool.name == "weather"
    assert tool.parameters == {
        "type": "object",
        "properties": {"city": TEXT, "days": {"type": "integer"}},
        "required": ["city"],
    }


@pytest.mark.parametrize("city", ["Rome", "São Paulo", "a/b?c=d&e#f", "..%2f", "{days}", "../../admin", "a b", "%00"])
def test_arguments_are_encoded_into_path_and_query(service: Service, city: str) -> None:
    tool = weather(service.url + "/v1/{city}/now?units=si")
    assert call(tool, city=city, days=3) == "sunny"
    sent = urlsplit(service.requests[0]["path"])
    assert sent.path.startswith("/v1/")
    assert sent.path.count("/") == 3
    assert parse_qs(sent.query) == {"units": ["si"], "days": ["3"]}


def test_the_rest_of_a_post_goes_into_a_json_body(service: Service) -> None:
    call(weather(service.url + "/{city}", method="POST"), city="Rome", days=3)
    sent = service.requests[0]
    assert (sent["method"], sent["path"], json.loads(sent["body"])) == ("POST", "/Rome", {"days": 3})
    assert sent["headers"]["Content-Type"] == "application/json"


def test_headers_come_from_the_environment_and_show_nowhere(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEATHER_TOKEN", "tok-secret")
    tool = weather(service.url + "/{city}", headers={"Authorization": "Bearer ${WEATHER_TOKEN}"})
    call(tool, city="Rome", days=1)
    assert service.requests[0]["headers"]["Authorization"] == "Bearer tok-secret"
    assert "tok-secret" not in repr(vars(tool))


def test_a_missing_variable_is_told_when_the_agent_is_built() -> None:
    with pytest.raises(MissingKeyError, match="WEATHER_TOKEN"):
        weather("https://api.example.com/{city}", headers={"Authorization": "${WEATHER_TOKEN}"})


def test_a_header_cannot_smuggle_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEATHER_TOKEN", "tok-secret\r\nX-Admin: 1")
    with pytest.raises(ConfigError, match="line breaks") as refused:
        weather("https://api.example.com/{city}", headers={"Authorization": "${WEATHER_TOKEN}"})
    assert "tok-secret" not in str(refused.value)


@pytest.mark.parametrize(("arguments", "said"), [
    ({}, "needs the argument 'city'"),
    ({"city": "Rome", "days": 1, "mood": "good"}, "no argument 'mood'"),
    ({"city": 3, "days": 1}, "city is 3; expected type string"),
    ({"city": "Rome", "days": True}, "days is True; expected type integer"),
    ({"city": "..", "days": 1}, "no value for an address"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_told_to_the_model(
    service: Service, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        call(weather(service.url + "/{city}"), **arguments)
    assert service.requests == []


def test_a_value_outside_the_choices_is_refused(service: Service) -> None:
    tool = weather(service.url, parameters={"units": {"type": "string", "enum": ["si", "us"]}})
    assert call(tool, units="si") == "sunny"
    with pytest.raises(ValueError, match="one of si, us"):
        call(tool, units="furlongs")


def test_an_error_is_told_with_its_status_and_words(service: Service) -> None:
    service.status, service.answer = 404, b"no such city"
    with pytest.raises(ProviderError, match="weather answered 404 Not Found: no such city") as failed:
        call(weather(service.url + "/{city}"), city="Rome", days=1)
    assert failed.value.status == 404


def test_a_redirect_is_not_followed(service: Service) -> None:
    service.status, service.headers = 302, {"Location": service.url + "/elsewhere"}
    with pytest.raises(ProviderError, match="302"):
        call(weather(service.url + "/{city}"), city="Rome", days=1)
    assert len(service.requests) == 1


def test_a_silent_service_is_left_after_the_timeout(service: Service) -> None:
    service.delay_s = 1.0
    with pytest.raises(ProviderTimeout, match="weather did not answer"):
        call(weather(service.url + "/{city}", timeout_s=0.1), city="Rome", days=1)


def test_nobody_at_the_address_is_told() -> None:
    with pytest.raises(ProviderUnavailable, match="weather cannot be reached"):
        call(weather("http://127.0.0.1:9/{city}"), city="Rome", days=1)


def test_a_long_answer_is_cut(service: Service) -> None:
    service.answer = b"x" * (LONGEST_ANSWER_BYTES + 5)
    assert len(call(weather(service.url + "/{city}"), city="Rome", days=1)) == LONGEST_ANSWER_BYTES


class Forecaster:
    """A model that asks the tool for every city it is told of, and says what it gave."""

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall]:
        if messages[-1].role == "tool":
            yield f"It says: {messages[-1].text}."
        else:
            assert [tool.name for tool in tools] == ["weather"]
            yield ToolCall(call_id="1", name="weather", arguments={"city": messages[-1].text})


class Deaf:
    """A recognizer that is not needed."""

    streaming = True

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        async for _ in chunks:
            pass
        return
        yield


@pytest.mark.parametrize(("status", "told"), [(200, "It says: sunny."), (404, "404")])
def test_an_agent_calls_it_and_tells_what_it_gave(service: Service, status: int, told: str) -> None:
    service.status = status
    tool = weather(service.url + "/{city}", parameters={"city": TEXT})
    agent = Agent(stt=Deaf(), llm=Forecaster(), tts=MuteTTS(), vad=EnergyVAD, tools=[tool])

    async def lines() -> AsyncIterator[str]:
        yield "São Paulo"

    async def talk() -> list[str]:
        happened = [event async for event in converse(agent, Doors(), lines())]
        (ended,) = [event for event in happened if isinstance(event, ToolEnded)]
        assert (ended.error is None) == (status == 200)
        return [event.text for event in happened if isinstance(event, AgentText) and event.is_final]

    assert told in asyncio.run(talk())[-1]
    assert service.requests[0]["path"] == "/S%C3%A3o%20Paulo"


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://127.0.0.1/", "https://user@example.com/", "file:///etc"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"url|example\.com"):
        weather(url)


def test_a_server_that_drips_keeps_no_thread() -> None:
    def drip(server: socket.socket) -> None:
        caller, _ = server.accept()
        caller.recv(4096)
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
        with suppress(OSError), caller:
            while True:
                caller.sendall(b".")
                gone.wait(0.02)

    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=[server], daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(ProviderTimeout, match=r"did not answer within 0\.2 s"):
            call(weather(url, parameters={}, timeout_s=0.2))
        callers = [each for each in threading.enumerate() if each.name == "audiokit-tool"]
        for each in callers:
            each.join(2.0)
        assert not any(each.is_alive() for each in callers)
