"""`audiokit say`: text in, speech out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.contracts import SpeechChunk
    from audiokit.speech.speaking import SaySettings
    from audiokit.speech.usage import UsageCounter

AGAIN = "The same command again continues where this one stopped: what was spoken is in the cache."
TEXT_FILES = (".txt", ".md", ".markdown", ".text")


@click.command(short_help="Speak a text, a file or what is typed, with any voice")
@click.argument("text", metavar="TEXT|FILE|-")
@click.option("--voice", metavar="NAME", help="A voice of `audiokit voices list`, or the provider's own name for one.")
@click.option(
    "-o", "--output", "out", type=click.Path(), metavar="FILE",
    help="Where to: wav, mp3, m4b ... or - for a WAV on stdout.",
)  # fmt: skip
@click.option("--play", is_flag=True, help="Play it (the default without -o).")
@click.option("--speaker", metavar="DEVICE", help="Speaker to play on, by number or name.  [default: the system's]")
@click.option("--stream", is_flag=True, help="Speak from the first clause on, while the rest is still being read.")
@click.option(
    "--provider",
    metavar="NAME",
    default="",
    help="Who speaks: hibari, elevenlabs, openai, coqui, tortoise ...  [default: the voice's own, or hibari]",
)
@click.option("--model", metavar="NAME", default="", help="The provider's model.  [default: its own]")
@click.option(
    "--model-path", type=click.Path(exists=True), metavar="PATH",
    help="The same for a model of this machine: a folder, or a checkpoint beside its config.json (coqui, tortoise).",
)  # fmt: skip
@click.option("--set", "provider_settings", multiple=True, metavar="NAME=VALUE", help="A provider setting; repeatable.")
@click.option("--fallback", metavar="NAME", multiple=True, help="Who speaks instead when that fails; repeatable.")
@click.option("--chapters", is_flag=True, help="A book: -o names a m4b, m4a or mp3 with marks, or a folder of files.")
@click.option("--format", "extension", default="mp3", show_default=True, help="Format of a folder's chapters.")
@click.option("--srt", type=click.Path(), metavar="FILE", help="Write subtitles too.")
@click.option("--normalize-text", is_flag=True, help="Say numbers, amounts and times as words (English).")
@click.option(
    "--sentence-pause",
    "sentence_pause_s",
    type=float,
    default=0.35,
    show_default=True,
    metavar="SECONDS",
    help="Silence between sentences.",
)
@click.option(
    "--paragraph-pause",
    "paragraph_pause_s",
    type=float,
    default=0.8,
    show_default=True,
    metavar="SECONDS",
    help="Silence between paragraphs.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    show_default="as many as the provider allows",
    help="Sentences that are made at the same time, at most.",
)
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what was spoken.")
@click.option(
    "--shared", default="", metavar="URL", help="A cache that several machines share, such as s3://bucket/speech."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print files, characters and costs as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no notes; errors only.")
@click.pass_context
def say(ctx: click.Context, /, text: str, **options: Any) -> None:
    """Speak a text, a file or what is typed, with any voice.

    TEXT is what to say, a text or Markdown file, or - for standard input. Long texts are made sentence by sentence,
    ahead and in parallel, and joined. What was spoken once comes from the cache and costs nothing.

    \b
    Examples:
      audiokit say "Hello there." -o hello.wav
      audiokit say notes.md --voice Ann -o notes.mp3 --srt notes.srt
      audiokit say book.txt --voice Ann --chapters -o book.m4b
      audiokit say "Hi!" --provider elevenlabs --fallback hibari --play
      audiokit say "Hi!" --provider elevenlabs --set output_format=mp3_44100_128 -o hi.mp3
      some-model | audiokit say - --stream
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import interrupt_hint, show_notes
    from audiokit.speech.usage import UsageCounter

    usage, quiet = UsageCounter(), options["quiet"]
    options["play"] |= options["speaker"] is not None
    with show_notes(quiet=quiet), interrupt_hint(AGAIN), _book_hint(options["voice"]):
        if options["stream"]:
            written = _streamed(ctx, text, usage, options)
        elif options["chapters"]:
            written = _book(ctx, text, usage, options)
        else:
            written = _spoken(text, usage, options)
    _report(written, usage, as_json=options["as_json"], quiet=quiet)


