"""What ElevenLabs, its SDK and the lines to it raise, as our errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from audiokit.errors import (
    AudiokitError,
    AuthenticationError,
    ProviderError,
    QuotaError,
    VoiceLimitError,
    VoiceNotFoundError,
)
from audiokit.providers.refusals import DETAIL_LENGTH, Refusal, retry_after_s, too_late, unreachable

PROVIDER = "elevenlabs"
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What the SDK's lenient models lead to when an answer is not as promised."""

REMEDIES = MappingProxyType(
    {
        "can_not_use_instant_voice_cloning": "The plan has no voice cloning: upgrade it, or clone on this machine "
        "with another provider.",
        "can_not_use_professional_voice_cloning": "The plan has no professional cloning: upgrade it, or make an "
        "instant clone.",
        "detected_unusual_activity": "The key is good, but a free plan may not be used from here (a proxy, a VPN, "
        "several accounts): leave the proxy, or take a paid plan.",
        "free_users_not_allowed": "Only paid plans may use this: upgrade the plan, or choose another voice.",
        "invalid_voice_settings": "Check the voice's settings: stability, similarity_boost and style go from 0 to 1.",
        "max_character_limit_exceeded": "Say it in shorter pieces.",
        "missing_permissions": "Edit the key in the vendor's console and permit it this.",
        "only_for_creator+": "This needs the plan Creator or a higher one; a lower sample rate or bit rate may do.",
        "quota_exceeded": "Add credit or wait for the next billing period.",
        "too_many_concurrent_requests": "Ask for less at once, or upgrade the plan.",
        "voice_add_edit_limit_reached": "Wait for the next billing period, or upgrade the plan.",
        "voice_limit_reached": "Delete a voice that is no longer needed, or upgrade the plan.",
        "voice_not_found": "List the voices of the account, and check that the key is of the right account.",
    }
)
"""What to do, by the vendor's own word for what is wrong."""
KINDS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "missing_permissions": AuthenticationError,
        "quota_exceeded": QuotaError,
        "voice_add_edit_limit_reached": QuotaError,
        "voice_limit_reached": VoiceLimitError,
        "voice_not_found": VoiceNotFoundError,
    }
)
"""What the word tells better than the HTTP status: an empty account answers with 401, as a wrong key does."""
ALIASES = MappingProxyType({"voice_does_not_exist": "voice_not_found", "voice_id_does_not_exist": "voice_not_found"})
STATUS_OF = MappingProxyType(
    {
        "auth_error": 401,
        "authentication_error": 401,
        "invalid_api_key": 401,
        "input_timeout_exceeded": 408,
        "commit_throttled": 429,
        "queue_overflow": 429,
        "rate_limited": 429,
        "resource_exhausted": 429,
        "system_busy": 429,
        "too_many_concurrent_requests": 429,
        "transcriber_error": 500,
    }
)
"""The HTTP status that an error on a WebSocket would have had; any other is 400."""


@contextmanager
def translated(secret: str = "") -> Iterator[None]:
    """Turn what the SDK, its HTTP library and WebSockets raise into ours.

    Parameters
    ----------
    secret : the key, which no error may show.

    Raises
    ------
    ProviderError : or one below it.
    """
    try:
        yield
    except AudiokitError:
        raise
    except Exception as error:
        ours = _translation(error, secret)
        if ours is None:
            raise
        shows_key = isinstance(ours, AuthenticationError) or (secret and secret in f"{error!s} {error!r}")
        raise ours from (None if shows_key else error)


def live_error(code: str, detail: str, secret: str = "") -> ProviderError:
    """Give the error for a message of a WebSocket.

    Parameters
    ----------
    code : the vendor's word for it, such as "quota_exceeded".
    detail : the vendor's own words.
    secret : the key, taken out of them.
    """
    return _judged(STATUS_OF.get(code, 400), code, detail, {}, secret)


def unreadable(what: str) -> ProviderError:
    """Give the error for an answer that nobody can understand."""
    return ProviderError(f"{PROVIDER} sent something that is not its protocol: {what}", provider=PROVIDER)


