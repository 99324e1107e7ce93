"""audiokit.dataset.recordings, on a disk, behind S3's protocol and over http."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from audiokit.dataset.recordings import find_recordings, on_disk
from audiokit.dataset.scratch import PREFIX
from audiokit.errors import AudioFileError, ConfigError, DatasetError

pytest.importorskip("fsspec")

FILES = (
    "b.mp3",
    "season 2/who@home?.txt",
    "a 1.WAV",
    "season 2/c.m4a",
    "season 2/notes.txt",
    ".hidden/d.mp3",
    "season 2/.e.mp3",
)


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Recordings and what is none, on the disk."""
    folder = tmp_path / "talks"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"sound of {name}")
    return folder


@pytest.fixture(params=["file", pytest.param("s3", marks=pytest.mark.process)])
def place(request: pytest.FixtureRequest, talks: Path) -> str:
    """The same behind an address."""
    if request.param == "file":
        return f"file://{talks}"
    address = f"{request.getfixturevalue('bucket')}/talks"
    request.getfixturevalue("s3").put(f"{talks}/", f"{address}/", recursive=True)
    return address


def names(*sources: str, out: str = "out") -> list[str]:
    return [file.name for file in find_recordings(sources, out, Path("elsewhere"))]


def test_a_folder_is_searched_whole_and_in_order(place: str) -> None:
    assert names(place) == names(f"{place}/") == [f"{place}/{name}" for name in ("a 1.WAV", "b.mp3", "season 2/c.m4a")]


@pytest.mark.parametrize("name", ["season 2/notes.txt", "season 2/who@home?.txt"])
def test_a_file_that_is_named_is_tried_whatever_its_name(place: str, name: str) -> None:
    assert names(f"{place}/{name}") == [f"{place}/{name}"]


@pytest.mark.parametrize(("pattern", "expected"), [
    ("*.mp3", ["b.mp3"]), ("**/*.m4a", ["season 2/c.m4a"]), ("season*", ["season 2/c.m4a"]), ("?.mp3", ["b.mp3"]),
])  # fmt: skip
def test_a_pattern_is_matched(place: str, pattern: str, expected: list[str]) -> None:
    assert names(f"{place}/{pattern}") == [f"{place}/{name}" for name in expected]


def test_each_is_listed_once_beside_files_of_this_machine(place: str, talks: Path) -> None:
    found = find_recordings([place, f"{place}/b.mp3", talks / "b.mp3"], "out", Path("elsewhere"))
    assert [file.name for file in found] == sorted([*names(place), str(talks / "b.mp3")])


@pytest.mark.parametrize("name", ["nothing", "*.flac", "season 2/c.mp3"])
def test_what_is_not_there_is_said(place: str, name: str) -> None:
    with pytest.raises(AudioFileError, match="nothing there") as caught:
        names(f"{place}/{name}")
    assert caught.value.reason == "missing"


def test_the_datasets_own_clips_are_no_sources(place: str) -> None:
    assert names(place, out=f"{place}/season 2/") == [f"{place}/a 1.WAV", f"{place}/b.mp3"]


@pytest.mark.parametrize(("source", "out", "folder"), [
    ("PATH", "file://PATH/season 2", "elsewhere"), ("file://PATH", "PATH/season 2", "PATH/season 2"),
    ("file://PATH", "PATH/x/../season 2/", "PATH/x/../season 2"), ("PATH/*/*.m4a", "file://PATH/season 2/", "other"),
    ("file://PATH/season 2/c.m4a", "PATH/season 2", "PATH/season 2"), ("file://PATH", "file://PATH/link", "elsewhere"),
])  # fmt: skip
def test_the_datasets_own_clips_are_none_however_the_two_are_written(
    talks: Path, source: str, out: str, folder: str
) -> None:
    (talks / "link").symlink_to("season 2")
    given = [each.replace("PATH", str(talks)) for each in (source, out, folder)]
    found = find_recordings(given[:1], given[1], Path(given[2]))
    assert not [file for file in found if "season 2" in file.name]
    assert len(found) == (0 if "c.m4a" in source or "*" in source else 2)


