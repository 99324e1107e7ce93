"""`audiokit prep`: recordings in, a dataset of clips out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from audiokit.cli.option_groups import GroupedCommand
from audiokit.cli.settings import in_options, settings_options
from audiokit.dataset.settings import PrepSettings

if TYPE_CHECKING:
    from audiokit.dataset.manifest import Dataset

HELPS = {
    "sample_rate": "Rate of the clips, in Hz.",
    "channel": "How several channels become one; louder: for interviews with one speaker a channel.",
    "highpass_hz": "High-pass against rumble, in Hz; 0 leaves it out.",
    "vad": "Speech detector: silero (neural), energy, or a plug-in.",
    "keep_truncated": "Use what can be decoded of recordings that end too early.",
    "min_s": "Shortest clip, in seconds.",
    "max_s": "Longest clip, in seconds.",
    "max_pause_s": "Longest pause inside a clip, in seconds.",
    "room_s": "Silence kept around the speech of a clip, in seconds.",
    "denoise": "Take background noise out of the clips.",
    "loudness_lufs": "Loudness of the speech, in LUFS, or off.",
    "loudness_per": "One gain for a recording, so that its dynamics stay, or for each clip.",
    "peak_dbtp": "Ceiling for the true peak, in dBTP.",
    "format": "File format of the clips, 16 bits.",
    "min_snr_db": "Refuse clips with less speech over noise, in dB.",
    "min_bandwidth_hz": "Refuse clips of lower bandwidth, in Hz (telephone: 3400).",
    "max_clipped": "Refuse clips with a larger part of clipped samples, 0 to 1.",
    "min_speech": "Refuse clips with a smaller part of speech, 0 to 1.",
    "keep_forced_cuts": "Keep clips that begin or end without a pause.",
    "speaker": "Keep the voice that speaks most (auto), the voice of a FILE, or all voices with labels (all).",
    "min_similarity": "Refuse clips less like the wanted voice, -1 to 1 (with --speaker).",
    "min_mos": "Refuse clips that listeners would rate lower, 1 to 5 (DNSMOS; 3 is good, and takes a while).",
    "max_reverb_s": "Refuse clips in which a room rings longer, in seconds (0.35 refuses no dry speech).",
    "max_music": "Refuse clips with more music under speech, 0 to 1 (0.5 lets nearly all voices pass).",
    "max_laughter": "Refuse clips in which laughter is more probable, 0 to 1 (with --sounds-model; 0.3 is a start).",
    "sounds_model": "The network that hears laughter: a FILE of yours, YAMNet or PANNs as ONNX.",
    "duplicates": "What becomes of clips whose very sound is in a better one too, such as jingles and re-runs.",
    "stall_s": "Give up a recording that makes no progress for so many seconds.",
    "target_minutes": "Keep only the best N minutes, spread over the recordings.",
    "transcribe": "Write down what is said (the default model knows English only).",
    "stt": "Speech recognizer: whisper (offline), or a plug-in. Implies --transcribe.",
    "model": "The recognizer's model: a name or a folder. Implies --transcribe.",
    "language": "ISO 639-1 code of what is spoken. Implies --transcribe.",
    "min_language": "Doubt texts whose language is less likely, 0 to 1, where the recognizer tells.",
    "second_stt": "Compare with a second recognizer, NAME or NAME:MODEL. Implies --transcribe.",
    "max_mismatch": "Doubt texts of which a larger part differs from the second, 0 to 1.",
    "align": "Keep the times of the words. Implies --transcribe.",
    "refuse_doubtful": "Refuse clips whose text is doubtful, instead of flagging them. Implies --transcribe.",
}

GROUPS = {
    "Recordings": ("channel", "highpass_hz", "vad", "keep_truncated", "stall_s"),
    "Cutting": ("min_s", "max_s", "max_pause_s", "room_s", "keep_forced_cuts"),
    "Level and format": ("loudness_lufs", "loudness_per", "peak_dbtp", "denoise", "sample_rate", "format"),
    "Judges": (
        "min_snr_db", "min_bandwidth_hz", "max_clipped", "min_speech", "speaker", "min_similarity", "min_mos",
        "max_reverb_s", "max_music", "max_laughter", "sounds_model", "duplicates", "target_minutes",
    ),
    "Texts": (
        "transcribe", "stt", "model", "language", "align", "second_stt", "max_mismatch", "min_language",
        "refuse_doubtful",
    ),
}  # fmt: skip
"""What the help shows together."""

WORDS_FOR_REASONS = {"speaker": "another voice"}
ABOUT_TEXTS = ("stt", "model", "language", "second_stt", "align", "refuse_doubtful")
"""Whoever gives one of these wants texts."""


@click.command(
    cls=GroupedCommand,
    groups=GROUPS,
    rest="Run",
    short_help="Cut recordings into a clean dataset of labelled speech clips",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.argument("out", type=click.Path())
@settings_options(PrepSettings, HELPS)
@click.option("--jobs", type=click.IntRange(1), help="Recordings worked on at once.  [default: one a core]")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Who works: processes of this machine, or the machines of a Ray cluster.",
)
@click.option("--ray-address", help="Where the cluster is, such as 10.0.0.5:6379 or auto. Implies --engine ray.")
@click.option(
    "--work", type=click.Path(), metavar="DIR", help="Where to keep the working folder of an OUT such as s3://..."
)
@click.option("--strict", is_flag=True, help="Stop with exit code 3 at the first recording that cannot be used.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--review", is_flag=True, help="Then listen through the clips on a local page; see dataset review.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No bar and no summary; errors only.")
@click.pass_context
def prep(ctx: click.Context, /, sources: tuple[str, ...], out: str, **options: Any) -> None:
    """Cut recordings into a clean dataset of labelled speech clips.


    SOURCE is a file, a folder or a glob; anything with sound in it: mp3, m4a, m4b, wav, flac, ogg, opus, webm, aiff,
    mp4. Speech is found by a neural detector, so music and noise stay out; clips are cut in pauses, brought to one
    loudness, and judged. OUT gets clips/, manifest.jsonl, dataset.json, a README and report.html. Recordings that
    cannot be used are noted with the reason and skipped. SOURCE and OUT may be addresses such as s3://bucket/folder.

    \b
    Examples:
      audiokit prep episodes/ dataset
      audiokit prep 'season1/*.mp3' interview.m4a dataset --target-minutes 30
      audiokit prep episodes/ dataset --transcribe --language en
      audiokit prep episodes/ dataset --second-stt whisper:base --refuse-doubtful
      audiokit prep episodes/ dataset --sample-rate 22050 --loudness -23 --min-snr 20
      audiokit prep episodes/ dataset --speaker auto
      audiokit prep episodes/ dataset --mos 3 --max-reverb 0.35 --max-music 0.5
      audiokit prep episodes/ dataset --dry-run
      audiokit prep s3://talks/2024 s3://talks/dataset --engine ray --ray-address auto

    An interrupted run goes on where it stopped when the same command is given again.
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.cli.output import AGAIN, interrupt_hint, show_notes
    from audiokit.cli.review import run_review
    from audiokit.dataset.store import is_address
    from audiokit.errors import ConfigError

    dry_run, as_json, quiet, review = (options.pop(name) for name in ("dry_run", "as_json", "quiet", "review"))
    strict, where = options.pop("strict"), _where(options)
    usual = click.core.ParameterSource.DEFAULT
    options["transcribe"] |= any(ctx.get_parameter_source(name) is not usual for name in ABOUT_TEXTS)
    try:
        settings = PrepSettings(**options)
    except ConfigError as error:
        raise click.UsageError(in_options(str(error), PrepSettings), ctx) from error
    if review and is_address(out):
        raise click.UsageError("--review needs an OUT on this machine.", ctx)
    with show_notes(quiet=quiet, reword=lambda text: in_options(text, PrepSettings)), interrupt_hint(AGAIN):
        if dry_run:
            _plan(sources, out, settings, where, as_json=as_json)
        else:
            _prepare(sources, out, settings, {**where, "strict": strict}, as_json=as_json, quiet=quiet)
    if review and not dry_run:
        run_review(out)


