"""What something will cost, before it is done: a text, the transcription of recordings, an hour of conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from audiokit.errors import ConfigError
from audiokit.speech.prices import Price, PriceTable, default_model
from audiokit.speech.usage import Service, Unit, Usage

CHARACTERS_PER_S = 15.0  # English read aloud: 150 words a minute of 6 characters with their space

FOR_RECORDINGS = MappingProxyType({
    ("elevenlabs", ""): "scribe_v2",
    ("deepgram", ""): "nova-3 recorded",
    ("deepgram", "nova-3"): "nova-3 recorded",
})  # fmt: skip
"""By provider and model: the table's name for what recordings go to, where that name means live speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one service would be asked, and for how much."""

    usage: Usage
    """So much of it."""
    usd: float | None
    """In US dollars; None: no price is known."""
    price: Price | None
    """The line of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """How people talk with an agent."""

    agent_share: float = 0.4
    """Part of the time that the agent speaks, 0..1."""
    turns_per_hour: float = 240.0
    """Replies in an hour."""
    prompt_tokens: float = 1500.0
    """Tokens a reply is made from: instructions and what was said so far."""
    reply_tokens: float = 60.0
    """Tokens of a reply."""
    cached_share: float = 0.0
    """Part of the agent's speech that comes from the cache, 0..1."""

    def __post_init__(self) -> None:
        for name in ("agent_share", "cached_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected 0 to 1")
        if min(self.turns_per_hour, self.prompt_tokens, self.reply_tokens) < 0:
            raise ConfigError("turns_per_hour, prompt_tokens and reply_tokens must be 0 or more")


def of_text(text: str, prices: PriceTable, services: Iterable[tuple[str, str]] = ()) -> list[Estimate]:
    """Estimate what speaking a text costs.

    Parameters
    ----------
    text : what is said; every character counts, as vendors count.
    prices : the table.
    services : provider and model of each; empty: all that have a price.
    """
    return _estimates(prices, "tts", "characters", len(text), services)


def of_transcription(duration_s: float, prices: PriceTable, services: Iterable[tuple[str, str]] = ()) -> list[Estimate]:
    """Estimate what transcribing so many seconds of recordings costs; see `of_text`."""
    asked = list(services) or prices.providers("stt")
    recorded = dict.fromkeys((provider, FOR_RECORDINGS.get((provider, model), model)) for provider, model in asked)
    return _estimates(prices, "stt", "seconds", duration_s, recorded)


def of_conversation(
    hours: float, prices: PriceTable, *, stt: tuple[str, str], llm: tuple[str, str], tts: tuple[str, str],
    talk: Talk | None = None,
) -> list[Estimate]:  # fmt: skip
    """Estimate what an agent's conversation costs.

    Recognizers are paid for the whole time, for they listen while the agent speaks, too.

    Parameters
    ----------
    hours : how long it is.
    prices : the table.
    stt, llm, tts : provider and model of each; an empty model is the default one.
    talk : how people talk; `Talk()` by default.
    """
    talk = talk or Talk()
    turns = hours * talk.turns_per_hour
    characters = hours * 3600 * talk.agent_share * CHARACTERS_PER_S
    return [
        _estimate(prices, "stt", "seconds", hours * 3600, *stt),
        _estimate(prices, "llm", "input_tokens", turns * talk.prompt_tokens, *llm),
        _estimate(prices, "llm", "output_tokens", turns * talk.reply_tokens, *llm),
        _estimate(prices, "tts", "characters", characters * (1 - talk.cached_share), *tts),
        _estimate(prices, "tts", "cached_characters", characters * talk.cached_share, *tts),
    ]


def _estimates(
    prices: PriceTable, service: Service, unit: Unit, amount: float, services: Iterable[tuple[str, str]]
) -> list[Estimate]:
    return [_estimate(prices, service, unit, amount, *one) for one in list(services) or prices.providers(service)]


def _estimate(prices: PriceTable, service: Service, unit: Unit, amount: float, provider: str, model: str) -> Estimate:
    model = model or default_model(service, provider)
    usage = Usage(service=service, provider=provider, model=model, unit=unit, amount=amount)
    return Estimate(usage=usage, usd=prices.cost_usd(usage), price=prices.price(service, provider, model, unit))
