"""audiokit.cli.option_groups: options under headings."""

from __future__ import annotations

from dataclasses import fields

import click
import pytest
from click.testing import CliRunner

from audiokit.cli import prep
from audiokit.cli.option_groups import GroupedCommand
from audiokit.dataset.settings import PrepSettings


def made(groups: dict[str, tuple[str, ...]]) -> click.Command:
    params: list[click.Parameter] = [
        click.Argument(["source"]),
        click.Option(["--loud"], help="Shout."),
        click.Option(["--slow"], help="Take time."),
        click.Option(["--secret"], hidden=True),
    ]
    return GroupedCommand("speak", params=params, groups=groups, rest="Others")


def test_each_option_stands_below_its_heading_and_the_rest_below_the_last() -> None:
    told = CliRunner().invoke(made({"How": ("slow",)}), ["--help"]).output
    lines = [line.strip().split("  ")[0] for line in told.splitlines() if line.strip()]
    assert lines[1:] == ["How:", "--slow TEXT", "Others:", "--loud TEXT", "--help"]


def test_a_group_of_an_option_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no option is called loudness"):
        made({"How": ("loudness",)})


def test_every_setting_of_prep_is_in_one_group() -> None:
    grouped = [name for names in prep.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(field.name for field in fields(PrepSettings))
