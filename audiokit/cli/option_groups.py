"""Many options, under headings: the help of a command that would else be one long list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups.

    Parameters
    ----------
    groups : for each heading the names of its parameters, in the order in which they are shown.
    rest : the heading of all others.
    """

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], rest: str, **options: Any) -> None:
        super().__init__(*args, **options)
        heading_of = {name: heading for heading, names in groups.items() for name in names}
        if unknown := heading_of.keys() - {param.name for param in self.params}:
            raise ValueError(f"no option is called {', '.join(sorted(unknown))}")
        self._groups, self._rest = groups, rest

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name or "": option.get_help_record(ctx) for option in options}
        grouped = {name for names in self._groups.values() for name in names}
        rest = [name for name in records if name not in grouped]
        for heading, names in [*self._groups.items(), (self._rest, rest)]:
            if rows := [record for name in names if (record := records[name])]:
                with formatter.section(heading):
                    formatter.write_dl(rows)
