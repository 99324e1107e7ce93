"""audiokit.agent.price: a turn's cost from the table of prices."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit import config
from audiokit.agent.chosen import ProviderConfig
from audiokit.agent.config_file import AgentConfig
from audiokit.agent.price import turn_price
from audiokit.contracts import Usage

PRICES = """
[[price]]
{llm}
unit = "input_tokens"
usd = 2.0
per = 1_000_000
date = 2026-01-01
source = "here"
[[price]]
{llm}
unit = "output_tokens"
usd = 10.0
per = 1_000_000
date = 2026-01-01
source = "here"
[[price]]
service = "tts"
provider = "acme"
model = ""
any_model = true
unit = "characters"
usd = 100.0
per = 1_000_000
date = 2026-01-01
source = "here"
""".format(llm='service = "llm"\nprovider = "acme"\nmodel = "brain-2"')


@pytest.fixture(autouse=True)
def _prices() -> None:
    folder: Path = config.home()
    folder.mkdir(parents=True)
    (folder / "prices.toml").write_text(PRICES, "utf-8")


ACME = AgentConfig(llm=(ProviderConfig(provider="acme"),), tts=(ProviderConfig(provider="acme"),))


def test_tokens_and_characters_are_added_up() -> None:
    usage = Usage(input_tokens=1000, output_tokens=100, model="brain-2")
    assert turn_price(ACME, mute=True)(usage, 500) == pytest.approx(0.003)
    assert turn_price(ACME)(usage, 500) == pytest.approx(0.002 + 0.001 + 0.05)


def test_the_model_of_the_configuration_holds_when_the_vendor_names_none() -> None:
    chosen = AgentConfig(llm=(ProviderConfig(provider="acme", settings={"model": "brain-2"}),), tts=ACME.tts)
    assert turn_price(chosen)(Usage(input_tokens=500_000), 0) == pytest.approx(1.0)


def test_an_unknown_price_is_no_price() -> None:
    assert turn_price(ACME)(Usage(input_tokens=5, model="brain-9"), 10) is None


def test_the_offline_agent_costs_nothing() -> None:
    assert turn_price(AgentConfig())(Usage(input_tokens=50, output_tokens=5), 100) == 0
