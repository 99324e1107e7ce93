"""tests.vendors.host: the ground of every test against a vendor's service must itself hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import websockets
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from tests.vendors import faults
from tests.vendors.host import Host

stored: list[str] = []


async def hello(request: Request) -> Response:
    stored.append(request.url.path)
    return JSONResponse({"hello": (await request.body()).decode("latin-1")})


async def many(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield bytes(100)

    return StreamingResponse(pieces(), media_type="audio/pcm")


async def broken(request: Request) -> Response:
    raise LookupError("a bug of the app")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_json(await websocket.receive_json())


@pytest.fixture
def host() -> Iterator[Host]:
    stored.clear()
    routes = [
        Route("/hello", hello, methods=["GET", "POST"]),
        Route("/many", many),
        Route("/broken", broken),
        WebSocketRoute("/echo", echo),
    ]
    with Host(Starlette(routes=routes)) as host:
        yield host


async def spoken(host: Host, *messages: str) -> list[str | bytes]:
    async with connect(f"{host.ws_url}/echo?a=1", compression=None) as line:
        answers = []
        for message in messages:
            await line.send(message)
            answers.append(await line.recv())
        return answers


def test_a_request_is_recorded_whole(host: Host) -> None:
    httpx.post(f"{host.url}/hello?a=1&b=", json={"x": [1]}, headers={"X-Key": "k"})
    request = host.asked("/h*", "POST")[0]
    assert (request.query, request.body, request.headers["x-key"]) == ({"a": "1", "b": ""}, {"x": [1]}, "k")


def test_a_form_is_read_to_the_byte(host: Host) -> None:
    data = b"\r\n--x\r\n\x00\xff\r\n"
    httpx.post(f"{host.url}/hello", data={"name": "Änne"}, files=[("files", ("a b.wav", data, "audio/wav"))])
    form = host.requests[0].body
    assert form.fields == {"name": ["Änne"]}
    assert [(file.field, file.name, file.content_type, file.data) for file in form.files] == [
        ("files", "a b.wav", "audio/wav", data)
    ]


def test_faults_come_in_order_and_once(host: Host) -> None:
    host.faults.add("/hello", faults.status(429, {"detail": "slowly"}, retry_after_s=3), None, faults.status(500))
    answers = [httpx.get(f"{host.url}/hello") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 200, 500, 200]
    assert (answers[0].headers["retry-after"], answers[0].json(), host.faults.left) == ("3", {"detail": "slowly"}, 0)


@pytest.mark.parametrize(("worked", "work"), [(True, ["/hello"]), (False, [])])
def test_a_failure_may_come_after_the_work(host: Host, worked: bool, work: list[str]) -> None:
    host.faults.add("/hello", faults.status(500, worked=worked))
    assert httpx.get(f"{host.url}/hello").status_code == 500
    assert stored == work


@pytest.mark.parametrize("after", [0, 250, 999])
def test_a_response_is_cut_after_so_many_bytes(host: Host, after: int) -> None:
    host.faults.add("/many", faults.cut(after))
    got = bytearray()

    def read_all() -> None:
        with httpx.stream("GET", f"{host.url}/many") as answer:
            for piece in answer.iter_raw():
                got.extend(piece)

    with pytest.raises(httpx.RemoteProtocolError):
        read_all()
    assert len(got) == after


def test_a_stall_ends_when_the_client_goes(host: Host) -> None:
    host.faults.add("/many", faults.stall(300))
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{host.url}/many", timeout=0.2)
    assert host.requests[0].ended.wait(5)


def test_a_stall_does_not_outlive_the_host() -> None:
    with Host(Starlette(routes=[Route("/many", many)])) as host, httpx.Client() as client:
        host.faults.add("/many", faults.stall(0))
        answer = client.send(client.build_request("GET", f"{host.url}/many"), stream=True)
        started_s = time.monotonic()
        host._ending.set()
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    assert time.monotonic() - started_s < 5


@pytest.mark.parametrize(
    ("fault", "content_type", "text"),
    [(faults.wrong_type(), "text/html", "<html>"), (faults.malformed(), "application/json", '{"broken": ')],
)
def test_a_response_may_be_nonsense(host: Host, fault: faults.Fault, content_type: str, text: str) -> None:
    host.faults.add("/hello", fault)
    answer = httpx.get(f"{host.url}/hello")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.text.startswith(text)


def test_a_slow_answer_is_right(host: Host) -> None:
    host.faults.add("/hello", faults.slow(0.15))
    started_s = time.monotonic()
    assert httpx.get(f"{host.url}/hello").status_code == 200
    assert time.monotonic() - started_s >= 0.15


def test_a_websocket_is_recorded_with_its_messages(host: Host) -> None:
    assert asyncio.run(spoken(host, '{"a": 1}', "[2]")) == ['{"a":1}', "[2]"]
    request = host.requests[0]
    assert (request.method, request.path, request.query) == ("WEBSOCKET", "/echo", {"a": "1"})
    assert request.messages == [{"a": 1}, [2]]
    assert request.ended.wait(5)


@pytest.mark.parametrize(
    ("fault", "code"), [(faults.cut(1), 1006), (faults.close(1008, "no", after=1), 1008), (faults.close(1000), 1000)]
)
def test_a_websocket_ends_early(host: Host, fault: faults.Fault, code: int) -> None:
    host.faults.add("/echo", fault)
    with pytest.raises(websockets.ConnectionClosed) as caught:
        asyncio.run(spoken(host, "[1]", "[2]"))
    assert (caught.value.rcvd.code if caught.value.rcvd else 1006) == code


def test_a_handshake_is_refused_with_a_status(host: Host) -> None:
    host.faults.add("/echo", faults.status(401, {"detail": {"status": "invalid_api_key"}}))
    with pytest.raises(websockets.InvalidStatus) as caught:
        asyncio.run(spoken(host))
    assert caught.value.response.status_code == 401
    assert b"invalid_api_key" in (caught.value.response.body or b"")


def test_a_websocket_sends_nonsense_between_good_messages(host: Host) -> None:
    host.faults.add("/echo", faults.malformed(after=1))
    assert asyncio.run(spoken(host, "[1]", "[2]")) == ["[1]", '{"broken": ']


def test_a_bug_of_the_app_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="a bug of the app"), Host(Starlette(routes=[Route("/b", broken)])) as host:
        assert httpx.get(f"{host.url}/b").status_code == 500


def test_a_noted_violation_fails_the_test() -> None:
    class Strict:
        def __init__(self) -> None:
            self.violations: list[str] = []

        async def __call__(self, scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
            self.violations.append("POST /hello: unknown field colour")
            await faults.respond(scope, receive, send, 200, b"", {})

    with pytest.raises(AssertionError, match="unknown field colour"), Host(Strict()) as host:
        httpx.get(host.url)
