"""`audiokit voices settings`: what changes the sound of a voice."""

from __future__ import annotations

import click


@click.command(short_help="Show or change what alters the sound of a voice")
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Such as stability=0.4; repeatable.")
@click.option("--unset", "dropped", multiple=True, metavar="NAME", help="Forget one here; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print them all as JSON on stdout.")
def settings(name: str, changes: tuple[str, ...], dropped: tuple[str, ...], as_json: bool) -> None:
    """Show or change the settings of a voice.

    They are kept in the book, and every text that the voice speaks from now on obeys them. A provider that keeps voices
    for an account gets them too, for all who use the voice there; any other checks them when the voice next speaks.

    \b
    Examples:
      audiokit voices settings Ann
      audiokit voices settings Ann --set stability=0.4 --set speed=1.05
      audiokit voices settings Ann --unset speed
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli import pairs
    from audiokit.cli.output import print_json
    from audiokit.cloning.remote import change_settings
    from audiokit.cloning.voices import VoiceBook

    book = VoiceBook()
    entry = book.entry(name)
    if changes or dropped:
        entry = change_settings(book, name, pairs.settings("--set", changes), drop=dropped)
    if as_json:
        print_json(dict(entry.voice.settings))
        return
    for setting, value in entry.voice.settings.items():
        click.echo(f"{setting}={value}")
    if not entry.voice.settings:
        click.echo(f"{entry.voice.name} has no settings of its own", err=True)
