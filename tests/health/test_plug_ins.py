"""audiokit.health.plug_ins."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.health import packages, plug_ins
from audiokit.health.finding import Finding


def install(site: Path, name: str, entry_points: str, module: str = "") -> None:
    about = site / f"{name}-1.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(entry_points)
    (site / f"{name}.py").write_text(module)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_plug_in_is_told_with_all_it_brings(site: Path) -> None:
    install(
        site, "good_voices", "[audiokit.tts]\ngood = good_voices:Good\nhibari = good_voices:Good\n", "class Good: ..."
    )
    (found,) = (each for each in plug_ins.look() if each.name == "good_voices")
    told = "1.2, a plug-in: tts good, tts hibari (not used: audiokit has its own)"
    assert found == Finding(area="packages", name="good_voices", state="ok", found=told)


def test_one_that_cannot_be_loaded_is_broken(site: Path) -> None:
    install(site, "bad_voices", "[audiokit.tts]\nbad = bad_voices:Bad\n", "import no_such_module\n")
    (found,) = (each for each in packages.look() if each.name == "bad_voices")
    assert (found.state, found.mend) == ("broken", "pip install --upgrade bad_voices")
    assert "tts bad cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'" in found.found
