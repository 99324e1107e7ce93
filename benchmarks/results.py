"""RESULTS.md: one section for each benchmark, replaced when it runs again."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine(packages: Sequence[str]) -> str:
    """Say when and on what this was measured."""
    versions = [f"{package} {found}" for package in packages if (found := installed(package))]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"Python {platform.python_version()} on {platform.system()}"
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return f"{today}, {processor()}, {os.cpu_count()} cores{load}; {python}; {', '.join(versions)}"


def installed(package: str) -> str:
    """Give a package's version, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def processor() -> str:
    """Name the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", cpuinfo.read_text("utf-8")) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def publish(section: str, text: str) -> None:
    """Print `text` and put it into its section of RESULTS.md."""
    print(text)
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    page = (
        RESULTS.read_text("utf-8") if RESULTS.exists() else "# Results\n\nWritten by the benchmarks; see README.md.\n"
    )
    block = f"{begin}\n{text}\n{end}"
    before, found, rest = page.partition(begin)
    page = before + block + rest.partition(end)[2] if found else f"{page}\n{block}\n"
    RESULTS.write_text(page, "utf-8")
