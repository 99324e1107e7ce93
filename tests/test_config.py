"""Keys, addresses, the home folder: where they come from, and that a key shows itself to nobody."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

import audiokit.config as config
from audiokit.errors import ConfigError, MissingKeyError


def test_home_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path))
    assert config.home() == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the places of Linux")
def test_home_follows_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUDIOKIT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert config.home() == tmp_path / "audiokit"


def test_a_key_comes_from_the_environment_and_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", " sk_secret\n")
    key = config.key("elevenlabs")
    assert key is not None
    assert key.secret == "sk_secret"
    assert "sk_secret" not in f"{key} {key!r} {[key]}"


def test_a_missing_key_is_named_with_its_variable() -> None:
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        config.key("openai")
    assert config.key("openai", required=False) is None


def test_a_key_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = ModuleType("keyring")
    kept = {("audiokit", "OPENAI_API_KEY"): "from the keyring"}
    monkeypatch.setattr(keyring, "get_password", lambda *place: kept.get(place), raising=False)
    monkeypatch.setattr(keyring, "errors", ModuleType("errors"), raising=False)
    monkeypatch.setattr(keyring.errors, "KeyringError", OSError, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    found = config.key("openai")
    assert found is not None
    assert found.secret == "from the keyring"


def test_an_address_comes_from_the_call_then_environment_then_file_then_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.base_url("openai") == "https://api.openai.com/v1"
    config.home().mkdir(parents=True)
    (config.home() / "config.toml").write_text('[base_url]\nopenai = "https://file.example/v1/"\n', "utf-8")
    assert config.base_url("openai") == "https://file.example/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://environment.example/v1")
    assert config.base_url("openai") == "https://environment.example/v1"
    assert config.base_url("openai", "http://127.0.0.1:8080/v1") == "http://127.0.0.1:8080/v1"


def test_a_broken_configuration_file_is_named() -> None:
    config.home().mkdir(parents=True)
    (config.home() / "config.toml").write_text("base_url = [", "utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml cannot be read"):
        config.base_url("openai")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:8000/v1", "http://[::1]:9", "ws://127.0.0.1:1", "wss://a.example"]
)
def test_a_safe_address_is_taken(url: str) -> None:
    assert config.checked_url(url, "X_BASE_URL") == url


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "ws://10.0.0.1", "http://localhost.example.com", "ftp://127.0.0.1", "", "api.com"]
)
def test_an_address_that_would_show_the_key_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="X_BASE_URL"):
        config.checked_url(url, "X_BASE_URL")
