"""audiokit.cli.settings, and the options of `audiokit prep`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import click
import pytest
from click.testing import CliRunner

from audiokit.cli import prep as prep_module
from audiokit.cli.settings import option_name, settings_options
from audiokit.dataset.settings import PrepSettings

PREP = prep_module.prep


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    count: int = 3
    share: float = 0.5
    loudness_lufs: float | None = -20.0
    minutes: float | None = None
    way: Literal["in", "out"] = "in"
    loud: bool = False
    name: str = ""


HELPS = {field.name: f"Sets {field.name}." for field in fields(Settings)}


def given(*words: str) -> dict[str, Any]:
    """Give what a command with these options is called with."""
    caught: dict[str, Any] = {}

    @click.command()
    @settings_options(Settings, HELPS)
    def command(**options: Any) -> None:
        caught.update(options)

    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    return caught


def refused(*words: str) -> str:
    @click.command()
    @settings_options(Settings, HELPS)
    def command(**options: Any) -> None:
        """Do nothing."""

    result = CliRunner().invoke(command, words)
    assert result.exit_code == 2
    return result.output


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("min_s", "--min-seconds"),
        ("max_pause_s", "--max-pause-seconds"),
        ("min_snr_db", "--min-snr"),
        ("min_mos", "--mos"),
        ("max_reverb_s", "--max-reverb"),
        ("max_music", "--max-music"),
        ("peak_dbtp", "--peak"),
        ("loudness_lufs", "--loudness"),
        ("highpass_hz", "--highpass"),
        ("min_bandwidth_hz", "--min-bandwidth"),
        ("target_minutes", "--target-minutes"),
        ("sample_rate", "--sample-rate"),
        ("keep_forced_cuts", "--keep-forced-cuts"),
        ("vad", "--vad"),
    ],
)
def test_an_option_is_a_fields_name_without_its_unit(field: str, option: str) -> None:
    assert option_name(field) == option


def test_without_options_the_settings_are_the_defaults() -> None:
    assert Settings(**given()) == Settings()


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--count", "7"], "count", 7),
        (["--share", "0.25"], "share", 0.25),
        (["--loudness", "-23"], "loudness_lufs", -23.0),
        (["--loudness", "off"], "loudness_lufs", None),
        (["--minutes", "30"], "minutes", 30.0),
        (["--minutes", "off"], "minutes", None),
        (["--way", "out"], "way", "out"),
        (["--loud"], "loud", True),
        (["--name", "Ann"], "name", "Ann"),
    ],
)
def test_an_option_sets_its_field(words: list[str], field: str, value: object) -> None:
    assert given(*words)[field] == value
    assert type(given(*words)[field]) is type(value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--count", "1.5"], "not a valid integer"),
        (["--share", "much"], "not a valid float"),
        (["--loudness", "loud"], "not a valid float"),
        (["--way", "round"], "is not one of 'in', 'out'"),
    ],
)
def test_a_word_that_is_no_value_is_refused(words: list[str], message: str) -> None:
    assert message in refused(*words)


def test_help_shows_defaults_in_the_order_of_the_helps() -> None:
    @click.command()
    @settings_options(Settings, dict(reversed(HELPS.items())))
    def command(**options: Any) -> None:
        """Do nothing."""

    text = CliRunner().invoke(command, ["--help"]).output
    places = [text.index(f"Sets {name}.") for name in HELPS]
    assert places == sorted(places, reverse=True)
    assert "NUMBER|OFF" in text.upper()
    assert "[default: -20.0]" in text
    assert "[default: None]" not in text


def test_every_setting_has_a_line_of_help_and_no_other_has() -> None:
    assert list(prep_module.HELPS) == [field.name for field in fields(PrepSettings)]


def test_shell_and_python_have_the_same_defaults() -> None:
    options = {option.name: option for option in PREP.params if isinstance(option, click.Option)}
    assert {field.name: options[field.name].default for field in fields(PrepSettings)} == asdict(PrepSettings())


def test_shell_and_python_have_the_same_names() -> None:
    first = {option.name: option.opts[0] for option in PREP.params if isinstance(option, click.Option)}
    assert {field.name: first[field.name] for field in fields(PrepSettings)} == {
        field.name: option_name(field.name) for field in fields(PrepSettings)
    }


def test_no_two_options_have_one_name() -> None:
    names = [name for parameter in PREP.params if isinstance(parameter, click.Option) for name in parameter.opts]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("words", [["--min-speech", "2"], ["--min-snr", "nan"], ["--min-seconds", "20"]])
def test_a_value_that_cannot_be_meant_is_a_usage_error(words: list[str]) -> None:
    result = CliRunner().invoke(PREP, ["nowhere", "out", *words])
    assert result.exit_code == 2
    assert "expected" in result.output
