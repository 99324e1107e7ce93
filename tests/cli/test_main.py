"""audiokit.cli.main, audiokit.cli.lazy and audiokit.cli.completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from audiokit.cli.lazy import LazyGroup
from audiokit.cli.main import COMMANDS, cli
from audiokit.cli.output import interrupt_hint, print_json, print_panel, print_table
from audiokit.errors import (
    AudiokitError,
    AuthenticationError,
    ConfigError,
    DatasetError,
    MissingDependencyError,
    ProviderError,
    QuotaError,
    RateLimitError,
    VoiceLimitError,
)


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "audiokit", *words], capture_output=True, text=True, env={**os.environ, **environment}
    )


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `audiokit [OPTIONS] fail` where the command `fail` does what the test says."""

    def make(action: Callable[[], Any], *options: str, color: bool = False) -> Result:
        group = LazyGroup("audiokit", table={"fail": (f"{__name__}:fail", "")}, params=cli.params)
        monkeypatch.setattr(sys.modules[__name__], "fail", click.Command("fail", callback=action), raising=False)
        return CliRunner().invoke(group, [*options, "fail"], color=color)

    return make


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize("name", COMMANDS)
def test_the_static_help_is_the_commands_own(name: str) -> None:
    place, short_help = COMMANDS[name]
    module, attribute = place.split(":")
    command = getattr(import_module(module), attribute)
    assert (command.name, command.get_short_help_str(limit=80).rstrip(".")) == (name, short_help)


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(cli, ["-h"])
    assert result.exit_code == 0
    assert [line for line in result.output.splitlines() if line.split()[:1] and line.split()[0] in COMMANDS] == [
        f"  {name:10}  {short_help}" for name, (_, short_help) in COMMANDS.items()
    ]


def test_the_version_is_printed_on_stdout() -> None:
    result = run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("audiokit ")


def test_an_unknown_command_suggests_the_nearest() -> None:
    result = CliRunner().invoke(cli, ["Perp"])
    assert result.exit_code == 2
    assert "No such command 'Perp'. Did you mean 'prep'?" in result.stderr


def test_a_word_like_no_command_gets_no_suggestion() -> None:
    result = CliRunner().invoke(cli, ["xyzzy"])
    assert result.exit_code == 2
    assert result.stderr.endswith("No such command 'xyzzy'.\n")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (AudiokitError("broken"), 1),
        (DatasetError("broken"), 3),
        (ConfigError("broken"), 4),
        (ProviderError("broken", provider="acme"), 5),
        (AuthenticationError("broken", provider="acme"), 4),
        (MissingDependencyError("broken", extra="offline"), 6),
        (QuotaError("broken", provider="acme"), 7),
        (RateLimitError("broken", provider="acme"), 8),
        (VoiceLimitError("broken", provider="acme"), 9),
    ],
)
def test_an_audiokit_error_is_one_line_and_its_exit_code(
    error: AudiokitError, exit_code: int, call: Callable[..., Result]
) -> None:
    result = call(raising(error))
    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, "", f"error: {error}\n")


def test_traceback_re_raises(call: Callable[..., Result]) -> None:
    error = DatasetError("broken")
    assert call(raising(error), "--traceback").exception is error


def test_a_bug_keeps_its_traceback(call: Callable[..., Result]) -> None:
    bug = ZeroDivisionError()
    assert call(raising(bug)).exception is bug


def test_ctrl_c_ends_with_130_and_the_commands_hint(call: Callable[..., Result]) -> None:
    def action() -> None:
        with interrupt_hint("The same command again continues."):
            raise KeyboardInterrupt

    result = call(action)
    assert (result.exit_code, result.stderr) == (130, "stopped\nThe same command again continues.\n")


def test_an_error_on_a_terminal_is_red(call: Callable[..., Result]) -> None:
    assert call(raising(DatasetError("broken")), color=True).stderr == "\x1b[31merror: broken\x1b[0m\n"


def test_no_color_keeps_an_error_plain(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert call(raising(DatasetError("broken")), color=True).stderr == "error: broken\n"


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="closes a pipe's reading end")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    result = subprocess.run(
        [sys.executable, "-m", "audiokit", "completion", "fish"], stdout=writing_end, stderr=subprocess.PIPE
    )
    os.close(writing_end)
    assert result.stderr == b""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shells_script(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert f"_AUDIOKIT_COMPLETE={shell}_complete" in result.stdout


def test_completion_knows_the_commands_and_imports_none() -> None:
    result = run(_AUDIOKIT_COMPLETE="bash_complete", COMP_WORDS="audiokit pr", COMP_CWORD="1")
    assert result.stdout == "plain,prep\n"


def test_json_goes_to_stdout_with_null_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"lufs": float("-inf"), "name": "Grüße", "rows": [1.5, float("nan")]})
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"lufs": None, "name": "Grüße", "rows": [1.5, None]}
    assert printed.err == ""


def test_a_table_goes_to_stderr_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[b]Clips[/b]", ["file", "seconds"], [["[red].wav", 1.5], ["b.wav", 12]])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "[b]Clips[/b]" in printed.err
    assert "[red].wav" in printed.err


def test_numbers_of_a_table_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Clips", ["seconds"], [[1], [1000]])
    assert "    1 " in capsys.readouterr().err


def test_a_panel_goes_to_stderr_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_panel("Done", "wrote [red].wav")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "wrote [red].wav" in printed.err


def test_quiet_prints_no_panel(capsys: pytest.CaptureFixture[str]) -> None:
    print_panel("Done", "wrote", quiet=True)
    assert capsys.readouterr().err == ""
