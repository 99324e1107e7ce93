"""`doctor`: look at all that audiokit needs from this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from audiokit.health.finding import Finding

AREAS = ("machine", "packages", "codecs", "models", "sound", "keys", "storage")
"""Each is a module beside this one, whose `look` gives findings."""


def doctor(*, online: bool = False) -> tuple[Finding, ...]:
    """Say what works on this machine, what does not, and the command that mends it.

    Every format is written and read, every model on this machine opened. What breaks in one place is a finding like
    any other and keeps nothing else from being looked at.

    Parameters
    ----------
    online : also try each key with one call that costs nothing.

    Returns
    -------
    Findings in the order of `AREAS`.
    """
    return tuple(finding for area in AREAS for finding in _look(area, online=online))


def _look(area: str, *, online: bool) -> Iterator[Finding]:
    try:
        # Imported here: a package that cannot be loaded is what a doctor is asked about.
        yield from import_module(f"audiokit.health.{area}").look(online=online)
    except Exception as error:
        yield Finding(
            area=area,
            name=area,
            state="broken",
            found=f"the check itself failed: {type(error).__name__}: {error}",
            mend="pip install --force-reinstall audiokit",
        )