def _where(options: dict[str, Any]) -> dict[str, Any]:
    """Take out of the options who works and where, as `api.prep` wants it."""
    from audiokit.dataset.engine import RayCluster

    address, engine = options.pop("ray_address"), options.pop("engine")
    if address or engine == "ray":
        engine = RayCluster(address=address or "")
    return {"jobs": options.pop("jobs"), "work": options.pop("work"), "engine": engine}


def _prepare(
    sources: tuple[str, ...], out: str, settings: PrepSettings, how: dict[str, Any], *, as_json: bool, quiet: bool
) -> None:
    from time import monotonic

    from audiokit.api import prep as run
    from audiokit.cli.bars import progress_bar
    from audiokit.cli.output import print_json
    from audiokit.dataset.store import is_address, shown

    started_s = monotonic()
    with progress_bar(quiet) as progress:
        dataset = run(sources, out, settings, progress=progress, **how)
    place = shown(out).rstrip("/") if is_address(out) else str(dataset.root)
    if not quiet:
        _print_summary(dataset, place, monotonic() - started_s)
    if as_json:
        print_json({"out": place, **dataset.totals})
    else:
        click.echo(f"{place}/manifest.jsonl" if is_address(out) else dataset.root / "manifest.jsonl")


def _print_summary(dataset: Dataset, place: str, took_s: float) -> None:
    from audiokit.cli.output import counted, print_facts
    from audiokit.progress import clock_face

    total = dataset.totals
    length, prepared = clock_face(total["duration_s"]), total["prepared"]
    to_check = f"{counted(total['flagged'], 'clip')}: audiokit dataset review {place}"
    facts = [
        ("recordings", f"{prepared} of {total['recordings']}, {length} in {took_s:.0f} s"),
        ("speech", f"{clock_face(total['speech_s'])}, without pauses"),
        ("kept", f"{total['kept']} of {counted(total['clips'], 'clip')}, {clock_face(total['kept_s'])}"),
        *(("refused", f"{counted(clips, 'clip')}: {reason}") for reason, clips in _refused(total["refused"]).items()),
        *(
            (who, f"{counted(row['clips'], 'clip')}, {clock_face(row['seconds'])}; {row['kept']} kept")
            for who, row in total.get("speakers", {}).items()
        ),
        *([("to check", to_check)] if total["flagged"] else []),
        *_levels(dataset),
        ("dataset", f"{place}  (start with report.html)"),
        *(("skipped", source.message) for source in dataset.sources if source.skipped),
        *(("warning", source.message) for source in dataset.sources if source.message and not source.skipped),
    ]
    print_facts("prep", facts)


