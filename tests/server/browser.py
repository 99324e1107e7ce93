"""Headless Chromium, driven by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from audiokit.audio.buffer import Audio
from tests.server.serving import PATIENCE_S, wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
)
ALLOW_MICROPHONE = "--use-fake-ui-for-media-stream"

RECORD_OUTPUT = """
(() => {
  const connect = AudioNode.prototype.connect;
  window.recorded = [];
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      const recorder = this.context.createScriptProcessor(1024, 1, 1);
      window.recordedRate = this.context.sampleRate;
      recorder.onaudioprocess = ({ inputBuffer }) => window.recorded.push(inputBuffer.getChannelData(0).slice());
      connect.call(this, recorder);
      connect.call(recorder, target);
    }
    return connect.call(this, target, ...rest);
  };
  window.isLoud = (block) => block.some((sample) => Math.abs(sample) > 0.02);
  window.WebSocket = class extends WebSocket {
    constructor(...words) {
      super(...words);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && JSON.parse(data).type === "clear") window.clearedAt = window.recorded.length;
      });
    }
  };
})();
"""
"""Run before the page: keeps every sample that goes to the loudspeaker, in blocks of 1024, and where a clear came."""


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=RECORD_OUTPUT)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            self._note(message)
            if message.get("id") == self._number:
                assert "error" not in message, message["error"]
                result: dict[str, Any] = message["result"]
                return result

    def open(self, url: str) -> None:
        self.complaints.clear()
        self.call("Page.navigate", url=url)
        wait_until(
            lambda: self.value("document.readyState") == "complete" and self.value("document.body.dataset.state")
        )

    def value(self, expression: str) -> Any:
        """Evaluate in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        wait_until(lambda: self.value(expression))

    def recording(self) -> Audio:
        """Give all that went to the loudspeaker."""
        code = """(() => {
          const all = Float32Array.from(window.recorded.flatMap((block) => [...block]));
          let bytes = "";
          for (const byte of new Uint8Array(all.buffer)) bytes += String.fromCharCode(byte);
          return btoa(bytes);
        })()"""
        samples = np.frombuffer(base64.b64decode(self.value(code)), "<f4")
        return Audio(samples, self.value("window.recordedRate"))

    def click(self, selector: str) -> None:
        """Press with the mouse, which counts as the user's wish."""
        x, y = self.middle(selector)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def middle(self, selector: str) -> tuple[float, float]:
        box = f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        x, y = self.value(f"{box} return [box.x + box.width / 2, box.y + box.height / 2]; }})()")
        return x, y

    def mouse(self, kind: str, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def key(self, kind: str, key: str, code: str) -> None:
        text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
        number = {"Enter": 13, "Tab": 9}.get(key, ord(key[0]))
        self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=number, **text)

    def size(self, width: int, height: int, *, is_phone: bool = False, is_dark: bool = False) -> None:
        scale = 2 if is_phone else 1
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=is_phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _note(self, message: dict[str, Any]) -> None:
        details = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(details["exceptionDetails"]))
        if message.get("method") == "Log.entryAdded" and details["entry"]["level"] == "error":
            self.complaints.append(f"{details['entry']['text']} {details['entry'].get('url', '')}")


@contextmanager
def chromium(*flags: str) -> Iterator[Page]:
    """Run a browser with one tab; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [program, *FLAGS, *flags, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port_file = Path(folder, "DevToolsActivePort")
            wait_until(lambda: port_file.exists() and port_file.read_text().count("\n"))
            with connect(_tab(port_file), compression=None, max_size=None, close_timeout=0.2) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _tab(port_file: Path) -> str:
    from urllib.request import urlopen

    port = port_file.read_text().split()[0]
    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_S) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
