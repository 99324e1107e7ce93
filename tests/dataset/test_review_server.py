"""audiokit.dataset.review_server, over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audiokit.dataset.manifest import Dataset
from audiokit.dataset.review import reviewing
from audiokit.dataset.review_server import PAGE, serving
from audiokit.errors import UsageError
from tests.dataset.small import small_dataset

PATIENCE_S = 10.0


class Site:
    """A running review."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.port, self.token = int(address.split(":")[2].split("/")[0]), address.split("/")[3]

    def ask(self, place: str, wish: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask_at(f"/{self.token}/{place}", None if wish is None else json.dumps(wish).encode(), **headers)

    def ask_at(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def decide(self, **wish: Any) -> tuple[int, Any]:
        status, _, data = self.ask("decide", {"clip": "0870", "verdict": "keep", "text": None, **wish})
        return status, json.loads(data)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    root = small_dataset(tmp_path / "talks").root
    with reviewing(root) as session, serving(session) as address:
        yield Site(root, address)


@pytest.mark.parametrize("name", PAGE)
def test_the_pages_files_are_served(site: Site, name: str) -> None:
    status, headers, data = site.ask(name)
    assert (status, headers["Content-Type"]) == (200, PAGE[name][1])
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert len(data) == int(headers["Content-Length"]) > 1000


def test_the_clips_are_listed(site: Site) -> None:
    told = json.loads(site.ask("clips.json")[2])
    assert told["name"] == "talks"
    assert [clip["id"] for clip in told["clips"]] == ["0870", "0880", "0890", "0920", "0930"]


def test_a_decision_is_written(site: Site) -> None:
    status, row = site.decide(verdict="refuse", text="Words.")
    assert (status, row["kept"], row["verdict"], row["text"]) == (200, False, "refuse", "Words.")
    assert len(Dataset.open(site.root)) == 4


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-", 200, 0, None),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=100-", 206, 100, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=5-99999999999", 206, 5, None),
        ("bytes=-99999999999", 200, 0, None),
        ("bytes=1-2,5-6", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("lines=1-2", 200, 0, None),
    ],
)
def test_a_player_gets_the_part_it_asks_for(site: Site, asked: str, status: int, start: int, end: int | None) -> None:
    whole = (site.root / "clips" / "0870.wav").read_bytes()
    found, headers, data = site.ask("sound/0870", Range=asked)
    assert (found, data) == (status, whole[start:end])
    if status == 206:
        first = start % len(whole)
        assert headers["Content-Range"] == f"bytes {first}-{first + len(data) - 1}/{len(whole)}"
    assert (headers["Content-Type"], headers["Accept-Ranges"]) == ("audio/wav", "bytes")


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=20-10", "bytes=-0"])
def test_a_part_that_is_not_there_is_told_so(site: Site, asked: str) -> None:
    size = (site.root / "clips" / "0870.wav").stat().st_size
    status, headers, _ = site.ask("sound/0870", Range=asked)
    assert (status, headers["Content-Range"]) == (416, f"bytes */{size}")


def test_flac_is_called_flac(tmp_path: Path) -> None:
    root = small_dataset(tmp_path / "talks", format="flac").root
    with reviewing(root) as session, serving(session) as address:
        assert Site(root, address).ask("sound/0870")[1]["Content-Type"] == "audio/flac"


@pytest.mark.parametrize("path", ["/", "", "/clips.json", "/wrong/clips.json", "/%C3%A4/", "//", "/%00/"])
def test_without_the_secret_there_is_nothing(site: Site, path: str) -> None:
    status, _, data = site.ask_at(path)
    assert status == 404
    assert site.token.encode() not in data


@pytest.mark.parametrize("place", [
    "sound/nobody", "sound/../dataset.json", "sound/..%2F..%2Fdataset.json", "sound/talk-refused", "dataset.json",
    "web/review.js", "../../../etc/passwd", "decide",
])  # fmt: skip
def test_no_address_reaches_other_files(site: Site, place: str) -> None:
    assert site.ask(place)[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_another_name_for_this_machine_is_refused(site: Site, host: str) -> None:
    assert site.ask("clips.json", Host=host)[0] == 403
    assert site.ask("clips.json", Host=f"localhost:{site.port}")[0] == 200


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"clip": "nobody"}, 404),
        ({"verdict": "perhaps"}, 400),
        ({"verdict": None}, 400),
        ({"verdict": []}, 400),
        ({"text": 3}, 400),
        ({"clip": 3}, 400),
        ({"more": 1}, 400),
        ({"text": "x" * 20_000}, 409),
        ({"text": "x" * 200_000}, 413),
    ],
)
def test_what_cannot_be_meant_is_refused(site: Site, wish: dict[str, object], status: int) -> None:
    before = (site.root / "manifest.jsonl").read_bytes()
    found, told = site.decide(**wish)
    assert found == status
    assert told["error"]
    assert (site.root / "manifest.jsonl").read_bytes() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null"])
def test_a_body_that_is_no_wish_is_refused(site: Site, body: bytes) -> None:
    assert site.ask_at(f"/{site.token}/decide", body)[0] == 400


def test_a_disk_that_is_full_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("audiokit.dataset.review.write_reviews", fail)
        status, told = site.decide()
    assert (status, told["error"]) == (507, "cannot be written: No space left on device")
    assert site.decide()[0] == 200


def test_a_browser_that_turns_away_does_no_harm(site: Site) -> None:
    for words in (
        b"",
        b"GET",
        f"GET /{site.token}/sound/0870 HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode(),
    ):
        with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_S) as connection:
            connection.sendall(words)
    assert site.ask("clips.json")[0] == 200


def test_only_this_machine_is_listened_to(site: Site) -> None:
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", site.port), timeout=PATIENCE_S)


def test_a_port_that_is_taken_is_named(site: Site) -> None:
    with (
        pytest.raises(UsageError, match=f"port {site.port} cannot be listened on"),
        serving(None, site.port),  # type: ignore[arg-type]
    ):
        pass
