"""The page at `/`: a few files of ours, read once, so that no address of a request ever reaches the file system."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def add_page(app: FastAPI) -> None:
    """Add the page's files; `index.html` is `/`."""
    for name, data in page_files().items():
        path = "/" if name == "index.html" else f"/{name}"
        app.add_route(path, _endpoint(data, TYPES[name[name.rindex(".") :]]), include_in_schema=False)


def page_files() -> dict[str, bytes]:
    """Give the page's files by name."""
    folder = files("audiokit.server") / "web"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def _endpoint(data: bytes, media_type: str):  # type: ignore[no-untyped-def]  # starlette's own type is private
    async def send(request: Request) -> Response:
        from starlette.responses import Response

        return Response(data, media_type=media_type)

    return send
