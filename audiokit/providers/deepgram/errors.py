"""What goes wrong on the way to Deepgram, as our errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from audiokit.errors import ProviderError, ProviderUnavailable
from audiokit.providers.refusals import Refusal, retry_after_s, too_late, unreachable

if TYPE_CHECKING:
    from websockets.exceptions import ConnectionClosed

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
REFUSED_DATA = 1008  # what Deepgram closes with when it cannot decode what it hears


@contextmanager
def translated(secret: str) -> Iterator[None]:
    """Turn the errors of a WebSocket to Deepgram into ours.

    Parameters
    ----------
    secret : the key, which no error may show.

    Raises
    ------
    ProviderError : or one below it.
    """
    from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

    try:
        yield
    except InvalidStatus as error:
        response = error.response
        raise refusal(response.status_code, dict(response.headers.raw_items()), response.body).error(secret) from None
    except ConnectionClosed as error:
        raise _closed(error) from error
    except TimeoutError as error:
        raise too_late("deepgram") from error
    except (WebSocketException, OSError) as error:
        raise unreachable("deepgram", f"{type(error).__name__}: {error}") from error


@contextmanager
def translated_http() -> Iterator[None]:
    """Turn the errors of a request to Deepgram, and of an answer that is not its protocol, into ours.

    Raises
    ------
    ProviderError : or one below it.
    """
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise too_late("deepgram") from error
    except httpx.HTTPError as error:
        raise unreachable("deepgram", f"{type(error).__name__}: {error}") from error
    except UNREADABLE as error:
        raise unreadable(error) from error


def refusal(status: int, headers: Mapping[str, str], body: object) -> Refusal:
    """Read an answer that is none, of a handshake or a request."""
    lower = {name.lower(): value for name, value in headers.items()}
    told: dict[str, Any] = {}
    if isinstance(body, bytes | bytearray | str):
        try:
            read = json.loads(body)
        except ValueError:
            read = None
        told = read if isinstance(read, dict) else {}
    elif isinstance(body, dict):
        told = body
    return Refusal(
        provider="deepgram",
        status=status,
        code=str(told.get("err_code") or told.get("category") or lower.get("dg-error") or ""),
        detail=str(told.get("err_msg") or told.get("message") or ""),
        request_id=told.get("request_id") or lower.get("dg-request-id"),
        retry_after_s=retry_after_s(lower),
    )


def unreadable(error: Exception) -> ProviderError:
    """Give the error for a message that is not Deepgram's protocol."""
    return ProviderError(
        f"deepgram sent something that is not its protocol: {type(error).__name__}: {error}", provider="deepgram"
    )


def _closed(error: ConnectionClosed) -> ProviderError:
    code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "the line was cut")
    message = f"deepgram closed the connection ({code}): {reason or 'without a reason'}"
    if code == REFUSED_DATA:
        return ProviderError(message, provider="deepgram", status=code)
    return ProviderUnavailable(message, provider="deepgram", status=code, retryable=True)
