"""The real `@elevenlabs/client` in a browser, on another site's page, with a local agent (audiokit.server.routes).

It is not ours to ship: `npm install --no-save @elevenlabs/client` in the root, or its folder in NODE_PATH.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audiokit.server.settings import ServerSettings
from tests.server.browser import ALLOW_MICROPHONE, chromium
from tests.server.fake_agent import FakeAgent
from tests.server.serving import serving, wait_until

pytestmark = pytest.mark.browser

BUNDLE = "@elevenlabs/client/dist/lib.iife.js"
START = """
window.told = [];
ElevenLabsClient.Conversation.startSession({
  signedUrl: %r,
  connectionType: "websocket",
  onMessage: ({ source, message }) => told.push(`${source}: ${message}`),
  onError: (message) => told.push(`error: ${message}`),
  onModeChange: ({ mode }) => told.push(`mode: ${mode}`),
  onDisconnect: ({ reason }) => told.push(`end: ${reason}`),
}).then((conversation) => { window.conversation = conversation; }, (error) => told.push(`failed: ${error}`));
0
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """Serve a folder, as another site would."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def bundle() -> Path:
    folders = [Path(__file__).parents[2] / "node_modules", *map(Path, os.environ.get("NODE_PATH", "").split(":"))]
    found = [folder / BUNDLE for folder in folders if (folder / BUNDLE).is_file()]
    return found[0] if found else pytest.skip("@elevenlabs/client is not installed: npm install @elevenlabs/client")


def test_the_javascript_client_holds_a_conversation_unchanged(tmp_path: Path, agent: FakeAgent) -> None:
    (tmp_path / "client.js").write_bytes(bundle().read_bytes())
    page_text = "<!doctype html><body data-state=x><script src=client.js></script>"
    (tmp_path / "index.html").write_text(page_text, "utf-8")
    agent.reply_s = 1.0
    with (
        site(tmp_path) as origin,
        serving(agent, ServerSettings(port=0, origins=(origin,))) as served,
        chromium(ALLOW_MICROPHONE, "--autoplay-policy=no-user-gesture-required") as page,
    ):
        page.open(origin)
        url = f"ws://127.0.0.1:{served.port}/v1/convai/conversation?agent_id=local"
        page.value(START % url)
        page.wait("told.some((line) => line.includes('s of sound') && line.startsWith('ai'))")
        wait_until(lambda: page.value("conversation.getOutputVolume()") > 0)
        page.value("conversation.sendUserMessage('Good morning')")
        page.wait("told.includes('ai: You said: Good morning')")
        page.value("conversation.endSession()")
        page.wait("told.includes('end: user')")
        told = page.value("told")
    assert "user: Good morning" in told
    assert "mode: speaking" in told
    assert [line for line in told if line.startswith(("error", "failed"))] == []
    assert agent.sessions[0].heard_s > 0.5
    wait_until(lambda: not agent.sessions[0].is_open)
