"""`audiokit clone`: recordings in, a voice out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.cloning.clone import CloneSettings, Plan
    from audiokit.cloning.consent import Statement
    from audiokit.cloning.entry import VoiceEntry
    from audiokit.speech.usage import Usage

QUESTION = """A voice may be cloned only if its speaker agreed. What is written here is kept with the voice,
with the date and the hash of the samples. Who speaks in these recordings, and what did they agree to?"""


@click.command(short_help="Make a voice from recordings of its owner")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--name", required=True, help="What the voice is called from now on.")
@click.option(
    "--provider", default="elevenlabs", show_default=True, help="Who makes it: elevenlabs, coqui, tortoise, a plug-in."
)
@click.option("--consent", default="", metavar="TEXT", help="What the owner of the voice declares.")
@click.option(
    "--consent-recording", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The owner of the voice, agreeing; compared with the samples.",
)  # fmt: skip
@click.option("--description", default="", metavar="TEXT", help="Description, for people.")
@click.option("--language", default="", metavar="CODE", help="ISO 639-1 code of what is spoken, such as en.")
@click.option("--label", "labels", multiple=True, metavar="NAME=TEXT", help="Such as accent=american; repeatable.")
@click.option(
    "--speaker", type=click.IntRange(0), default=0, show_default=True,
    help="0: there is one voice; 1 takes the one that speaks most, 2 the next.",
)  # fmt: skip
@click.option(
    "--min-snr", "min_snr_db", type=float, default=15.0, show_default=True,
    help="Leave out noisier speech, in dB; a dataset was judged before.",
)  # fmt: skip
@click.option(
    "--model-path", type=click.Path(exists=True, path_type=Path), metavar="PATH",
    help="A model of this machine, for coqui and tortoise: a folder, or a checkpoint beside its config.json.",
)  # fmt: skip
@click.option("--professional", is_flag=True, help="Train it on half an hour and more; see `voices status`.")
@click.option("--set", "provider_settings", multiple=True, metavar="NAME=VALUE", help="A provider setting; repeatable.")
@click.option(
    "--samples", "only_samples", is_flag=True, help="Show each piece that would be sent, and why; send nothing."
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and send nothing; needs no key.")
@click.option("--json", "as_json", is_flag=True, help="Print the voice, or the plan, as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no summary; errors only.")
def clone(sources: tuple[str, ...], **options: Any) -> None:
    """Make a voice from recordings of its owner.

    SOURCE is a dataset that `audiokit prep` made, or recordings: files, folders, globs. Of them the best pieces of one
    voice are chosen, up to the length the provider likes best, joined, levelled and encoded within its limits.

    \b
    Examples:
      audiokit clone dataset --name Ann --consent "I am the speaker and agree to a clone for my podcast."
      audiokit clone take1.wav take2.wav --name Ann --samples
      audiokit clone dataset --name Ann --dry-run
      audiokit clone dataset --name Ann --consent-recording agreed.m4a --label accent=american --language en
      audiokit clone dataset --name Ann --provider coqui --set device=cpu --consent "My own voice."

    Without a consent a terminal is asked for it, and anything else is refused with exit code 2.
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import interrupt_hint, show_notes
    from audiokit.cloned import make_voice, plan_clone
    from audiokit.speech.usage import UsageCounter

    settings, quiet, usage = _settings(options), options["quiet"], UsageCounter()
    looks = options["dry_run"] or options["only_samples"]
    statement = None if looks else _statement(options["name"], options["consent"], settings.consent_recording)
    given = list(sources) if len(sources) > 1 else sources[0]
    words = {"name": options["name"], "provider": options["provider"], "settings": settings}
    with (
        show_notes(quiet=quiet),
        interrupt_hint("No half file was left behind."),
        progress_bar(quiet) as progress,
        plan_clone(given, **words, dry=looks, progress=progress) as plan,
    ):
        entry = make_voice(plan, statement, usage=usage, progress=progress) if statement else None
    if entry:
        _report(plan, entry, usage.usages(), as_json=options["as_json"], quiet=quiet)
    else:
        _show(plan, as_json=options["as_json"], pieces=options["only_samples"])


