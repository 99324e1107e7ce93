"""The protocol's description and the protocol (audiokit.server.schema, .protocol)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audiokit.server.inputs import Refusal
from audiokit.server.protocol import LEAN_CLIENT, PLAIN_CLIENT, understand
from audiokit.server.schema import asyncapi, committed, written
from tests.server.serving import Served, until
from tests.server.test_lean import HELLO

KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "null": type(None)}


def names(operation: str) -> list[str]:
    return [message["$ref"].rpartition("/")[2] for message in asyncapi()["operations"][operation]["messages"]]


def schema_of(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = asyncapi()["components"]["schemas"][name]
    return schema


def named(message: dict[str, Any], operation: str) -> dict[str, Any]:
    """Find the schema of a message by its type."""
    return next(
        each for each in map(schema_of, names(operation)) if each["properties"]["type"]["const"] == message["type"]
    )


def fits(message: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Hold a message against the part of JSON Schema that the file uses."""
    fields = schema["properties"]
    required = {name for name in fields if name in schema.get("required", [])}
    return required <= set(message) <= set(fields) and all(of_kind(message[name], fields[name]) for name in message)


def of_kind(value: Any, schema: dict[str, Any]) -> bool:
    if "anyOf" in schema:
        return any(of_kind(value, choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    return isinstance(value, KINDS[schema["type"]])  # type: ignore[arg-type]


def test_the_file_is_up_to_date() -> None:
    assert committed() == written()


def test_the_json_protocol_has_exactly_its_messages() -> None:
    types = {
        name: schema_of(name)["properties"]["type"]["const"] for name in names("plain-receive") + names("plain-send")
    }
    assert list(types.values()) == [
        "audio_chunk",
        "end_conversation",
        "heartbeat",
        "connection_established",
        "conversation_started",
        "audio_response",
        "text_response",
        "error",
        "conversation_ended",
    ]


def test_what_the_server_says_fits_its_description(served: Served) -> None:
    with served.connect() as socket:
        socket.send("nonsense")
        socket.send('{"type": "end_conversation"}')
        for message in until(socket, "conversation_ended"):
            assert fits(message, named(message, "plain-send"))
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send('{"type": "text", "text": "Hi"}')
        for message in until(socket, "latency"):
            assert message["type"] == "binary" or fits(message, named(message, "lean-send"))


@pytest.mark.parametrize("protocol", ["plain", "lean"])
def test_what_its_description_requires_the_server_requires(protocol: str) -> None:
    adapter: Any = {"plain": PLAIN_CLIENT, "lean": LEAN_CLIENT}[protocol]
    samples = {"string": "x", "integer": 8000, "number": 1.0}
    for name in names(f"{protocol}-receive"):
        fields = schema_of(name)["properties"]
        whole = {key: field.get("const", samples.get(field["type"])) for key, field in fields.items()}
        understand(adapter, json.dumps(whole))
        for missing in schema_of(name)["required"]:
            with pytest.raises(Refusal):
                understand(adapter, json.dumps({key: value for key, value in whole.items() if key != missing}))
        with pytest.raises(Refusal):
            understand(adapter, json.dumps({**whole, "more": 1}))
