"""The packages: what audiokit requires, the extras that are complete, and plug-ins."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import groupby

from audiokit.health import plug_ins
from audiokit.health.finding import Finding, State

NOT_FOR_USERS = ("all", "bench", "dev", "docs")
"""Extras that name what others have, or what only builders of audiokit need."""
LINE = re.compile(r"(?P<name>[\w.-]+)(?:\[.*?\])?\s*(?P<bounds>[^;]*)(?:;(?P<marker>.*))?")
EXTRA = re.compile(r"extra == ['\"]([\w-]+)['\"]")
SINCE_PYTHON = re.compile(r"python_version >= ['\"](\d+)\.(\d+)['\"]")
BOUND = re.compile(r"(>=|==)\s*([\w.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A package that audiokit or one of its extras asks for."""

    name: str
    """The package's."""
    bounds: str
    """Such as ">=1.2"; empty: any version."""
    extra: str = ""
    """Empty: audiokit itself asks for it."""

    @property
    def installed(self) -> str:
        """Its version here; empty: it is not here."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return ""

    @property
    def is_met(self) -> bool:
        """Whether the version here is within the bounds."""
        return bool(self.installed) and all(
            _release(self.installed) == _release(bound) if sign == "==" else _release(self.installed) >= _release(bound)
            for sign, bound in BOUND.findall(self.bounds)
        )


def look(*, online: bool = False) -> Iterator[Finding]:
    """Look at what is required, then at each extra, then at plug-ins."""
    yield from judged(requirements(requires("audiokit") or ()))
    yield from plug_ins.look()


def judged(wanted: Iterable[Requirement]) -> Iterator[Finding]:
    """Compare requirements with what is installed.

    A line for what is required, one for each extra that is complete or too old, and one for all others.
    """
    absent = []
    for extra, group in groupby(sorted(wanted, key=lambda each: each.extra), key=lambda each: each.extra):
        packages = list(group)
        unmet = [package for package in packages if not package.is_met]
        if not extra:
            yield _required(packages, unmet)
        elif not unmet:
            yield _line(extra, "ok", _told(packages))
        elif all(package.installed for package in unmet):
            yield _line(extra, "missing", f"too old or new: {_told(unmet)}", f"pip install 'audiokit[{extra}]'")
        else:
            absent.append(extra)
    if absent:
        yield _line("not installed", "missing", ", ".join(absent), "pip install 'audiokit[NAME]'")


def requirements(lines: Iterable[str]) -> list[Requirement]:
    """Read the requirements of a package's metadata, but for other Pythons and those of `NOT_FOR_USERS`."""
    found = []
    for line in lines:
        match = LINE.match(line)
        marker = (match and match["marker"]) or ""
        since, extra = SINCE_PYTHON.search(marker), EXTRA.search(marker)
        is_for_us = not since or sys.version_info >= (int(since[1]), int(since[2]))
        if match and is_for_us and (extra is None or extra[1] not in NOT_FOR_USERS):
            found.append(Requirement(
                name=match["name"], bounds=match["bounds"].strip(" ()"), extra=extra[1] if extra else ""
            ))  # fmt: skip
    return found


def _required(packages: list[Requirement], unmet: list[Requirement]) -> Finding:
    if not unmet:
        return _line("required", "ok", _told(packages))
    pip = " ".join(f"'{package.name}{package.bounds}'" for package in unmet)
    return _line("required", "broken", f"wanting: {_told(unmet)}", f"pip install {pip}")


def _line(name: str, state: State, found: str, mend: str = "") -> Finding:
    return Finding(area="packages", name=name, state=state, found=found, mend=mend)


def _told(packages: Iterable[Requirement]) -> str:
    return ", ".join(
        f"{package.name} {package.installed or 'none'}" + ("" if package.is_met else f" (expected {package.bounds})")
        for package in packages
    )


def _release(text: str) -> tuple[int, ...]:
    """Give the numbers of a version, without zeros at their end: 1.8 and 1.8.0 are one."""
    match = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(number) for number in match[0].split(".")] if match else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
