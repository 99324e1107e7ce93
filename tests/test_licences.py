"""docs/licences.md, what it is made of, and what is installed here."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from importlib.metadata import distributions, requires
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
GPL_LIBRARIES = ("x264", "x265", "rubberband", "fftw3", "espeak", "readline", "postproc", "xvidcore")


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / ".ci" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["licences"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("licence", "kind"),
    [
        ("MIT", ""),
        ("BSD-3-Clause AND 0BSD AND MIT", ""),
        ("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", ""),
        ("GPL-2.0-or-later OR FTL", ""),
        ("LGPL-3.0-or-later", "weak"),
        ("MPL-2.0 AND MIT", "weak"),
        ("GNU Library or Lesser General Public License (LGPL)", "weak"),
        ("GPL-3.0-or-later", "strong"),
        ("MIT AND GPL-2.0-only", "strong"),
        ("GNU General Public License v3 (GPLv3)", "strong"),
        ("AGPL-3.0", "strong"),
        ("GNU Affero General Public License v3", "strong"),
    ],
)
def test_licences_are_told_apart(licences: ModuleType, licence: str, kind: str) -> None:
    assert (licences.is_weak(licence), licences.is_strong(licence)) == (kind == "weak", kind == "strong")


def test_base_and_all_bring_no_gpl_and_every_other_demand_is_explained(licences: ModuleType) -> None:
    found = licences.installed([])
    rows = licences.packages(found, [extra for extra in extras_of_all() if is_here(extra)])
    assert len(rows) > 20
    assert [row.name for row in rows if not row.licence] == []
    assert [row.name for row in rows if licences.is_strong(row.licence)] == []
    explained = PAGE.partition("## Not in `all`")[0]
    assert [row.name for row in rows if licences.is_weak(row.licence) and row.name not in explained] == []


def test_the_table_agrees(licences: ModuleType) -> None:
    rows = re.findall(r"^\| (\S+) \| (.+?) \| (.+?) \|$", PAGE.partition(licences.MARK)[2], re.MULTILINE)
    assert len(rows) > 100
    apart = {row[0] for row in rows if licences.is_strong(row[1])}
    assert apart == {"piper-tts"}
    assert [row[2] for row in rows if row[0] == "piper-tts"] == ["piper"]
    table = {licences.canonicalize_name(name) for name, _, _ in rows}
    wanted = [
        *PROJECT["dependencies"],
        *(line for extra in set(EXTRAS) - licences.NOT_FOR_USERS for line in EXTRAS[extra]),
    ]
    names = {
        licences.canonicalize_name(re.split(r"[^\w.-]", line)[0]) for line in wanted if "python_version" not in line
    }
    assert names - table == set()


def test_libraries_under_the_gpl_inside_of_wheels_are_told() -> None:
    carried = {
        f"{package.metadata['Name']}: {library}"
        for package in distributions()
        for file in package.files or ()
        for library in GPL_LIBRARIES
        if re.match(rf"(lib)?{library}\b.*\.(so|dylib|dll|pyd)", file.name)
    }
    assert carried <= {"av: x264", "av: x265"}
    for library in carried:
        assert library.removeprefix("av: ") in PAGE


def extras_of_all() -> list[str]:
    (line,) = EXTRAS["all"]
    return line.removeprefix("audiokit[").removesuffix("]").split(",")


def is_here(extra: str) -> bool:
    """Tell whether all that an extra asks for is installed."""
    from audiokit.health.packages import requirements

    wanted = [each for each in requirements(requires("audiokit") or ()) if each.extra == extra]
    return all(each.installed for each in wanted)
