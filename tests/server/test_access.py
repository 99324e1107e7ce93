"""Who may connect (audiokit.server.access, audiokit.server.headers)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from audiokit.config import Key
from audiokit.server.access import TICKET_S, Gate
from audiokit.server.settings import ServerSettings
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, serving, until

TOKEN = "0123456789abcdef"
BEARER = {"authorization": f"Bearer {TOKEN}"}
GATE = Gate(Key(TOKEN), ("https://friend.example",))


@pytest.fixture
def closed(agent: FakeAgent) -> Iterator[Served]:
    with serving(agent, ServerSettings(port=0, token=Key(TOKEN), origins=("https://friend.example",))) as served:
        yield served


def status_of(served: Served, path: str = "/ws", **options: object) -> int:
    try:
        with served.connect(path, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code if b"detail" in (refused.response.body or b"") else 0


def test_a_ticket_is_good_for_a_minute() -> None:
    ticket = GATE.ticket(now_s=1000)
    assert not GATE.redeems(ticket, now_s=1001 + TICKET_S)
    assert GATE.redeems(ticket, now_s=1000 + TICKET_S)


def test_a_ticket_is_good_once() -> None:
    ticket, other = GATE.ticket(now_s=1000), GATE.ticket(now_s=1000)
    assert [GATE.redeems(each, now_s=1001) for each in (ticket, ticket, other, other)] == [True, False, True, False]


@pytest.mark.parametrize("forged", ["", ".", "..", "9999999999.00.", "9999999999.00.ff", "é.é.é", "9" * 5000])
def test_a_forged_ticket_is_not_honoured(forged: str) -> None:
    assert not GATE.redeems(forged, now_s=0)


def test_a_ticket_of_another_token_or_with_another_expiry_is_not_honoured() -> None:
    assert not GATE.redeems(Gate(Key("another token 123")).ticket(0), now_s=0)
    expiry, rest = GATE.ticket(0).split(".", 1)
    assert not GATE.redeems(f"{int(expiry) + 1}.{rest}", now_s=0)


@pytest.mark.parametrize(
    ("headers", "admitted"),
    [
        ({}, False),
        (BEARER, True),
        ({"authorization": f"bearer  {TOKEN}"}, True),
        ({"authorization": f"Basic {TOKEN}"}, False),
        ({"authorization": "Bearer "}, False),
        ({"authorization": "Bearer wrong"}, False),
        ({"xi-api-key": TOKEN}, True),
        ({"xi-api-key": "é"}, False),
    ],
)
def test_a_token_is_needed(headers: dict[str, str], admitted: bool) -> None:
    assert GATE.admits(headers, {}, now_s=0) is admitted


@pytest.mark.parametrize(
    ("gate", "headers", "refused"),
    [
        (Gate(None), {"host": "127.0.0.1:8765"}, False),
        (Gate(None), {"host": "localhost:8765", "origin": "http://localhost:8765"}, False),
        (Gate(None), {"host": "[::1]:8765", "origin": "http://[::1]:8765"}, False),
        (Gate(None), {"host": "evil.example:8765", "origin": "http://evil.example:8765"}, True),
        (Gate(None), {"host": "127.0.0.1:8765", "origin": "http://evil.example"}, True),
        (Gate(None), {"host": "127.0.0.1:8765", "origin": "http://[x"}, True),
        (Gate(None), {"host": "127.0.0.1:8765", "origin": "null"}, True),
        (Gate(None), {"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:9999"}, True),
        (Gate(None), {"host": "[[", "origin": "http://[["}, True),
        (Gate(None), {}, True),
        (GATE, {"host": "voice.example", "origin": "https://voice.example"}, False),
        (GATE, {"host": "voice.example", "origin": "https://friend.example"}, False),
        (GATE, {"host": "voice.example", "origin": "https://evil.example"}, True),
        (GATE, {"host": "voice.example"}, False),
    ],
)
def test_pages_of_other_sites_are_refused(gate: Gate, headers: dict[str, str], refused: bool) -> None:
    assert bool(gate.refuses_site(headers)) is refused


def test_a_socket_opens_with_a_token_or_a_ticket_only(closed: Served) -> None:
    status, _, body = closed.ask("/tickets", "POST", headers=BEARER)
    ticket = json.loads(body)["ticket"]
    assert status == 200
    assert status_of(closed) == 401
    assert status_of(closed, additional_headers=BEARER) == 101
    assert status_of(closed, f"/ws?ticket={ticket}x") == 401
    assert status_of(closed, f"/ws?ticket={ticket}") == 101
    assert status_of(closed, f"/ws?ticket={ticket}") == 401
    assert status_of(closed, f"/ws?token={TOKEN}") == 401


def test_a_signed_address_opens_one_conversation(closed: Served) -> None:
    asked = closed.ask("/v1/convai/conversation/get-signed-url?agent_id=a", headers=BEARER)[2]
    address = urlsplit(json.loads(asked)["signed_url"])
    path = f"{address.path}?{address.query}"
    assert [status_of(closed, path) for _ in range(2)] == [101, 401]
    signature = parse_qs(address.query)["conversation_signature"][0]
    assert status_of(closed, f"/ws?ticket={signature}") == 401


def test_a_ticket_opens_no_administrators_door(closed: Served) -> None:
    ticket = json.loads(closed.ask("/tickets", "POST", headers=BEARER)[2])["ticket"]
    assert closed.ask(f"/admin/connections?ticket={ticket}")[0] == 401
    assert closed.ask(f"/tickets?ticket={ticket}", "POST")[0] == 401


@pytest.mark.parametrize(
    "path", ["/metrics", "/admin/connections", "/v1/convai/conversation/get_signed_url?agent_id=a"]
)
def test_what_only_the_owner_may_see(closed: Served, path: str) -> None:
    assert closed.ask(path)[0] == 401
    assert closed.ask(path, headers=BEARER)[0] == 200


def test_a_socket_from_a_strangers_page_is_refused(served: Served) -> None:
    assert status_of(served, origin="http://evil.example") == 403
    assert status_of(served, origin=served.url) == 101


def test_a_friends_page_may_connect_and_ask(closed: Served) -> None:
    assert status_of(closed, origin="https://friend.example", additional_headers=BEARER) == 101
    _, headers, _ = closed.ask("/tickets", "POST", headers={**BEARER, "origin": "https://friend.example"})
    assert headers["access-control-allow-origin"] == "https://friend.example"
    assert closed.ask("/tickets", "POST", headers={**BEARER, "origin": "https://evil.example"})[0] == 403


def test_a_name_that_leads_to_this_machine_is_refused(served: Served) -> None:
    assert served.ask("/", headers={"host": "evil.example"})[0] == 403
    assert served.ask("/healthz", headers={"host": "10.0.0.7"})[0] == 200


def test_a_name_that_is_no_address_is_no_crash(served: Served) -> None:
    assert served.ask("/", headers={"host": "[["})[0] in (400, 403)


def test_every_answer_carries_the_security_headers(served: Served) -> None:
    for path in ("/", "/healthz", "/nowhere"):
        _, headers, _ = served.ask(path)
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_without_a_token_everybody_on_this_machine_talks(served: Served) -> None:
    with served.connect() as socket:
        until(socket, "conversation_started")
