"""audiokit.cli.config."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from audiokit import config
from audiokit.cli.main import cli
from audiokit.speech.cache import configured


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["config", *words], input=text)


def test_path_is_where_the_file_would_be() -> None:
    assert run("path").stdout == f"{config.home() / 'config.toml'}\n"


def test_show_tells_sources_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    shown = [line.split() for line in run("show").stdout.splitlines()]
    assert ["OPENAI_API_KEY", "set", "environment"] in shown
    assert ["ANTHROPIC_API_KEY", "not", "set"] in shown
    assert ["base_url.deepgram", "https://api.deepgram.com", "default"] in shown
    as_json = json.loads(run("show", "--json").stdout)
    assert {"name": "OPENAI_API_KEY", "value": "set", "source": "environment"} in as_json
    assert "sk-secret" not in f"{shown} {as_json}"


def test_set_and_unset_change_the_file() -> None:
    result = run("set", "cache.max_bytes", "5000")
    assert (result.exit_code, result.stdout) == (0, f"cache.max_bytes is set in {config.home() / 'config.toml'}\n")
    assert configured().max_bytes == 5000
    assert run("unset", "cache.max_bytes").exit_code == 0
    assert configured().max_bytes != 5000


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (["set", "cache.max_byte", "5"], 4, "Did you mean 'cache.max_bytes'?"),
        (["set", "cache.max_byte"], 4, "Did you mean 'cache.max_bytes'?"),
        (["set", "cache.max_bytes"], 2, "cache.max_bytes needs a value"),
        (["set", "cache.max_bytes", "much"], 4, "expected a whole number"),
        (["unset", "colour"], 4, "there is no setting 'colour'"),
    ],
)
def test_what_cannot_be_set_is_refused(words: list[str], exit_code: int, told: str) -> None:
    result = run(*words)
    assert result.exit_code == exit_code
    assert told in result.stderr


def test_a_key_is_read_from_a_pipe_kept_and_removed(keyring: dict[tuple[str, str], str]) -> None:
    result = run("set", "OPENAI_API_KEY", text="sk-secret\n")
    assert (result.exit_code, result.output) == (0, "OPENAI_API_KEY is kept in the system's keyring\n")
    assert keyring == {("audiokit", "OPENAI_API_KEY"): "sk-secret"}
    assert run("unset", "OPENAI_API_KEY").exit_code == 0
    assert keyring == {}


def test_a_key_is_no_argument(keyring: dict[tuple[str, str], str]) -> None:
    result = run("set", "OPENAI_API_KEY", "sk-secret")
    assert result.exit_code == 2
    assert "stays in the shell's history" in result.stderr
    assert "sk-secret" not in result.output
    assert keyring == {}


def test_an_empty_key_is_refused(keyring: dict[tuple[str, str], str]) -> None:
    assert run("set", "OPENAI_API_KEY", text="\n").exit_code == 2
    assert keyring == {}