def _settings(options: dict[str, Any]) -> CloneSettings:
    from audiokit.cli.pairs import settings, texts
    from audiokit.cloning.clone import CloneSettings

    names = ("description", "language", "speaker", "min_snr_db", "consent_recording", "professional")
    model = {"model": str(options["model_path"])} if options["model_path"] else {}
    return CloneSettings(
        **{name: options[name] for name in names},
        labels=texts("--label", options["labels"]),
        provider_settings=settings("--set", options["provider_settings"]) | model,
    )


def _statement(name: str, text: str, recording: Path | None) -> Statement:
    """Ask a person for the consent that was not given, and refuse to go on without, before any work is done."""
    from audiokit.cloning.consent import Statement, check_given
    from audiokit.cloning.voices import VoiceBook

    VoiceBook().check_free(name)
    if not text.strip() and recording is None and sys.stdin.isatty():
        click.echo(QUESTION, err=True)
        text = click.prompt("consent", err=True)
    statement = Statement(text=text, recording=recording)
    check_given(statement, name)
    return statement


def _report(plan: Plan, entry: VoiceEntry, used: Sequence[Usage], *, as_json: bool, quiet: bool) -> None:
    from audiokit.cli.output import print_json, print_panel
    from audiokit.cloning.voices import VoiceBook

    voice = entry.voice
    counts = ", ".join(f"{usage.amount:g} {usage.unit} of {usage.provider}" for usage in used)
    lines = [*summary(plan), f"used        {counts}", f"voice id    {voice.voice_id}"]
    if entry.origin == "professional":
        lines.append(f"to do       audiokit voices status {voice.name!r}")
    elif voice.requires_verification:
        lines.append(f"to do       {voice.provider} wants to see that the voice may be used: open its website")
    print_panel(f"clone: {voice.name}", "\n".join(lines), quiet=quiet)
    if as_json:
        print_json({**entry.to_json(VoiceBook().home), "used": [asdict(usage) for usage in used]})
    else:
        click.echo(voice.name)


def summary(plan: Plan) -> list[str]:
    """Say in lines what is sent."""
    selection, requirements = plan.selection, plan.workshop.cloner.requirements
    recordings = {clip.recording for clip in selection.chosen}
    lines = [
        f"provider    {plan.workshop.provider}: {requirements.min_total_s:g} s at least, "
        f"{requirements.ideal_total_s:g} s are ideal, {requirements.max_total_s:g} s at most",
        f"samples     {selection.total_s:.1f} s in {len(selection.chosen)} pieces of {len(recordings)} recordings",
        *(f"sent        {file.path.name}: {file.duration_s:.1f} s, {file.size_bytes:,} bytes" for file in plan.files),
    ]
    lines.append(f"cost        {cost_of(plan)}")
    if selection.spread:
        spread = selection.spread
        lines.append(f"one voice   similarity {spread.median:.2f}, {spread.lowest:.2f} for the piece least like it")
    return lines


def cost_of(plan: Plan) -> str:
    """Say what the provider charges for making the voice."""
    from audiokit.cloned import price_name
    from audiokit.speech.prices import PriceTable
    from audiokit.speech.usage import Usage

    shop, prices, model = plan.workshop, PriceTable.load(), price_name(plan)
    price = prices.price("clone", shop.provider, model, "calls")
    usage = Usage(service="clone", provider=shop.provider, model=model, unit="calls", amount=1)
    if price is None or (usd := prices.cost_usd(usage)) is None:
        return f"unknown: no price of {shop.provider} for it is in the table, see audiokit cost"
    return f"${usd:.2f} ({price.note + '; ' if price.note else ''}list price of {price.date})"


def _show(plan: Plan, *, as_json: bool, pieces: bool) -> None:
    from audiokit.cli.output import print_json

    if as_json:
        print_json({**plan.to_json(), "cost": cost_of(plan)})
        return
    for line in summary(plan):
        click.echo(line)
    if pieces:
        sent = [(clip, f"sent: quality {clip.quality:.2f}, SNR {clip.snr_db:.0f} dB") for clip in plan.selection.chosen]
        rows = [*sent, *plan.selection.left_out]
        width = max(len(clip.name) for clip, _ in rows)
        for clip, why in rows:
            click.echo(f"{clip.name:{width}}  {clip.duration_s:5.1f} s  {why}")
    click.echo("nothing was sent")