@contextmanager
def _book_hint(name: str | None) -> Iterator[None]:
    """Tell of a voice that a provider does not have that the book does not have it either."""
    from audiokit.cloning.voices import VoiceBook
    from audiokit.errors import VoiceNotFoundError

    try:
        yield
    except VoiceNotFoundError as error:
        if error.provider and name and name not in VoiceBook():
            error.add_note(f"None is named {name!r} in your book of voices either: see audiokit voices list.")
        raise


def _settings(options: dict[str, Any]) -> SaySettings:
    from audiokit.cli.pairs import settings
    from audiokit.speech.narrate import Pace
    from audiokit.speech.speaking import SaySettings

    if options["model"] and options["model_path"]:
        raise click.UsageError("--model names a model, --model-path is one: give one of them.")
    pauses = {name: options[name] for name in ("sentence_pause_s", "paragraph_pause_s", "concurrency")}
    return SaySettings(
        provider=options["provider"],
        model=options["model"] or options["model_path"] or "",
        provider_settings=settings("--set", options["provider_settings"]),
        fallback=options["fallback"],
        cache=not options["no_cache"],
        shared=options["shared"],
        normalize_text=options["normalize_text"],
        pace=Pace(**pauses),
    )


def text_of(given: str, *, markdown: bool = False) -> str:
    """Give what to say: the argument itself, a file's text, as Markdown if that is wanted, or standard input."""
    from audiokit.cli.texts import read_text
    from audiokit.errors import UsageError
    from audiokit.speech.markdown import plain_text, without_front_matter

    if given == "-":
        return sys.stdin.read()
    path = Path(given)
    try:
        is_file = path.is_file()
    except PermissionError as error:
        raise UsageError(f"{given}: cannot be read: {error.strerror}") from error
    except (OSError, ValueError):  # too long for a path, so it is a text
        return given
    if not is_file:
        if path.suffix.lower() in TEXT_FILES and len(given.split()) == 1:
            raise UsageError(f"{given}: no such file. To say a text, put it in quotation marks.")
        return given
    text = read_text(path)
    if markdown or path.suffix.lower() not in (".md", ".markdown"):
        return text
    return plain_text(without_front_matter(text))


def _spoken(text: str, usage: UsageCounter, options: dict[str, Any]) -> list[Path]:
    from audiokit.cli.bars import progress_bar
    from audiokit.spoken import say as run

    words, out = text_of(text), options["out"]
    _check_speaker(options)
    common = {"voice": options["voice"], "srt": options["srt"], "settings": _settings(options), "usage": usage,
              "force": options["force"]}  # fmt: skip
    with progress_bar(options["quiet"], "items") as progress:
        if out and out != "-":
            path = run(words, out=out, progress=progress, **common)
            audio = None
        else:
            path, audio = None, run(words, progress=progress, **common)
    if out == "-" and audio:
        _to_stdout([audio.samples], audio.sample_rate)
    if options["play"] or not out:
        from audiokit.audio.buffer import Audio
        from audiokit.audio.chunk import chunks_of

        _play(chunks_of((audio or Audio.read(path)).mono(), 0.2), options["speaker"])
    return [Path(path)] if path else []


def _streamed(ctx: click.Context, text: str, usage: UsageCounter, options: dict[str, Any]) -> list[Path]:
    from audiokit.speech.to_file import check_free
    from audiokit.spoken import stream_speech

    if options["srt"] or options["chapters"]:
        raise click.UsageError("--stream goes neither with --srt nor with --chapters.", ctx)
    if options["play"] and options["out"]:
        raise click.UsageError("--stream plays or writes: give --play or -o.", ctx)
    if options["out"] != "-":
        check_free([options["out"]], force=options["force"])
    _check_speaker(options)
    source = _lines(sys.stdin) if text == "-" else text_of(text)
    chunks = stream_speech(source, voice=options["voice"], settings=_settings(options), usage=usage)
    if not options["out"]:
        _play(chunks, options["speaker"])
        return []
    return _write(chunks, options["out"])


