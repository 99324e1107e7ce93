"""audiokit.providers.coqui.download and audiokit.providers.coqui.download_progress.

Models by name, from servers of our own, after the licence.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from audiokit import portal
from audiokit.errors import ConfigError, ProviderUnavailable
from audiokit.providers.coqui.download import AGREEMENT
from audiokit.providers.coqui.files import find_model
from audiokit.providers.coqui.speech import DEFAULT_MODEL, CoquiTTS
from tests.providers.coqui.conftest import LIBRIVOX
from tests.providers.coqui.hub import hub_of
from tests.providers.coqui.tiny_vits import make_vits

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]

NAME = "tts_models/en/tiny/vits"
RECORDING = "sense_and_sensibility_01_austen_64kb-0880.wav"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model in a zip file, as Coqui's releases have them."""
    folder = tmp_path_factory.mktemp("shop")
    make_vits(folder / "packed" / "tts_models--en--tiny--vits")
    shutil.make_archive(str(folder / "tiny"), "zip", folder / "packed")
    return folder


def list_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **item: Any) -> None:
    """Have Coqui's list hold one model."""
    from TTS.utils.manage import ModelManager

    models = {"tts_models": {"en": {"tiny": {"vits": {"license": "MIT", "default_vocoder": None} | item}}}}
    (tmp_path / "models.json").write_text(json.dumps(models))
    monkeypatch.setattr(ModelManager.__init__, "__defaults__", (str(tmp_path / "models.json"), None, False))


def test_a_model_is_downloaded_once_told_of_and_speaks(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[str, float, float]] = []
    with served(shop) as url:
        list_with(tmp_path, monkeypatch, github_rls_url=f"{url}/tiny.zip")
        tts = CoquiTTS("tiny/vits", device="cpu", progress=lambda *facts: told.append(facts))
    size = (shop / "tiny.zip").stat().st_size
    assert told[-1] == ("vits", size, size)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert len(list(portal.iterate(tts.synthesize("Tea?")))) == 1
    assert find_model(NAME, name="").checkpoint.is_relative_to(tmp_path / "cache")
    assert "".join(capfd.readouterr()) == ""


def test_weights_under_a_licence_wait_for_the_user(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(shop) as url:
        list_with(tmp_path, monkeypatch, github_rls_url=f"{url}/tiny.zip", license="CPML", tos_required=True)
        with pytest.raises(ConfigError, match=r"licence CPML, for non-commercial use: https://.*accept_licence"):
            find_model(NAME, name="")
        assert not (tmp_path / "cache").exists() or not list((tmp_path / "cache").rglob("*.pth"))
        assert find_model(NAME, name="", accept_licence=True).kind == "vits"
    assert (tmp_path / "cache/tts/tts_models--en--tiny--vits" / AGREEMENT).is_file()
    assert find_model(NAME, name="").kind == "vits"


def test_the_licence_can_be_accepted_in_the_environment(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")
    with served(shop) as url:
        list_with(tmp_path, monkeypatch, github_rls_url=f"{url}/tiny.zip", license="CPML", tos_required=True)
        assert find_model(NAME, name="").kind == "vits"


def test_xtts_itself_asks_before_anything_is_fetched() -> None:
    with pytest.raises(ConfigError, match="the weights of tts_models/multilingual/multi-dataset/xtts_v2 come under"):
        find_model("", name=DEFAULT_MODEL)


FIRST_USE = """
import json, sys
from pathlib import Path
from audiokit import portal
from audiokit.providers.coqui.clone import CoquiClone
from audiokit.providers.coqui.speech import CoquiTTS
told = []
clone = CoquiClone(device="cpu", accept_licence=True, progress=lambda *facts: told.append(facts))
voice = clone.clone([Path(sys.argv[1])], name="Ann")
chunks = list(portal.iterate(CoquiTTS(device="cpu").synthesize("Tea?", voice)))
print(json.dumps([told[-1], len(chunks), voice.model]))
"""
LATER_USE = """
from audiokit.providers.coqui.files import find_model
print(find_model("xtts_v2", name="").fingerprint)
"""


def run_python(script: str, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, words)],
        env=os.environ | {"HF_HUB_DISABLE_TELEMETRY": "1"} | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.process
def test_xtts_comes_from_the_hub_once_and_needs_no_network_later(xtts: Path, tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hub")}
    with hub_of(xtts) as url:
        first = run_python(FIRST_USE, LIBRIVOX / RECORDING, HF_ENDPOINT=url, **home)
    assert first.returncode == 0, first.stderr
    told, chunks, model = json.loads(first.stdout)
    size = sum(path.stat().st_size for path in xtts.iterdir())
    assert (told, model) == (["xtts_v2", size, size], "tts_models/multilingual/multi-dataset/xtts_v2")
    assert chunks >= 1
    assert "%|" not in first.stderr  # no bar but ours
    later = run_python(LATER_USE, HF_ENDPOINT="http://127.0.0.1:9", **home)
    assert later.returncode == 0, later.stderr
    assert later.stdout.strip() == find_model(str(xtts), name="").fingerprint


def test_without_a_network_it_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnavailable, match=r"xtts_v2 is not on this machine and cannot be downloaded.*folder"):
        find_model("xtts_v2", name="", accept_licence=True)
    with pytest.raises(ProviderUnavailable, match="cannot be downloaded"):  # and says so again the next time
        find_model("xtts_v2", name="", accept_licence=True)


def test_a_download_that_fails_is_tried_again_the_next_time(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(shop) as url:
        list_with(tmp_path, monkeypatch, github_rls_url=f"{url}/no such.zip")
        with pytest.raises(ProviderUnavailable, match="cannot be downloaded") as told:
            find_model(NAME, name="")
        assert told.value.retryable
        list_with(tmp_path, monkeypatch, github_rls_url=f"{url}/tiny.zip")
        assert find_model(NAME, name="").kind == "vits"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xtts_v3", r"no model 'xtts_v3'.*Did you mean 'xtts_v2'\?.*tts --list_models"),
        ("tts_models/en/ljspeech/vitz", r"Did you mean 'tts_models/en/ljspeech/vits'\?"),
        ("vits", "Coqui has several models 'vits': "),
        ("/no/such/folder", "neither a path on this machine nor in Coqui's list"),
    ],
)
def test_a_name_that_is_not_in_the_list_is_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_model(name, name="")
