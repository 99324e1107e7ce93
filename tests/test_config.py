"""Keys, addresses, the home folder: where they come from, and that a key shows itself to nobody."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import audiokit.config as config
from audiokit.errors import ConfigError, MissingDependencyError, MissingKeyError


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


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("OPENAI_API_KEY=sk-1", "sk-1"),
        ("export OPENAI_API_KEY = sk-1  # of the team", "sk-1"),
        ('OPENAI_API_KEY="sk-1 # 2"', "sk-1 # 2"),
        ("OPENAI_API_KEY='sk-1'", "sk-1"),
        ("\ufeffOPENAI_API_KEY=sk#1\r\nOTHER=2", "sk#1"),
        ("# OPENAI_API_KEY=sk-0\nOPENAI_API_KEY=sk-1", "sk-1"),
        ("OPENAI_API_KEY=\nOTHER=sk-1", None),
        ('OPENAI_API_KEY="sk-1', None),
        ("MY_OPENAI_API_KEY=sk-1", None),
        ("# OPENAI_API_KEY=sk-1", None),
    ],
)
def test_a_key_comes_from_the_env_file(
    line: str, secret: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(config, "ENV_FILE", Path(".env"))
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(line, "utf-8")
    found = config.key("openai", required=False)
    assert (found and found.secret) == secret
    assert config.key_source("openai") == (".env" if secret else "")


def test_only_the_current_folder_s_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(config, "ENV_FILE", Path(".env"))
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-1", "utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert config.key("openai", required=False) is None


def test_the_environment_goes_before_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    config.ENV_FILE.write_text("OPENAI_API_KEY=sk-file", "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    found = config.key("openai")
    assert found is not None
    assert (found.secret, config.key_source("openai")) == ("sk-environment", "environment")


def test_an_env_file_leads_no_key_to_another_address() -> None:
    config.ENV_FILE.write_text("OPENAI_BASE_URL=https://thief.example/v1", "utf-8")
    assert config.base_url("openai") == "https://api.openai.com/v1"


def test_a_folder_called_env_is_no_file() -> None:
    config.ENV_FILE.mkdir()
    assert config.key("openai", required=False) is None


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows read everything")
def test_an_env_file_that_may_not_be_read_is_named() -> None:
    config.ENV_FILE.write_text("OPENAI_API_KEY=sk-1", "utf-8")
    config.ENV_FILE.chmod(0)
    with pytest.raises(ConfigError, match=r"\.env cannot be read"):
        config.key("openai")


def test_a_missing_key_is_named_with_its_variable() -> None:
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        config.key("openai")
    assert config.key("openai", required=False) is None


def test_a_key_goes_into_the_keyring_and_comes_from_it(keyring: dict[tuple[str, str], str]) -> None:
    config.keep_key("openai", config.Key("from the keyring"))
    assert keyring == {("audiokit", "OPENAI_API_KEY"): "from the keyring"}
    found = config.key("openai")
    assert found is not None
    assert (found.secret, config.key_source("openai")) == ("from the keyring", "keyring")
    config.keep_key("openai", None)
    assert keyring == {}
    with pytest.raises(ConfigError, match="has no OPENAI_API_KEY to remove"):
        config.keep_key("openai", None)


def test_without_the_package_no_key_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[keyring\]"):
        config.keep_key("openai", config.Key("sk-1"))


def test_a_machine_without_a_keyring_says_what_else_there_is(
    keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: str) -> None:
        raise sys.modules["keyring"].errors.KeyringError(f"no backend for {words}")

    monkeypatch.setattr(sys.modules["keyring"], "set_password", refuse)
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY=\.\.\. into the file \.env") as caught:
        config.keep_key("openai", config.Key("sk-1"))
    assert "sk-1" not in str(caught.value)


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


@pytest.mark.parametrize("url", ["http://[::1", "https://[api.example.com", "https://api.example.com:99999"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="expected an address such as"):
        config.checked_url(url, "X_BASE_URL")


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:secret@api.example.com/v1",
        "ftp://ann:secret@127.0.0.1",
        "ann:secret@127.0.0.1",
        "https://ann:secret@[::1",
        "https://ann:sec?ret@api.example.com:x",
        "ws://api.example.com/line?signature=secret",
    ],
)
def test_no_message_shows_the_password_or_the_signature_of_an_address(url: str) -> None:
    with pytest.raises(ConfigError, match="X_BASE_URL") as caught:
        config.checked_url(url, "X_BASE_URL")
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("secret", ["sk\u20111234", "sk-1\n2", "\u201csk-1\u201d", "sk-\x7f"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(
    secret: str, monkeypatch: pytest.MonkeyPatch, keyring: dict[tuple[str, str], str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    with pytest.raises(MissingKeyError, match=r"OPENAI_API_KEY \(environment\): character \d of the key") as caught:
        config.key("openai")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY: character"):
        config.keep_key("openai", config.Key(secret))
    assert keyring == {}
    assert "sk" not in str(caught.value)