@pytest.mark.process
def test_s3_and_s3a_are_one_place(bucket: str, s3: Any, talks: Path) -> None:
    s3.put(f"{talks}/", f"{bucket}/talks/", recursive=True)
    other = bucket.replace("s3://", "s3a://")
    assert names(f"{other}/talks", f"{other}/talks/season 2/c.m4a", out=f"{other}/talks/season 2") == [
        f"{bucket}/talks/{name}" for name in ("a 1.WAV", "b.mp3")
    ]


@pytest.mark.process
def test_a_recording_is_brought_under_its_name_and_deleted_after(bucket: str, s3: Any, talks: Path) -> None:
    s3.put(str(talks / "a 1.WAV"), f"{bucket}/a 1.WAV")
    told: list[float] = []
    with on_disk(f"{bucket}/a 1.WAV", told.append) as path:
        assert path.name == "a 1.WAV"
        assert path.read_text() == "sound of a 1.WAV"
        assert list(path.parent.iterdir()) == [path]
    assert not path.parent.exists()
    assert told == [0.0]


def test_what_every_machine_mounts_is_read_where_it_lies(talks: Path) -> None:
    for place in (str(talks / "b.mp3"), f"file://{talks / 'b.mp3'}"):
        with on_disk(place, lambda done_s: None) as path:
            assert path == talks / "b.mp3"


@pytest.mark.process
def test_one_that_is_gone_meanwhile_is_said(bucket: str) -> None:
    with pytest.raises(AudioFileError, match=r"gone\.mp3: not there any more"), on_disk(f"{bucket}/gone.mp3", print):
        pass


@pytest.mark.process
def test_a_refused_key_stops_the_work(bucket: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3.clear_instance_cache()
    with pytest.raises(ConfigError, match="credentials"), on_disk(f"{bucket}/a.mp3", print):
        pass


@pytest.fixture
def web(talks: Path) -> Iterator[str]:
    """The same folder as web pages."""

    class Quiet(SimpleHTTPRequestHandler):
        def do_HEAD(self) -> None:
            _, folder, name = self.path.partition("/answer/")
            if folder:
                self.send_error(int(name.partition("?")[0]))
            else:
                super().do_HEAD()

        def do_GET(self) -> None:
            self.do_HEAD() if "/answer/" in self.path else super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(talks)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_of_the_web_is_named_without_its_signature(web: str) -> None:
    pytest.importorskip("aiohttp")
    (found,) = find_recordings([f"{web}/b.mp3?signature=secret"], "out", Path("elsewhere"))
    assert found.name == f"{web}/b.mp3"
    with on_disk(found.place, lambda done_s: None) as path:
        assert (path.name, path.read_text()) == ("b.mp3", "sound of b.mp3")
    with pytest.raises(AudioFileError, match="nothing there"):
        names(f"{web}/c.mp3")
    with pytest.raises(AudioFileError, match=r"c\.mp3: not there any more"), on_disk(f"{web}/c.mp3", print):
        pass


def test_files_of_the_web_that_differ_in_their_query_alone_have_names_of_their_own(web: str) -> None:
    pytest.importorskip("aiohttp")
    found = find_recordings([f"{web}/b.mp3?id={number}" for number in (2, 1)], "out", Path("elsewhere"))
    assert [(file.name, file.place) for file in found] == [
        (f"{web}/b.mp3", f"{web}/b.mp3?id=1"), (f"{web}/b.mp3 #2", f"{web}/b.mp3?id=2")
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "kind", "said"), [
    (401, ConfigError, "access refused.*401"), (403, ConfigError, "access refused.*403"),
    (500, DatasetError, "500, message="), (410, AudioFileError, "nothing there"),
])  # fmt: skip
def test_what_a_web_server_says_is_told(web: str, status: int, kind: type[Exception], said: str) -> None:
    pytest.importorskip("aiohttp")
    address = f"{web.replace('//', '//ann:secret@')}/answer/{status}?signature=secret"
    with pytest.raises(kind, match=said) as caught:
        names(address)
    assert "secret" not in str(caught.value)


