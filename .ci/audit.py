"""Look the installed packages up among the known vulnerabilities: `python .ci/audit.py`, part of `make lint`.

Passes, and says so, where the advisories of PyPI cannot be reached; a package with a known vulnerability fails.
"""

from __future__ import annotations

import json
import subprocess
import sys

COMMAND = ("-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable", "--timeout", "10")
UNREACHABLE = ("ConnectionError", "ConnectTimeout", "NewConnectionError", "ProxyError", "ReadTimeout", "SSLError")
"""What stands in pip-audit's complaint when it has no network."""


def judge(output: str, complaint: str) -> tuple[bool, list[str]]:
    """Tell whether all is well, and what there is to say.

    Parameters
    ----------
    output : of pip-audit: JSON, or nothing when it failed.
    complaint : what it wrote on stderr.
    """
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if any(name in complaint for name in UNREACHABLE):
            return True, ["audit: skipped, the advisories of PyPI cannot be reached"]
        return False, [f"audit: pip-audit failed: {complaint.strip().rpartition(chr(10))[2] or 'it said nothing'}"]
    known = [package for package in packages if "skip_reason" not in package]
    if not known:  # a mirror that serves packages only answers "not found" to every question
        return True, ["audit: skipped, the advisories of PyPI cannot be reached"]
    findings = [finding(package, each) for package in known for each in package["vulns"]]
    return not findings, findings or [f"audit: {len(known)} packages, none with a known vulnerability"]


def finding(package: dict[str, str], vulnerability: dict[str, list[str]]) -> str:
    """Write one vulnerability in a line, with what mends it."""
    fixed = vulnerability.get("fix_versions")
    remedy = f"update to {' or '.join(fixed)}" if fixed else "no version without it is known"
    return f"audit: {package['name']} {package['version']} has {vulnerability['id']}: {remedy}"


def main() -> int:
    """Ask pip-audit; give the exit status."""
    done = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True)
    is_well, lines = judge(done.stdout, done.stderr)
    print(*lines, sep="\n", file=sys.stdout if is_well else sys.stderr)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
