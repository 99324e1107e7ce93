"""audiokit.providers.sockets: keys go where they were meant to go, and into no log."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import InvalidStatus

from audiokit.providers.sockets import dialled

HEADERS = {"xi-api-key": "sk_secret", "Authorization": "Token sk_secret"}


async def quiet(line: Any) -> None:
    await line.wait_closed()


def test_a_redirection_does_not_take_the_key_with_it() -> None:
    asked: list[str] = []

    async def scene() -> None:
        async with serve(
            quiet, "127.0.0.1", 0, process_request=lambda line, request: asked.append("stranger")
        ) as other:
            elsewhere = f"ws://localhost:{other.sockets[0].getsockname()[1]}/"

            def send_away(line: Any, request: Any) -> Any:
                answer = line.respond(HTTPStatus.FOUND, "")
                answer.headers["Location"] = elsewhere
                return answer

            async with serve(quiet, "127.0.0.1", 0, process_request=send_away) as first:
                await dialled(f"ws://127.0.0.1:{first.sockets[0].getsockname()[1]}/", headers=HEADERS)

    with pytest.raises(InvalidStatus):
        asyncio.run(scene())
    assert asked == []


def test_no_log_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with serve(quiet, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/?signature=sk_secret"
            async with dialled(url, headers=HEADERS):
                pass

    with caplog.at_level(logging.DEBUG, "audiokit"):
        asyncio.run(scene())
    assert "connection is OPEN" in caplog.text  # the rest of it is there
    assert "sk_secret" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("audiokit"))
