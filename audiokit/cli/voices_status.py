"""`audiokit voices status`: how far a voice is, and what is to be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.cloning.professional import Status
    from audiokit.cloning.voices import VoiceBook
    from audiokit.services import ProfessionalJob


@click.command(short_help="Tell how far a voice is, and take its next step")
@click.argument("name")
@click.option("--wait", "waits", is_flag=True, help="Wait until it is trained.")
@click.option(
    "--verify", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="The words of the captcha, read aloud by the owner of the voice.",
)  # fmt: skip
@click.option(
    "--request-verification", "proofs", multiple=True, metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Let people of the provider verify it, with this proof; repeatable.",
)  # fmt: skip
@click.option("--choose-longest", is_flag=True, help="Of each sample, take the one who speaks most.")
@click.option("--train-again", is_flag=True, help="Begin the training anew after a failure.")
@click.option("--poll", "poll_s", type=click.FloatRange(0.01), metavar="SECONDS", help="Ask so often while waiting.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar; errors only.")
def status(name: str, **options: Any) -> None:
    """Tell how far a voice is, and take its next step.

    A professional clone is created, its samples are sent, its owner proves to be it by reading a captcha aloud, and it
    is trained for some hours. Every call does what needs no person, and says what does. Nothing is lost in between.

    \b
    Examples:
      audiokit voices status Ann
      audiokit voices status Ann --verify captcha.m4a
      audiokit voices status Ann --wait
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import print_json
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    found = _taken(book, name, options)
    entry = book.entry(name)
    if options["as_json"]:
        print_json({"name": entry.voice.name, "state": entry.state, "step": found.step, "to_do": found.to_do})
        return
    click.echo(f"{entry.voice.name}: {entry.state}" + ("" if found.step == "done" else f" ({found.step})"))
    if found.to_do:
        click.echo(f"to do: {found.to_do}", err=True)


def _taken(book: VoiceBook, name: str, options: dict[str, Any]) -> Status:
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import interrupt_hint
    from audiokit.cloning import professional

    settings = {} if options["poll_s"] is None else {"poll_s": options["poll_s"]}
    if any(options[step] for step in ("verify", "proofs", "choose_longest", "train_again")):
        _step(professional.job_of(book.entry(name), settings), options)
    with interrupt_hint("Nothing is lost: ask again later."), progress_bar(options["quiet"], "items") as progress:
        if options["waits"]:
            return professional.wait(book, name, progress, settings)
        return professional.status(book, name, cloner_settings=settings, progress=progress)


def _step(job: ProfessionalJob, options: dict[str, Any]) -> None:
    if options["choose_longest"]:
        job.choose_longest()
    if options["verify"]:
        job.verify(options["verify"])
    if options["proofs"]:
        job.request_verification(list(options["proofs"]))
    if options["train_again"]:
        job.train(again=True)
