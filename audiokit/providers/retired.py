"""Models that their vendors take out of service, and a word of it in time."""

from __future__ import annotations

import logging
import re
from datetime import date
from types import MappingProxyType

ENDS = MappingProxyType({
    "claude-sonnet-4-5": date(2026, 11, 30),
    "gpt-5": date(2026, 12, 11),
    "gpt-5-mini": date(2026, 12, 11),
    "gpt-5-nano": date(2026, 12, 11),
    "gpt-4o-mini-tts": date(2027, 1, 6),
    "tts-1": date(2027, 1, 6),
    "tts-1-hd": date(2027, 1, 6),
    "gpt-4o": date(2027, 1, 14),
    "gpt-4o-mini": date(2027, 1, 14),
    "gpt-4.1": date(2027, 1, 14),
    "gpt-4.1-mini": date(2027, 1, 14),
    "whisper-1": date(2027, 2, 26),
    "gpt-4o-transcribe": date(2027, 2, 26),
    "gpt-4o-mini-transcribe": date(2027, 2, 26),
})  # fmt: skip
"""When models go out of service: developers.openai.com/api/docs/deprecations and platform.claude.com/docs, as of
2026-11-21. A name with a day behind it, such as gpt-4o-mini-tts-2025-12-15, ends with the one without."""
TOLD_DAYS = 60  # before the end: time to try another

log = logging.getLogger(__name__)


def warn_if_retired(model: str, today: date | None = None) -> None:
    """Warn of a model that is soon out of service, or is already.

    Parameters
    ----------
    model : that is about to be used.
    today : the day; None is this one.
    """
    end = ENDS.get(re.sub(r"-20\d\d-?\d\d-?\d\d$", "", model))
    left = (end - (today or date.today())).days if end else TOLD_DAYS + 1
    if left <= TOLD_DAYS:
        log.warning(
            "the model %s %s out of service on %s; choose another one with the setting model",
            model, "goes" if left >= 0 else "went", end,
        )  # fmt: skip