def _refused(rows: dict[str, dict[str, Any]]) -> Counter[str]:
    """Count refused clips by their reasons, in words that need no manual."""
    clips: Counter[str] = Counter()
    for reason, row in rows.items():
        clips[WORDS_FOR_REASONS.get(reason, reason)] += row["clips"]
    return clips


def _levels(dataset: Dataset) -> list[tuple[str, str]]:
    heard = [(source.lufs, source.name) for source in dataset.sources if source.lufs is not None]
    if len(heard) < 2:
        return []
    (low, quietest), (high, loudest) = min(heard), max(heard)
    return [
        ("loudest source", f"{high:.1f} LUFS before levelling: {loudest}"),
        ("quietest source", f"{low:.1f} LUFS before levelling: {quietest}"),
    ]


def _plan(sources: tuple[str, ...], out: str, settings: PrepSettings, where: dict[str, Any], *, as_json: bool) -> None:
    from audiokit.cli.output import print_json
    from audiokit.dataset.prepare import plan
    from audiokit.dataset.store import shown
    from audiokit.progress import clock_face

    planned = plan(sources, out, settings, **where)
    if as_json:
        rows = ({"name": item.name, "action": item.action, "expected_s": item.expected_s, "message": item.message}
                for item in planned)  # fmt: skip
        print_json(list(rows))
        return
    for item in planned:
        click.echo(f"{item.action:8} {clock_face(item.expected_s):>8}  {item.message or item.name}")
    todo_s = sum(item.expected_s for item in planned if item.action == "prepare")
    click.echo(f"{clock_face(todo_s)} to prepare into {shown(out)}")
