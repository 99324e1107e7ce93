"""`audiokit agent`: talk with an agent, write its file, check it, put it on the web."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audiokit.cli.lazy import LazyGroup

COMMANDS = {
    "run": ("audiokit.cli.talk:run", "Talk with it: by microphone, by typing, or from files (the default)"),
    "init": ("audiokit.cli.agent:init", "Write a commented agent.toml"),
    "check": ("audiokit.cli.agent:check", "Call every service once, and tell what it answered and how fast"),
    "serve": ("audiokit.cli.serve:serve", "Serve the agent to browsers, telephones and programs"),
    "simulate": ("audiokit.cli.agent:simulate", "Play scenarios in no time, and check what is expected of them"),
}
"""Each command's place and short help."""


class _WithDefault(LazyGroup):
    """A group whose first command is meant when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the first command's name before its options."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [next(iter(self.table)), *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the group above tells errors."""
        return click.Group.invoke(self, ctx)


@click.group(cls=_WithDefault, table=COMMANDS, short_help="Talk with an agent that listens, thinks and speaks")
def agent() -> None:
    """Talk with an agent that listens, thinks and speaks.

    Without a command: `audiokit agent run`, whose options are shown by `audiokit agent run --help`.

    \b
    Examples:
      audiokit agent
      audiokit agent --text
      audiokit agent init
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@click.command(short_help="Write a commented agent.toml")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default="agent.toml")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def init(path: Path, force: bool) -> None:
    """Write a commented agent.toml: providers with fallbacks, prompt, turn taking, limits, tools.

    \b
    Examples:
      audiokit agent init
      audiokit agent init bakery.toml
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.agent.config_file import template
    from audiokit.disk import whole_file
    from audiokit.errors import ConfigError

    if path.exists() and not force:
        raise ConfigError(f"{path} is there already. Choose another name, or replace it with --force.")
    try:
        with whole_file(path) as part:
            part.write_text(template(), "utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(path)


@click.command(short_help="Call every service once, and tell what it answered and how fast")
@click.option("--config", type=click.Path(), metavar="FILE", help="The agent.  [default: agent.toml, if it is there]")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON on stdout.")
@click.pass_context
def check(ctx: click.Context, config: str | None, as_json: bool) -> None:
    """Call every service once, and tell what it answered and how fast.

    Speech first, then each recognizer with what was spoken, then the models, fallbacks included. Real calls: vendors
    charge them. Exit code: that of the first failure.

    \b
    Examples:
      audiokit agent check
      audiokit agent check --config agent.toml --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit import portal
    from audiokit.agent.check import Checked
    from audiokit.agent.check import check as run
    from audiokit.cli.output import print_json
    from audiokit.cli.talk import read_config

    results: list[Checked] = []
    for each in portal.iterate(run(read_config(config))):
        results.append(each)
        if not as_json:
            click.echo(_told(each))
    if as_json:
        print_json([_as_json(each) for each in results])
    failed = [each.error for each in results if each.error]
    if failed:
        ctx.exit(failed[0].exit_code)


@click.command(short_help="Play scenarios in no time, and check what is expected of them")
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(), metavar="SCENARIO.yaml...")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON on stdout.")
@click.pass_context
def simulate(ctx: click.Context, scenarios: tuple[str, ...], as_json: bool) -> None:
    """Play scenarios in no time, and check what is expected of them.

    A scenario scripts the user, the services and their failures, and says what is to be heard and remembered. Time is
    virtual: a minute of conversation takes milliseconds. Exit code 1: one of them went otherwise.

    \b
    Examples:
      audiokit agent simulate scenario.yaml
      audiokit agent simulate scenarios/*.yaml --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import print_json
    from audiokit.testing.scenario import read, run

    results = []
    for scenario in [each for path in scenarios for each in read(path)]:
        try:
            run(scenario)
            failure = None
        except AssertionError as error:
            failure = str(error)
        results.append({"name": scenario.name, "failure": failure})
        if not as_json:
            click.echo(f"FAILED  {failure}" if failure else f"ok      {scenario.name}")
    if as_json:
        print_json(results)
    if any(each["failure"] for each in results):
        ctx.exit(1)


WORDS_FOR_ANSWERS = {"tts": "spoke", "stt": "heard", "llm": "asked to say hello, answered"}


def _told(each: Any) -> str:
    first = "" if each.first_s is None else f"{1000 * each.first_s:.0f} ms"
    total = "" if each.total_s is None else f"{1000 * each.total_s:.0f} ms"
    outcome = f"FAILED: {each.error}" if each.error else _answer(each)
    return f"{each.stage:4}  {each.name:12}  {first:>8}  {total:>8}  {outcome}"


def _answer(each: Any) -> str:
    """Say what came of a service: what a recognizer heard and a model answered is no message of ours."""
    return " ".join(filter(None, (WORDS_FOR_ANSWERS.get(each.stage), each.answer)))


def _as_json(each: Any) -> dict[str, object]:
    return {
        "stage": each.stage, "name": each.name, "answer": each.answer, "first_s": each.first_s,
        "total_s": each.total_s, "error": None if each.error is None else str(each.error),
    }  # fmt: skip
