"""tests.vendors.elevenlabs: the service refuses what ElevenLabs would, or the tests against it would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors import schema
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.elevenlabs_contract import contract
from tests.vendors.host import Host

HEADERS = {"xi-api-key": KEY}
SPEAK = "/v1/text-to-speech/v/stream"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(ElevenLabs()) as host:
        yield host


@pytest.mark.parametrize(
    ("method", "path", "request_", "offence"),
    [
        ("GET", "/v1/nothing", {}, "no such call"),
        ("PUT", "/v1/models", {}, "no such call"),
        ("GET", "/v2/voices?colour=red", {}, "unknown field 'colour'"),
        ("GET", "/v2/voices?page_size=500", {}, "500 is no 1..100"),
        ("GET", "/v2/voices?include_total_count=maybe", {}, "'maybe' is no boolean"),
        ("GET", "/v1/models", {"json": {"a": 1}}, "where none belongs"),
        ("POST", SPEAK, {"json": {"txt": "Hi"}}, "'text' is missing"),
        ("POST", SPEAK, {"json": {"text": "Hi", "volume": 1}}, "unknown field 'volume'"),
        ("POST", SPEAK, {"json": {"text": 1}}, "1 is no string"),
        ("POST", SPEAK, {"json": {"text": "Hi", "voice_settings": {"stability": 2}}}, "2 is no 0..1"),
        ("POST", f"{SPEAK}?output_format=wav", {"json": {"text": "Hi"}}, "'wav' is none of"),
        ("POST", "/v1/voices/add", {"json": {}}, "no multipart form"),
        ("POST", "/v1/voices/add", {"files": {"files": ("a.wav", b"x")}}, "'name' is missing"),
        ("POST", "/v1/voices/add", {"files": {"file": ("a.wav", b"x")}, "data": {"name": "n"}}, "holds no file"),
        ("POST", "/v1/voices/add", {"files": {"files": ("a.wav", b"")}, "data": {"name": "n"}}, "is empty"),
        (
            "POST",
            "/v1/voices/add",
            {"files": {"files": ("a.wav", b"x")}, "data": {"name": "n", "labels": "red"}},
            "'red' is no json",
        ),
    ],
)
def test_a_breach_of_the_contract_is_noted(
    host: Host, method: str, path: str, request_: dict[str, Any], offence: str
) -> None:
    httpx.request(method, f"{host.url}{path}", headers=HEADERS, **request_)
    with pytest.raises(AssertionError, match="broke the contract") as caught:
        host.check()
    assert offence in str(caught.value)


def test_a_good_request_is_no_breach(host: Host) -> None:
    answer = httpx.get(f"{host.url}/v2/voices?page_size=5&include_total_count=false", headers=HEADERS)
    assert answer.json()["voices"] == []
    host.check()


def test_a_wrong_key_is_refused(host: Host) -> None:
    answer = httpx.get(f"{host.url}/v1/models", headers={"xi-api-key": "other"})
    assert (answer.status_code, answer.json()["detail"]["status"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (1, "integer", True),
        (True, "integer", False),
        (1.5, "integer", False),
        (1.5, "number", True),
        (None, "string", False),
        (None, "string?", True),
        (["a"], "[string]", True),
        (["a", 1], "[string]", False),
        ("a", "[string]", False),
        ({"a": 1}, {"a!": "integer"}, True),
        ({}, {"a!": "integer"}, False),
        ("b", ["a", "b"], True),
    ],
)
def test_types_of_the_contract(value: object, kind: object, fits: bool) -> None:
    assert (list(schema.mismatch(value, kind, "x")) == []) is fits


def test_the_contract_uses_known_types_only() -> None:
    def kinds(parts: Any) -> Iterator[str]:
        if isinstance(parts, dict):
            for part in parts.values():
                yield from kinds(part)
        elif isinstance(parts, str):
            yield parts

    plain = {kind.strip("[]?") for call in contract().values() for kind in kinds(call)}
    calls = set(contract())
    known = {"string", "integer", "number", "boolean", "object", "json", "file"} | calls
    assert {kind for kind in plain - known if ".." not in kind} == set()
