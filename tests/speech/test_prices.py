from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from audiokit.errors import ConfigError
from audiokit.speech.cost import Talk, of_conversation, of_text, of_transcription
from audiokit.speech.prices import PriceTable
from audiokit.speech.usage import Usage, UsageCounter


def test_every_price_brought_has_a_date_and_a_source() -> None:
    prices = list(PriceTable.load())
    assert len(prices) > 20
    assert all(price.source and price.date > datetime.date(2024, 1, 1) and price.per > 0 for price in prices)


@pytest.mark.parametrize(
    ("provider", "model", "unit", "usd"),
    [
        ("hibari", "", "characters", 0.0),
        ("hibari", "any", "characters", 0.0),
        ("openai", "tts-1", "characters", 15.0),
        ("openai", "tts-99", "characters", None),
        ("nobody", "", "characters", None),
        ("nobody", "", "cached_characters", 0.0),
    ],
)
def test_a_model_costs_its_own_price_or_an_unknown_one(provider: str, model: str, unit: str, usd: float | None) -> None:
    usage = Usage(service="tts", provider=provider, model=model, unit=unit, amount=1_000_000)  # type: ignore[arg-type]
    assert PriceTable.load().cost_usd(usage) == usd


def test_a_bill_adds_up_what_was_counted() -> None:
    usage = UsageCounter()
    usage.characters("openai", "tts-1", 1000)
    usage.characters("openai", "tts-1", 1000)
    usage.characters("openai", "tts-1", 50_000, cached=True)
    usage.add("llm", "openai", "gpt-5-mini", "input_tokens", 4_000_000)
    assert usage.total("characters") == 2000
    assert PriceTable.load().bill_usd(usage.usages()) == pytest.approx(0.03 + 1.0)
    usage.add("llm", "nobody", "", "output_tokens", 1)
    assert PriceTable.load().bill_usd(usage.usages()) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "price = 5",
        "[[price]]\nusd = 5",
        '[[price]]\nservice="tts"\nprovider="x"\nmodel=""\nunit="characters"\nusd=-1\nper=1\ndate=2026-01-01\nsource=""',
        '[[price]]\nservice="tts"\nprovider="x"\nmodel=""\nunit="characters"\nusd=1\nper=1\ndate="now"\nsource=""',
        '[[price]]\nservice="tts"\nprovider="x"\nunit="characters"\nusd=1\nper=1\ndate=2026-01-01\nsource=""',
        "[prices]\n",
        "no toml",
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_name(wrong: str) -> None:
    home = Path(os.environ["AUDIOKIT_HOME"])
    home.mkdir(parents=True)
    (home / "prices.toml").write_text(wrong, "utf-8")
    with pytest.raises(ConfigError, match=r"prices\.toml"):
        PriceTable.load()


def test_estimates_follow_the_amounts() -> None:
    prices = PriceTable.load()
    (text,) = of_text("x" * 1000, prices, [("openai", "tts-1")])
    assert text.usd == pytest.approx(0.015)
    (speech,) = of_transcription(600, prices, [("openai", "whisper-1")])
    assert speech.usd == pytest.approx(0.06)
    free = of_conversation(1, prices, stt=("whisper", ""), llm=("scripted", ""), tts=("hibari", ""))
    assert [estimate.usd for estimate in free] == [0.0] * 5


def test_a_talk_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="agent_share"):
        Talk(agent_share=1.5)
