"""audiokit.providers.refusals: what an HTTP status becomes, for every vendor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audiokit.errors import (
    AuthenticationError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from audiokit.providers.refusals import Refusal, retry_after_s


@pytest.mark.parametrize(
    ("status", "code", "detail", "kind", "retryable"),
    [
        (400, "", "", ProviderError, False),
        (401, "", "", AuthenticationError, False),
        (402, "", "", QuotaError, False),
        (403, "", "", ProviderError, False),
        (404, "", "", ProviderError, False),
        (408, "", "", ProviderTimeout, True),
        (409, "", "", ProviderUnavailable, True),
        (413, "", "", ProviderError, False),
        (429, "", "", RateLimitError, True),
        (429, "insufficient_quota", "", QuotaError, False),
        (400, "", "Your credit balance is too low to ...", QuotaError, False),
        (500, "", "", ProviderUnavailable, True),
        (504, "", "", ProviderTimeout, True),
        (529, "overloaded_error", "", ProviderUnavailable, True),
    ],
)
def test_a_status_has_its_error(
    status: int, code: str, detail: str, kind: type[ProviderError], retryable: bool
) -> None:
    error = Refusal(provider="acme", status=status, code=code, detail=detail, request_id="r1").error()
    assert (type(error), error.status, error.retryable) == (kind, status, retryable)
    assert (error.provider, error.request_id) == ("acme", "r1")


def test_the_message_holds_the_vendors_words_on_one_line() -> None:
    error = Refusal(provider="acme", status=400, code="bad", detail="Too\n loud.").error()
    assert str(error) == "acme refused the request (400 bad): Too loud."


def test_long_words_are_cut() -> None:
    assert len(str(Refusal(provider="acme", status=400, detail="a" * 5000).error())) < 400


def test_the_key_is_taken_out_of_the_vendors_words() -> None:
    assert "***" in str(Refusal(provider="acme", status=400, detail="Key k-123 is odd").error("k-123"))


def test_a_refused_key_is_told_without_the_vendors_words() -> None:
    error = Refusal(provider="acme", status=401, detail="Incorrect key: k-1***23").error("k-123")
    assert "k-1" not in str(error)
    assert "ACME_API_KEY" in str(error)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_the_time_to_come_back_is_read(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, datetime(2026, 3, 1, 12, tzinfo=UTC)) == expected
