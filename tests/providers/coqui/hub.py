"""As much of the Hugging Face hub as its client needs to fetch one repository, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """Serves the files of one folder as the only repository there is."""

    def __init__(self, *args: Any, folder: Path) -> None:
        self.files = {path.name: path for path in folder.iterdir()}
        super().__init__(*args)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Tell a file's length and name."""
        self._answer(self._file(), b"")

    def do_GET(self) -> None:
        """Give a file, or the list of files."""
        if "/resolve/" in self.path:
            self._answer(self._file(), self._file().read_bytes())
        elif "/tree/" in self.path:
            self._tell([{"type": "file", "path": name, "size": path.stat().st_size, "oid": name}
                        for name, path in self.files.items()])  # fmt: skip
        else:
            self._tell({"id": "a/model", "sha": COMMIT, "siblings": [{"rfilename": name} for name in self.files]})

    def _file(self) -> Path:
        return self.files[self.path.partition("?")[0].rpartition("/")[2]]

    def _tell(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: Path, body: bytes) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{path.name}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def hub_of(folder: Path) -> Iterator[str]:
    """Serve a folder; give the address for HF_ENDPOINT."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, folder=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
