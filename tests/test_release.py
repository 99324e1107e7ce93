"""What a release is made of: the wheel and the sdist, built here without a network."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION: str = PROJECT["version"]
AT_RUN_TIME = (
    "py.typed",
    "agent/template.toml",
    "analysis/ge2e.npz",
    "dataset/report.css",
    "dataset/web/review.html",
    "providers/scripted/rules.toml",
    "server/protocol.schema.json",
    "server/web/index.html",
    "speech/prices.toml",
)
IN_THE_SDIST = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "PKG-INFO", "README.md",
    "SECURITY.md", "audiokit", "benchmarks", "docs", "notebooks", "pyproject.toml", "samples", "tests",
}  # fmt: skip

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a wheel and an sdist of this checkout, and of the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder)
    with tarfile.open(folder / f"audiokit-{VERSION}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    build(folder / f"audiokit-{VERSION}", folder / "again", "-t", "wheel")
    return folder


def build(source: Path, folder: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder, *words], cwd=source, check=True)


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    return files_of(built)


def files_of(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / f"audiokit-{VERSION}-py3-none-any.whl") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, bytes]) -> Message:
    return message_from_bytes(wheel[f"audiokit-{VERSION}.dist-info/METADATA"])


def test_the_wheel_holds_the_package_and_nothing_else(wheel: dict[str, bytes]) -> None:
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "audiokit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = f"audiokit-{VERSION}.dist-info/"
    assert {name for name in wheel if not name.startswith(about)} == package
    assert set(AT_RUN_TIME) <= {name.removeprefix("audiokit/") for name in package}


def test_the_sdist_makes_the_same_wheel(built: Path, wheel: dict[str, bytes]) -> None:
    assert files_of(built / "again") == wheel


def test_the_sdist_holds_what_tests_need_and_nothing_that_is_made(built: Path) -> None:
    source = built / f"audiokit-{VERSION}"
    assert {path.name for path in source.iterdir()} == IN_THE_SDIST
    made = [name for name in ("corpus", "made", "node_modules", "__pycache__", "site") if any(source.rglob(name))]
    assert made == []
    assert (built / f"audiokit-{VERSION}.tar.gz").stat().st_size < 15_000_000
    tests = {path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py")}
    assert {path.relative_to(source) for path in (source / "tests").rglob("*.py")} == tests


def test_no_path_of_this_machine_is_told(wheel: dict[str, bytes]) -> None:
    assert [name for name, data in wheel.items() if str(ROOT).encode() in data] == []


def test_the_version_stands_in_one_place(wheel: dict[str, bytes], metadata: Message) -> None:
    assert metadata["Version"] == VERSION
    literal = re.compile(rf"""["']{re.escape(VERSION)}["']""".encode())
    assert [name for name, data in wheel.items() if name.endswith(".py") and literal.search(data)] == []


def test_the_changelog_tells_of_this_version(metadata: Message) -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == VERSION


def test_the_metadata_says_licences_pythons_and_types(wheel: dict[str, bytes], metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT AND Apache-2.0"
    for name in metadata.get_all("License-File", []):
        assert wheel[f"audiokit-{VERSION}.dist-info/licenses/{name}"] == (ROOT / name).read_bytes()
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])


def test_every_page_that_the_readme_links_to_is_there(built: Path, metadata: Message) -> None:
    text = str(metadata.get_payload())
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (built / f"audiokit-{VERSION}" / link).exists()] == []
