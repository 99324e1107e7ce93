"""audiokit.cli.doctor and audiokit.cli.version."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from audiokit.cli.main import cli
from audiokit.cli.version import BESIDE

SECRETS = {f"{vendor}_API_KEY": f"sk-secret-{vendor}" for vendor in ("ELEVENLABS", "OPENAI", "ANTHROPIC", "DEEPGRAM")}


@pytest.fixture(autouse=True)
def _keys_and_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
        monkeypatch.setenv(name.replace("API_KEY", "BASE_URL"), "http://127.0.0.1:9")


def test_the_screen_shows_every_area_and_no_key() -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert (result.exit_code, result.stderr) == (0, "")
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert heads == ["machine", "packages", "codecs", "models", "sound", "keys", "storage"]
    assert "formats" in result.stdout
    assert "sk-secret" not in result.output


def test_a_broken_line_is_red_carries_its_command_and_makes_the_exit_code_one() -> None:
    result = CliRunner().invoke(cli, ["doctor", "--online"], color=True)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if "connection to openai failed" in line)
    assert "\x1b[31mbroken" in lines[at]
    assert lines[at + 1].strip() == "mend: curl -sSI http://127.0.0.1:9"
    assert "sk-secret" not in result.output


def test_no_color_keeps_the_screen_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(cli, ["doctor"], color=True).stdout


def test_json_has_the_same_findings() -> None:
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    found = json.loads(result.stdout)
    assert {frozenset(each) for each in found} == {frozenset(("area", "name", "state", "found", "mend"))}
    assert {each["name"]: each["state"] for each in found}["formats"] == "ok"
    assert "sk-secret" not in result.output


def test_the_version_tells_what_a_report_of_a_fault_needs() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    first, python, packages = result.stdout.splitlines()
    assert first == f"audiokit {version('audiokit')}"
    assert platform.python_version() in python
    assert f"numpy {version('numpy')}" in packages
    assert "None" not in packages


def test_the_version_imports_none_of_the_packages_it_tells() -> None:
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom audiokit.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['--version']).exit_code == 0\n"
        f"print(*({set(BESIDE) - {'click'}!r} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
