"""`audiokit cache`: what was spoken and is kept."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.speech.cache import CacheStats, SpeechCache
    from audiokit.speech.cache_counts import Used
    from audiokit.speech.prices import PriceTable


@click.group(short_help="Look at kept speech: count, prune, share, warm it up")
def cache() -> None:
    """Look at kept speech: count, prune, share, warm it up.

    Speech that was paid for once is kept in the folder `speech` in audiokit's home, up to 2 GiB; what was used longest
    ago goes first. `[cache]` in config.toml sets folder, max_bytes, max_age_s and shared.

    \b
    Examples:
      audiokit cache stats
      audiokit cache warm phrases.txt --voice Ann
      audiokit cache export phrases.zip
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@cache.command(short_help="Count entries, hits and what they saved")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def stats(as_json: bool) -> None:
    """Count entries, hits and what they saved, by the dated price table.

    \b
    Examples:
      audiokit cache stats
      audiokit cache stats --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import print_json
    from audiokit.speech.prices import PriceTable

    found, prices = _cache().stats(), PriceTable.load()
    rows = [_row(used, prices) for used in found.used]
    if as_json:
        size = {"folder": str(found.folder), "entries": found.entries, "size_bytes": found.size_bytes}
        print_json({**size, "used": rows})
        return
    click.echo(f"{found.folder}: {_counted(found)}")
    for row in rows:
        saved = "price unknown" if row["saved_usd"] is None else f"about {row['saved_usd']:.2f} USD saved"
        saved += f" (price of {row['price_date']})" if row["price_date"] else ""
        name = ":".join(filter(None, (str(row["provider"]), str(row["model"]))))
        click.echo(f"{name}: {row['hits']} hits, {row['misses']} misses, {row['hit_characters']} characters, {saved}")


@cache.command("list", short_help="List what is kept, the last used first")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Longest list.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def list_(limit: int, as_json: bool) -> None:
    """List what is kept, the last used first.

    \b
    Examples:
      audiokit cache list
      audiokit cache list --limit 10 --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from itertools import islice

    from audiokit.cli.output import print_json

    found = islice(_cache().entries(), limit)
    rows = [
        {"key": stored.key, "text": entry.request.text, "provider": entry.request.provider,
         "duration_s": round(entry.duration_s, 3), "size_bytes": stored.size_bytes}
        for stored, entry in found
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{str(row['key'])[:12]}  {row['provider']:10}  {row['duration_s']:7.2f} s  {str(row['text'])[:70]}")


@cache.command(short_help="Remove what is too old or too much")
@click.option("--max-mb", type=click.FloatRange(0), help="Room for all, in MB.  [default: that of the settings]")
@click.option("--max-days", type=click.FloatRange(0, min_open=True), help="Longest time without use, in days.  "
              "[default: that of the settings]")  # fmt: skip
def prune(max_mb: float | None, max_days: float | None) -> None:
    """Remove what is too old or too much; what was used longest ago goes first.

    \b
    Examples:
      audiokit cache prune --max-mb 500
      audiokit cache prune --max-days 30
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    removed = _cache().prune(
        max_bytes=None if max_mb is None else round(max_mb * 1e6),
        max_age_s=None if max_days is None else max_days * 86400,
    )
    click.echo(f"{len(removed)} entries removed, {sum(entry.size_bytes for entry in removed) / 1e6:.1f} MB")


@cache.command(short_help="Remove everything")
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear(yes: bool) -> None:
    """Remove all entries and the counts; a shared cache stays.

    \b
    Examples:
      audiokit cache clear
      audiokit cache clear --yes
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    found = _cache()
    if not yes:
        click.confirm(f"Remove {_counted(found.stats())} from {found.folder}?", abort=True, err=True)
    click.echo(f"{found.clear()} entries removed")


@cache.command(short_help="Speak the lines of a file ahead of time")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--voice", metavar="NAME", help="A voice of `audiokit voices list`, or the provider's own name for one.")
@click.option("--provider", default="", metavar="NAME", help="Who speaks.  [default: the voice's own, or hibari]")
@click.option("--model", default="", metavar="NAME", help="The provider's model.  [default: its own]")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A provider setting; repeatable.")
@click.option("--clauses", is_flag=True, help="Cut the lines into clauses, as an agent does while it speaks.")
@click.option("--shared", default="", metavar="URL", help="A cache that several machines share.")
@click.option("--quiet", is_flag=True, help="No bar; errors only.")
def warm(file: Path, voice: str | None, given: tuple[str, ...], clauses: bool, quiet: bool, **options: Any) -> None:
    """Speak the lines of FILE ahead of time, so that an agent has them at once; blank lines are left out.

    A line is one entry, exactly as it stands, or with --clauses one for each clause: it is found again when the same
    is said, letter by letter.

    \b
    Examples:
      audiokit cache warm phrases.txt --voice Ann
      audiokit cache warm phrases.txt --clauses
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import AGAIN, interrupt_hint, show_notes
    from audiokit.cli.pairs import settings as pairs
    from audiokit.cli.texts import read_lines
    from audiokit.speech.speaking import SaySettings
    from audiokit.speech.usage import UsageCounter
    from audiokit.spoken import warm as run

    usage = UsageCounter()
    lines = read_lines(file)
    settings = SaySettings(**options, provider_settings=pairs("--set", given))
    with show_notes(quiet=quiet), interrupt_hint(AGAIN), progress_bar(quiet, "items") as progress:
        run(lines, voice=voice, clauses=clauses, settings=settings, usage=usage, progress=progress)
    paid, known = (int(usage.total(unit)) for unit in ("characters", "cached_characters"))
    click.echo(f"{len(lines)} lines: {paid} characters spoken, {known} were there")


@cache.command(short_help="Pack all entries into one file")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--quiet", is_flag=True, help="No bar; errors only.")
def export(file: Path, force: bool, quiet: bool) -> None:
    """Pack all entries into FILE, a zip that `audiokit cache import` takes on another machine.

    \b
    Examples:
      audiokit cache export phrases.zip
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.errors import UsageError
    from audiokit.speech.pack import export_pack

    if file.exists() and not force:
        raise UsageError(f"{file} is there already; choose another name, or --force.")
    with progress_bar(quiet, "items") as progress:
        count = export_pack(_cache(), file, progress=progress)
    click.echo(f"{count} entries in {file}")


@cache.command("import", short_help="Take the entries of a packed file")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--quiet", is_flag=True, help="No bar; errors only.")
def import_(file: Path, quiet: bool) -> None:
    """Take the entries of FILE, from `audiokit cache export`; each one is checked.

    \b
    Examples:
      audiokit cache import speech.zip
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.bars import progress_bar
    from audiokit.speech.pack import import_pack

    with progress_bar(quiet, "items") as progress:
        found = import_pack(_cache(), file, progress=progress)
    click.echo(f"{found.new} new entries, {found.known} were there, {found.refused} refused")


def _cache() -> SpeechCache:
    from audiokit.speech.cache import SpeechCache

    return SpeechCache()


def _counted(found: CacheStats) -> str:
    return f"{found.entries} entries, {found.size_bytes / 1e6:.1f} MB"


def _row(used: Used, prices: PriceTable) -> dict[str, object]:
    price = prices.price("tts", used.provider, used.model, "characters")
    saved_usd = used.hit_characters * price.usd / price.per if price else None
    return {**asdict(used), "saved_usd": saved_usd, "price_date": price.date.isoformat() if price else None}
