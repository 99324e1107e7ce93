"""The command `audiokit`."""

from __future__ import annotations

import click

from audiokit.cli.lazy import LazyGroup
from audiokit.cli.version import print_versions

COMMANDS = {
    "prep": ("audiokit.cli.prep:prep", "Cut recordings into a clean dataset of labelled speech clips"),
    "analyze": (
        "audiokit.cli.analyze:analyze",
        "Measure recordings: loudness, noise, speech, pitch, timbre",
    ),
    "edit": ("audiokit.cli.edit:edit", "Cut, join, level, clean and convert recordings, step by step"),
    "split": ("audiokit.cli.split:split", "Cut one recording into many, at silences or at times"),
    "dataset": ("audiokit.cli.dataset:dataset", "Look at a dataset, verify it, export it for training"),
    "clone": ("audiokit.cli.clone:clone", "Make a voice from recordings of its owner"),
    "voices": ("audiokit.cli.voices:voices", "List, show, judge, move and delete voices"),
    "agent": ("audiokit.cli.agent:agent", "Talk with an agent that listens, thinks and speaks"),
    "say": ("audiokit.cli.say:say", "Speak a text, a file or what is typed, with any voice"),
    "cache": ("audiokit.cli.cache:cache", "Look at kept speech: count, prune, share, warm it up"),
    "cost": ("audiokit.cli.cost:cost", "Estimate what a text, recordings or a conversation cost"),
    "doctor": ("audiokit.cli.doctor:doctor", "Look at what works on this machine, and what mends the rest"),
    "config": ("audiokit.cli.config:config", "Show and set addresses, the cache's bounds and keys"),
    "completion": ("audiokit.cli.completion:completion", "Print the script that completes words in your shell"),
}
"""Each command's place and short help; a test compares the latter with the command's own."""


ALSO = {"rate": "sample-rate", "out": "output"}
"""Names of options by which they are known, too, in every command."""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: ALSO.get(name, name),
    },
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_versions,
    help="Show the versions that matter for a report of a fault, and exit.",
)
@click.option("--traceback", is_flag=True, help="Show where in the code an error came from.")
def cli(traceback: bool) -> None:
    """From a folder of recordings to a voice that talks back.

    `audiokit COMMAND --help` explains one command.

    Exit codes: 0 done, 1 other error, 2 usage, 3 audio or dataset, 4 configuration or key, 5 provider,
    6 missing dependency, 7 quota used up, 8 too many requests, 9 no slot for another voice, 130 stopped with Ctrl-C.

    \b
    Examples:
      audiokit prep episodes/ dataset
      audiokit say "Hello there." -o hello.wav
      audiokit agent --input question.wav --output reply.wav --fast
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


def main() -> None:
    """Run the command line and exit."""
    cli(prog_name="audiokit")