def told(answer: object, name: str) -> str:
    """Give a field of an answer that must be there; the SDK itself does not check.

    Raises
    ------
    ProviderError : it is missing.
    """
    value = getattr(answer, name, None)
    if not isinstance(value, str) or not value:
        raise unreadable(f"an answer without {name}")
    return value


def _translation(error: Exception, secret: str) -> ProviderError | None:
    import httpx
    import websockets

    if isinstance(error, httpx.HTTPStatusError):
        return _answered(error.response.status_code, _json(error.response.text), error.response.headers, secret)
    if isinstance(error, websockets.InvalidStatus):
        response = error.response
        return _answered(response.status_code, _json(bytes(response.body or b"")), dict(response.headers), secret)
    if isinstance(error, websockets.ConnectionClosed):
        return _closed(error, secret)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return too_late(PROVIDER)
    if isinstance(error, httpx.HTTPError | websockets.WebSocketException | OSError):
        return unreachable(PROVIDER, _named(error, secret))
    return _from_sdk(error, secret)


def _from_sdk(error: Exception, secret: str) -> ProviderError | None:
    # Not by its class: an error on a WebSocket is no reason to import the SDK, which takes a second.
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    if type(error).__module__.startswith("elevenlabs.") and isinstance(status, int):
        if status < 400:
            return unreadable(_shown(f"HTTP {status} with {str(body)[:80]!r}", secret))
        return _answered(status, body, getattr(error, "headers", None) or {}, secret)
    return unreadable(_named(error, secret)) if isinstance(error, UNREADABLE) else None


def _closed(error: Any, secret: str) -> ProviderError:
    close = error.rcvd
    if close is None:
        return unreachable(PROVIDER, "it was cut")
    if close.code == 1008:  # RFC 6455: a policy is violated; the vendor's reason says which
        reason = close.reason or "closed with code 1008"
        code = next((code for code in (*STATUS_OF, *REMEDIES, *ALIASES) if code in reason), "")
        return live_error(code, reason, secret)
    if close.code == 1000:
        return unreachable(PROVIDER, "it was closed before all had come", close.code)
    return unreachable(
        PROVIDER, _shown(f"it was closed with code {close.code} {close.reason}".strip(), secret), close.code
    )


def _answered(status: int, body: object, headers: Mapping[str, str], secret: str) -> ProviderError:
    """Read an answer that is no success: what is wrong stands in `detail`, in one of three shapes."""
    detail = body.get("detail", body) if isinstance(body, Mapping) else body
    if isinstance(detail, Mapping):
        code = str(detail.get("status") or detail.get("code") or "")
        return _judged(status, code, str(detail.get("message") or ""), headers, secret)
    if isinstance(detail, list):
        return _judged(status, "", "; ".join(map(_wrong_field, detail)), headers, secret)
    return _judged(status, "", str(detail or ""), headers, secret)


def _wrong_field(item: object) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    place = item.get("loc") or ()
    return f"{'.'.join(map(str, place))}: {item.get('msg', '')}".strip(": ")


def _judged(status: int, code: str, detail: str, headers: Mapping[str, str], secret: str) -> ProviderError:
    code = ALIASES.get(code, code)
    headers = {name.lower(): value for name, value in headers.items()}
    kind = KINDS.get(code) or (ProviderError if status == 401 and code in REMEDIES else None)
    if kind:
        words = " ".join(_shown(detail, secret).split())[:DETAIL_LENGTH].rstrip(".")
        what = "has no such voice" if kind is VoiceNotFoundError else "does not permit this"
        return kind(
            f"{PROVIDER} {what} ({status} {code}): {words}. {REMEDIES[code]}",
            provider=PROVIDER,
            status=status,
            request_id=headers.get("request-id"),
        )
    error = Refusal(
        provider=PROVIDER,
        status=status,
        code=code,
        detail=detail,
        request_id=headers.get("request-id"),
        retry_after_s=retry_after_s(headers),
    ).error(secret)
    if remedy := REMEDIES.get(code):
        error.args = (f"{error} {remedy}",)
    return error


def _json(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace") if isinstance(text, bytes) else text


def _named(error: BaseException, secret: str) -> str:
    return _shown(f"{type(error).__name__}: {error}".rstrip(": "), secret)


def _shown(words: str, secret: str) -> str:
    return words.replace(secret, "***") if secret else words
