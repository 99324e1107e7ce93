"""Run the notebooks and keep their outputs light: `python notebooks/execute.py` runs all of them in place.

What a run makes lies in `made/`. Players are left out of what is kept: sound is made anew whenever a cell runs.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
CELL_S = 300.0  # no cell takes a tenth of it; a kernel that hangs shall not hang its caller
PICTURE_BYTES = 60_000
PICTURE_WIDTHS = (1200, 1000, 800, 600, 400)
COLORS = 64


def execute(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from top to bottom in its own folder.

    Parameters
    ----------
    path : the notebook; the file stays as it is.

    Raises
    ------
    nbclient.exceptions.CellExecutionError : a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=CELL_S, resources=resources, record_timing=False, kernel_name="python3")
    return client.execute()


def lighten(notebook: nbformat.NotebookNode) -> None:
    """Drop sound, log lines and what differs from machine to machine; make pictures small; number the cells.

    Parameters
    ----------
    notebook : executed; changed in place.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02}"
        if cell.cell_type == "code":
            cell.metadata = {}
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                _lighten_output(output)


def _lighten_output(output: dict[str, Any]) -> None:
    data = output.get("data", {})
    output.pop("transient", None)
    if "<audio" in data.get("text/html", ""):
        del data["text/html"]
    if "image/png" in data:
        output["metadata"] = {}
        data["image/png"] = _small_picture(data["image/png"])


def _small_picture(png: str) -> str:
    """Give a PNG of at most PICTURE_BYTES, in few colours and as wide as that allows."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        whole = picture.convert("RGB")
    for width in PICTURE_WIDTHS:
        part = whole.resize((width, whole.height * width // whole.width)) if whole.width > width else whole
        file = io.BytesIO()
        part.quantize(COLORS).save(file, "PNG", optimize=True)
        if file.tell() <= PICTURE_BYTES:
            break
    return base64.b64encode(file.getvalue()).decode("ascii")


def main(names: list[str]) -> None:
    """Run the notebooks that are named, or all, and write each with its outputs."""
    for path in [Path(name) for name in names] or sorted(FOLDER.glob("*.ipynb")):
        notebook = execute(path)
        lighten(notebook)
        part = path.with_name(path.name + ".part")
        nbformat.write(notebook, part)
        os.replace(part, path)


if __name__ == "__main__":
    main(sys.argv[1:])
