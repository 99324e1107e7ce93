"""`audiokit cost`: what something will cost, by the dated price table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.speech.cost import Estimate

WORDS_FOR_UNITS = {"seconds": "min", "input_tokens": "tokens in", "output_tokens": "tokens out",
                   "cached_characters": "characters kept"}  # fmt: skip


@click.group(short_help="Estimate what a text, recordings or a conversation cost")
def cost() -> None:
    """Estimate what a text, recordings or a conversation cost.

    By public list prices, each with its date; --json tells the source, too, and what the price holds for. A file
    prices.toml in audiokit's home folder, of the form of the one that audiokit brings, goes before it, line by line.

    \b
    Examples:
      audiokit cost text book.txt
      audiokit cost transcription dataset
      audiokit cost conversation --hours 8 --stt deepgram --llm anthropic --tts elevenlabs
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@cost.command(short_help="What speaking a text costs")
@click.argument("text", metavar="TEXT|FILE|-")
@click.option("--tts", "services", metavar="NAME[:MODEL]", multiple=True, help="Only this one; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def text(text: str, services: tuple[str, ...], as_json: bool) -> None:
    """Estimate what speaking a text or a text file costs.

    \b
    Examples:
      audiokit cost text book.txt
      audiokit cost text "What would this cost?" --tts elevenlabs --tts openai:tts-1
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.say import text_of
    from audiokit.speech.cost import of_text
    from audiokit.speech.prices import PriceTable

    _show(of_text(text_of(text), PriceTable.load(), [_service(one) for one in services]), as_json=as_json)


@cost.command(short_help="What transcribing a dataset or recordings costs")
@click.argument("sources", nargs=-1, required=True, metavar="DATASET|SOURCE...")
@click.option("--stt", "services", metavar="NAME[:MODEL]", multiple=True, help="Only this one; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def transcription(sources: tuple[str, ...], services: tuple[str, ...], as_json: bool) -> None:
    """Estimate what transcribing a dataset or recordings costs, by their length.

    SOURCE is a file, a folder (searched whole) or a glob. Files that cannot be read are named on stderr.

    \b
    Examples:
      audiokit cost transcription dataset
      audiokit cost transcription episodes/
      audiokit cost transcription episode.mp3 --stt deepgram --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.speech.cost import of_transcription
    from audiokit.speech.prices import PriceTable

    duration_s = sum(_duration_s(source) for source in sources)
    _show(of_transcription(duration_s, PriceTable.load(), [_service(one) for one in services]), as_json=as_json)


@cost.command(short_help="What talking with an agent costs")
@click.option("--hours", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, help="How long.")
@click.option("--stt", default="deepgram", show_default=True, metavar="NAME[:MODEL]", help="Who understands.")
@click.option("--llm", default="openai", show_default=True, metavar="NAME[:MODEL]", help="Who answers.")
@click.option("--tts", default="elevenlabs", show_default=True, metavar="NAME[:MODEL]", help="Who speaks.")
@click.option("--agent-share", default=0.4, show_default=True, help="Part of the time that the agent speaks, 0 to 1.")
@click.option("--turns-per-hour", default=240.0, show_default=True, help="Replies in an hour.")
@click.option("--prompt-tokens", default=1500.0, show_default=True, help="Tokens a reply is made from.")
@click.option("--reply-tokens", default=60.0, show_default=True, help="Tokens of a reply.")
@click.option("--cached-share", default=0.0, show_default=True, help="Part of the speech from the cache, 0 to 1.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def conversation(hours: float, stt: str, llm: str, tts: str, as_json: bool, **options: Any) -> None:
    """Estimate what hours of conversation with an agent cost.

    \b
    Examples:
      audiokit cost conversation --hours 8
      audiokit cost conversation --llm anthropic --tts elevenlabs --cached-share 0.3
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.speech.cost import Talk, of_conversation
    from audiokit.speech.prices import PriceTable

    services = {"stt": _service(stt), "llm": _service(llm), "tts": _service(tts)}
    found = of_conversation(hours, PriceTable.load(), **services, talk=Talk(**options))
    _show(found, as_json=as_json, total=True)


def _service(words: str) -> tuple[str, str]:
    provider, _, model = words.partition(":")
    return provider, model


def _duration_s(source: str) -> float:
    """Give how long the kept clips of a dataset are, or the recordings of anything else, in seconds."""
    from audiokit.dataset.at_hand import is_dataset
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.scan import scan
    from audiokit.errors import AudioFileError

    if is_dataset(source):
        return float(Dataset.open(source).totals["kept_s"])
    found = [file.path for file in scan([source], Path(os.devnull))]
    lengths = []
    for path in found:
        try:
            lengths.append(_length_s(path))
        except AudioFileError as error:
            if len(found) == 1:
                raise
            click.echo(f"skipped: {error}", err=True)
    if not lengths:
        raise AudioFileError(f"{source}: no recording there that can be read. Give others.", reason="missing")
    return sum(lengths)


def _length_s(path: Path) -> float:
    """Give the length that the header tells, or, where it tells none, of what is decoded."""
    from audiokit.audio.decode import open_reader

    with open_reader(path) as reader:
        if reader.expected_s is not None:
            return reader.expected_s
        return sum(len(block) for block in reader.blocks()) / reader.sample_rate


def _show(found: list[Estimate], *, as_json: bool, total: bool = False) -> None:
    from audiokit.cli.output import dollars, print_json

    known = [estimate.usd for estimate in found]
    sum_usd = None if None in known else sum(usd for usd in known if usd is not None)
    if as_json:
        rows = [_row(estimate) for estimate in found]
        print_json({"estimates": rows, "total_usd": sum_usd} if total else rows)
        return
    named = [(_name(estimate), estimate) for estimate in found if estimate.usage.amount]
    width = max((len(name) for name, _ in named), default=0)
    for name, estimate in named:
        click.echo(f"{name:{width}}  {_facts(estimate)}".rstrip())
    if total:
        click.echo(f"{'in all':{width}}  {dollars(sum_usd):>15}")
    if None in known:
        click.echo("What has no price here can be given one: prices.toml in audiokit's home folder.", err=True)


def _row(estimate: Estimate) -> dict[str, object]:
    usage, price = estimate.usage, estimate.price
    return {
        "service": usage.service, "provider": usage.provider, "model": usage.model, "unit": usage.unit,
        "amount": usage.amount, "usd": estimate.usd, "date": price.date.isoformat() if price else None,
        "source": price.source if price else None, "note": price.note if price else None,
        "unverified": price.unverified if price else None,
    }  # fmt: skip


def _name(estimate: Estimate) -> str:
    usage = estimate.usage
    return f"{usage.service} {':'.join(filter(None, (usage.provider, usage.model)))}"


def _facts(estimate: Estimate) -> str:
    from audiokit.cli.output import dollars

    usage, price = estimate.usage, estimate.price
    amount = usage.amount / 60 if usage.unit == "seconds" else usage.amount
    doubt = ", unverified" if price and price.unverified else ""
    origin = f"price of {price.date}{doubt}" if price and price.usd else ""
    unit = WORDS_FOR_UNITS.get(usage.unit, usage.unit)
    return f"{dollars(estimate.usd):>15}  {_amount(amount):>10} {unit:15}  {origin}"


def _amount(amount: float) -> str:
    """Write so many minutes, characters or tokens: a fraction counts only where there are few."""
    return f"{amount:,.0f}" if amount >= 10 or amount == round(amount) else f"{amount:.1f}"
