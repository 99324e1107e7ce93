"""Opening an ONNX graph, for every small network of this package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiokit.errors import MissingDependencyError


def session(model: Path | bytes, *, extra: str = "offline") -> Any:
    """Open an ONNX graph on one thread, so that workers side by side do not wait for each other.

    Parameters
    ----------
    model : its file, or the graph itself.
    extra : audiokit's extra that brings onnxruntime for it.

    Raises
    ------
    MissingDependencyError : onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError("onnxruntime", extra=extra) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
