"""From a vendor's refusal to the error tree: what an HTTP status means is the same for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from audiokit.errors import (
    AuthenticationError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)

OUT_OF_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
"""Codes of an empty account; OpenAI sends them with 429, which for all else means: come back later."""
LOW_BALANCE = "credit balance is too low"  # how Anthropic says it, with 400 and no code of its own
MORE_MONEY = " Add credit to the account or raise its limit; until then another provider may stand in."
NAMES = " Check the names of model and voice, and the address if one is set."
DETAIL_LENGTH = 300
RESTRICTED = "a key that may not list what the account has"


def too_late(provider: str) -> ProviderTimeout:
    """Give the error for a vendor that does not answer."""
    return ProviderTimeout(f"{provider} did not answer in time", provider=provider, retryable=True)


def unreachable(provider: str, why: str, status: int | None = None) -> ProviderUnavailable:
    """Give the error for a connection that cannot be made, or breaks.

    Parameters
    ----------
    provider : the provider's name.
    why : what was seen, without any key.
    status : WebSocket close code, if there was one.
    """
    return ProviderUnavailable(
        f"the connection to {provider} failed: {why}. "
        f"Check the network, and the environment variable {provider.upper()}_BASE_URL if it is set.",
        provider=provider,
        status=status,
        retryable=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a vendor answered instead of doing what was asked."""

    provider: str
    """The provider's name."""
    status: int
    """HTTP status, or the one that means the same."""
    code: str = ""
    """The vendor's own code for it."""
    detail: str = ""
    """The vendor's own words."""
    request_id: str | None = None
    """The vendor's name for the request."""
    retry_after_s: float | None = None
    """When to come back, in seconds."""

    def error(self, secret: str = "") -> ProviderError:
        """Give the error that says so.

        Parameters
        ----------
        secret : the key, which is taken out of the vendor's words.
        """
        if self.status == 402 or self.code in OUT_OF_MONEY or LOW_BALANCE in self.detail:
            return self._as(QuotaError, self._told("has nothing left to spend", secret) + MORE_MONEY)
        if self.status == 401:
            return self._as(AuthenticationError, _wrong_key(self.provider))
        if self.status == 429:
            return RateLimitError(
                self._told("gets too many requests", secret),
                provider=self.provider,
                request_id=self.request_id,
                retry_after_s=self.retry_after_s,
            )
        if self.status in (408, 504):
            return self._as(ProviderTimeout, self._told("took too long", secret), retryable=True)
        if self.status >= 500 or self.status == 409:
            return self._as(ProviderUnavailable, self._told("is not available", secret), retryable=True)
        if self.status == 404:
            return self._as(ProviderError, self._told("does not know this", secret) + NAMES)
        what = "does not permit this" if self.status == 403 else "refused the request"
        return self._as(ProviderError, self._told(what, secret))

    def _as(self, kind: type[ProviderError], message: str, *, retryable: bool = False) -> ProviderError:
        return kind(
            message, provider=self.provider, status=self.status, retryable=retryable, request_id=self.request_id
        )

    def _told(self, what: str, secret: str) -> str:
        words = self.detail.replace(secret, "***") if secret else self.detail
        words = " ".join(words.split())[:DETAIL_LENGTH].rstrip(".")
        status = f"{self.status} {self.code}".strip()
        return f"{self.provider} {what} ({status}){': ' + words if words else ''}."


def not_permitted(error: ProviderError) -> str:
    """Say that a key is taken and only restricted, if that is what the vendor answered to a harmless question.

    Raises
    ------
    ProviderError : the error itself, if it is any other.
    """
    if error.status != 403:
        raise error
    return RESTRICTED


def _wrong_key(provider: str) -> str:
    """Say it without the vendor's words: some show a part of the key."""
    return (
        f"{provider} refused the key (401). Check the environment variable {provider.upper()}_API_KEY, "
        "or make a new key in the vendor's console."
    )


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read when a vendor wants to be asked again, in seconds.

    Parameters
    ----------
    headers : by lower-case name.
    now : for a date in the header; None is the present.

    Source
    ------
    RFC 9110, 10.2.3; `retry-after-ms` is OpenAI's own.
    """
    if (pause_s := _seconds(headers.get("retry-after-ms"))) is not None:
        return pause_s / 1000
    told = headers.get("retry-after")
    if (pause_s := _seconds(told)) is not None:
        return pause_s
    try:
        date = parsedate_to_datetime(told or "")
    except ValueError:
        return None
    return max(0.0, (date.astimezone(UTC) - (now or datetime.now(UTC))).total_seconds())


def _seconds(told: str | None) -> float | None:
    try:
        pause_s = float(told or "")
    except ValueError:
        return None
    return pause_s if math.isfinite(pause_s) and pause_s >= 0 else None
