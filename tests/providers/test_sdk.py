"""audiokit.providers.sdk, .sdk_errors, audiokit.providers.models and audiokit.providers.retired: what SDKs share."""

from __future__ import annotations

import datetime
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from audiokit.errors import (
    AuthenticationError,
    MissingDependencyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimitError,
)
from audiokit.providers import models, retired
from audiokit.providers.sdk import Sdk
from audiokit.providers.sdk_errors import translated
from audiokit.registry import provider

REQUEST = httpx2.Request("POST", "https://api.example.com/v1")
KEY = "sk-0123456789"


def response(status: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, request=REQUEST, headers=headers)


def status_error(status: int, body: object, **headers: str) -> openai.APIStatusError:
    return openai.APIStatusError("Oh.", response=response(status, **headers), body=body)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (openai.APITimeoutError(REQUEST), ProviderTimeout, True),
        (openai.APIConnectionError(request=REQUEST), ProviderUnavailable, True),
        (httpx2.ReadTimeout("slow"), ProviderTimeout, True),
        (httpx2.RemoteProtocolError("cut"), ProviderUnavailable, True),
        (openai.APIResponseValidationError(response(200), {}), ProviderError, False),
        (status_error(429, {"message": "slow"}), RateLimitError, True),
        (openai.APIError("Oh.", REQUEST, body={"type": "server_error"}), ProviderUnavailable, True),
        (openai.APIError("Oh.", REQUEST, body={"code": "rate_limit_exceeded"}), RateLimitError, True),
        (openai.APIError("Oh.", REQUEST, body=None), ProviderUnavailable, True),
        (TypeError("None is not iterable"), ProviderError, False),
    ],
)
def test_what_the_sdk_raises_has_its_error(error: Exception, kind: type[ProviderError], retryable: bool) -> None:
    with pytest.raises(ProviderError) as caught, translated(openai, "acme", KEY):
        raise error
    assert (type(caught.value), caught.value.retryable, caught.value.provider) == (kind, retryable, "acme")


def test_an_error_keeps_its_request_and_its_cause() -> None:
    with pytest.raises(ProviderError) as caught, translated(openai, "acme", KEY):
        raise status_error(400, {"message": "Too loud", "code": "bad"}, **{"x-request-id": "r1"})
    assert (caught.value.request_id, str(caught.value)) == ("r1", "acme refused the request (400 bad): Too loud.")
    assert isinstance(caught.value.__cause__, openai.APIStatusError)


@pytest.mark.parametrize(
    "error", [status_error(401, {"message": f"Wrong: {KEY}"}), status_error(500, None), ValueError(f"no {KEY}")]
)
def test_no_traceback_shows_the_key(error: Exception) -> None:
    if isinstance(error, openai.APIStatusError):
        error.args = (f"Wrong: {KEY}",)
    with pytest.raises(ProviderError) as caught, translated(openai, "acme", KEY):
        raise error
    # A test's own source shows neither, as KEY is a name there.
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_an_authentication_error_hides_what_the_vendor_shows_of_the_key() -> None:
    with pytest.raises(AuthenticationError) as caught, translated(openai, "acme", KEY):
        raise status_error(401, {"message": "Wrong: sk-01***89"})
    assert "sk-01" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a bug"), KeyboardInterrupt(), MissingDependencyError("x", extra="y")]
)
def test_what_is_not_the_vendors_passes_through(error: BaseException) -> None:
    with pytest.raises(type(error)), translated(openai, "acme", KEY):
        raise error


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_without_the_sdk_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch, vendor: Any) -> None:
    monkeypatch.setitem(sys.modules, vendor, None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'audiokit\[agent\]'"):
        Sdk(vendor, None, 1.0)


def test_the_client_neither_waits_nor_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    client = Sdk("anthropic", "http://127.0.0.1:9", 3.0)._make()
    assert (client.max_retries, client.timeout.read, client.timeout.connect) == (0, 3.0, 5.0)


def test_models_are_named_in_one_dated_place() -> None:
    assert re.search(r"As of \d{4}-\d\d-\d\d", models.__doc__ or "")
    named = [value for name, value in vars(models).items() if name.isupper()]
    folder = Path(models.__file__).parent
    # Examples in docstrings may name models too; defaults may not.
    defaults = [
        path.name
        for path in folder.rglob("*.py")
        if path.name != "models.py" and re.search(rf'= "({"|".join(map(re.escape, named))})"', path.read_text("utf-8"))
    ]
    assert defaults == []


@pytest.mark.parametrize(("model", "day", "told"), [
    ("gpt-4o-mini-tts", "2026-11-07", "goes out of service on 2027-01-06"),
    ("gpt-4o-mini-tts", "2027-01-06", "goes out of service on 2027-01-06"),
    ("gpt-4o-mini-tts", "2027-01-07", "went out of service on 2027-01-06"),
    ("gpt-4o-mini-tts", "2026-11-06", ""),
    ("gpt-4o-mini-tts-2025-12-15", "2027-01-01", "goes out of service on 2027-01-06"),
    ("claude-sonnet-4-5-20250929", "2026-11-21", "goes out of service on 2026-11-30"),
    ("gpt-6-luna", "2027-01-07", ""),
    ("", "2027-01-07", ""),
])  # fmt: skip
def test_the_end_of_a_model_is_told_two_months_before(
    model: str, day: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    retired.warn_if_retired(model, datetime.date.fromisoformat(day))
    assert told in caplog.text
    assert bool(caplog.records) == bool(told)


@pytest.mark.parametrize(("address", "is_told"), [(None, True), ("https://voices.example.com/v1", False)])
def test_only_the_vendor_itself_takes_its_models_away(
    address: str | None, is_told: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(retired, "ENDS", {"old": datetime.date(2026, 1, 1)})
    provider("tts", "openai", model="old", base_url=address)
    assert ("the model old went out of service" in caplog.text) == is_told
