"""The pages that go with a dataset: its card, and its texts in the form of LJSpeech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Source, totals
from audiokit.dataset.settings import PrepSettings
from audiokit.disk import replace_text
from audiokit.progress import clock_face


def write_metadata(layout: Layout, clips: Sequence[Clip]) -> None:
    """Write `id|text|text` for each kept clip with a text, as LJSpeech 1.1 does; no texts, no file."""
    lines = [f"{clip.id}|{_plain(clip.text)}|{_plain(clip.text)}\n" for clip in clips if clip.kept and clip.text]
    if lines:
        replace_text(layout.metadata, "".join(lines))
    else:
        layout.metadata.unlink(missing_ok=True)


def _plain(text: str) -> str:
    return " ".join(text.replace("|", " ").split())


def write_card(layout: Layout, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip]) -> None:
    """Write the README of a dataset: what is in it, where it came from, how it was made, how to load it."""
    replace_text(layout.card, _card(layout.root.name, settings, sources, clips))


def _card(name: str, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip]) -> str:
    prepared = sum(not source.skipped for source in sources)
    sections = (
        f"# {name or 'dataset'}\n\nSpeech clips made by audiokit from {prepared} recordings.",
        _overview(sources, clips),
        "## Recordings\n\n" + _sources_table(sources),
        "## Settings\n\n" + _table(("setting", "value"), [(key, value) for key, value in settings.to_json().items()]),
        _LOADING,
        "## Fields of manifest.jsonl\n\n"
        + ", ".join(f"`{name}`" for name in _field_names(settings))
        + f".\n\n{_MEANING}",
        _RIGHTS,
    )
    return "\n\n".join(sections) + "\n"


def _field_names(settings: PrepSettings) -> list[str]:
    return [field.name for field in fields(Clip) if settings.speaker or field.name != "speaker"]


def _overview(sources: Sequence[Source], clips: Sequence[Clip]) -> str:
    total = totals(sources, clips)
    kept = [clip for clip in clips if clip.kept]
    rows = [
        ("recordings given", clock_face(total["duration_s"])),
        ("speech, without pauses", clock_face(total["speech_s"])),
        ("clips kept", f"{total['kept']}, {clock_face(total['kept_s'])}"),
        *(
            (f"refused: {reason}", f"{row['clips']}, {clock_face(row['seconds'])}")
            for reason, row in total["refused"].items()
        ),
    ]
    rows += [
        (who, f"{row['clips']}, {clock_face(row['seconds'])}; {row['kept']} kept")
        for who, row in total.get("speakers", {}).items()
    ]
    if kept:
        snr = sorted(clip.snr_db for clip in kept)
        rows.append(("median SNR", f"{snr[len(snr) // 2]:.1f} dB"))
        rows.append(("with text", str(sum(bool(clip.text) for clip in kept))))
    return "## In numbers\n\n" + _table(("what", "how much"), rows)


def _sources_table(sources: Sequence[Source]) -> str:
    head = ("recording", "length", "speech", "loudness", "kept", "refused", "remark")
    return _table(head, [
        (
            source.name, clock_face(source.duration_s), clock_face(source.speech_s),
            "" if source.lufs is None else f"{source.lufs:.1f} LUFS", source.kept, source.refused,
            source.message if source.skipped or source.message else "",
        )
        for source in sources
    ])  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


_LOADING = """## Loading

```python
import audiokit

dataset = audiokit.Dataset.open(".")
for clip in dataset:
    print(clip.id, clip.duration_s, clip.text)
    audio = dataset.audio(clip)
```

`manifest.jsonl` has one JSON object a line for every clip, refused ones too, with every number it was judged by.
`metadata.csv`, where there are texts, has the form of LJSpeech: `id|text|normalized text`, the clips in
`clips/`."""

_MEANING = """`quality` ranks the clips, from 0 to 1; units are at the end of the names. What each number means,
what is usual, and which option refuses clips by it: see *Prepare recordings* in the documentation of audiokit."""

_RIGHTS = """## Whose voice this is

A voice belongs to the person who speaks. Train or clone only with the speaker's consent, keep it on record, and say
that synthetic speech is synthetic."""
