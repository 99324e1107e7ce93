"""How the clips of a run sound: heard once by the workers, kept in the journal, and judged.

Only what the settings ask for is listened to; laughter by a network that its user has, for no package holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from audiokit.audio.buffer import Audio
from audiokit.dataset.clip import Clip, refused
from audiokit.dataset.clip_pass import Checked, ClipPass, Work
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.settings import PrepSettings
from audiokit.progress import Progress


def _mos(audio: Audio) -> dict[str, Any]:
    from audiokit.analysis.mos import rate

    found = rate(audio)
    return {"mos": round(found.overall, 2), "mos_background": round(found.background, 2)}


def _reverb(audio: Audio) -> dict[str, Any]:
    from audiokit.analysis.reverb import reverb_s

    found_s = reverb_s(audio)
    return {"reverb_s": None if found_s is None else round(found_s, 2)}


def _music(audio: Audio) -> dict[str, Any]:
    from audiokit.analysis.music import music

    return {"music": round(music(audio), 2)}


MEASURES: dict[str, Callable[[Audio], dict[str, Any]]] = {"mos": _mos, "reverb": _reverb, "music": _music}
"""What the workers find out, by task: fields of a `Clip`."""


class Sounds:
    """What the settings of a run ask about the sound of its clips beyond the numbers they were cut with."""

    def __init__(
        self, layout: Layout, settings: PrepSettings, pool: Engine, journal: Journal, checked: Checked
    ) -> None:
        self.used: set[tuple[str, str]] = set()
        self._settings = settings
        self._passes = [ClipPass(work, layout.root, pool, journal, checked) for work in _asked(settings)]

    def lacking(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the kept clips of which something is not known."""
        return [clip for one in self._passes for clip in one.lacking(clips)]

    def hear(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Listen to each kept clip of which something is not known; tell whether there was one."""
        heard = [one.run(clips, progress) for one in self._passes]
        return any(heard)

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give clips their numbers and refuse those that break a rule; one that was not heard yet stays as it is."""
        self.used = set().union(*(one.entries(clips) for one in self._passes))
        return [self._judged(clip) if clip.kept else clip for clip in clips]

    def _judged(self, clip: Clip) -> Clip:
        numbers: dict[str, Any] = {}
        for one in self._passes:
            if clip.id in one.failed:
                return refused(clip, f"not heard: {one.failed[clip.id]}")
            numbers |= one.known(clip) or {}
        clip = replace(clip, **numbers)
        reasons = refusals(clip, self._settings)
        return refused(clip, *reasons) if reasons else clip


def refusals(clip: Clip, settings: PrepSettings) -> tuple[str, ...]:
    """List the rules about its sound that a clip breaks; what is not known breaks none."""
    rules = (
        (clip.mos, settings.min_mos, float.__lt__, "mos: {:.2f} < {:g}"),
        (clip.reverb_s, settings.max_reverb_s, float.__gt__, "reverb: {:.2f} s > {:g} s"),
        (clip.music, settings.max_music, float.__gt__, "music: {:.2f} > {:g}"),
        (clip.laughter, settings.max_laughter, float.__gt__, "laughter: {:.2f} > {:g}"),
    )
    return tuple(
        reason.format(found, limit)
        for found, limit, is_broken, reason in rules
        if found is not None and limit is not None and is_broken(found, limit)
    )


def _asked(settings: PrepSettings) -> list[Work]:
    works = (
        (settings.min_mos, Work(task="mos", kind="mos", version="dnsmos-1", doing="rating")),
        (settings.max_reverb_s, Work(task="reverb", kind="reverb", version="1", doing="hearing rooms", is_cheap=True)),
        (settings.max_music, Work(task="music", kind="music", version="1", doing="hearing music", is_cheap=True)),
    )
    return [work for limit, work in works if limit is not None] + _of_laughter(settings)


def _of_laughter(settings: PrepSettings) -> list[Work]:
    """Hear laughter by the network of the settings: another file is another version."""
    from audiokit.analysis.laughter import model_sha256

    if settings.max_laughter is None:
        return []
    version, details = f"1-{model_sha256(settings.sounds_model)[:16]}", {"model": settings.sounds_model}
    return [Work(task="laughter", kind="laughter", version=version, doing="hearing laughter", details=details)]
