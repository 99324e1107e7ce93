"""What the SDKs of OpenAI and Anthropic raise, as our errors: both are made by one generator, with the same classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, ModuleType
from typing import Any

from audiokit.errors import AuthenticationError, ProviderError
from audiokit.providers.refusals import Refusal, retry_after_s, too_late, unreachable

STATUS_OF = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "rate_limit_exceeded": 429,
        "insufficient_quota": 429,
        "api_error": 500,
        "server_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
"""The HTTP status that an error in mid-stream would have had; a stream begins with 200."""
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RuntimeError)
"""What the SDKs raise over an answer that is not as promised."""


@contextmanager
def translated(sdk: ModuleType, provider: str, secret: str = "") -> Iterator[None]:
    """Turn the errors of a vendor's SDK into ours.

    Parameters
    ----------
    sdk : the module `openai` or `anthropic`.
    provider : for the errors.
    secret : the key, which no error may show.

    Raises
    ------
    ProviderError : or one below it.
    """
    import httpx2

    try:
        yield
    except (sdk.APIError, httpx2.HTTPError, *UNREADABLE) as error:
        ours = _translation(sdk, provider, secret, error)
        shows_key = isinstance(ours, AuthenticationError) or (secret and secret in str(error))
        raise ours from (None if shows_key else error)


def _translation(sdk: ModuleType, provider: str, secret: str, error: Exception) -> ProviderError:
    import httpx2

    if isinstance(error, sdk.APIResponseValidationError):
        return _unreadable(provider, secret, error)
    if isinstance(error, sdk.APITimeoutError | httpx2.TimeoutException):
        return too_late(provider)
    if isinstance(error, sdk.APIConnectionError | httpx2.HTTPError):
        return unreachable(provider, _named(error.__cause__ or error, secret))
    if isinstance(error, sdk.APIError):
        return _refusal(provider, error).error(secret)
    return _unreadable(provider, secret, error)


def _refusal(provider: str, error: Any) -> Refusal:
    """Read an APIStatusError, or an APIError from the middle of a stream."""
    body = error.body if isinstance(error.body, Mapping) else {}
    inner = body.get("error")
    told: Mapping[str, Any] = inner if isinstance(inner, Mapping) else body
    code, kind = str(told.get("code") or ""), str(told.get("type") or "")
    response = getattr(error, "response", None)
    status = response.status_code if response is not None else 200
    if status < 300:
        status = STATUS_OF.get(kind) or STATUS_OF.get(code) or 500
    return Refusal(
        provider=provider,
        status=status,
        code=code or kind,
        detail=str(told.get("message") or error.message),
        request_id=getattr(error, "request_id", None),
        retry_after_s=retry_after_s(response.headers) if response is not None else None,
    )


def _unreadable(provider: str, secret: str, error: Exception) -> ProviderError:
    return ProviderError(
        f"{provider} sent something that is not its protocol: {_named(error, secret)}", provider=provider
    )


def _named(error: BaseException, secret: str) -> str:
    words = f"{type(error).__name__}: {error}".rstrip(": ")
    return words.replace(secret, "***") if secret else words
