"""The report of a dataset: one HTML page without scripts and network; clips are played from `clips/` beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from statistics import median
from urllib.parse import quote

from audiokit.dataset.before import examples, sounds_before
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset, Source, totals
from audiokit.dataset.report_charts import Histogram, Markup, Span, bar, number, table, timeline
from audiokit.dataset.settings import PrepSettings
from audiokit.disk import replace_text
from audiokit.progress import clock_face

PLAYERS = 6  # best clips, and as many of the worst
TIMELINES = 40  # shown at once; the others are folded away
COLOURS = 6  # of speakers, in report.css; the seventh has the first one's again


def write_report(layout: Layout, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip]) -> Path:
    """Write `report.html` whole or not at all; equal datasets give equal bytes."""
    before = sounds_before(layout, [clip for group in examples(clips).values() for clip in group])
    replace_text(layout.report, _page(layout.root.name, settings, sources, clips, before))
    return layout.report


def report(dataset: Dataset) -> Path:
    """Write the report of a dataset anew; give its place."""
    return write_report(Layout(dataset.root), dataset.settings, dataset.sources, dataset.clips)


def _page(
    name: str, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip], before: Mapping[str, str]
) -> str:
    style = (files("audiokit.dataset") / "report.css").read_text("utf-8")
    title = escape(name or "dataset")
    sections = (
        ("In numbers", _totals(sources, clips)),
        ("Kept and refused", _reasons(sources, clips)),
        ("How the clips are", _histograms(settings, clips)),
        ("Before and after noise was taken out", _denoised(clips, before)),
        ("Who speaks", _speakers(clips)),
        ("Where the clips are from", _timelines(sources, clips)),
        ("Listen", _players(clips)),
        ("Recordings that were skipped, and warnings", _remarks(sources)),
        ("Settings", _settings(settings)),
    )
    body = "\n".join(f"<section><h2>{heading}</h2>{content}</section>" for heading, content in sections if content)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; media-src 'self' file: data:; style-src 'unsafe-inline'\">\n"
        f"<title>{title}: report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{title}</h1><p>Speech clips, their numbers and their sound</p></header>\n"
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _totals(sources: Sequence[Source], clips: Sequence[Clip]) -> str:
    total = totals(sources, clips)
    kept = [clip for clip in clips if clip.kept]
    facts = [
        ("kept", clock_face(total["kept_s"]), f"{total['kept']} of {total['clips']} clips"),
        ("speech found", clock_face(total["speech_s"]), f"without pauses, in {clock_face(total['duration_s'])}"),
        ("recordings", str(total["prepared"]), f"of {total['recordings']} given"),
    ]
    if kept:
        snr = sorted(clip.snr_db for clip in kept)
        facts.append(("median SNR", f"{number(snr[len(snr) // 2])} dB", f"{number(snr[0])} to {number(snr[-1])} dB"))
        if with_text := sum(bool(clip.text) for clip in kept):
            facts.append(("with text", str(with_text), f"{total['flagged']} to check"))
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>" for name, value, more in facts)
    return f'<dl class="totals">{cells}</dl>'


def _reasons(sources: Sequence[Source], clips: Sequence[Clip]) -> str:
    total = totals(sources, clips)
    rows = [("kept", total["kept"], total["kept_s"], "kept")]
    rows += [(reason, row["clips"], row["seconds"], "refused") for reason, row in total["refused"].items()]
    most_s = max(seconds for _, _, seconds, _ in rows) or 1.0
    cells = [
        (reason, count, clock_face(seconds), Markup(bar(seconds / most_s, name)))
        for reason, count, seconds, name in rows
    ]
    note = '<p class="note">A clip that broke several rules counts under each.</p>' if total["refused"] else ""
    return table(("reason", "clips", "length", ""), cells) + note


def _histograms(settings: PrepSettings, clips: Sequence[Clip]) -> str:
    if not clips:
        return ""
    loudness = () if settings.loudness_lufs is None else (settings.loudness_lufs,)
    charts = (
        _histogram(clips, "duration_s", "Duration", "s", (settings.min_s, settings.max_s)),
        _histogram(clips, "snr_db", "SNR", "dB", (settings.min_snr_db,)),
        _histogram(clips, "lufs", "Loudness", "LUFS", loudness),
        _histogram(clips, "pitch_hz", "Pitch", "Hz", ()),
    )
    note = '<p class="note">Dashed: what the settings ask for.</p>'
    return f'{_legend([("kept", "kept"), ("refused", "refused")])}<div class="charts">{"".join(charts)}</div>{note}'


def _denoised(clips: Sequence[Clip], before: Mapping[str, str]) -> str:
    """Compare before and after, if noise was taken out: the numbers in the middle, and some clips to the ear."""
    levels = [found for clip in clips if clip.kept and (found := _before_and_after(clip))]
    if not levels:
        return ""
    snr_before, snr, noise_before, noise = (number(median(values)) for values in zip(*levels, strict=True))
    rows = (("SNR, dB", snr_before, snr), ("noise, dBFS", noise_before, noise))
    pairs = "".join(
        _pair(kind, clip, before.get(clip.id, "")) for kind, group in examples(clips).items() for clip in group
    )
    return f'{table(("median of all kept", "before", "after"), rows)}<ul class="clips">{pairs}</ul>'


def _pair(kind: str, clip: Clip, before: str) -> str:
    """Play a clip as it was recorded and as it is, at one level."""
    snr_before, snr, noise_before, noise = map(number, _before_and_after(clip))
    sound = "<small>Not here: run the same prep again where its recording is.</small>"
    if before:
        sound = _player_of(f"data:audio/mpeg;base64,{before}", f"{clip.id} before")
    return (
        f"<li><h3>{kind}</h3><dl><dt>before</dt><dd>{sound}</dd><dt>after</dt><dd>{_sound(clip)}</dd></dl>"
        f"<small>SNR {snr_before} → {snr} dB, noise {noise_before} → {noise} dBFS</small>{_origin(clip)}</li>"
    )


def _before_and_after(clip: Clip) -> tuple[float, ...]:
    if clip.snr_before_db is None or clip.noise_before_dbfs is None:
        return ()
    return clip.snr_before_db, clip.snr_db, clip.noise_before_dbfs, clip.noise_dbfs


def _histogram(clips: Sequence[Clip], field: str, title: str, unit: str, marks: Sequence[float]) -> str:
    kept, refused = _values(clips, field, kept=True), _values(clips, field, kept=False)
    return Histogram(title=title, unit=unit, kept=kept, refused=refused, marks=marks).svg()


def _values(clips: Sequence[Clip], field: str, *, kept: bool) -> list[float]:
    return [value for clip in clips if clip.kept == kept and (value := getattr(clip, field)) is not None]


def _speakers(clips: Sequence[Clip]) -> str:
    """List the voices, if clips are labelled with them."""
    colours = _colours(clips)
    of_speaker: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.kept and clip.speaker:
            of_speaker[clip.speaker].append(clip)
    seconds = {name: sum(clip.duration_s for clip in group) for name, group in of_speaker.items()}
    rows = [
        (
            name, len(of_speaker[name]), clock_face(seconds[name]), len({clip.source for clip in of_speaker[name]}),
            Markup(bar(seconds[name] / max(seconds.values()), colours[name])),
        )
        for name in colours
    ]  # fmt: skip
    return table(("speaker", "clips", "length", "recordings", ""), rows) if rows else ""


def _colours(clips: Sequence[Clip]) -> dict[str, str]:
    """Give each speaker of kept clips a class of the style sheet."""
    names = sorted({clip.speaker for clip in clips if clip.kept} - {""})
    return {name: f"s{at % COLOURS}" for at, name in enumerate(names)}


def _timelines(sources: Sequence[Source], clips: Sequence[Clip]) -> str:
    colours = _colours(clips)
    of_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        of_source[clip.source].append(clip)
    rows = [
        _timeline(source, of_source[source.name], colours)
        for source in sources
        if not source.skipped and source.duration_s > 0
    ]
    if not rows:
        return ""
    legend = [(name, colour) for name, colour in colours.items()] or [("kept", "kept")]
    folded = "".join(rows[TIMELINES:])
    more = f"<details><summary>{len(rows) - TIMELINES} more</summary>{folded}</details>" if folded else ""
    return _legend([*legend, ("refused", "refused")]) + "".join(rows[:TIMELINES]) + more


def _timeline(source: Source, clips: Sequence[Clip], colours: dict[str, str]) -> str:
    groups: dict[str, list[Span]] = {"refused": [], "kept": [], **{colour: [] for colour in colours.values()}}
    for clip in clips:
        groups[colours.get(clip.speaker, "kept") if clip.kept else "refused"].append((clip.start_s, clip.end_s))
    kept = f"{source.kept} kept, {clock_face(source.kept_s)}"
    told = f"{kept}; {source.refused} refused; length {clock_face(source.duration_s)}"
    drawn = timeline(source.duration_s, groups.items(), f"{source.name}: {told}")
    return f'<div class="source"><p><b>{escape(source.name)}</b> <span class="faint">{told}</span></p>{drawn}</div>'


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    return f'<ul class="legend">{"".join(f"<li>{bar(1, colour)}{escape(name)}</li>" for name, colour in entries)}</ul>'


def _players(clips: Sequence[Clip]) -> str:
    ranked = sorted((clip for clip in clips if clip.kept), key=lambda clip: (-clip.quality, clip.id))
    best, worst = ranked[:PLAYERS], ranked[PLAYERS:][-PLAYERS:][::-1]
    parts = [("Best by quality", best), ("Worst of those kept", worst)]
    return "".join(
        f'<h3>{heading}</h3><ul class="clips">{"".join(map(_player, group))}</ul>' for heading, group in parts if group
    )


def _player(clip: Clip) -> str:
    text = f"<p>{escape(clip.text)}</p>" if clip.text else ""
    pitch = "" if clip.pitch_hz is None else f", {clip.pitch_hz:.0f} Hz"
    facts = f"quality {clip.quality:.2f}, SNR {number(clip.snr_db)} dB, {number(clip.duration_s)} s{pitch}"
    flags = f"<small>{escape('; '.join(clip.flags))}</small>" if clip.flags else ""
    return f"<li>{text}{_sound(clip)}<small>{facts}</small>{flags}{_origin(clip)}</li>"


def _origin(clip: Clip) -> str:
    return f"<small>{escape(clip.source)} at {clock_face(clip.start_s)}</small>"


def _sound(clip: Clip) -> str:
    return _player_of(quote(str(clip.path)), clip.id)


def _player_of(address: str, name: str) -> str:
    return f'<audio controls preload="none" src="{address}" aria-label="{escape(name)}"></audio>'


def _remarks(sources: Sequence[Source]) -> str:
    rows = [(source.name, source.skipped or "warning", source.message) for source in sources if source.message]
    return table(("recording", "what", "why"), rows) if rows else ""


def _settings(settings: PrepSettings) -> str:
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{escape(_value(value))}</dd></div>" for name, value in settings.to_json().items()
    )
    return f'<dl class="settings">{rows}</dl>'


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value or "none")
