"""The review page's server: this machine only, behind an address nobody can guess."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import unquote

from audiokit.dataset.review import ReviewSession
from audiokit.dataset.reviews import VERDICTS
from audiokit.errors import AudiokitError, UsageError

HOST = "127.0.0.1"
LARGEST_REQUEST_BYTES = 100_000
BLOCK_BYTES = 65_536
IDLE_S = 60.0  # a browser that says nothing for so long gives its thread back
PAGE = {
    "": ("review.html", "text/html; charset=utf-8"),
    "review.css": ("review.css", "text/css; charset=utf-8"),
    "review.js": ("review.js", "text/javascript; charset=utf-8"),
}
SOUNDS = {".wav": "audio/wav", ".flac": "audio/flac"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

logger = logging.getLogger(__name__)


@contextmanager
def serving(session: ReviewSession, port: int = 0) -> Iterator[str]:
    """Serve the page for the length of the block; give its address, which holds a secret.

    Parameters
    ----------
    session : what is reviewed.
    port : of 127.0.0.1; 0 takes a free one.

    Raises
    ------
    UsageError : the port is taken.
    """
    token = token_urlsafe(16)
    try:
        server = _Server((HOST, port), partial(_Handler, session, token))
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} cannot be listened on: {error}. Choose another --port.") from error
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="review", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/{token}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps its connections open

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note it: a browser that turns away from a player is no error."""
        logger.debug("a review request broke off", exc_info=True)


class _RefusalError(Exception):
    """A request that gets a status instead of what it asks for."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def __init__(self, session: ReviewSession, token: str, *words: Any) -> None:
        self._session, self._token = session, token
        super().__init__(*words)

    def do_GET(self) -> None:
        """Give the page, the clips' rows, or a clip's sound."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Take a decision."""
        self._answer(self._post)

    def _answer(self, method: Any) -> None:
        try:
            method(self._place())
        except _RefusalError as refusal:
            self.close_connection = True  # what else it sent was not read
            self._send_json({"error": str(refusal)}, refusal.status)
        except AudiokitError as error:
            self._send_json({"error": str(error)}, HTTPStatus.CONFLICT)

    def _place(self) -> str:
        """Give the path behind the secret; other pages of the browser know neither it nor our name."""
        if self.headers.get("Host") not in [f"{name}:{self.server.server_port}" for name in (HOST, "localhost")]:  # type: ignore[attr-defined]
            raise _RefusalError(HTTPStatus.FORBIDDEN, f"the page is at {HOST} only")
        _, token, *rest = [*self.path.partition("?")[0].split("/"), ""]
        if not compare_digest(token.encode(), self._token.encode()):
            raise _RefusalError(
                HTTPStatus.NOT_FOUND, "nothing here; the address is in the terminal that runs the review"
            )
        return "/".join(rest).rstrip("/")

    def _get(self, place: str) -> None:
        if place in PAGE:
            name, kind = PAGE[place]
            self._send((files("audiokit.dataset") / "web" / name).read_bytes(), kind)
        elif place == "clips.json":
            self._send_json({"name": self._session.name, "clips": self._session.rows()})
        elif place.startswith("sound/") and (path := self._session.sound(unquote(place.removeprefix("sound/")))):
            self._send_file(path)
        else:
            raise _RefusalError(HTTPStatus.NOT_FOUND, f"no {place}")

    def _post(self, place: str) -> None:
        if place != "decide":
            raise _RefusalError(HTTPStatus.NOT_FOUND, f"no {place}")
        wish = self._wish()
        try:
            row = self._session.decide(wish["clip"], wish["verdict"], wish["text"])
        except KeyError:
            raise _RefusalError(HTTPStatus.NOT_FOUND, f"no clip {wish['clip']}") from None
        except OSError as error:
            raise _RefusalError(HTTPStatus.INSUFFICIENT_STORAGE, f"cannot be written: {error.strerror}") from error
        self._send_json(row)

    def _wish(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_REQUEST_BYTES:
            raise _RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected up to {LARGEST_REQUEST_BYTES} bytes")
        try:
            wish = json.loads(self.rfile.read(int(length)))
        except ValueError:
            wish = None
        sound = (
            isinstance(wish, dict)
            and wish.keys() == {"clip", "verdict", "text"}
            and isinstance(wish["clip"], str)
            and wish["verdict"] in VERDICTS
            and isinstance(wish["text"], str | None)
        )
        if not sound:
            raise _RefusalError(
                HTTPStatus.BAD_REQUEST, 'expected {"clip": id, "verdict": keep|refuse|"", "text": text|null}'
            )
        return dict(wish)

    def _send_file(self, path: Path) -> None:
        """Send a file or the part of it that a player asks for (RFC 9110, section 14)."""
        try:
            file = path.open("rb")
        except OSError:
            raise _RefusalError(HTTPStatus.NOT_FOUND, f"{path.name} is not there") from None
        with file:
            size = path.stat().st_size
            start, end = _part(self.headers.get("Range", ""), size)
            if start >= end:
                self._head(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "text/plain", 0, {"Content-Range": f"bytes */{size}"}
                )
                return
            is_part = "Range" in self.headers and end - start < size
            status = HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK
            more = {"Content-Range": f"bytes {start}-{end - 1}/{size}"} if is_part else {}
            self._head(status, SOUNDS[path.suffix], end - start, {"Accept-Ranges": "bytes", **more})
            file.seek(start)
            left = end - start
            while left and (block := file.read(min(left, BLOCK_BYTES))):
                self.wfile.write(block)
                left -= len(block)

    def _send_json(self, data: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(data).encode(), "application/json", status)

    def _send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._head(status, kind, len(data), {})
        self.wfile.write(data)

    def _head(self, status: HTTPStatus, kind: str, size: int, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(size), **HEADERS, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *words: Any) -> None:
        """Write no log: its lines would hold the secret."""


def _part(asked: str, size: int) -> tuple[int, int]:
    """Give the first byte and the one after the last that a Range header asks for; else everything."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", asked.strip())
    if not found or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size
