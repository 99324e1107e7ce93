"""Mutated messages to every WebSocket and every address of the server: no crash, no leak, no hang.

    python benchmarks/fuzz_serve.py --messages 20000 --seed 1

A crash is a connection that ends with 1011 or a request that is answered with 5xx (503 is a refusal).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PATIENCE_S = 20.0
PCM = base64.b64encode(bytes(640)).decode()
NASTY = (
    None,
    True,
    -1,
    0,
    2**63,
    1e308,
    "",
    "\0",
    "é" * 300,
    "../../etc/passwd",
    "A" * 9000,
    [],
    {},
    [[[[]]]],
    {"a": {}},
)
WEBM, OGG = b"\x1aE\xdf\xa3" + bytes(50), b"OggS\0\2" + bytes(50)
HELLO = {"type": "hello", "sample_rate": 16000, "output_sample_rate": 24000}
START = {"streamSid": "MZ1", "start": {"mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000}}}
TARGETS: dict[str, tuple[list[str], list[Any]]] = {
    "/ws": (
        [],
        [
            *(
                {"type": "audio_chunk", "data": PCM, "format": f"audio/{kind}"}
                for kind in ("pcm;rate=16000", "wav", "webm")
            ),
            {
                "type": "audio_chunk",
                "data": base64.b64encode(b"\x1aE\xdf\xa3" + bytes(50)).decode(),
                "format": "audio/webm",
            },
            {"type": "audio_chunk", "data": base64.b64encode(b"OggS\0\2" + bytes(50)).decode(), "format": "audio/ogg"},
            {"type": "heartbeat"},
            {"type": "end_conversation"},
        ],
    ),
    "/ws?v2": (
        ["audiokit.v2"],
        [
            HELLO,
            bytes(640),
            {"type": "text", "text": "Hi"},
            {"type": "played", "turn_id": 1, "played_s": 0.5},
            {"type": "ping", "id": 1},
        ],
    ),
    "/v1/convai/conversation?agent_id=a": (
        ["convai"],
        [
            {"type": "conversation_initiation_client_data", "conversation_config_override": {"text_only": True}},
            {"user_audio_chunk": PCM},
            {"type": "pong", "event_id": 1},
            {"type": "user_message", "text": "Hi"},
        ],
    ),
    "/twilio": (
        [],
        [
            {"event": "connected"},
            {"event": "start", **START},
            {"event": "media", "media": {"payload": PCM}},
            {"event": "mark", "mark": {"name": "1"}},
            {"event": "stop"},
        ],
    ),
}
PATHS = (
    *("/", "/app.js", "/tickets", "/healthz", "/readyz", "/metrics", "/openapi.json", "/nowhere", "/admin/broadcast"),
    *("/admin/connections", "/admin/connections/conv_1", "/v1/convai/conversation/get-signed-url"),
)
METHODS = ("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD", "TRACE", "BREW")


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    messages: int = 0
    connections: int = 0
    requests: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)

    def note(self, code: int, where: str) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1
        if code == 1011 or (500 <= code < 600 and code != 503 and code != 501 and code != 505):
            self.crashes.append(f"{where}: {code}")


def mutated(seed: Any, chance: random.Random) -> str | bytes:
    """Give a message that is nearly the seed, or not at all."""
    if isinstance(seed, bytes):
        return _bytes_mutated(seed, chance)
    if chance.random() < 0.5:
        seed = _value_mutated(json.loads(json.dumps(seed)), chance)
    text = json.dumps(seed)
    if chance.random() < 0.4:
        data = _bytes_mutated(text.encode(), chance)
        return data if chance.random() < 0.2 else data.decode("utf-8", "replace")
    return text


def _value_mutated(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, dict) or not value or chance.random() < 0.1:
        return chance.choice(NASTY)
    name = chance.choice(list(value))
    action = chance.random()
    if action < 0.2:
        del value[name]
    elif action < 0.4:
        value[chance.choice(("type", "data", "extra", "\0"))] = chance.choice(NASTY)
    else:
        value[name] = _value_mutated(value[name], chance)
    return value


def _bytes_mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                changed[at:at] = chance.randbytes(chance.randint(1, 20))
            case 1:
                del changed[at : at + chance.randint(1, 20)]
            case 2 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case _:
                changed[at:at] = changed[at : at + 50]
    return bytes(changed)


async def fuzz_sockets(port: int, messages: int, chance: random.Random, outcome: Outcome) -> None:
    """Send so many messages, a few on each connection."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    while outcome.messages < messages:
        path = chance.choice(list(TARGETS))
        subprotocols, seeds = TARGETS[path]
        outcome.connections += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                async with connect(
                    f"ws://127.0.0.1:{port}{path}", subprotocols=subprotocols or None, compression=None, close_timeout=1
                ) as socket:  # type: ignore[call-overload]
                    if chance.random() < 0.7 and isinstance(seeds[0], dict):
                        await socket.send(json.dumps(seeds[0]))
                    for _ in range(chance.randint(1, 12)):
                        await socket.send(mutated(chance.choice(seeds), chance))
                        outcome.messages += 1
                    if chance.random() < 0.05:  # time for what is still on its way
                        with suppress(TimeoutError):
                            await asyncio.wait_for(socket.wait_closed(), 0.1)
                    await socket.close()
                outcome.note(socket.close_code or 1006, path)
        except ConnectionClosed as closed:
            outcome.note(closed.rcvd.code if closed.rcvd else 1006, path)
        except InvalidStatus as refused:
            outcome.note(refused.response.status_code, path)
        except TimeoutError:
            outcome.crashes.append(f"{path}: no answer within {PATIENCE_S:g} s")


