"""What a turn costs, by the table of public prices."""

from __future__ import annotations

from audiokit.agent.chosen import ProviderConfig
from audiokit.agent.config_file import AgentConfig
from audiokit.agent.metrics import Price
from audiokit.contracts import Usage
from audiokit.speech.prices import PriceTable
from audiokit.speech.usage import Service, Unit
from audiokit.speech.usage import Usage as Amount


def turn_price(config: AgentConfig, *, mute: bool = False) -> Price:
    """Give a function that prices a turn: tokens of the first model, characters of the first voice.

    Recognizers are paid by the hour, whoever speaks: `audiokit cost` estimates them.

    Parameters
    ----------
    config : whose providers are paid.
    mute : no speech is made.
    """
    table, llm, tts = PriceTable.load(), config.llm[0], config.tts[0]

    def price(usage: Usage, characters: int) -> float | None:
        model = usage.model or _model(llm)
        return table.bill_usd(
            [
                _amount("llm", llm, model, "input_tokens", usage.input_tokens),
                _amount("llm", llm, model, "output_tokens", usage.output_tokens),
                _amount("tts", tts, _model(tts), "characters", 0 if mute else characters),
            ]
        )

    return price


def _amount(service: Service, chosen: ProviderConfig, model: str, unit: Unit, count: int) -> Amount:
    return Amount(service=service, provider=chosen.provider, model=model, unit=unit, amount=count)


def _model(chosen: ProviderConfig) -> str:
    return str(chosen.settings.get("model", ""))