def test_a_web_server_that_is_away_is_told() -> None:
    pytest.importorskip("aiohttp")
    with pytest.raises(DatasetError, match="Cannot connect"):
        names("http://127.0.0.1:9/a.mp3")
    with pytest.raises(OSError, match="cannot be fetched: Cannot connect"), on_disk("http://127.0.0.1:9/a.mp3", print):
        pass


def test_a_full_disk_is_told_by_its_place(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aiohttp")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as caught, on_disk(f"{web}/b.mp3", lambda done_s: None):
        pass
    assert Path(caught.value.filename).name.startswith(PREFIX)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hosts of a protocol whose paths do not name them, as those of sftp, ftp and smb do not."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem
    from fsspec.utils import infer_storage_options

    class Hosts(MemoryFileSystem):
        protocol = "hosts"
        cachable = False

        def __init__(self, host: str, **options: Any) -> None:
            super().__init__(**options)
            self.host, self.store, self.pseudo_dirs = host, disks.setdefault(host, {}), [""]

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return str(super()._strip_protocol(infer_storage_options(path)["path"]))

        @staticmethod
        def _get_kwargs_from_urls(path: str) -> dict[str, Any]:
            told = infer_storage_options(path)
            return {name: told[name] for name in ("host", "username", "password") if name in told}

    disks: dict[str, dict[str, Any]] = {}
    fsspec.register_implementation("hosts", Hosts, clobber=True)
    for host in ("first", "second"):
        for name in ("a.mp3", "b [1].mp3", "deep/c.wav", "notes.txt"):
            Hosts(host).pipe(f"/talks/{name}", f"{name} of {host}".encode())


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("talks", ["talks/a.mp3", "talks/b [1].mp3", "talks/deep/c.wav"]),
        ("talks/", ["talks/a.mp3", "talks/b [1].mp3", "talks/deep/c.wav"]),
        ("", ["talks/a.mp3", "talks/b [1].mp3", "talks/deep/c.wav"]),
        ("ta*/*.wav", []),
        ("talks/a*.mp3", ["talks/a.mp3"]),
        ("*/deep", ["talks/deep/c.wav"]),
        ("talks/b [1].mp3", ["talks/b [1].mp3"]),
        ("talks/notes.txt", ["talks/notes.txt"]),
    ],
)
def test_recordings_of_a_host_keep_its_name(source: str, expected: list[str]) -> None:
    given = f"hosts://ann:secret@second/{source}"
    if not expected:
        with pytest.raises(AudioFileError, match="hosts://second/ta") as caught:
            names(given)
        assert "secret" not in str(caught.value)
        return
    found = find_recordings([given], "out", Path("elsewhere"))
    assert [file.name for file in found] == [f"hosts://second/{name}" for name in expected]
    for file in found:
        with on_disk(file.place, lambda done_s: None) as path:
            assert path.read_text() == f"{file.name.partition('talks/')[2]} of second"


@pytest.mark.usefixtures("hosts")
def test_equal_paths_of_two_hosts_are_two_recordings() -> None:
    found = find_recordings(
        ["hosts://first/talks/deep", "hosts://second/talks"], "hosts://second/talks/deep", Path("x")
    )
    assert [file.name for file in found] == [
        "hosts://first/talks/deep/c.wav", "hosts://second/talks/a.mp3", "hosts://second/talks/b [1].mp3"
    ]  # fmt: skip
    with on_disk(found[0].place, lambda done_s: None) as path:
        assert path.read_text() == "deep/c.wav of first"
