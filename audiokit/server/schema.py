"""`protocol.schema.json`: both our protocols as AsyncAPI 3, made from the models.

python -m audiokit.server.schema > audiokit/server/protocol.schema.json
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter

from audiokit.server.protocol import SUBPROTOCOL, LeanClient, LeanServer, PlainClient, PlainServer

FILE = "protocol.schema.json"
SCHEMAS = "#/components/schemas/"
SIDES: dict[str, tuple[Any, Any, str]] = {
    "plain": (PlainClient, PlainServer, "JSON with audio in base64."),
    "lean": (LeanClient, LeanServer, f"Subprotocol {SUBPROTOCOL}: JSON, and audio in binary messages."),
}
"""By protocol: what the client says, what the server says, and what it is."""


def asyncapi() -> dict[str, Any]:
    """Describe every message, who sends it and where."""
    schemas: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for protocol, (client, server, description) in SIDES.items():
        said = {"receive": _messages(client, schemas), "send": _messages(server, schemas)}
        names = sorted({*said["receive"], *said["send"]})
        channels[protocol] = {
            "address": "/ws",
            "description": description,
            "messages": {name: {"name": name, "payload": {"$ref": SCHEMAS + name}} for name in names},
        }
        for action, messages in said.items():
            operations[f"{protocol}-{action}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{protocol}"},
                "messages": [{"$ref": f"#/channels/{protocol}/messages/{name}"} for name in messages],
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "audiokit agent", "version": "2"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def written() -> str:
    """Give the file's text."""
    return json.dumps(asyncapi(), indent=2) + "\n"


def committed() -> str:
    """Give the file that the package carries."""
    return (files("audiokit.server") / FILE).read_text("utf-8")


def _messages(union: Any, schemas: dict[str, Any]) -> list[str]:
    definition = TypeAdapter(union).json_schema(ref_template=SCHEMAS + "{model}")
    schemas.update(definition["$defs"])
    choices = definition.get("oneOf") or definition["anyOf"]
    return [choice["$ref"].removeprefix(SCHEMAS) for choice in choices]


if __name__ == "__main__":
    sys.stdout.write(written())
