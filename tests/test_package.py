from __future__ import annotations

import ast
import importlib.metadata
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import audiokit
import audiokit.errors


@pytest.mark.parametrize("name", audiokit.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(audiokit, name) is not None


def test_all_and_dir_are_sorted_and_the_same() -> None:
    assert dir(audiokit) == audiokit.__all__ == sorted(set(audiokit.__all__))


def test_every_error_is_public() -> None:
    errors = {name for name, value in vars(audiokit.errors).items() if isinstance(value, type)}
    assert errors <= set(audiokit.__all__)


def test_type_checkers_see_the_same_names_as_python() -> None:
    tree = ast.parse(Path(audiokit.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {*imported, "__version__"} == set(audiokit.__all__)


def test_the_version_is_the_installed_one() -> None:
    assert audiokit.__version__ == importlib.metadata.version("audiokit")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'preb'"):
        _ = audiokit.preb


def test_a_test_that_reaches_for_the_network_fails() -> None:
    with socket.socket() as outward, pytest.raises(pytest.fail.Exception, match="reached for the network"):
        outward.connect(("192.0.2.1", 80))


@pytest.mark.process
def test_nobody_is_told_that_a_model_is_used(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("XDG_CACHE_HOME", None)
    program = "import audiokit, audiokit.analysis.silero as silero; silero.fastest_network()"
    subprocess.run([sys.executable, "-c", program], env=environment, cwd=Path(__file__).parents[1], check=True)
    assert list(tmp_path.iterdir()) == []
