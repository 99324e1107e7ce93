"""The weights of `audiokit/analysis/ge2e.npz`, taken out of the package Resemblyzer (Apache-2.0), without torch.

    pip download --no-deps resemblyzer==0.1.4
    python benchmarks/speaker_weights.py Resemblyzer-0.1.4-py3-none-any.whl

Two thirds of its 17 MB are the optimizer's state; the network itself is kept, in half precision: 2.6 MB. Half precision
moves no similarity by more than 0.0005 (`benchmarks/speakers.py`).
"""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).resolve().parent.parent / "audiokit" / "analysis" / "ge2e.npz"
LAYERS = 3


class Checkpoint(pickle.Unpickler):
    """Reads torch's oldest file format: tensors are places in storages that follow behind."""

    def find_class(self, module: str, name: str) -> Any:
        known = {"OrderedDict": OrderedDict, "_rebuild_tensor_v2": tensor, "FloatStorage": "float32"}
        if name not in known:
            raise pickle.UnpicklingError(f"{module}.{name} in a file of plain tensors")
        return known[name]

    def persistent_load(self, pid: Any) -> str:
        return str(pid[2])


def tensor(storage: str, offset: int, shape: tuple[int, ...], *rest: Any) -> tuple[str, int, tuple[int, ...]]:
    """Remember where a tensor lies."""
    return storage, offset, shape


def read(file: io.BytesIO) -> dict[str, np.ndarray]:
    """Give the network's arrays by name."""
    for _ in ("magic number", "version", "sizes of types"):
        Checkpoint(file).load()
    places = Checkpoint(file).load()["model_state"]
    storages = {}
    for key in Checkpoint(file).load():
        (count,) = np.frombuffer(file.read(8), "<i8")
        storages[key] = np.frombuffer(file.read(4 * int(count)), "<f4")
    return {
        name: storages[storage][offset : offset + int(np.prod(shape))].reshape(shape)
        for name, (storage, offset, shape) in places.items()
    }


def main() -> None:
    """Read the wheel, write the weights."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        weights = read(io.BytesIO(wheel.read("resemblyzer/pretrained.pt")))
    arrays = {"projection": weights["linear.weight"].T, "projection_bias": weights["linear.bias"]}
    for layer in range(LAYERS):
        arrays[f"input_{layer}"] = weights[f"lstm.weight_ih_l{layer}"].T
        arrays[f"recurrent_{layer}"] = weights[f"lstm.weight_hh_l{layer}"].T
        arrays[f"bias_{layer}"] = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
    np.savez_compressed(TARGET, **{name: array.astype(np.float16) for name, array in arrays.items()})
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