async def fuzz_http(port: int, requests: int, chance: random.Random, outcome: Outcome) -> None:
    """Send so many requests, some of which are hardly HTTP."""
    for _ in range(requests):
        line = f"{chance.choice(METHODS)} {chance.choice(PATHS)}?agent_id=a HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        body = mutated({"message": "Hi"}, chance)
        body = body.encode() if isinstance(body, str) else body
        head = f"{line}content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        raw = head.encode() + body
        if chance.random() < 0.3:
            raw = _bytes_mutated(raw, chance)
        outcome.requests += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            writer.write_eof()
            async with asyncio.timeout(PATIENCE_S):
                answer = await reader.read(65536)
            words = answer.split(None, 2)
            if len(words) > 1 and words[1].isdigit():
                outcome.note(int(words[1]), line.split("\r")[0])
        except TimeoutError:
            outcome.crashes.append(f"{line.strip()}: no answer")
        except ConnectionError:
            outcome.note(1006, line)
        finally:
            writer.close()


def fuzz(port: int, messages: int, seed: int = 1) -> Outcome:
    """Fuzz a running server; give what came of it."""
    chance, outcome = random.Random(seed), Outcome()
    asyncio.run(fuzz_sockets(port, messages, chance, outcome))
    asyncio.run(fuzz_http(port, max(20, messages // 10), chance, outcome))
    return outcome


def main() -> None:
    import psutil

    from tests.server.fake_agent import FakeAgent
    from tests.server.serving import serving, wait_until

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    agent, process = FakeAgent(reply_s=0.02, sessions=deque(maxlen=10)), psutil.Process()
    with serving(agent) as served:
        fuzz(served.port, 200, words.seed)
        before, started_s = process.memory_info().rss, time.monotonic()
        outcome = fuzz(served.port, words.messages, words.seed)
        agent.sessions.clear()
        wait_until(lambda: served.service.seats.taken == 0)
        print(f"{outcome.messages} messages, {outcome.connections} connections, {outcome.requests} requests")
        print(f"{time.monotonic() - started_s:.1f} s, memory +{(process.memory_info().rss - before) / 1e6:.1f} MB")
        print(f"threads now: {threading.active_count()}, endings: {dict(sorted(outcome.codes.items()))}")
    for crash in outcome.crashes:
        print("CRASH", crash)
    sys.exit(bool(outcome.crashes))


if __name__ == "__main__":
    main()
