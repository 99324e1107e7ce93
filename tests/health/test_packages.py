"""audiokit.health.packages."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from audiokit.health.finding import Finding
from audiokit.health.packages import Requirement, judged, look, requirements

NUMPY, CLICK = version("numpy"), version("click")


def lines(*wanted: str) -> list[tuple[str, str, str, str]]:
    return [(each.name, each.state, each.found, each.mend) for each in judged(requirements(wanted))]


def test_requirements_are_read_as_the_metadata_has_them() -> None:
    assert requirements(
        [
            "av>=16",
            "onnx>=1.17; extra == 'offline'",
            "audioop-lts>=0.2; (python_version >= '3.99') and extra == 'pydub'",
            "pydub>=0.25.1,>=0.25 ; (python_version >= '3.0') and extra == \"pydub\"",
            "audiokit[agent]; extra == 'all'",
            "ruff; extra == 'dev'",
        ]
    ) == [
        Requirement(name="av", bounds=">=16"),
        Requirement(name="onnx", bounds=">=1.17", extra="offline"),
        Requirement(name="pydub", bounds=">=0.25.1,>=0.25", extra="pydub"),
    ]


@pytest.mark.parametrize(
    ("bounds", "is_met"),
    [("", True), (">=1", True), (">=99", False), (f"=={NUMPY}", True), (f"=={NUMPY}.0", True), ("==0.1", False)],
)
def test_a_version_is_within_its_bounds(bounds: str, is_met: bool) -> None:
    assert Requirement(name="numpy", bounds=bounds).is_met == is_met


def test_what_is_required_and_there_is_one_line() -> None:
    assert lines("numpy>=2", "click") == [("required", "ok", f"numpy {NUMPY}, click {CLICK}", "")]


def test_what_is_required_and_wanting_is_broken_with_the_line_that_installs_it() -> None:
    assert lines("numpy>=99", "no-such-package>=1", "click") == [
        (
            "required",
            "broken",
            f"wanting: numpy {NUMPY} (expected >=99), no-such-package none (expected >=1)",
            "pip install 'numpy>=99' 'no-such-package>=1'",
        )
    ]


def test_an_extra_is_complete_too_old_or_absent() -> None:
    found = lines("numpy; extra == 'a'", "numpy==0.1; extra == 'b'", "no-such-package; extra == 'c'")
    assert found == [
        ("a", "ok", f"numpy {NUMPY}", ""),
        ("b", "missing", f"too old or new: numpy {NUMPY} (expected ==0.1)", "pip install 'audiokit[b]'"),
        ("not installed", "missing", "c", "pip install 'audiokit[NAME]'"),
    ]


def test_audiokit_s_own_requirements_are_met() -> None:
    found = {each.name: each for each in look()}
    assert isinstance(found["required"], Finding)
    assert found["required"].state == "ok"
    assert f"numpy {NUMPY}" in found["required"].found
