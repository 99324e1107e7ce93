"""The calls about voices and the account."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from tests.vendors.elevenlabs_contract import Refusal
from tests.vendors.elevenlabs_sound import hum, mp3
from tests.vendors.host import Request
from tests.vendors.schema import from_text

if TYPE_CHECKING:
    from tests.vendors.elevenlabs import ElevenLabs, Handler

Names = dict[str, str]


async def add(service: ElevenLabs, request: Request, names: Names) -> Response:
    if len(service.voices) >= service.voice_limit:
        raise Refusal(
            400,
            "voice_limit_reached",
            f"You have reached your maximum amount of custom voices ({service.voice_limit}).",
        )
    fields = {name: values[-1] for name, values in request.body.fields.items()}
    voice = service.new_voice(
        fields["name"],
        labels=from_text(fields.get("labels", "null"), "json") or {},
        description=fields.get("description"),
    )
    service.uploads[voice["voice_id"]] = [hashlib.sha256(file.data).hexdigest() for file in request.body.files]
    return JSONResponse({"voice_id": voice["voice_id"], "requires_verification": service.requires_verification})


async def search(service: ElevenLabs, request: Request, names: Names) -> Response:
    wanted = request.query.get("search", "").lower()
    found = [voice for voice in service.voices.values() if wanted in _searchable(voice)]
    if category := request.query.get("category"):
        found = [voice for voice in found if voice["category"] == category]
    start, size = int(request.query.get("next_page_token", "0")), int(request.query.get("page_size", "10"))
    more = start + size < len(found)
    return JSONResponse(
        {
            "voices": found[start : start + size],
            "has_more": more,
            "total_count": len(found),
            "next_page_token": str(start + size) if more else None,
        }
    )


def _searchable(voice: dict[str, Any]) -> str:
    return " ".join([voice["name"], voice["description"] or "", *voice["labels"].values(), voice["category"]]).lower()


async def show(service: ElevenLabs, request: Request, names: Names) -> Response:
    voice = service.voice(names["voice_id"])
    training = voice.get("fine_tuning")
    if training and "queued" in training["state"].values():
        _advance(service, voice, training)
    return JSONResponse(voice)


def _advance(service: ElevenLabs, voice: dict[str, Any], training: dict[str, Any]) -> None:
    left = voice.setdefault("polls_left", service.polls_until_ready)
    voice["polls_left"] = left - 1
    for model in training["state"]:
        training["progress"][model] = 1.0 if left <= 1 else 0.5
        if left <= 1:
            training["state"][model] = service.training_outcome
            training["message"][model] = "too much noise" if service.training_outcome == "failed" else ""


async def delete(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])
    del service.voices[names["voice_id"]]
    return JSONResponse({"status": "ok"})


async def settings(service: ElevenLabs, request: Request, names: Names) -> Response:
    return JSONResponse(service.voice(names["voice_id"])["settings"])


async def edit_settings(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])["settings"].update(request.body)
    return JSONResponse({"status": "ok"})


async def design(service: ElevenLabs, request: Request, names: Names) -> Response:
    text = request.body.get("text") or "A text made up for the voice that was described."
    previews = [
        {
            "audio_base_64": base64.b64encode(mp3(hum(text[:20], 44100, pitch_hz=200 + 50 * number), 44100)).decode(),
            "generated_voice_id": f"generated{number}",
            "media_type": "audio/mpeg",
            "duration_secs": 0.8,
            "language": "en",
        }
        for number in range(3)
    ]
    return JSONResponse({"previews": previews, "text": text})


async def remix(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])
    return await design(service, request, names)


async def keep_design(service: ElevenLabs, request: Request, names: Names) -> Response:
    body = request.body
    voice = service.new_voice(
        body["voice_name"], "generated", description=body["voice_description"], labels=body.get("labels") or {}
    )
    return JSONResponse(voice)


async def subscription(service: ElevenLabs, request: Request, names: Names) -> Response:
    return JSONResponse(
        {
            "tier": "creator",
            "character_count": service.character_count,
            "character_limit": service.character_limit,
            "max_character_limit_extension": None,
            "max_credit_limit_extension": 0,
            "can_extend_character_limit": False,
            "allowed_to_extend_character_limit": False,
            "next_character_count_reset_unix": 1_800_000_000,
            "voice_slots_used": len(service.voices),
            "professional_voice_slots_used": 0,
            "professional_voice_slots_used_in_workspace": 0,
            "voice_limit": service.voice_limit,
            "voice_add_edit_counter": 0,
            "professional_voice_limit": 1,
            "can_extend_voice_limit": False,
            "can_use_instant_voice_cloning": True,
            "can_use_professional_voice_cloning": True,
            "current_overage": {"amount": "0", "currency": "usd"},
            "status": "active",
            "open_invoices": [],
            "has_open_invoices": False,
        }
    )


async def models(service: ElevenLabs, request: Request, names: Names) -> Response:
    return JSONResponse(
        [
            {
                "model_id": "eleven_flash_v2_5",
                "name": "Flash v2.5",
                "can_do_text_to_speech": True,
                "maximum_text_length_per_request": 40_000,
                "languages": [{"language_id": "en", "name": "English"}, {"language_id": "de", "name": "German"}],
                "model_rates": {"character_cost_multiplier": 0.5},
                "concurrency_group": "turbo",
            },
            {"model_id": "eleven_english_sts_v2", "name": "English STS", "can_do_text_to_speech": False},
        ]
    )


VOICES: dict[str, Handler] = {
    "POST /v1/voices/add": add,
    "GET /v2/voices": search,
    "GET /v1/voices/{voice_id}": show,
    "DELETE /v1/voices/{voice_id}": delete,
    "GET /v1/voices/{voice_id}/settings": settings,
    "POST /v1/voices/{voice_id}/settings/edit": edit_settings,
    "POST /v1/text-to-voice/design": design,
    "POST /v1/text-to-voice/{voice_id}/remix": remix,
    "POST /v1/text-to-voice": keep_design,
    "GET /v1/user/subscription": subscription,
    "GET /v1/models": models,
}