def _lines(file: Iterable[str]) -> Iterator[str]:
    """Give what is typed as it comes; a program that writes without line breaks is read in small portions."""
    read = getattr(getattr(file, "buffer", None), "read1", None)
    if read is None:
        yield from file
        return
    from codecs import getincrementaldecoder

    decoder = getincrementaldecoder("utf-8")("replace")
    while data := read(4096):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _write(chunks: Iterator[SpeechChunk], out: str) -> list[Path]:
    from audiokit.audio.encode import open_writer
    from audiokit.audio.formats import fitting_rate
    from audiokit.audio.resample import Resampler

    first = next(chunks)
    if out == "-":
        _to_stdout((chunk.samples for chunk in _with(first, chunks)), first.sample_rate)
        return []
    rate = fitting_rate(Path(out), first.sample_rate)
    resampler = Resampler(first.sample_rate, rate)
    with open_writer(out, rate, 1) as writer:
        for chunk in _with(first, chunks):
            writer.write(resampler.push(chunk.samples))
        writer.write(resampler.flush())
    return [Path(out)]


def _with(first: SpeechChunk, rest: Iterator[SpeechChunk]) -> Iterator[SpeechChunk]:
    yield first
    yield from rest


def _to_stdout(pieces: Iterable[Any], sample_rate: int) -> None:
    from audiokit.audio.encode import open_pipe_writer

    with open_pipe_writer(sys.stdout.buffer, sample_rate, 1) as writer:
        for samples in pieces:
            writer.write(samples)


def _check_speaker(options: dict[str, Any]) -> None:
    """Look for a loudspeaker before anything is paid for that could not be heard."""
    if options["play"] or not options["out"]:
        from audiokit.audio.devices import find_device
        from audiokit.errors import ConfigError, MissingDependencyError

        try:
            find_device(options["speaker"], "output")
        except (ConfigError, MissingDependencyError) as error:
            error.add_note("Or write a file: -o FILE.")
            raise


def _play(chunks: Iterable[Any], speaker: str | None) -> None:
    from audiokit import portal
    from audiokit.speech.aloud import play_aloud
    from audiokit.speech.streams import from_iterator

    portal.run(play_aloud(from_iterator(chunks), speaker))


def _book(ctx: click.Context, text: str, usage: UsageCounter, options: dict[str, Any]) -> list[Path]:
    from audiokit.cli.bars import progress_bar
    from audiokit.spoken import narrate

    if not options["out"] or options["out"] == "-":
        raise click.UsageError("--chapters needs -o: a m4b, m4a or mp3, or a folder.", ctx)
    if options["srt"]:
        raise click.UsageError("--chapters goes not with --srt.", ctx)
    with progress_bar(options["quiet"], "items") as progress:
        return narrate(
            text_of(text, markdown=True),
            options["out"],
            voice=options["voice"],
            extension=options["extension"],
            settings=_settings(options),
            force=options["force"],
            usage=usage,
            progress=progress,
        )


def _report(written: list[Path], usage: UsageCounter, *, as_json: bool, quiet: bool) -> None:
    from audiokit.cli.output import dollars, print_json
    from audiokit.speech.prices import PriceTable

    paid, cached = (int(usage.total(unit)) for unit in ("characters", "cached_characters"))
    cost_usd = PriceTable.load().bill_usd(usage.usages())
    if as_json:
        print_json({"files": [str(path) for path in written], "characters": paid, "cached_characters": cached,
                    "cost_usd": cost_usd})  # fmt: skip
        return
    for path in written:
        click.echo(path)
    if not quiet and (paid or cached):
        click.echo(f"{paid} characters spoken ({dollars(cost_usd)}), {cached} from the cache", err=True)
