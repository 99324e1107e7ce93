from pathlib import Path

import pytest

from audiokit.testing.scenario import Scenario, read, run

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = [scenario for path in sorted(FOLDER.glob("*.yaml")) for scenario in read(path)]


@pytest.mark.no_cover
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    run(scenario)
