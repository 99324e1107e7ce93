"""The keys: which are there and from where, and whether their vendors take them. None is ever shown."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from audiokit import config, portal, registry
from audiokit.errors import AudiokitError, AuthenticationError, ConfigError, MissingDependencyError, MissingKeyError
from audiokit.health.finding import Finding

ANSWER_S = 15.0


def look(*, online: bool = False) -> Iterator[Finding]:
    """Look for each vendor's key.

    Parameters
    ----------
    online : ask all vendors at once whether they take it, a call each that costs nothing.
    """
    try:
        sources = {vendor: config.key_source(vendor) for vendor in registry.providers("key")}
    except ConfigError as error:
        yield Finding(area="keys", name=".env", state="broken", found=str(error), mend="chmod u+r .env")
        return
    vendors = [vendor for vendor, source in sources.items() if source and online]
    answers = dict(zip(vendors, portal.run(_answers(vendors)), strict=True))
    for vendor, source in sources.items():
        if not source:
            mend = _to_set(config.key_variable(vendor))
            yield Finding(area="keys", name=vendor, state="missing", found="no key", mend=mend)
        elif vendor not in answers:
            yield Finding(area="keys", name=vendor, state="ok", found=f"from {_told(source)}; --online tries it")
        else:
            yield _judged(vendor, source, answers[vendor])


async def _answers(vendors: list[str]) -> list[str | AudiokitError | TimeoutError]:
    return await asyncio.gather(*map(_answer, vendors))


async def _answer(vendor: str) -> str | AudiokitError | TimeoutError:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await registry.provider("key", vendor).check()
    except (AudiokitError, TimeoutError) as error:
        return error


def _judged(vendor: str, source: str, answer: str | AudiokitError | TimeoutError) -> Finding:
    name, place = config.key_variable(vendor), _told(source)
    if isinstance(answer, str):
        return Finding(area="keys", name=vendor, state="ok", found=f"from {place}, accepted: {answer}")
    if isinstance(answer, AuthenticationError | MissingKeyError):
        found = f"from {place}, refused: {answer}"
        return Finding(area="keys", name=vendor, state="broken", found=found, mend=_to_set(name))
    if isinstance(answer, MissingDependencyError):
        mend = f"pip install 'audiokit[{answer.extra}]'"
        return Finding(area="keys", name=vendor, state="missing", found=f"from {place}, not tried: {answer}", mend=mend)
    told = str(answer) or f"no answer within {ANSWER_S:.0f} s"
    mend = _to_reach(vendor, is_wrong=isinstance(answer, ConfigError))
    return Finding(area="keys", name=vendor, state="broken", found=f"from {place}: {told}", mend=mend)


def _to_reach(vendor: str, *, is_wrong: bool) -> str:
    """Name the command that corrects a vendor's address, or shows what is on the way to it."""
    if not is_wrong:
        return f"curl -sSI {config.base_url(vendor)}"
    variable = f"{vendor.upper()}_BASE_URL"
    return f"unset {variable}" if os.environ.get(variable) else f"audiokit config unset base_url.{vendor}"


def _to_set(name: str) -> str:
    if find_spec("keyring"):
        return f"audiokit config set {name}"
    return f"{'set' if sys.platform == 'win32' else 'export'} {name}=..."


def _told(source: str) -> str:
    return source if source.startswith(".") else f"the {source}"
