"""audiokit.providers.coqui.files and .package: which files make a model, and what is told when some are missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.providers.coqui import package
from audiokit.providers.coqui.files import ModelFiles, find_model
from audiokit.providers.coqui.package import importing


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are found without the package; only the check for it stands in the way."""
    monkeypatch.setattr(package, "find_spec", lambda name: name)


def a_model(folder: Path, *checkpoints: str, **config: Any) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model": "vits", "audio": {"sample_rate": 22_050}} | config))
    for age, name in enumerate(checkpoints):
        (folder / name).write_bytes(bytes([age]) * 100)
        os.utime(folder / name, (age, age))
    return folder


def found(path: Path) -> ModelFiles:
    return find_model(str(path), name="")


@pytest.mark.parametrize(
    ("checkpoints", "expected"),
    [
        (("model.pth", "speakers_xtts.pth"), "model.pth"),
        (("best_model.pth", "best_model_10.pth", "checkpoint_20.pth"), "best_model.pth"),
        (("best_model_10.pth", "checkpoint_20.pth", "best_model_5.pth"), "best_model_5.pth"),
        (("german.pth",), "german.pth"),
    ],
)
def test_the_checkpoint_is_found_in_a_folder(tmp_path: Path, checkpoints: tuple[str, ...], expected: str) -> None:
    model = found(a_model(tmp_path / "model", *checkpoints))
    assert (model.checkpoint.name, model.kind, model.sample_rate) == (expected, "vits", 22_050)


def test_a_checkpoint_can_be_named_itself(tmp_path: Path) -> None:
    folder = a_model(tmp_path / "model", "model.pth", "older.pth")
    assert found(folder / "older.pth").checkpoint == folder / "older.pth"


@pytest.mark.parametrize("kind", ["tortoise", "bark"])
def test_models_of_several_files_are_a_folder(tmp_path: Path, kind: str) -> None:
    folder = a_model(tmp_path / "model", "clvp2.pth", "vocoder.pth", model=kind)
    assert found(folder).checkpoint == folder


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        ({"audio": {"sample_rate": 22_050, "output_sample_rate": 24_000}}, 24_000),
        ({"audio": None, "data": {"sampling_rate": 16_000}}, 16_000),
    ],
)
def test_the_rate_is_that_of_the_speech(tmp_path: Path, config: dict[str, Any], rate: int) -> None:
    assert found(a_model(tmp_path / "model", "model.pth", **config)).sample_rate == rate


def test_the_rate_of_a_vocoder_goes_before_that_of_the_model(tmp_path: Path) -> None:
    vocoder = a_model(tmp_path / "vocoder", "model.pth", audio={"sample_rate": 48_000})
    model = found(a_model(tmp_path / "model", "model.pth"))
    both = ModelFiles(
        name="both",
        checkpoint=model.checkpoint,
        config=model.config,
        vocoder=vocoder / "model.pth",
        vocoder_config=vocoder / "config.json",
    )
    assert both.sample_rate == 48_000
    assert both.fingerprint != model.fingerprint


def test_the_fingerprint_is_that_of_weights_and_settings(tmp_path: Path) -> None:
    names = ("one", "copy", "other weights", "other settings")
    one, copy, weights, settings = (a_model(tmp_path / name, "model.pth") for name in names)
    (weights / "model.pth").write_bytes(b"\1" * 100)
    (settings / "config.json").write_text((one / "config.json").read_text() + "\n")
    prints = [found(folder).fingerprint for folder in (one, copy, weights, settings)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "has no config.json; expected a model's folder"),
        (lambda folder: (folder / "model.pth").unlink(), "has a config.json and no checkpoint; expected model.pth"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json cannot be read"),
        (lambda folder: (folder / "config.json").write_text("[]"), "config.json is no JSON object"),
        (lambda folder: (folder / "config.json").write_text('{"model": "vits"}'), "no audio.sample_rate in it"),
    ],
)
def test_an_incomplete_folder_is_refused(tmp_path: Path, spoil: Any, message: str) -> None:
    folder = a_model(tmp_path / "model", "model.pth")
    spoil(folder)
    with pytest.raises(ConfigError) as refused:
        found(folder).sample_rate  # noqa: B018
    assert message in str(refused.value)


def test_without_the_package_the_pip_line_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'audiokit\[coqui\]'"):
        found(a_model(tmp_path / "model", "model.pth"))


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (
            ModuleNotFoundError("No module named 'six'"),
            MissingDependencyError,
            r"No module named 'six'.*audiokit\[coqui",
        ),
        (OSError("Could not load this library: libtorchaudio.so"), ConfigError, "A torchaudio for CUDA beside a torch"),
    ],
)
def test_what_stands_in_the_way_of_the_import_is_told(
    error: Exception, expected: type[Exception], message: str
) -> None:
    with pytest.raises(expected, match=message), importing():
        raise error
