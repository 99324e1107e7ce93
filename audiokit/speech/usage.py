"""What was really used: counted where it is used, for the bill at the end."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

Service = Literal["tts", "stt", "llm", "clone"]
Unit = Literal["characters", "cached_characters", "seconds", "input_tokens", "output_tokens", "calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """So much of one unit, of one service."""

    service: Service
    """What kind."""
    provider: str
    """Whose."""
    model: str
    """Which model; empty: the default one."""
    unit: Unit
    """What is counted; cached characters cost nothing."""
    amount: float
    """How many."""


class UsageCounter:
    """Adds up what any number of threads use."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[Service, str, str, Unit], float] = defaultdict(float)
        self._lock = threading.Lock()

    def add(self, service: Service, provider: str, model: str, unit: Unit, amount: float) -> None:
        """Count `amount` more."""
        with self._lock:
            self._amounts[service, provider, model, unit] += amount

    def characters(self, provider: str, model: str, count: int, *, cached: bool = False) -> None:
        """Count characters that were spoken: by the provider, or again from the cache."""
        self.add("tts", provider, model, "cached_characters" if cached else "characters", count)

    def total(self, unit: Unit) -> float:
        """Add up one unit over all services."""
        return sum(usage.amount for usage in self.usages() if usage.unit == unit)

    def usages(self) -> list[Usage]:
        """Give what was counted so far, a line for each unit of each service."""
        with self._lock:
            amounts = sorted(self._amounts.items())
        return [
            Usage(service=service, provider=provider, model=model, unit=unit, amount=amount)
            for (service, provider, model, unit), amount in amounts
        ]
