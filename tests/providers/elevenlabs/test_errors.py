"""audiokit.providers.elevenlabs.errors and .client: one tree of errors for all that can go wrong on the way."""

from __future__ import annotations

import socket
import subprocess
import sys

import httpx
import pytest

from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    MissingDependencyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
    VoiceLimitError,
    VoiceNotFoundError,
)
from audiokit.providers.elevenlabs import client
from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.errors import REMEDIES, live_error, told, translated
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY
from tests.vendors.host import Host


def answer(status: int, body: object, **headers: str) -> ProviderError:
    """Give the error for an answer."""
    request = httpx.Request("POST", "https://api.elevenlabs.io", headers={"xi-api-key": KEY})
    response = httpx.Response(status, json=body, headers=headers, request=request)
    with pytest.raises(ProviderError) as caught, translated(KEY):
        response.raise_for_status()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "max_character_limit_exceeded", ProviderError),
        (400, "voice_limit_reached", VoiceLimitError),
        (400, "voice_add_edit_limit_reached", QuotaError),
        (401, "detected_unusual_activity", ProviderError),
        (401, "free_users_not_allowed", ProviderError),
        (401, "invalid_api_key", AuthenticationError),
        (401, "max_character_limit_exceeded", ProviderError),
        (401, "missing_permissions", AuthenticationError),
        (401, "quota_exceeded", QuotaError),
        (402, "", QuotaError),
        (403, "only_for_creator+", ProviderError),
        (404, "", ProviderError),
        (404, "voice_not_found", VoiceNotFoundError),
        (400, "voice_does_not_exist", VoiceNotFoundError),
        (408, "", ProviderTimeout),
        (429, "system_busy", RateLimitError),
        (429, "too_many_concurrent_requests", RateLimitError),
        (500, "", ProviderUnavailable),
    ],
)
def test_an_answer_becomes_one_kind_of_error(status: int, code: str, kind: type[ProviderError]) -> None:
    error = answer(status, {"detail": {"status": code, "message": f"no {KEY}"}}, **{"request-id": "r1"})
    assert (type(error), error.status, error.request_id) == (kind, status, "r1")
    assert KEY not in f"{error!r} {error.__cause__!r}"


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_every_remedy_is_told(code: str) -> None:
    status = 429 if code == "too_many_concurrent_requests" else 400
    assert REMEDIES[code] in str(answer(status, {"detail": {"status": code, "message": "no"}}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "plain"}, "plain"),
        ({"detail": [{"loc": ["body", "text"], "msg": "field required"}, "odd"]}, "body.text: field required; odd"),
        ({"detail": {"message": "inner"}}, "inner"),
        ("just text", "just text"),
        (None, "422"),
    ],
)
def test_what_is_wrong_is_found_in_every_shape(body: object, words: str) -> None:
    assert words in str(answer(422, body))


def test_a_busy_vendor_says_when_to_come_back() -> None:
    error = answer(429, {"detail": {"status": "system_busy"}}, **{"retry-after": "2.5"})
    assert isinstance(error, RateLimitError)
    assert error.retry_after_s == 2.5


@pytest.mark.parametrize(
    ("raised", "kind", "retryable"),
    [
        (httpx.ConnectTimeout("slow"), ProviderTimeout, True),
        (TimeoutError(), ProviderTimeout, True),
        (httpx.ConnectError(f"no route {KEY}"), ProviderUnavailable, True),
        (ConnectionRefusedError("refused"), ProviderUnavailable, True),
        (socket.gaierror("no such host"), ProviderUnavailable, True),
        (KeyError("audio"), ProviderError, False),
        (AttributeError("voices"), ProviderError, False),
    ],
)
def test_what_goes_wrong_on_the_way_is_told(raised: Exception, kind: type[ProviderError], retryable: bool) -> None:
    with pytest.raises(ProviderError) as caught, translated(KEY):
        raise raised
    assert (type(caught.value), caught.value.retryable) == (kind, retryable)
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("raised", [ConfigError("ours"), ZeroDivisionError("a bug")])
def test_other_errors_pass(raised: Exception) -> None:
    with pytest.raises(type(raised)) as caught, translated(KEY):
        raise raised
    assert caught.value is raised


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("auth_error", AuthenticationError),
        ("quota_exceeded", QuotaError),
        ("rate_limited", RateLimitError),
        ("input_timeout_exceeded", ProviderTimeout),
        ("transcriber_error", ProviderUnavailable),
        ("input_error", ProviderError),
    ],
)
def test_a_message_of_a_socket_becomes_one_kind_of_error(code: str, kind: type[ProviderError]) -> None:
    error = live_error(code, f"no {KEY}", KEY)
    assert type(error) is kind
    assert KEY not in repr(error)


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(ProviderError, match="without voice_id"):
        told(object(), "voice_id")


def test_a_door_shows_no_key(host: Host) -> None:
    door = ElevenLabsClient()
    assert KEY not in repr(door) + repr(vars(door))
    assert door.headers == {"xi-api-key": KEY}


def test_no_key_goes_over_an_open_line(host: Host) -> None:
    with pytest.raises(ConfigError, match="for all to read"):
        ElevenLabsClient("http://api.example.com")


def test_without_the_sdk_the_line_that_installs_it_is_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[elevenlabs\]"):
        ElevenLabsClient()


def test_a_redirect_is_not_followed(host: Host) -> None:
    host.faults.add("/v1/models", faults.status(302, headers={"location": f"{host.url}/v1/user/subscription"}))
    with pytest.raises(ProviderError, match="302"):
        ElevenLabsClient().get("/v1/models")
    assert len(host.requests) == 1


def test_opening_a_door_does_not_load_the_sdk() -> None:
    script = (
        "from audiokit.providers.elevenlabs.speech import ElevenLabsTTS; import sys; ElevenLabsTTS(); "
        "print('elevenlabs' in sys.modules)"
    )
    environment = {"ELEVENLABS_API_KEY": KEY, "PATH": "", "HOME": "/nonexistent"}
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert loaded.stdout.strip() == "False"
