"""ElevenLabs on this machine: the calls that audiokit makes, every request held against `elevenlabs.json`.

Its voices hum: 40 ms of a tone for each character. Its ear hears whatever `heard` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from functools import cache
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.vendors import schema
from tests.vendors.elevenlabs_contract import Refusal, contract, contract_of
from tests.vendors.elevenlabs_professional import PROFESSIONAL
from tests.vendors.elevenlabs_sockets import SOCKETS
from tests.vendors.elevenlabs_speech import SPEECH
from tests.vendors.elevenlabs_voices import VOICES
from tests.vendors.faults import Receive, Send
from tests.vendors.host import Form, Request

KEY = "xi-secret-0123456789abcdef"

Handler = Callable[["ElevenLabs", Request, dict[str, str]], Awaitable[Response]]


class ElevenLabs:
    """The service and all it remembers."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.key = KEY
        self.voices: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, list[str]] = {}
        self.voice_limit = 10
        self.character_count, self.character_limit = 0, 10_000
        self.speech_headers: dict[str, str] = {}
        """Sent with speech, beside what it costs."""
        self.requires_verification = False
        self.heard = "hello world"
        self.language = "eng"
        self.polls_until_ready = 2
        self.separation_outcome = "completed"
        self.training_outcome = "fine_tuned"
        self.captcha_as_base64 = False
        self.captcha_passes = True
        self.upload_s = 0.0
        self.uploading = self.most_uploading = 0
        self.at_once: int | None = None
        """How many texts its plan allows to be spoken at once; it tells with each. None: any number, and not a word."""
        self.speaking = self.most_speaking = 0
        self.speaking_s = 0.0
        """How long it takes to speak a text."""
        self.second_s = 1.0
        """How long one of its seconds lasts, where it waits for a client."""

    def new_voice(self, name: str, category: str = "cloned", **more: Any) -> dict[str, Any]:
        voice_id = f"voice{len(self.voices) + 1:04}"
        self.voices[voice_id] = {
            "voice_id": voice_id,
            "name": name,
            "category": category,
            "labels": {},
            "description": None,
            "settings": {"stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "speed": 1.0},
            "available_for_tiers": [],
            "high_quality_base_model_ids": [],
            "is_owner": True,
            **more,
        }
        return self.voices[voice_id]

    def voice(self, voice_id: str) -> dict[str, Any]:
        if voice_id not in self.voices:
            raise Refusal(404, "voice_not_found", f"A voice with voice_id '{voice_id}' was not found.")
        return self.voices[voice_id]

    def spend(self, characters: int) -> None:
        if self.character_count + characters > self.character_limit:
            left = self.character_limit - self.character_count
            raise Refusal(401, "quota_exceeded", f"You have {left} credits remaining, {characters} are required.")
        self.character_count += characters

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        request: Request = scope["recorded"]
        name, names = _called(request)
        if not name:
            self.violations.append(f"{request.method} {request.path}: there is no such call")
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
            return
        offences = list(_offences(name, request))
        self.violations.extend(offences)
        if request.method == "WEBSOCKET":
            await SOCKETS[name](self, scope, receive, send, names)
            return
        try:
            if offences:
                raise Refusal(422, "invalid_request", offences[0])
            if request.headers.get("xi-api-key") != self.key:
                raise Refusal(401, "invalid_api_key", "Invalid API key")
            response = await HANDLERS[name](self, request, names)
        except Refusal as refusal:
            response = JSONResponse(refusal.body, refusal.code)
        response.headers["request-id"] = "request-1"
        await response(scope, receive, send)


HANDLERS: dict[str, Handler] = {**VOICES, **SPEECH, **PROFESSIONAL}


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    # More literal paths first: /voices/add is no {voice_id}.
    names = sorted(contract(), key=lambda name: name.count("{"))
    return [(name, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", name))) for name in names]


def _called(request: Request) -> tuple[str, dict[str, str]]:
    for name, pattern in _patterns():
        if match := pattern.fullmatch(f"{request.method} {request.path}"):
            return name, match.groupdict()
    return "", {}


def _offences(name: str, request: Request) -> Iterator[str]:
    contract = contract_of(name)
    query = contract.get("query", {})
    yield from schema.offences(schema.read_texts(request.query, query), query, f"{name} query")
    if "json" in contract:
        yield from schema.offences(request.body, contract["json"], f"{name} body")
    elif "form" in contract or "files" in contract:
        yield from _form_offences(name, request.body, contract)
    elif request.body not in (None, b"", {}):
        yield f"{name}: a body of {json.dumps(request.body, default=repr)[:80]} where none belongs"


def _form_offences(name: str, form: Any, contract: dict[str, Any]) -> Iterator[str]:
    if not isinstance(form, Form):
        yield f"{name}: {form!r} is no multipart form"
        return
    yield from (
        f"{name}: the field {field!r} comes {len(values)} times" for field, values in form.fields.items() if values[1:]
    )
    texts = {field: values[-1] for field, values in form.fields.items()}
    fields = contract.get("form", {})
    yield from schema.offences(schema.read_texts(texts, fields), fields, f"{name} form")
    sent = {file.field for file in form.files}
    yield from (f"{name}: {field!r} holds no file" for field in contract["files"] if field.rstrip("!") not in sent)
    yield from (f"{name}: unknown file {field!r}" for field in sent if f"{field}!" not in contract["files"])
    yield from (f"{name}: {file.name!r} is empty" for file in form.files if not file.data)
