"""audiokit.dataset.store, on a disk, in memory and behind S3's protocol."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from audiokit import errors
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.store import Store, explained, is_address, mark_of, open_files, shown

pytest.importorskip("fsspec")


@pytest.fixture(params=["file", "memory", pytest.param("s3", marks=pytest.mark.process)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty place."""
    if request.param == "s3":
        return Store(f"{request.getfixturevalue('bucket')}/talks/set/")
    return Store(f"file://{tmp_path}/set" if request.param == "file" else f"memory://{uuid.uuid4().hex}/set")


def test_an_empty_place_lists_nothing(store: Store) -> None:
    assert store.list() == {}
    assert store.read("a") is None


def test_what_is_written_is_listed_and_read(store: Store) -> None:
    store.write("a", b"one")
    store.write("clips/b c.wav", b"")
    store.write("a", b"three")
    assert store.list() == {"a": 5, "clips/b c.wav": 0}
    assert store.read("a") == b"three"


def test_a_file_is_created_once(store: Store) -> None:
    assert store.create(".audiokit/writing", b"first")
    assert not store.create(".audiokit/writing", b"second")
    assert store.read(".audiokit/writing") == b"first"


def test_files_go_there_and_back(store: Store, tmp_path: Path) -> None:
    names = ["a.txt", "clips/1.wav", "clips/2.wav"]
    (tmp_path / "here/clips").mkdir(parents=True)
    for name in names:
        (tmp_path / "here" / name).write_text(name)
    store.send(tmp_path / "here", names)
    assert store.list() == {name: len(name) for name in names}
    store.fetch(names[:2], tmp_path / "there")
    assert [(tmp_path / "there" / name).read_text() for name in names[:2]] == names[:2]
    assert not (tmp_path / "there" / names[2]).exists()


def test_removed_files_are_gone_and_others_stay(store: Store) -> None:
    for name in ("a", "b/c", "b/d"):
        store.write(name, b"x")
    store.remove(["b/c", "a"])
    store.remove([])
    assert store.list() == {"b/d": 1}


@pytest.mark.process
def test_the_mark_of_a_folder_made_by_hand_is_no_file(bucket: str, s3: object) -> None:
    Store(bucket).write("set/", b"")
    assert Store(f"{bucket}/set").list() == {}


@pytest.mark.parametrize(("place", "expected"), [
    ("s3://bucket/a", True), ("file:///a", True), ("a/b.mp3", False), ("C:\\a.mp3", False), (Path("s3://a"), False),
])  # fmt: skip
def test_an_address_is_told_from_a_path(place: str, expected: bool) -> None:
    assert is_address(place) is expected


def test_no_message_shows_a_password_or_a_signature() -> None:
    address = "https://ann:secret@example.com/a.mp3?X-Signature=secret"
    assert shown(address) == "https://example.com/a.mp3"
    assert shown("sftp://ann:secret@host/a.mp3") == shown("sftp://ann:sec@ret@host/a.mp3") == "sftp://host/a.mp3"
    for said in (address, f"404 at {address}, no", f"no: '{address}'"):
        assert "secret" not in str(explained(address, OSError(said)))


def test_a_name_keeps_its_signs_where_they_are_a_files_own() -> None:
    assert shown("s3://bucket/who@home? 2.mp3") == "s3://bucket/who@home? 2.mp3"


def test_a_mark_is_there_only_where_the_store_tells_one() -> None:
    assert mark_of({"size": 3, "ETag": '"abc"', "LastModified": 7}) == "3 abc"
    assert mark_of({"size": 3, "mtime": 7.5}) == "3 7.5"
    assert mark_of({"size": 3}) == ""


class NoCredentialsError(Exception):
    """Named as botocore names its own."""


@pytest.mark.parametrize(("error", "kind", "said"), [
    (ImportError("Install s3fs to access S3"), errors.MissingDependencyError, r"audiokit\[s3\]"),
    (ValueError("Protocol not known"), errors.ConfigError, "not known"),
    (PermissionError("Access Denied"), errors.ConfigError, "AWS_ACCESS_KEY_ID"),
    (NoCredentialsError("Unable to locate credentials"), errors.ConfigError, "Unable to locate"),
    (FileNotFoundError("The specified bucket does not exist"), errors.DatasetError, "bucket's name"),
    (TimeoutError(), errors.DatasetError, "TimeoutError"),
])  # fmt: skip
def test_what_a_store_raises_is_said_in_our_words(error: Exception, kind: type[Exception], said: str) -> None:
    told = explained("s3://bucket/a", error)
    assert type(told) is kind
    with pytest.raises(kind, match=said):
        raise told


@pytest.mark.parametrize("name", ["../evil", "clips/../../../evil.wav", "clips\\..\\..\\evil.wav"])
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path))
    store = Store(f"memory://{uuid.uuid4().hex}/set")
    for each in ("dataset.json", "clips/a..b.wav", ".audiokit/journal.jsonl"):
        store.write(each, b"{}")
    assert len(store.list()) == 3
    store.write(name, b"evil")
    with pytest.raises(errors.DatasetError, match="leads out of it"):
        store.list() if name.startswith("..") else Dataset.open(store.address)
    assert list(tmp_path.rglob("evil*")) == []


@pytest.mark.parametrize("address", ["file://PLACE/ep::1.flac", "memory://b/ep::1.flac", "s3://bucket/ep::1.flac"])
def test_two_colons_in_a_name_are_no_chain_of_addresses(address: str, tmp_path: Path) -> None:
    if address.startswith("s3"):
        pytest.importorskip("s3fs")
    _, path = open_files(address.replace("PLACE", str(tmp_path)))
    assert path.endswith("/ep::1.flac")


def test_a_chain_of_addresses_is_left_to_fsspec(tmp_path: Path) -> None:
    files, _ = open_files(f"simplecache::file://{tmp_path}/a.flac")
    assert "simplecache" in str(files.protocol)


def test_an_unknown_protocol_is_a_setting_to_mend() -> None:
    with pytest.raises(errors.ConfigError, match="acme"):
        open_files("acme://bucket/a")
