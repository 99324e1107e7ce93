"""`audiokit agent run`: a conversation, by microphone and speaker, typed, or from files."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.agent.config_file import AgentConfig
    from audiokit.agent.doors import Doors
    from audiokit.cli.captions import Captions

USUAL_FILE = "agent.toml"
STAGES = ("stt", "llm", "tts", "vad")
APART = (
    ("text", "input"), ("text", "mic"), ("text", "stt"), ("text", "vad"), ("input", "mic"), ("fast", "speaker"),
    ("fast", "text"),
)  # fmt: skip
"""Options that contradict each other: where the user types, nothing is heard."""


@click.command(short_help="Talk with it: by microphone, by typing, or from files (the default)")
@click.option("--config", type=click.Path(), metavar="FILE", help="The agent.  [default: agent.toml, if it is there]")
@click.option("--text", is_flag=True, help="Type instead of speaking; replies are shown.")
@click.option("--input", type=click.Path(), metavar="FILE", help="A recording in place of the microphone.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="A file in place of the speaker.")
@click.option("--force", is_flag=True, help="Replace --output if it is there.")
@click.option("--stereo", is_flag=True, help="Both sides in --output: you left, the agent right.")
@click.option("--fast", is_flag=True, help="With --input: as fast as the models compute, not in real time.")
@click.option("--mic", metavar="DEVICE", help="Microphone, by number or name.  [default: the system's]")
@click.option("--speaker", metavar="DEVICE", help="Speaker, by number or name.  [default: the system's]")
@click.option("--devices", is_flag=True, help="List microphones and speakers, and stop.")
@click.option("--record", type=click.Path(), metavar="DIR", help="Keep both voices, transcript, events and timings.")
@click.option("--session", type=click.Path(), metavar="FILE", help="Resume the conversation in FILE, and save it.")
@click.option("--stt", metavar="NAME[:MODEL]", help="Who understands: whisper, deepgram, elevenlabs, openai ...")
@click.option("--llm", metavar="NAME[:MODEL]", help="Who answers: scripted, anthropic, openai ...")
@click.option("--tts", metavar="NAME[:MODEL]", help="Who speaks: hibari, elevenlabs, openai, coqui, piper ...")
@click.option("--vad", metavar="NAME", help="Who hears that you speak: silero, energy ...")
@click.option("--voice", metavar="NAME", help="Voice it speaks with: of `audiokit voices list`, or the provider's.")
@click.option("--system", metavar="TEXT", help="The system prompt.")
@click.option("--greeting", metavar="TEXT", help="What the agent says first.")
@click.option("--language", metavar="CODE", help="What is spoken, as an ISO 639-1 code.")
@click.option("--no-barge-in", is_flag=True, help="Do not listen while the agent speaks: for open loudspeakers.")
@click.option("--no-cache", is_flag=True, help="Make all speech anew.")
@click.option("--json", "as_json", is_flag=True, help="Print every event as a JSON line on stdout.")
@click.option("--quiet", is_flag=True, help="On stderr errors only.")
@click.pass_context
def run(ctx: click.Context, /, **options: Any) -> None:
    """Talk with the agent.

    By default with microphone and speaker, with no key and no network: Silero, Whisper, a scripted brain that says
    what it is, Hibari. Wear headphones, or give --no-barge-in: a loudspeaker is heard by the microphone.
    Ctrl-C ends the conversation; what is recorded stays whole. The latency of a turn is the time from the last sample
    of your speech to the first sample of the answer that is played.

    \b
    Examples:
      audiokit agent
      audiokit agent --text --llm openai:gpt-5.4-mini
      audiokit agent --input question.wav --output reply.wav --fast
      audiokit agent --stt deepgram --llm anthropic --tts elevenlabs --voice Ann --record talks/1
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.agent.config_file import patient
    from audiokit.cli.output import show_notes

    if options["devices"]:
        _list_devices()
        return
    _check_options(ctx, options)
    config = changed(read_config(options["config"]), options)
    if options["fast"]:
        config = patient(config)
    with show_notes(quiet=options["quiet"]):
        _talk(config, _doors(options), options)


def usual_file() -> str | None:
    """Name the agent's file that is meant when none is named, if it is there."""
    return USUAL_FILE if Path(USUAL_FILE).is_file() else None


def read_config(path: str | os.PathLike[str] | None) -> AgentConfig:
    """Read the agent's file: the one named, else `agent.toml` where there is one, else the defaults."""
    from audiokit.agent.config_file import AgentConfig, load

    found = usual_file() if path is None else path
    return load(found) if found is not None else AgentConfig()


