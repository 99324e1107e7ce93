"""Write the table of docs/licences.md: every package that an install brings, by the packages' own metadata.

    python .ci/licences.py .venv .venv-coqui       # environments in which, together, every extra is installed

Without arguments it looks into the environment that runs it. What stands above the table is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
MARK = "<!-- made by .ci/licences.py -->\n"
NOT_FOR_USERS = {"all", "bench", "dev", "docs"}

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
"""What the classifiers of old metadata mean."""

SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "MIT License": "MIT",
}
"""What some write where SPDX has a name."""

UNTOLD = {"torchcodec": "BSD-3-Clause"}
"""Licences that a package's metadata does not tell, as the file LICENSE in its wheel does."""

WEAK = re.compile(r"LGPL|MPL|EPL|CDDL|Lesser", re.IGNORECASE)
STRONG = re.compile(r"(?<![LA-Za-z])A?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE)
EXCEPTION = re.compile(r"\(?\bA?GPL[\w.+-]* WITH [\w.-]+\)?")  # the run-time of GCC, whose exception is made for this


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package and what it is licensed under."""

    name: str
    """As its metadata spells it."""
    licence: str
    """An SPDX expression where the metadata has one."""
    brought_by: tuple[str, ...]
    """The extras that install it; "base" if it always is."""


def is_strong(licence: str) -> bool:
    """Tell whether nothing but the GPL or AGPL, without an exception, can be chosen."""
    choices = re.split(r"\s+OR\s+", EXCEPTION.sub("", licence))
    return all(STRONG.search(choice) for choice in choices)


def is_weak(licence: str) -> bool:
    """Tell whether it asks for something of who changes the package itself, such as the LGPL."""
    return bool(WEAK.search(licence)) and not is_strong(licence)


def licence_of(package: Distribution) -> str:
    """Read a licence from the metadata, the newest way of telling it first; empty if none is told."""
    told = package.metadata
    if expression := told["License-Expression"]:
        return str(expression)
    known = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if line.startswith("License :: ")]
    named = sorted({CLASSIFIERS.get(each, each) for each in known} - {"OSI Approved"})
    text = (told["License"] or "").strip()
    is_a_name = 0 < len(text) < 60 and "\n" not in text
    if named and not (is_a_name and named == ["BSD"]):  # the classifier does not say which BSD
        return " AND ".join(named)
    return SPELLINGS.get(text, text) if is_a_name else UNTOLD.get(canonicalize_name(told["Name"]), "")


def packages(found: Mapping[str, Distribution], extras: Iterable[str]) -> list[Package]:
    """List what base and extras bring, with all that this brings in turn, by name."""
    brought: dict[str, list[str]] = {}
    for extra in ("", *extras):
        for name in _closure(found, extra):
            brought.setdefault(name, []).append(extra or "base")
    return [
        Package(
            name=found[name].metadata["Name"],
            licence=licence_of(found[name]),
            brought_by=("base",) if "base" in by else tuple(by),
        )
        for name, by in sorted(brought.items())
    ]


def _closure(found: Mapping[str, Distribution], extra: str) -> set[str]:
    seen: set[tuple[str, str]] = set()
    todo = [("audiokit", ""), ("audiokit", extra)]
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        if name not in found:
            raise SystemExit(f"{name} is not installed in any of these environments, and {extra or 'base'} brings it")
        for line in found[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": wanted}):
                inner = canonicalize_name(requirement.name)
                todo += [(inner, ""), *((inner, each) for each in requirement.extras)]
    return {name for name, _ in seen} - {"audiokit"}


def installed(environments: Iterable[Path]) -> dict[str, Distribution]:
    """Find all packages of some environments; the first that has one counts."""
    places = [str(place) for path in environments for place in path.glob("[Ll]ib*/**/site-packages")]
    found: dict[str, Distribution] = {}
    for each in distributions(path=places) if places else distributions():
        found.setdefault(canonicalize_name(each.metadata["Name"]), each)
    return found


def table(rows: list[Package]) -> str:
    """Give the page's table."""
    lines = (f"| {row.name} | {row.licence} | {', '.join(row.brought_by)} |\n" for row in rows)
    return "| package | licence | brought by |\n|---|---|---|\n" + "".join(lines)


def main() -> None:
    """Write the page."""
    found = installed([Path(each).resolve() for each in sys.argv[1:]])
    extras = sorted(set(found["audiokit"].metadata.get_all("Provides-Extra", [])) - NOT_FOR_USERS)
    rows = packages(found, extras)
    untold = [row.name for row in rows if not row.licence]
    if untold:
        raise SystemExit(
            f"no licence is told by: {', '.join(untold)}. Look it up, and add it to UNTOLD with its source."
        )
    by_hand = PAGE.read_text("utf-8").partition(MARK)[0]
    PAGE.write_text(f"{by_hand}{MARK}\n{table(rows)}", "utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(rows)} packages")


if __name__ == "__main__":
    main()
