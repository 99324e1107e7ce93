"""`audiokit voices`: the book of voices, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiokit.cli.voices_design import design
from audiokit.cli.voices_evaluate import evaluate
from audiokit.cli.voices_settings import settings
from audiokit.cli.voices_status import status

if TYPE_CHECKING:
    from audiokit.cloning.entry import VoiceEntry
    from audiokit.contracts import Voice
    from audiokit.services import Subscription


@click.group(short_help="List, show, judge, move and delete voices")
def voices() -> None:
    """List, show, judge, move and delete the voices that were cloned or designed.

    They are kept by name in the home folder (AUDIOKIT_HOME), each with its provider, its samples' hashes and the
    consent of its owner.

    \b
    Examples:
      audiokit voices list
      audiokit voices show Ann
      audiokit voices evaluate Ann hibari:
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@voices.command(name="list", short_help="List the voices of the book, or of a provider")
@click.option(
    "--provider", default="", metavar="NAME", help="This provider's voices: its own, or those of the account there."
)
@click.option("--search", default="", metavar="TEXT", help="Only voices with this in name, description or labels.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def list_voices(provider: str, search: str, as_json: bool) -> None:
    """List the voices of the book, or of a provider.

    \b
    Examples:
      audiokit voices list
      audiokit voices list --provider hibari
      audiokit voices list --provider elevenlabs --search calm
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    if provider:
        _list_provider(provider, search, as_json=as_json)
        return
    from audiokit.cli.output import print_json
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    found = [entry for entry in book.list() if _matches(entry.voice, search)]
    if as_json:
        print_json([entry.to_json(book.home) for entry in found])
        return
    for entry in found:
        voice = entry.voice
        words = (voice.name, voice.provider, voice.language or "-", entry.origin, entry.state, entry.created[:10])
        click.echo("  ".join(f"{word:{width}}" for word, width in zip(words, (20, 12, 4, 12, 8, 10), strict=True)))
    if not found:
        click.echo("no voice; make one with audiokit clone", err=True)


@voices.command(short_help="Show all that is remembered of a voice")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def show(name: str, as_json: bool) -> None:
    """Show all that is remembered of a voice: samples, consent, settings.

    \b
    Examples:
      audiokit voices show Ann
      audiokit voices show Ann --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import print_json
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    entry = book.entry(name)
    if as_json:
        print_json(entry.to_json(book.home))
        return
    for line in _lines(entry):
        click.echo(line)


@voices.command(short_help="Delete a voice for ever, at its provider too")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep-remote", is_flag=True, help="Forget it here, leave it at the provider.")
def delete(name: str, yes: bool, keep_remote: bool) -> None:
    """Delete a voice for ever, at its provider too.

    \b
    Examples:
      audiokit voices delete Ann
      audiokit voices delete Ann --yes --keep-remote
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import show_notes
    from audiokit.cloning.remote import delete as run
    from audiokit.cloning.remote import kept_by_provider
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    entry = book.entry(name)
    where = f"at {entry.voice.provider} and here" if kept_by_provider(entry) and not keep_remote else "here"
    if not yes:
        click.confirm(f"Delete {entry.voice.name!r} {where}, for ever?", abort=True, err=True)
    with show_notes():
        run(book, name, keep_remote=keep_remote)
    click.echo(f"{entry.voice.name}: deleted {where}")


@voices.command(short_help="Call a voice something else, on this machine")
@click.argument("name")
@click.argument("new_name")
def rename(name: str, new_name: str) -> None:
    """Call a voice something else, on this machine.

    \b
    Examples:
      audiokit voices rename Ann "Ann, calm"
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cloning.voices import VoiceBook

    click.echo(VoiceBook().rename(name, new_name).voice.name)


@voices.command(name="export", short_help="Write a voice into one file")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_voice(name: str, file: Path) -> None:
    """Write a voice into one file, to take to another machine.

    FILE is a zip with the entry, the voice's folder and the consent; no key is in it.

    \b
    Examples:
      audiokit voices export Ann ann.zip
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cloning.bundle import export_voice as run
    from audiokit.cloning.voices import VoiceBook

    click.echo(run(VoiceBook(), name, file))


@voices.command(name="import", short_help="Read a voice from such a file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="What it is called here.  [default: as it was]")
def import_voice(file: Path, name: str) -> None:
    """Read a voice that `audiokit voices export` wrote.

    \b
    Examples:
      audiokit voices import carl.zip
      audiokit voices import carl.zip --name Carla
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cloning.bundle import import_voice as run
    from audiokit.cloning.voices import VoiceBook

    click.echo(run(VoiceBook(), file, name).voice.name)


voices.add_command(design)
voices.add_command(settings)
voices.add_command(status)
voices.add_command(evaluate)


def _provider_voices(provider: str, search: str) -> Sequence[Voice]:
    from audiokit import registry
    from audiokit.errors import ConfigError

    if provider in registry.providers("voices"):
        return registry.provider("voices", provider).list(search)
    if registry.promise("tts", provider, "voices") is None:
        raise ConfigError(f"{provider} keeps no list of its voices. The vendor's own pages name them.")
    speaker: Any = registry.provider("tts", provider)
    return [voice for voice in speaker.voices() if _matches(voice, search)]


def _list_provider(provider: str, search: str, *, as_json: bool) -> None:
    from audiokit import registry
    from audiokit.cli.output import print_json

    found = _provider_voices(provider, search)
    left = registry.provider("account", provider).subscription() if provider in registry.providers("account") else None
    if as_json:
        rows = [{"voice_id": voice.voice_id, "name": voice.name, "labels": dict(voice.labels)} for voice in found]
        print_json({"voices": rows, "subscription": _quota(left) if left else None})
        return
    for voice in found:
        labels = ", ".join(f"{name}={value}" for name, value in voice.labels.items())
        click.echo(f"{voice.voice_id:22}  {voice.name:24}  {labels}")
    if left:
        quota = _quota(left)
        click.echo(
            f"{quota['tier']}: {quota['characters_used']:,} of {quota['character_limit']:,} characters used, "
            f"{quota['voices_used']} of {quota['voice_limit']} voices; next period {quota['resets_at'] or 'unknown'}",
            err=True,
        )


def _quota(left: Subscription) -> dict[str, Any]:
    return {
        "tier": left.tier,
        "characters_used": left.characters_used,
        "character_limit": left.character_limit,
        "voices_used": left.voices_used,
        "voice_limit": left.voice_limit,
        "resets_at": left.resets_at.date().isoformat() if left.resets_at else None,
    }


def _matches(voice: Voice, search: str) -> bool:
    words = " ".join([voice.name, voice.description, voice.provider, *voice.labels.values()])
    return search.casefold() in words.casefold()


def _lines(entry: VoiceEntry) -> list[str]:
    voice, consent = entry.voice, entry.consent
    facts = {
        "name": voice.name,
        "provider": f"{voice.provider}, which calls it {voice.voice_id}",
        "origin": f"{entry.origin}, {entry.created}",
        "state": entry.state,
        "description": voice.description,
        "language": voice.language,
        "model": voice.model,
        "labels": ", ".join(f"{name}={value}" for name, value in voice.labels.items()),
        "settings": ", ".join(f"{name}={value}" for name, value in voice.settings.items()),
        "folder": str(voice.folder or ""),
        "consent": f"{consent.statement!r}, {consent.given}" if consent else "none: nobody's voice, or imported so",
        "recording": f"{consent.recording} ({consent.recording_sha256[:16]})" if consent and consent.recording else "",
    }
    samples = (f"{sample.name}, {sample.duration_s:.1f} s, {sample.sha256[:16]}" for sample in entry.samples)
    return [f"{name:12} {text}" for name, text in facts.items() if text] + [f"{'sample':12} {text}" for text in samples]
