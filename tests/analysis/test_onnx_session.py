"""audiokit.analysis.onnx_session: a graph from its file or from memory, on one thread."""

from __future__ import annotations

import sys

import pytest

from audiokit.analysis.onnx_session import session
from audiokit.analysis.silero import model_path
from audiokit.errors import MissingDependencyError


@pytest.mark.model
def test_a_file_and_its_bytes_open_the_same_graph_on_one_thread() -> None:
    pytest.importorskip("onnxruntime")
    path = model_path()
    by_path, by_bytes = session(path), session(path.read_bytes())
    names = [[each.name for each in opened.get_inputs()] for opened in (by_path, by_bytes)]
    assert names == [["input", "h", "c"]] * 2
    options = by_path.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


@pytest.mark.parametrize("extra", ["offline", "analysis"])
def test_without_onnxruntime_the_extra_is_named(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError, match=rf"onnxruntime.*audiokit\[{extra}\]"):
        session(b"", extra=extra)
