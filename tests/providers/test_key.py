"""The providers of the kind "key" (openai.key, anthropic.key, deepgram.key, elevenlabs.key) against strict servers."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from audiokit import config, portal, registry
from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    MissingKeyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from audiokit.providers.anthropic.key import AnthropicKey
from audiokit.providers.deepgram.key import DeepgramKey
from audiokit.providers.elevenlabs.key import ElevenLabsKey
from audiokit.providers.openai.key import OpenAIKey
from audiokit.providers.refusals import RESTRICTED
from tests.vendors import faults
from tests.vendors.anthropic import Anthropic
from tests.vendors.deepgram import Deepgram
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.host import Host
from tests.vendors.openai import OpenAI

SERVERS: dict[str, Any] = {
    "anthropic": (Anthropic, "", "/v1/models", AnthropicKey),
    "deepgram": (Deepgram, "", "/v1/projects", DeepgramKey),
    "elevenlabs": (ElevenLabs, "", "/v1/user/subscription", ElevenLabsKey),
    "openai": (OpenAI, "/v1", "/v1/models", OpenAIKey),
}


@pytest.fixture(params=SERVERS)
def vendor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    make, base, path, kind = SERVERS[request.param]
    name, app = request.param, make()
    with Host(app) as host:
        monkeypatch.setenv(config.key_variable(name), app.key)
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", host.url + base)
        yield SimpleNamespace(name=name, app=app, host=host, path=path, kind=kind)


def check(vendor: SimpleNamespace) -> str:
    return portal.run(registry.provider("key", vendor.name).check())


def test_a_good_key_is_asked_about_once(vendor: SimpleNamespace) -> None:
    told = {
        "anthropic": "models: 1",
        "deepgram": "project Voices",
        "elevenlabs": "creator, 10000 of 10000 characters left",
        "openai": "models: 5",
    }
    assert isinstance(registry.provider("key", vendor.name), vendor.kind)
    assert check(vendor) == told[vendor.name]
    assert [(request.method, request.path) for request in vendor.host.requests] == [("GET", vendor.path)]


def test_a_redirection_does_not_take_the_key_with_it(vendor: SimpleNamespace) -> None:
    with Host(type(vendor.app)()) as stranger:
        sent_away = faults.status(302, headers={"location": stranger.url + vendor.path})
        vendor.host.faults.add(vendor.path, sent_away)
        with pytest.raises(ProviderError, match="302") as caught:
            check(vendor)
        assert not caught.value.retryable
        assert stranger.requests == []


def test_a_wrong_key_is_refused_and_not_shown(vendor: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.key_variable(vendor.name), "sk-wrong-98765")
    with pytest.raises(AuthenticationError) as caught:
        check(vendor)
    assert "sk-wrong-98765" not in f"{caught.value} {caught.value!r}"


def test_a_key_that_may_not_list_is_still_a_key(vendor: SimpleNamespace) -> None:
    body = {"detail": {"status": "missing_permissions", "message": "The key lacks user_read"}}
    vendor.host.faults.add(vendor.path, faults.status(401 if vendor.name == "elevenlabs" else 403, body))
    assert check(vendor) == RESTRICTED


def test_a_vendor_that_is_down_says_nothing_of_the_key(vendor: SimpleNamespace) -> None:
    vendor.host.faults.add(vendor.path, faults.status(503))
    with pytest.raises(ProviderUnavailable):
        check(vendor)
    assert len(vendor.host.requests) == 1


def test_a_vendor_that_says_nothing_is_given_up(vendor: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{vendor.kind.__module__}.ANSWER_S", 0.2)
    vendor.host.faults.add(vendor.path, faults.stall(0))
    with pytest.raises(ProviderTimeout):
        check(vendor)


def test_without_a_key_nobody_is_asked(vendor: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(config.key_variable(vendor.name))
    monkeypatch.setenv(f"{vendor.name.upper()}_BASE_URL", "https://api.example.com")
    with pytest.raises(MissingKeyError):
        check(vendor)


def test_a_key_goes_over_no_open_line(vendor: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{vendor.name.upper()}_BASE_URL", "http://api.example.com")
    with pytest.raises(ConfigError, match="for all to read"):
        check(vendor)


def test_an_answer_of_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Deepgram()
    with Host(app) as host:
        monkeypatch.setenv("DEEPGRAM_API_KEY", app.key)
        monkeypatch.setenv("DEEPGRAM_BASE_URL", host.url)
        host.faults.add("/v1/projects", faults.wrong_type())
        with pytest.raises(Exception, match="not its protocol"):
            portal.run(DeepgramKey().check())
