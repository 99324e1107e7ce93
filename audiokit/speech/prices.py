"""What services cost by their public lists: a dated table that a user can correct."""

from __future__ import annotations

import datetime
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from audiokit import config, registry
from audiokit.errors import AudiokitError, ConfigError
from audiokit.speech.usage import Service, Unit, Usage

FREE_UNITS = ("cached_characters",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One line of the table."""

    service: Service
    """What kind."""
    provider: str
    """Whose."""
    model: str
    """Which model; empty: the provider's default one."""
    unit: Unit
    """What is counted."""
    usd: float
    """US dollars for `per` units."""
    per: float
    """How many units that is."""
    date: datetime.date
    """When this was the price; of one that was found somewhere, when it was seen there."""
    source: str
    """Where it was found."""
    note: str = ""
    """What it holds for."""
    any_model: bool = False
    """Whether it is that of all models of the provider."""
    unverified: bool = False
    """Whether the source was not seen to say so: it is from memory, or reckoned from another unit."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the line is about."""
        return self.service, self.provider, self.model, self.unit


class PriceTable:
    """Prices by service, provider, model and unit.

    Parameters
    ----------
    prices : a later one goes before an earlier one about the same.
    """

    def __init__(self, prices: Iterable[Price]) -> None:
        self._prices = {price.key: price for price in prices}

    @classmethod
    def load(cls) -> PriceTable:
        """Read the table that audiokit brings, and `prices.toml` in the home folder, whose lines go before.

        Raises
        ------
        ConfigError : the user's file cannot be read, or a line of it cannot be meant.
        """
        brought = files("audiokit.speech").joinpath("prices.toml").read_text("utf-8")
        path = config.home() / "prices.toml"
        try:
            own = path.read_text("utf-8")
        except FileNotFoundError:
            own = ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from error
        return cls([*_read(brought, "prices.toml"), *_read(own, str(path))])

    def __iter__(self) -> Iterator[Price]:
        return iter(self._prices.values())

    def price(self, service: Service, provider: str, model: str, unit: Unit) -> Price | None:
        """Find a price: the model's own, or one for all models; an empty model is the default one."""
        default = default_model(service, provider)
        for name in ("", default) if model in ("", default) else (model,):
            if price := self._prices.get((service, provider, name, unit)):
                return price
        general = self._prices.get((service, provider, "", unit))
        return general if general and general.any_model else None

    def cost_usd(self, usage: Usage) -> float | None:
        """Give what `usage` costs in US dollars; None if no price is known."""
        if usage.unit in FREE_UNITS or not usage.amount:
            return 0.0
        price = self.price(usage.service, usage.provider, usage.model, usage.unit)
        return None if price is None else usage.amount * price.usd / price.per

    def bill_usd(self, usages: Iterable[Usage]) -> float | None:
        """Add up; None if one price is unknown."""
        costs = [self.cost_usd(usage) for usage in usages]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def providers(self, service: Service) -> list[tuple[str, str]]:
        """List providers and models with a price for a service."""
        return sorted({(price.provider, price.model) for price in self._prices.values() if price.service == service})


@cache
def default_model(service: Service, provider: str) -> str:
    """Name the model that a provider asks when none is chosen; empty if it has none, or is only known by its price."""
    try:
        return str(registry.default(service, provider, "model") or "")
    except AudiokitError:
        return ""


def _read(text: str, where: str) -> list[Price]:
    try:
        table = tomllib.loads(text)
        unknown = set(table) - {"price"}
        if unknown:
            raise ValueError(f"unknown name {min(unknown)!r}; expected [[price]]")
        return [_price(row) for row in table.get("price", [])]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where} cannot be used: {error}") from error


def _price(row: Mapping[str, Any]) -> Price:
    names = [field.name for field in fields(Price)]
    if unknown := set(row) - set(names):
        raise ValueError(f"unknown name {min(unknown)!r}; expected {', '.join(names)}")
    for name, known in (("service", get_args(Service)), ("unit", get_args(Unit))):
        if row.get(name) not in known:
            raise ValueError(f"{name} is {row.get(name)!r}; expected one of {', '.join(known)}")
    for name, least in (("usd", 0.0), ("per", 1e-9)):
        value = row.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < math.inf:
            raise ValueError(
                f"{name} is {row.get(name)!r}; expected a number, {'0 or more' if not least else 'above 0'}"
            )
    if not isinstance(row.get("date"), datetime.date):
        raise ValueError(f"date is {row.get('date')!r}; expected one such as 2025-06-01")
    for name in ("any_model", "unverified"):
        if not isinstance(row.get(name, False), bool):
            raise ValueError(f"{name} is {row[name]!r}; expected true or false")
    return Price(**row)
