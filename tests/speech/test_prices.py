from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from audiokit.errors import ConfigError
from audiokit.providers.models import ELEVENLABS_LIVE, ELEVENLABS_RECORDINGS
from audiokit.registry import BUILT_IN
from audiokit.speech.cost import Talk, of_conversation, of_text, of_transcription
from audiokit.speech.prices import PriceTable, default_model
from audiokit.speech.usage import Service, Unit, Usage, UsageCounter


def test_every_price_brought_has_a_date_and_a_source() -> None:
    prices = list(PriceTable.load())
    assert len(prices) > 20
    assert all(price.date > datetime.date(2024, 1, 1) and price.per > 0 for price in prices)
    assert {price.source for price in prices if not price.source.startswith("https://")} == {"runs on this machine"}


def test_what_is_reckoned_or_remembered_says_so() -> None:
    prices = list(PriceTable.load())
    assert {price.model for price in prices if price.unverified and price.service == "tts"} == {"gpt-4o-mini-tts"}
    assert not any(price.unverified for price in prices if not price.usd and price.service != "clone")


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


UNITS: dict[str, tuple[Unit, ...]] = {
    "stt": ("seconds",), "tts": ("characters",), "llm": ("input_tokens", "output_tokens"), "clone": ("calls",),
}  # fmt: skip


def test_every_provider_has_a_price_when_no_model_is_chosen() -> None:
    prices = PriceTable.load()
    unpriced = {
        (service, provider, unit)
        for service, units in UNITS.items()
        for provider in BUILT_IN[service]
        for unit in units
        if prices.price(service, provider, "", unit) is None  # type: ignore[arg-type]
    }
    assert unpriced == set()


def test_a_recognizer_without_a_model_costs_what_its_live_one_does() -> None:
    prices = PriceTable.load()
    unnamed, named = (prices.price("stt", "elevenlabs", model, "seconds") for model in ("", ELEVENLABS_LIVE))
    assert unnamed
    assert named
    assert unnamed.usd / unnamed.per == named.usd / named.per


def test_recordings_are_reckoned_with_the_model_that_they_go_to() -> None:
    (estimate,) = of_transcription(600, PriceTable.load(), [("elevenlabs", "")])
    assert (estimate.usage.model, estimate.usd) == (ELEVENLABS_RECORDINGS, pytest.approx(600 * 0.22 / 3600))


def test_live_and_recorded_speech_have_their_own_prices_under_one_name() -> None:
    prices = PriceTable.load()
    heard = of_conversation(1, prices, stt=("deepgram", ""), llm=("scripted", ""), tts=("hibari", ""))[0]
    (written,) = of_transcription(3600, prices, [("deepgram", "nova-3")])
    assert (heard.usd, written.usd) == (pytest.approx(60 * 0.0048), pytest.approx(60 * 0.0077))


def test_the_default_model_costs_the_same_by_its_name() -> None:
    prices = PriceTable.load()
    name = default_model("llm", "openai")
    assert name
    unnamed = prices.price("llm", "openai", "", "input_tokens")
    assert unnamed is prices.price("llm", "openai", name, "input_tokens")
    assert unnamed is not None
    assert unnamed.model == name


@pytest.mark.parametrize("service", ["tts", "stt", "llm", "clone"])
def test_a_provider_that_nobody_knows_has_no_default_model(service: Service) -> None:
    assert default_model(service, "nobody") == ""


def test_a_users_price_of_the_default_model_goes_before() -> None:
    home = Path(os.environ["AUDIOKIT_HOME"])
    home.mkdir(parents=True)
    (home / "prices.toml").write_text(
        '[[price]]\nservice = "tts"\nprovider = "openai"\nmodel = ""\nunit = "characters"\nusd = 7\nper = 1\n'
        'date = 2026-01-01\nsource = "our contract"\n',
        "utf-8",
    )
    prices = PriceTable.load()
    for model in ("", default_model("tts", "openai")):
        price = prices.price("tts", "openai", model, "characters")
        assert price is not None
        assert price.usd == 7
    assert prices.cost_usd(Usage(service="tts", provider="openai", model="tts-1", unit="characters", amount=1)) != 7


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
        '[[price]]\nservice="tts"\nprovider="x"\nmodel=""\nunit="characters"\nusd=1\nper=1\ndate=2026-01-01\nsource=""\n'
        'unverified="yes"',
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


def test_an_estimate_names_the_model_that_is_asked() -> None:
    (estimate,) = of_text("Hello.", PriceTable.load(), [("elevenlabs", "")])
    assert estimate.usage.model == default_model("tts", "elevenlabs")


def test_a_talk_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="agent_share"):
        Talk(agent_share=1.5)
