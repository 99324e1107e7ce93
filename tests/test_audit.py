"""What `make lint` makes of the known vulnerabilities (.ci/audit.py)."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "audit.py"
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {
    "name": "bad",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}, {"id": "PYSEC-2", "fix_versions": []}],
}
ELSEWHERE = {"name": "ours", "skip_reason": "Dependency not found on PyPI"}
OFFLINE = "Traceback ...\nrequests.exceptions.ProxyError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries"


judge = runpy.run_path(str(SCRIPT))["judge"]


def report(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_known_vulnerability_fails_and_is_named_with_its_remedy() -> None:
    assert judge(report(GOOD, BAD, ELSEWHERE), "Found 2 known vulnerabilities") == (
        False,
        [
            "audit: bad 1.0 has PYSEC-1: update to 1.1 or 2.0",
            "audit: bad 1.0 has PYSEC-2: no version without it is known",
        ],
    )


def test_packages_without_a_vulnerability_pass() -> None:
    assert judge(report(GOOD, ELSEWHERE), "") == (True, ["audit: 1 packages, none with a known vulnerability"])


@pytest.mark.parametrize(("output", "complaint"), [("", OFFLINE), (report(ELSEWHERE, ELSEWHERE), "")])
def test_advisories_that_cannot_be_reached_pass_and_say_so(output: str, complaint: str) -> None:
    assert judge(output, complaint) == (True, ["audit: skipped, the advisories of PyPI cannot be reached"])


@pytest.mark.parametrize("output", ["", "{}", "[]", "<html>"])
def test_another_failure_is_one(output: str) -> None:
    is_well, (line,) = judge(output, "Traceback ...\nNo module named pip_audit\n")
    assert not is_well
    assert line == "audit: pip-audit failed: No module named pip_audit"


@pytest.mark.process
def test_without_a_network_the_real_one_passes() -> None:
    pytest.importorskip("pip_audit")
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run([sys.executable, str(SCRIPT)], env=os.environ | nowhere, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "audit: skipped, the advisories of PyPI cannot be reached\n"), (
        done.stderr
    )
