"""Every HTTP address keeps what `/openapi.json` promises: Schemathesis asks, if it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.serving import Served

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_description_is_served_and_loads_nothing_from_elsewhere(served: Served) -> None:
    status, _, body = served.ask("/openapi.json")
    assert status == 200
    assert len(json.loads(body)["paths"]) == 8


@pytest.mark.process
def test_schemathesis_finds_nothing(served: Served) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("st", path=path)
    if program is None:
        pytest.skip("Schemathesis is not installed: pip install schemathesis")
    command = [program, "run", f"{served.url}/openapi.json", "--checks", CHECKS, "--max-examples", "25", "--seed", "1"]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert outcome.returncode == 0, outcome.stdout
