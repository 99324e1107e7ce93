"""`audiokit doctor`: what works on this machine, what is missing, and the line that mends it."""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from audiokit.health.finding import Finding

COLORS = {"ok": "green", "missing": "yellow", "broken": "red"}
WIDTH = max(map(len, COLORS))


@click.command(short_help="Look at what works on this machine, and what mends the rest")
@click.option("--online", is_flag=True, help="Try each key at its vendor, with one call that costs nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
@click.pass_context
def doctor(ctx: click.Context, online: bool, as_json: bool) -> None:
    """Look at what works on this machine, and what mends the rest.

    Writes and reads every format, opens every model on this machine, looks for microphone, keys, room on the disk. What
    is missing may be so; what is broken comes with the command that mends it, and makes the exit code 1. Keys are never
    shown.

    \b
    Examples:
      audiokit doctor
      audiokit doctor --online
      audiokit doctor --json > doctor.json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from dataclasses import asdict

    from audiokit.cli.output import print_json
    from audiokit.health.doctor import doctor as look

    found = look(online=online)
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        _print(found)
    if any(finding.state == "broken" for finding in found):
        ctx.exit(1)


def _print(found: tuple[Finding, ...]) -> None:
    column = max(len(finding.name) for finding in found)
    color = False if os.environ.get("NO_COLOR") else None
    for area, findings in groupby(found, key=lambda finding: finding.area):
        click.secho(area, bold=True, color=color)
        for finding in findings:
            state = click.style(f"{finding.state:{WIDTH}}", fg=COLORS[finding.state])
            mend = f": {finding.mend}" if finding.state == "missing" else ""
            click.echo(f"  {state}  {finding.name:{column}}  {finding.found}{mend}", color=color)
            if finding.state == "broken":
                click.echo(f"  {'':{WIDTH}}  {'':{column}}  mend: {finding.mend}", color=color)
