"""The plug-ins: packages of others that bring providers, and whether these can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from audiokit import registry
from audiokit.health.finding import Finding


def look() -> Iterator[Finding]:
    """Load each provider of each plug-in; none is opened."""
    packages: dict[str, list[EntryPoint]] = {}
    for kind in sorted(registry.BUILT_IN):
        for entry in sorted(entry_points(group=f"audiokit.{kind}"), key=lambda entry: entry.name):
            packages.setdefault(entry.dist.name if entry.dist else entry.module, []).append(entry)
    for package, entries in sorted(packages.items()):
        yield _judged(package, entries)


def _judged(package: str, entries: list[EntryPoint]) -> Finding:
    release = entries[0].dist.version if entries[0].dist else "version unknown"
    for entry in entries:
        try:
            entry.load()
        except Exception as error:  # a stranger's module may raise anything while it is imported
            found = f"{release}, a plug-in: {_told(entry)} cannot be loaded: {type(error).__name__}: {error}"
            mend = f"pip install --upgrade {package}"
            return Finding(area="packages", name=package, state="broken", found=found, mend=mend)
    found = f"{release}, a plug-in: {', '.join(map(_told, entries))}"
    return Finding(area="packages", name=package, state="ok", found=found)


def _told(entry: EntryPoint) -> str:
    kind = entry.group.removeprefix("audiokit.")
    is_hidden = entry.name in registry.BUILT_IN[kind]
    return f"{kind} {entry.name}" + (" (not used: audiokit has its own)" if is_hidden else "")
