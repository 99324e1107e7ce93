"""The calls of a professional clone, from the first sample to the trained voice."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from tests.vendors.elevenlabs_contract import Refusal
from tests.vendors.host import File, Request

if TYPE_CHECKING:
    from tests.vendors.elevenlabs import ElevenLabs, Handler

Names = dict[str, str]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + _chunk(b"IEND", b"")
)
"""One grey pixel."""


async def create(service: ElevenLabs, request: Request, names: Names) -> Response:
    body = request.body
    voice = service.new_voice(
        body["name"],
        "professional",
        labels=body.get("labels") or {},
        description=body.get("description"),
        samples=[],
        fine_tuning={"state": {}, "progress": {}, "message": {}, "manual_verification_requested": False},
        voice_verification={
            "requires_verification": True, "is_verified": False,
            "verification_failures": [], "verification_attempts_count": 0,
        },
    )  # fmt: skip
    return JSONResponse({"voice_id": voice["voice_id"]})


async def add_samples(service: ElevenLabs, request: Request, names: Names) -> Response:
    samples = service.voice(names["voice_id"])["samples"]
    service.uploading += 1
    service.most_uploading = max(service.most_uploading, service.uploading)
    await asyncio.sleep(service.upload_s)
    service.uploading -= 1
    added = [_new_sample(file, len(samples) + number) for number, file in enumerate(request.body.files, 1)]
    samples += added
    return JSONResponse(added)


def _new_sample(file: File, number: int) -> dict[str, Any]:
    return {
        "sample_id": f"sample{number:03}",
        "file_name": file.name,
        "mime_type": file.content_type,
        "size_bytes": len(file.data),
        "hash": hashlib.md5(file.data, usedforsecurity=False).hexdigest(),
    }


async def update_sample(service: ElevenLabs, request: Request, names: Names) -> Response:
    sample = _sample(service, names)
    if "selected_speaker_ids" in request.body:
        _separation(service, names, sample)["selected_speaker_ids"] = request.body["selected_speaker_ids"]
    return JSONResponse({"voice_id": names["voice_id"]})


async def delete_sample(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])["samples"].remove(_sample(service, names))
    return JSONResponse({"status": "ok"})


async def separate(service: ElevenLabs, request: Request, names: Names) -> Response:
    separation = _separation(service, names, _sample(service, names))
    separation["status"] = "pending"
    separation["polls_left"] = service.polls_until_ready
    return JSONResponse({"status": "ok"})


async def speakers(service: ElevenLabs, request: Request, names: Names) -> Response:
    separation = _separation(service, names, _sample(service, names))
    if separation["status"] == "pending":
        separation["polls_left"] -= 1
        if separation["polls_left"] <= 0:
            separation["status"] = service.separation_outcome
            separation["speakers"] = {
                "a": {"speaker_id": "a", "duration_secs": 12.0, "utterances": [{"start": 0.0, "end": 12.0}]},
                "b": {"speaker_id": "b", "duration_secs": 3.5, "utterances": [{"start": 12.0, "end": 15.5}]},
            }
    return JSONResponse(separation)


async def captcha(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])
    if service.captcha_as_base64:
        return JSONResponse(base64.b64encode(PNG).decode())
    return Response(PNG, media_type="image/png")


async def verify(service: ElevenLabs, request: Request, names: Names) -> Response:
    verification = service.voice(names["voice_id"])["voice_verification"]
    verification["verification_attempts_count"] += 1
    if not service.captcha_passes:
        raise Refusal(400, "captcha_verification_failed", "The voice of the recording does not match the samples.")
    verification["is_verified"] = True
    return JSONResponse({"status": "ok"})


async def request_verification(service: ElevenLabs, request: Request, names: Names) -> Response:
    service.voice(names["voice_id"])["fine_tuning"]["manual_verification_requested"] = True
    return JSONResponse({"status": "ok"})


async def train(service: ElevenLabs, request: Request, names: Names) -> Response:
    voice = service.voice(names["voice_id"])
    if not voice["voice_verification"]["is_verified"]:
        raise Refusal(400, "voice_not_verified", "The voice has to be verified before it is trained.")
    voice["polls_left"] = service.polls_until_ready
    voice["fine_tuning"]["state"][request.body.get("model_id") or "eleven_multilingual_v2"] = "queued"
    return JSONResponse({"status": "ok"})


def _sample(service: ElevenLabs, names: Names) -> dict[str, Any]:
    for sample in service.voice(names["voice_id"])["samples"]:
        if sample["sample_id"] == names["sample_id"]:
            found: dict[str, Any] = sample
            return found
    raise Refusal(404, "sample_not_found", f"A sample with sample_id '{names['sample_id']}' was not found.")


def _separation(service: ElevenLabs, names: Names, sample: dict[str, Any]) -> dict[str, Any]:
    separation: dict[str, Any] = sample.setdefault(
        "speaker_separation",
        {**names, "status": "not_started", "speakers": None, "selected_speaker_ids": None},
    )
    return separation


SAMPLE = "/v1/voices/pvc/{voice_id}/samples/{sample_id}"
PROFESSIONAL: dict[str, Handler] = {
    "POST /v1/voices/pvc": create,
    "POST /v1/voices/pvc/{voice_id}/samples": add_samples,
    f"POST {SAMPLE}": update_sample,
    f"DELETE {SAMPLE}": delete_sample,
    f"POST {SAMPLE}/separate-speakers": separate,
    f"GET {SAMPLE}/speakers": speakers,
    "GET /v1/voices/pvc/{voice_id}/captcha": captcha,
    "POST /v1/voices/pvc/{voice_id}/captcha": verify,
    "POST /v1/voices/pvc/{voice_id}/verification": request_verification,
    "POST /v1/voices/pvc/{voice_id}/train": train,
}
