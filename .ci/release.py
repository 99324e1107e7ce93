"""Install what a release is made of into fresh environments, and use it there: each Python, base and each extra.

    python .ci/release.py                                           # everything; some GB and most of an hour
    python .ci/release.py --python 3.12 --extra base --extra offline

The wheel is built from the sdist, which so is known to hold all it needs. Every environment is removed when it has been
judged. Exit code 1: one of them failed. The Python that runs this needs hatchling.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smoke import failures

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
NOT_FOR_USERS = ("bench", "dev", "docs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an environment did."""

    size_bytes: int
    """Of the environment, Python itself not counted."""
    failures: tuple[str, ...]
    """One text each, with what the command said."""


def main() -> int:
    """Judge each environment that is asked for, and tell a line of each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = ["base", *(extra for extra in project["optional-dependencies"] if extra not in NOT_FOR_USERS)]
    parser = argparse.ArgumentParser(description="Install the wheel into fresh environments, and use it there.")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="many times; all by default")
    parser.add_argument("--extra", action="append", choices=extras, help="many times; base and all extras by default")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        wheel = build(Path(folder))
        for version in options.python or PYTHONS:
            for extra in options.extra or extras:
                begin_s = time.monotonic()
                outcome = judge(find_python(version), wheel, extra, contents(extra, project["optional-dependencies"]))
                word = "FAILED" if outcome.failures else "ok"
                size, spent = f"{outcome.size_bytes / 1e6:.0f} MB", f"{time.monotonic() - begin_s:.0f} s"
                print(f"{version}  {extra:11} {word:7} {size:>8} {spent:>6}", flush=True)
                for failure in outcome.failures:
                    print(f"    {failure}", flush=True)
                failed = failed or bool(outcome.failures)
    return int(failed)


def build(folder: Path) -> Path:
    """Make the sdist of this checkout, and of that the wheel."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder], cwd=ROOT, check=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=source, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def find_python(version: str) -> str:
    """Find an interpreter on PATH or among pyenv's."""
    found = shutil.which(f"python{version}")
    homes = sorted(Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob(f"versions/{version}.*/bin/python"))
    for path in [*([found] if found else []), *map(str, homes)]:
        # What stands on PATH may be pyenv's signpost to a version that is not chosen here.
        if subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return path
    raise SystemExit(f"no Python {version}: neither python{version} on PATH nor one of pyenv's")


def judge(python: str, wheel: Path, extra: str, has: set[str]) -> Outcome:
    """Install into a fresh environment, take each step there, and remove it."""
    folder = wheel.parent / "environment"
    subprocess.run([python, "-m", "venv", folder], check=True)
    try:
        own = folder / ("Scripts" if os.name == "nt" else "bin")
        asked = str(wheel) if extra == "base" else f"{wheel}[{extra}]"
        install = [own / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", asked]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            return Outcome(size_bytes=0, failures=(f"pip install: {done.stderr.strip()[-2000:]}",))
        size_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        with tempfile.TemporaryDirectory(prefix="release-desk-") as desk:
            return Outcome(size_bytes=size_bytes, failures=tuple(failures(own, has, Path(desk))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def contents(extra: str, extras: Mapping[str, list[str]]) -> set[str]:
    """Give an extra and those that it stands for."""
    names = re.findall(r"audiokit\[([\w,]+)\]", " ".join(extras.get(extra, ())))
    return {extra, *(inner for each in names for inner in each.split(","))}


if __name__ == "__main__":
    sys.exit(main())
