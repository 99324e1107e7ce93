"""Steps as options, in the order in which they are given: click alone would forget it between different options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from audiokit.cli.settings import Command

ORDER = "audiokit.cli.step_options"


class StepOption(click.Option):
    """An option whose place among its like counts."""


class StepsCommand(click.Command):
    """A command that remembers its steps; `given_steps` tells them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the order, then parse as usual."""
        values, _, order = self.make_parser(ctx).parse_args(list(args))
        rest = {name: iter(value) for name, value in values.items() if isinstance(value, list)}
        given = []
        for option in order:
            if isinstance(option, StepOption):
                name = str(option.name)
                given.append((option.opts[0].removeprefix("--"), "" if option.is_flag else next(rest[name])))
        ctx.meta[ORDER] = given
        return super().parse_args(ctx, args)


def given_steps(ctx: click.Context) -> list[tuple[str, str]]:
    """Give the names and values of the step options, in the order given."""
    given: list[tuple[str, str]] = ctx.meta[ORDER]
    return given


def step_option(name: str, metavar: str, text: str) -> Callable[[Command], Command]:
    """Decorate a command with an option that may be given many times.

    Parameters
    ----------
    name : without the dashes.
    metavar : what its value looks like; empty: it takes none.
    text : its line of help.
    """
    kind: dict[str, Any] = {"metavar": metavar, "multiple": True} if metavar else {"is_flag": True}
    return click.option(f"--{name}", f"step_{name.replace('-', '_')}", cls=StepOption, help=text, **kind)
