"""audiokit.providers.deepgram.errors: what goes wrong on the way, as our errors."""

from __future__ import annotations

import traceback

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from audiokit.errors import AuthenticationError, ProviderError, ProviderTimeout, ProviderUnavailable, QuotaError
from audiokit.providers.deepgram.errors import refusal, translated

KEY = "dg-0123456789"


def refused(status: int, body: bytes, **headers: str) -> InvalidStatus:
    return InvalidStatus(Response(status, "No", Headers(**headers), body))


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (refused(401, b"{}"), AuthenticationError, False),
        (refused(402, f'{{"err_msg": "{KEY}"}}'.encode()), QuotaError, False),
        (refused(503, b"<html>"), ProviderUnavailable, True),
        (ConnectionClosedError(None, None), ProviderUnavailable, True),
        (ConnectionClosedError(Close(1011, "NET-0001"), None), ProviderUnavailable, True),
        (ConnectionClosedError(Close(1008, "DATA-0000"), None), ProviderError, False),
        (InvalidMessage("no HTTP"), ProviderUnavailable, True),
        (ConnectionRefusedError("nobody"), ProviderUnavailable, True),
        (TimeoutError(), ProviderTimeout, True),
    ],
)
def test_what_the_line_raises_has_its_error(error: Exception, kind: type[ProviderError], retryable: bool) -> None:
    with pytest.raises(ProviderError) as caught, translated(KEY):
        raise error
    assert (type(caught.value), caught.value.retryable) == (kind, retryable)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_bug_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), translated(KEY):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "body",
    [
        b'{"err_code": "BAD", "err_msg": "No.", "request_id": "r1"}',
        bytearray(b'{"category": "BAD", "message": "No.", "request_id": "r1"}'),
        {"err_code": "BAD", "err_msg": "No.", "request_id": "r1"},
    ],
)
def test_both_of_deepgrams_ways_to_refuse_are_read(body: object) -> None:
    read = refusal(400, {}, body)
    assert (read.code, read.detail, read.request_id) == ("BAD", "No.", "r1")


@pytest.mark.parametrize("body", [None, b"", b"<html>", b"[1]"])
def test_headers_tell_when_the_body_does_not(body: object) -> None:
    read = refusal(400, {"DG-Error": "BAD", "dg-request-id": "r1", "Retry-After": "3"}, body)
    assert (read.code, read.request_id, read.retry_after_s) == ("BAD", "r1", 3.0)