def changed(config: AgentConfig, options: dict[str, Any]) -> AgentConfig:
    """Let flags go before the file."""
    from audiokit.agent.chosen import ProviderConfig
    from audiokit.agent.config_file import with_vad, with_voice

    for stage in STAGES:
        if options[stage]:
            name, _, model = options[stage].partition(":")
            chosen = ProviderConfig(provider=name, settings={"model": model} if model else {})
            change: dict[str, Any] = {stage: (chosen,)}
            config = with_vad(config, chosen) if stage == "vad" else replace(config, **change)
    if options["voice"]:
        config = with_voice(config, options["voice"])
    if options["no_cache"]:
        config = replace(config, cache=False)
    agent = config.agent
    given = {"system_prompt": options["system"], "greeting": options["greeting"], "language": options["language"]}
    agent = replace(agent, **{name: value for name, value in given.items() if value is not None})
    if options["no_barge_in"]:
        agent = replace(agent, barge_in=replace(agent.barge_in, allowed=False))
    return replace(config, agent=agent)


def _check_options(ctx: click.Context, options: dict[str, Any]) -> None:
    for first, second in APART:
        if options[first] and options[second] is not None and options[second] is not False:
            raise click.UsageError(f"--{first} and --{second} do not go together.", ctx)
    for name, needed in (("fast", "input"), ("stereo", "output")):
        if options[name] and not options[needed]:
            raise click.UsageError(f"--{name} needs --{needed}.", ctx)
    if options["input"] and not (options["output"] or options["speaker"] is not None or options["record"]):
        raise click.UsageError("--input needs a place for the reply: --output, --record or --speaker.", ctx)
    if options["output"] and Path(options["output"]).exists() and not options["force"]:
        raise click.UsageError(f"{options['output']} is there already; choose another name, or --force.", ctx)


def _doors(options: dict[str, Any]) -> Doors:
    from audiokit.agent.doors import Doors

    has_file = options["input"] or options["output"]
    speaks_aloud = not (options["text"] or has_file)
    return Doors(
        input=options["input"],
        microphone=None if options["text"] or options["input"] else options["mic"] or "",
        output=options["output"],
        with_user=options["stereo"],
        speaker=options["speaker"] if options["speaker"] is not None or not speaks_aloud else "",
        record=options["record"],
        session=options["session"],
    )


def _talk(config: AgentConfig, doors: Doors, options: dict[str, Any]) -> None:
    """Hold the conversation, and tell afterwards where the time went."""
    from audiokit.agent.config_file import build
    from audiokit.agent.doors import hold
    from audiokit.cli.captions import captions
    from audiokit.cli.output import interrupt_hint

    heard = doors.output is not None or doors.speaker is not None or doors.record is not None
    agent = build(config, mute=not heard, deaf=options["text"])
    lines = typed_lines() if options["text"] else None
    told: Captions | None = None
    try:
        with (
            interrupt_hint("What was written is whole."),
            captions(as_json=options["as_json"], quiet=options["quiet"], typed=options["text"]) as (told, show),
        ):
            hold(agent, doors, lines, show=show, fast=options["fast"])
    finally:
        if told and told.turns and not options["quiet"]:
            _print_latencies(told)
    if told.gave_up:
        raise told.gave_up


async def typed_lines() -> AsyncIterator[str]:
    """Give the lines of stdin as they are typed, with a prompt where somebody types them.

    The thread that waits for them ends with the process: nothing else could end it. Bytes that are no text are
    replaced: neither a model nor a file takes them.
    """
    import asyncio
    import sys
    from io import TextIOWrapper
    from threading import Semaphore, Thread

    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    wanted = Semaphore(0)
    loop, typed = asyncio.get_running_loop(), asyncio.Queue[str]()

    def ask() -> None:
        while True:
            if sys.stdin.isatty():
                click.echo("> ", err=True, nl=False)
            line = sys.stdin.readline()
            try:
                loop.call_soon_threadsafe(typed.put_nowait, line)
            except RuntimeError:  # the conversation is over
                return
            if not line:
                click.echo(err=True, nl=sys.stdin.isatty())
                return
            wanted.acquire()

    Thread(target=ask, name="audiokit-typed", daemon=True).start()
    while line := await typed.get():
        yield line
        wanted.release()


def _print_latencies(told: Captions) -> None:
    from audiokit.cli.captions import COLUMNS, LEGEND, latency_rows, summary
    from audiokit.cli.output import console, print_table

    if any(metrics.latency_s is not None for _, metrics in told.turns):
        print_table("where the time went, in milliseconds", COLUMNS, latency_rows(told.turns))
        console().print(LEGEND, style="dim")
    if line := summary(told.turns):
        console().print(line)


def _list_devices() -> None:
    from audiokit.audio.devices import devices

    for each in devices():
        kinds = [word for word, count in (("microphone", each.inputs), ("speaker", each.outputs)) if count]
        click.echo(f"{each.index:3}  {', '.join(kinds):20}  {each.sample_rate:6} Hz  {each.name}")
