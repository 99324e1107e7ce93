"""Deepgram's contract on this machine: WebSockets v1 and v2 and whole recordings, each message checked both ways."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from tests.vendors.deepgram_ear import PIECE_WORDS, Ear, text_of
from tests.vendors.faults import Receive, Send, respond
from tests.vendors.schema import offences, read_texts

NOVA, FLUX, PROJECTS = "/v1/listen", "/v2/listen", "/v1/projects"
REQUEST_ID = "5f0c"
CREATED = "2026-01-01T00:00:00.000Z"
EAGER_S, END_S = 0.2, 0.4
Messages = Iterator[dict[str, Any]]


class Deepgram:
    """Recognizes numbers; `deaf` hears and says nothing, `lines` are sent as they are after the first sound."""

    def __init__(self, key: str = "dg-test-0123456789abcdef") -> None:
        self.key = key
        self.deaf = False
        self.lines: list[str] = []
        self.violations: list[str] = []
        self._contract = json.loads(Path(__file__).with_name("deepgram.json").read_text("utf-8"))

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        contract = self._contract[f"{scope.get('method', 'WEBSOCKET')} {scope['path']}"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = Request({**scope, "type": "http"}).query_params
        self.violations += offences(read_texts(dict(query), contract["query"]), contract["query"], scope["path"])
        if headers.get("authorization", "").lower() != f"token {self.key}":
            body = {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials.", "request_id": REQUEST_ID}
            await respond(scope, receive, send, 401, json.dumps(body).encode(), {"dg-error": "INVALID_AUTH"})
        elif scope["path"] == PROJECTS:
            projects = [{"project_id": "3f1b", "name": "Voices"}]
            await JSONResponse({"projects": projects})(scope, receive, send)
        elif scope["type"] == "http":
            await self._recording(await Request(scope, receive).body())(scope, receive, send)
        else:
            await self._line(WebSocket(scope, receive, send), contract, query)

    async def _line(self, socket: WebSocket, contract: Any, query: Any) -> None:
        await socket.accept()
        ear = Ear(int(query["sample_rate"]))
        session = Flux(ear, query) if socket.url.path == FLUX else Nova(ear, query)
        await self._tell(socket, contract, session.hello())
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (data := message.get("bytes")) is not None:
                for line in self.lines:
                    await socket.send_text(line)
                self.lines = []
                await self._tell(socket, contract, session.hear(data))
                continue
            kind = json.loads(message["text"])["type"]
            self.violations += [] if kind in contract["client"] else [f"{socket.url.path}: a message {kind!r}"]
            if kind in ("Finalize", "ForceEndTurn"):
                await self._tell(socket, contract, session.finalize())
            if kind == "CloseStream" and not self.deaf:
                await self._tell(socket, contract, session.close())
                await socket.close(1000)
                return

    async def _tell(self, socket: WebSocket, contract: Any, messages: Messages) -> None:
        for message in messages:
            kind = message["type"]
            words = message.get("words") or message.get("channel", {})
            if kind == "Results":
                words = words["alternatives"][0]["words"]
            self.violations += offences(message, contract["server"][kind], f"server {kind}")
            for word in words if kind in ("Results", "TurnInfo") else ():
                self.violations += offences(word, self._contract["word"], "server word")
            if not self.deaf:
                await socket.send_json(message)
        await asyncio.sleep(0)

    def _recording(self, data: bytes) -> JSONResponse:
        try:
            samples, sample_rate = soundfile.read(io.BytesIO(data), dtype="int16")
        except soundfile.LibsndfileError:
            return JSONResponse({"err_code": "Bad Request", "err_msg": "corrupt or unsupported data"}, 400)
        ear = Ear(sample_rate)
        list(ear.hear(samples.tobytes()))
        words = ear.take()
        found = {"transcript": text_of(words), "confidence": 0.9, "words": words}
        metadata = {"request_id": REQUEST_ID, "sha256": "", "created": CREATED, "duration": ear.now_s, "channels": 1}
        metadata |= {"transaction_key": "deprecated", "models": [], "model_info": {}}
        return JSONResponse({"metadata": metadata, "results": {"channels": [{"alternatives": [found]}]}})


class Nova:
    """Tells interim results, pieces of an utterance, and its end."""

    def __init__(self, ear: Ear, query: Any) -> None:
        self._ear = ear
        self._interim = query.get("interim_results") == "true"
        self._events = query.get("vad_events") == "true"
        self._pause_s = int(query.get("endpointing", 10)) / 1000
        self._start_s = 0.0
        self._speaks = False

    def hello(self) -> Messages:
        yield from ()

    def hear(self, data: bytes) -> Messages:
        for event in self._ear.hear(data):
            if event == "sound" and not self._speaks:
                self._speaks = True
                if self._events:
                    yield {"type": "SpeechStarted", "channel": [0, 1], "timestamp": self._ear.now_s}
            if event == "word" and self._interim:
                yield self._results(self._ear.words)
            if event == "word" and len(self._ear.words) == PIECE_WORDS:
                yield self._results(self._ear.take(), is_final=True)
            if event == "pause" and self._speaks and self._ear.quiet_s >= self._pause_s:
                self._speaks = False
                yield self._results(self._ear.take(), is_final=True, speech_final=True)

    def finalize(self) -> Messages:
        self._speaks = False
        yield self._results(self._ear.take(), is_final=True, from_finalize=True)

    def close(self) -> Messages:
        yield self._results(self._ear.take(), is_final=True)
        yield {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": REQUEST_ID,
            "sha256": "",
            "created": CREATED,
            "duration": self._ear.now_s,
            "channels": 1,
        }

    def _results(self, words: list[dict[str, Any]], **flags: bool) -> dict[str, Any]:
        start_s, self._start_s = self._start_s, self._ear.now_s if flags.get("is_final") else self._start_s
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": round(self._ear.now_s - start_s, 2),
            "start": start_s,
            "is_final": flags.get("is_final", False),
            "speech_final": flags.get("speech_final", False),
            "from_finalize": flags.get("from_finalize", False),
            "channel": {"alternatives": [{"transcript": text_of(words), "confidence": 0.9, "words": words}]},
            "metadata": {
                "request_id": REQUEST_ID,
                "model_info": {"name": "nova", "version": "1", "arch": "nova-3"},
                "model_uuid": "u",
            },
        }


class Flux:
    """Tells turns: their start, their likely end, that they go on, their end."""

    def __init__(self, ear: Ear, query: Any) -> None:
        self._ear = ear
        self._is_eager = "eager_eot_threshold" in query
        self._sequence = self._turn = 0
        self._state = "quiet"

    def hello(self) -> Messages:
        yield {"type": "Connected", "request_id": REQUEST_ID, "sequence_id": 0}

    def hear(self, data: bytes) -> Messages:
        for event in self._ear.hear(data):
            if event == "sound" and self._state == "eager":
                self._state = "speaks"
                yield self._info("TurnResumed")
            if event == "word":
                yield self._info("StartOfTurn" if self._state == "quiet" else "Update")
                self._state = "speaks"
            if event == "pause" and self._state != "quiet":
                yield from self._pause()

    def finalize(self) -> Messages:
        if self._state != "quiet":
            yield self._end()

    def close(self) -> Messages:
        yield from ()

    def _pause(self) -> Messages:
        if self._is_eager and self._state == "speaks" and self._ear.quiet_s >= EAGER_S:
            self._state = "eager"
            yield self._info("EagerEndOfTurn")
        if self._ear.quiet_s >= END_S:
            yield self._end()

    def _end(self) -> dict[str, Any]:
        self._state = "quiet"
        told = self._info("EndOfTurn")
        self._ear.take()
        self._turn += 1
        return told

    def _info(self, event: str) -> dict[str, Any]:
        self._sequence += 1
        return {
            "type": "TurnInfo",
            "request_id": REQUEST_ID,
            "sequence_id": self._sequence,
            "event": event,
            "turn_index": self._turn,
            "audio_window_start": 0.0,
            "audio_window_end": self._ear.now_s,
            "transcript": text_of(self._ear.words),
            "words": list(self._ear.words),
            "end_of_turn_confidence": 0.9 if event == "EndOfTurn" else 0.4,
        }
