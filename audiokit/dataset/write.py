"""Everything a dataset says about itself, written together."""

from __future__ import annotations

from collections.abc import Sequence

from audiokit.dataset.card import write_card, write_metadata
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Source, write_manifest
from audiokit.dataset.report import write_report
from audiokit.dataset.reviews import park_refused
from audiokit.dataset.settings import PrepSettings


def write_dataset(layout: Layout, settings: PrepSettings, sources: Sequence[Source], clips: Sequence[Clip]) -> None:
    """Write manifest, texts, card and report, each whole or not at all; clips refused by hand leave `clips/`."""
    park_refused(layout, clips)
    write_manifest(layout, settings, sources, clips)
    write_metadata(layout, clips)
    write_card(layout, settings, sources, clips)
    write_report(layout, settings, sources, clips)
