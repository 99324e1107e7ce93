"""A group of commands that are imported when they are called, and the words for what goes wrong in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from audiokit.errors import AudiokitError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTERRUPTED = 130  # 128 + SIGINT, what every shell reports for Ctrl-C


class LazyGroup(click.Group):
    """Commands from a static table: help and completion of their names import none of them.

    Parameters
    ----------
    table : for each command's name its place, "package.module:attribute", and its short help.
    """

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the one that was probably meant."""
        name = args[0]
        if name in self.table or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        nearest = get_close_matches(name.lower(), self.table, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise click.UsageError(f"No such command {name!r}.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' section of the help from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help) for name, (_, short_help) in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name from the table, an option from the group."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=short_help)
            for name, (_, short_help) in self.table.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a user caused becomes one line and an exit code."""
        try:
            return super().invoke(ctx)
        except AudiokitError as error:
            if ctx.params.get("traceback"):
                raise
            _say("error", error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as stop:
            _say("stopped", stop)
            ctx.exit(INTERRUPTED)


def _say(word: str, error: BaseException) -> None:
    """Print `word: message` and the error's notes, a line each, on stderr: red where a terminal may show colour."""
    head = f"{word}: {error}" if str(error) else word
    color = False if os.environ.get("NO_COLOR") else None
    click.secho("\n".join([head, *getattr(error, "__notes__", ())]), err=True, fg="red", color=color)
