"""audiokit.registry: providers by name, built in and plugged in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audiokit.analysis.activity import EnergyVAD
from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.registry import BUILT_IN, default, provider, providers, takes

PlugIn = Callable[[str, str], None]


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlugIn:
    """A maker of an installed package `acme-speech`: `plug_in(entry_points, source of the module acme)`."""

    def install(entry_points: str, source: str) -> None:
        package = tmp_path / "acme_speech-1.0.dist-info"
        package.mkdir()
        (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-speech\nVersion: 1.0\n")
        (package / "entry_points.txt").write_text(entry_points)
        (tmp_path / "acme.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "acme", raising=False)

    return install


def test_a_built_in_provider_opens_by_name() -> None:
    assert isinstance(provider("vad", "energy"), EnergyVAD)


def test_settings_reach_the_provider() -> None:
    quiet, loud = (provider("vad", "energy", threshold_rms=threshold) for threshold in (0.001, 0.1))
    assert vars(quiet) != vars(loud)


def test_a_provider_tells_which_settings_it_has() -> None:
    assert takes("stt", "whisper", "language")
    assert not takes("vad", "energy", "language")


def test_a_provider_tells_what_it_takes_when_nothing_is_said() -> None:
    said = default("vad", "energy", "threshold_rms")
    assert vars(provider("vad", "energy", threshold_rms=said)) == vars(provider("vad", "energy"))
    assert default("vad", "energy", "colour") is None
    assert default("agent", "elevenlabs", "agent_id") is None  # it must be given


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, built_in in BUILT_IN.items() for name in built_in])
def test_every_built_in_name_leads_to_a_class(kind: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"the {kind} provider '{name}' takes no setting 'colour'"):
        provider(kind, name, colour="blue")


def test_built_in_names_are_listed_first() -> None:
    assert providers("vad")[:2] == ("silero", "energy")


def test_a_kind_may_have_no_provider_yet() -> None:
    assert providers("clone") == tuple(BUILT_IN["clone"])


def test_a_plug_in_opens_by_name(plug_in: PlugIn) -> None:
    plug_in(
        "[audiokit.tts]\nacme = acme:Voice\n",
        "class Voice:\n    def __init__(self, pace=1):\n        self.pace = pace\n",
    )
    assert vars(provider("tts", "acme", pace=2)) == {"pace": 2}
    assert providers("tts") == (*BUILT_IN["tts"], "acme")


def test_a_plug_in_may_take_settings_of_any_name(plug_in: PlugIn) -> None:
    plug_in("[audiokit.llm]\nacme = acme:talk\n", "def talk(**settings): return settings\n")
    assert provider("llm", "acme", colour="blue") == {"colour": "blue"}


def test_a_built_in_name_wins_over_a_plug_in(plug_in: PlugIn) -> None:
    plug_in("[audiokit.vad]\nenergy = acme:impostor\n", "raise AssertionError('loaded')\n")
    assert isinstance(provider("vad", "energy"), EnergyVAD)
    assert providers("vad").count("energy") == 1


def test_an_unknown_name_is_refused_with_the_nearest_spelling(plug_in: PlugIn) -> None:
    plug_in("[audiokit.vad]\nacme = acme:Detector\n", "")
    with pytest.raises(ConfigError) as refused:
        provider("vad", "silerro")
    assert str(refused.value) == (
        "no vad provider is named 'silerro'; there are: silero, energy, acme. Did you mean 'silero'?"
    )


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(ConfigError, match=r"there are: silero, energy\.$"):
        provider("vad", "xylophone")


def test_an_unknown_kind_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="kind is 'mp3'; expected one of stt, vad, turn, tts, llm, clone"):
        providers("mp3")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("", "AttributeError: module 'acme' has no attribute 'Voice'"),
    ],
)
def test_a_plug_in_that_does_not_load_is_told_with_its_package(plug_in: PlugIn, source: str, cause: str) -> None:
    plug_in("[audiokit.tts]\nacme = acme:Voice\n", source)
    with pytest.raises(ConfigError) as refused:
        provider("tts", "acme")
    assert str(refused.value) == (
        f"the plug-in 'acme' of the package acme-speech cannot be loaded from acme:Voice: {cause}. "
        "Repair it with: pip install --upgrade acme-speech"
    )


def test_a_plug_in_may_say_itself_what_is_missing(plug_in: PlugIn) -> None:
    plug_in(
        "[audiokit.tts]\nacme = acme:Voice\n",
        "from audiokit.errors import MissingDependencyError\nraise MissingDependencyError('x', extra='acme')\n",
    )
    with pytest.raises(MissingDependencyError):
        provider("tts", "acme")


def test_a_setting_that_is_not_taken_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="'energy' takes no setting 'treshold'; it takes: threshold_rms"):
        provider("vad", "energy", treshold=1)


def test_importing_the_registry_is_light() -> None:
    script = (
        "import audiokit.registry, sys; print({'numpy', 'importlib.metadata', 'audiokit.contracts'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"
